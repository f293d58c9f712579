package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
)

// moody is a platform in memory that answers as it is told.
type moody struct {
	mu      sync.Mutex
	caps    sources.Capabilities
	clock   *clock
	reviews []review.Review
	replies map[string]string
	listing error            // of every poll
	answers []error          // of the next replies, one each; nil takes it
	calls   int              // of Reply
	polls   []time.Time      // when it was polled
	lands   map[error]string // by the answer: what stands there after it
}

func (m *moody) Name() string                       { return "shop" }
func (m *moody) Platform() string                   { return "simulator" }
func (m *moody) Capabilities() sources.Capabilities { return m.caps }

func (m *moody) Poll(context.Context, sources.Cursor) (sources.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polls = append(m.polls, m.clock.Now())
	return sources.Page{Reviews: m.reviews}, m.listing
}

func (m *moody) Get(_ context.Context, key review.Key) (review.Review, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.reviews {
		if r.Key == key {
			if text := m.replies[key.ID]; text != "" {
				r.Reply = &review.PlatformReply{ID: "1", Text: text, State: review.ReplyLive}
			}
			return r, nil
		}
	}
	return review.Review{}, &sources.Error{Kind: sources.ErrNotFound, Source: "shop", Op: "read"}
}

func (m *moody) Reply(_ context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	var err error
	if len(m.answers) > 0 {
		err, m.answers = m.answers[0], m.answers[1:]
	}
	if err == nil {
		m.replies[key.ID] = text
	}
	for kind, lands := range m.lands {
		if errors.Is(err, kind) {
			m.replies[key.ID] = lands
		}
	}
	return sources.Receipt{State: review.ReplyLive}, err
}

func (m *moody) set(f func()) { m.mu.Lock(); defer m.mu.Unlock(); f() }

// moodily opens a house whose only source is m.
func moodily(t *testing.T, m *moody) *house {
	m.replies = map[string]string{}
	if !m.caps.Reply {
		m.caps = sources.Capabilities{List: true, Reply: true, EditReply: true, ReadBack: true, MinPoll: 10 * time.Minute}
	}
	h := open(t, func(c *bot.Config) {
		m.clock = &clock{now: c.Now()}
		c.Sources = []sources.Source{m}
	})
	m.clock = h.clock
	return h
}

// wrote lets a customer write, and the desk draft an answer.
func (h *house) wrote(m *moody) int64 {
	h.Helper()
	r := review.Review{Key: review.Key{Source: "shop", ID: "r1"}, Rating: review.StarRating(2),
		Body: "The teapot came two weeks late. Nobody answered my question.", Author: "Jo", Language: "en", Created: h.clock.Now()}
	m.set(func() { m.reviews = append(m.reviews, r) })
	h.pass(11 * time.Minute)
	c, err := h.store.CaseOf(h.ctx, r.Key)
	if err != nil {
		h.Fatal(err)
	}
	h.ok(h.press(cleo, c.ID, "parent", "verdict", "verdict", "reply"))
	h.pass(time.Minute)
	h.in(c.ID, review.Drafted)
	return c.ID
}

func says(kind error, words string) error {
	return &sources.Error{Kind: kind, Source: "shop", Op: "reply", Reason: words}
}

// TestEveryAnswerReachesPeople: whatever a platform answers to a reply, the
// case's own card says it in a sentence, and the words go out once or not at all.
func TestEveryAnswerReachesPeople(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		lands  string        // what stands on the platform after that answer
		wait   time.Duration // until the card is read
		status review.Status
		says   []string
		ends   review.Status // an hour later
		up     string        // what stands on the platform then
		calls  int
	}{
		"auth":         {answer: says(sources.ErrAuth, "the token was withdrawn"), status: review.Approved, says: []string{"does not accept our credentials", "the token was withdrawn", "renew its key"}, ends: review.Live, up: plain, calls: 2},
		"rate limited": {answer: &sources.Error{Kind: sources.ErrRateLimited, Source: "shop", Op: "reply", After: 20 * time.Minute}, status: review.Approved, says: []string{"asks us to wait", "tried again by itself"}, ends: review.Live, up: plain, calls: 2},
		"not found":    {answer: says(sources.ErrNotFound, "no such review"), status: review.Rejected, says: []string{"does not know this review", "may have been removed"}, ends: review.Rejected, calls: 1},
		"rejected":     {answer: says(sources.ErrRejected, "telephone numbers are not allowed"), status: review.Rejected, says: []string{"refused this", "telephone numbers are not allowed"}, ends: review.Rejected, calls: 1},
		"already":      {answer: says(sources.ErrAlready, ""), lands: "Hello from the shop floor.", status: review.Rejected, says: []string{"another reply stands there already", "Hello from the shop floor.", "approve it once more"}, ends: review.Rejected, up: "Hello from the shop floor.", calls: 1},
		"already ours": {answer: says(sources.ErrAlready, ""), lands: plain, status: review.Published, ends: review.Live, up: plain, calls: 1},
		"unsupported":  {answer: says(sources.ErrUnsupported, "replies are switched off"), status: review.Rejected, says: []string{"cannot do this", "replies are switched off", "by hand"}, ends: review.Rejected, calls: 1},
		"transient":    {answer: says(sources.ErrTransient, "connection refused"), status: review.Approved, says: []string{"out of reach", "connection refused", "tried again by itself"}, ends: review.Live, up: plain, calls: 2},
		"unknown":      {answer: says(sources.ErrUnknown, "the connection broke"), wait: 30 * time.Second, status: review.Live, ends: review.Live, up: plain, calls: 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := &moody{answers: []error{c.answer}}
			if c.lands != "" {
				m.lands = map[error]string{sources.ErrAlready: c.lands}
			}
			h := moodily(t, m)
			id := h.wrote(m)
			h.ok(h.press(ben, id, "draft-1", "approve"))
			for range 70 { // to the moment after the call
				if m.set(func() {}); m.calls > 0 {
					break
				}
				h.pass(time.Second)
			}
			h.pass(c.wait)
			if c.status != review.Live { // some are soon tried again
				h.in(id, c.status)
			}
			text := fmt.Sprint(h.card(id, "draft-1").Blocks)
			for _, words := range c.says {
				if !strings.Contains(text, words) {
					t.Errorf("the card does not say %q: %s", words, text)
				}
			}
			h.pass(time.Hour)
			h.in(id, c.ends)
			if got := m.replies["r1"]; got != c.up || m.calls != c.calls {
				t.Errorf("%d calls, and %q stands there", m.calls, got)
			}
		})
	}
}

// TestTheirsIsAsked: a colleague answered on the site. Nothing is overwritten;
// the card shows what stands there, and only a yes after that replaces it.
func TestTheirsIsAsked(t *testing.T) {
	for _, edits := range []bool{true, false} {
		t.Run(fmt.Sprintf("edits %v", edits), func(t *testing.T) {
			m := &moody{caps: sources.Capabilities{List: true, Reply: true, EditReply: edits, ReadBack: true, MinPoll: 10 * time.Minute}}
			h := moodily(t, m)
			id := h.wrote(m)
			h.ok(h.press(ben, id, "draft-1", "approve"))
			m.set(func() { m.replies["r1"] = "Hello from the shop floor." })
			h.pass(10 * time.Minute)
			h.in(id, review.Drafted)
			if text := fmt.Sprint(h.card(id, "draft-1").Blocks); !strings.Contains(text, "Hello from the shop floor.") {
				t.Errorf("the card does not show the reply that stands there: %s", text)
			}
			h.ok(h.press(ben, id, "draft-1", "approve"))
			h.pass(10 * time.Minute)
			if want := map[bool]string{true: plain, false: "Hello from the shop floor."}[edits]; m.replies["r1"] != want {
				t.Errorf("%q stands there", m.replies["r1"])
			}
		})
	}
}

// notices are the cards about sources that stand in the chat, by title.
func (h *house) notices() map[string]int {
	h.chat.mu.Lock()
	defer h.chat.mu.Unlock()
	n := map[string]int{}
	for _, p := range h.chat.posts {
		if strings.HasPrefix(p.at.Key, "notice-source-") {
			n[p.card.Title]++
		}
	}
	return n
}

// TestEveryPollErrorReachesPeople: whatever a platform answers to a poll, the
// channel is told in a sentence within two polls, once; being asked to wait is no
// trouble until it lasts.
func TestEveryPollErrorReachesPeople(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		says   string // "" when nobody is told within two polls
	}{
		"auth":         {says(sources.ErrAuth, "the token was withdrawn"), "The platform does not accept our credentials: the token was withdrawn; renew"},
		"rate limited": {&sources.Error{Kind: sources.ErrRateLimited, After: 30 * time.Minute}, ""},
		"not found":    {says(sources.ErrNotFound, "no such shop"), "no such shop"},
		"rejected":     {says(sources.ErrRejected, "the page is too long"), "The platform refused this: the page is too long."},
		"already":      {says(sources.ErrAlready, ""), "A reply stands there already."},
		"unsupported":  {says(sources.ErrUnsupported, "reviews are closed"), "The platform cannot do this: reviews are closed"},
		"transient":    {says(sources.ErrTransient, "connection refused"), "The platform is out of reach: connection refused; it is tried again by itself."},
		"unknown":      {says(sources.ErrUnknown, "it broke off"), "The platform's answer was lost: it broke off."},
		"foreign":      {errors.New("something else"), "Something else."},
	} {
		t.Run(name, func(t *testing.T) {
			m := &moody{}
			h := moodily(t, m)
			h.pass(11 * time.Minute)
			from := len(m.polls)
			m.set(func() { m.listing = c.answer })
			for len(m.polls) < from+2 {
				h.pass(time.Minute)
			}
			h.pass(0)
			want := map[string]int{"shop cannot be read": 1}
			if c.says == "" {
				want = map[string]int{}
			}
			if got := h.notices(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("told: %v, want %v", got, want)
			}
			if c.says != "" {
				if text := fmt.Sprint(h.chat.posts[len(h.chat.posts)-1].card.Blocks); !strings.Contains(text, c.says) {
					t.Errorf("it does not say %q: %s", c.says, text)
				}
			}
			items, err := h.desk.Sources(h.ctx)
			if err != nil || len(items) != 1 || !strings.Contains(items[0].Note, "out of reach (2 tries)") {
				t.Errorf("sources: %v, %v", items, err)
			}
		})
	}
}

// TestABrokenSourceIsToldOnce: over hours, restarts and a second process, one
// card says that it broke and one that it is well; the next outage is another.
func TestABrokenSourceIsToldOnce(t *testing.T) {
	m := &moody{}
	h := moodily(t, m)
	again := func() { // another process on the same database
		h.Helper()
		book, err := playbook.Parse("test.yaml", []byte(testPlaybook))
		if err != nil {
			h.Fatal(err)
		}
		d, err := bot.New(bot.Config{Store: h.store, Playbook: book, Sources: []sources.Source{m}, Drafter: h.drafter, Triager: h.desk.Triager, Now: h.clock.Now, Logger: h.desk.Logger})
		if err != nil {
			h.Fatal(err)
		}
		d.Attach(h.chat)
		if err := d.Start(h.ctx); err != nil {
			h.Fatal(err)
		}
		h.desk = d
	}
	h.pass(11 * time.Minute)
	for outage := 1; outage <= 2; outage++ {
		m.set(func() { m.listing = says(sources.ErrTransient, "connection refused") })
		for range 5 {
			h.pass(time.Hour)
			again()
		}
		if n := h.notices()["shop cannot be read"]; n != 1 {
			t.Fatalf("outage %d: %v", outage, h.notices())
		}
		m.set(func() { m.listing = nil })
		for range 3 {
			h.pass(time.Hour)
			again()
		}
		want := map[string]int{"shop was out of reach": outage, "shop can be read again": outage}
		if got := h.notices(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("after outage %d: %v, want %v", outage, got, want)
		}
	}
	for n := 1; n < len(m.polls); n++ {
		if gap := m.polls[n].Sub(m.polls[n-1]); gap < 10*time.Minute {
			t.Errorf("polled again after %s; the platform takes no more than a call in ten minutes", gap)
		}
	}
}

// TestTheWishToWaitSurvivesARestart: a platform that asks for an hour gets it.
func TestTheWishToWaitSurvivesARestart(t *testing.T) {
	m := &moody{}
	h := moodily(t, m)
	h.pass(11 * time.Minute)
	m.set(func() { m.listing = &sources.Error{Kind: sources.ErrRateLimited, Source: "shop", After: time.Hour} })
	h.pass(10 * time.Minute)
	asked := len(m.polls)
	for range 5 {
		if err := h.desk.Start(h.ctx); err != nil {
			t.Fatal(err)
		}
		h.pass(9 * time.Minute)
	}
	if n := len(m.polls); n != asked {
		t.Errorf("asked %d times more within the hour", n-asked)
	}
	h.pass(time.Hour)
	if n := len(m.polls); n == asked {
		t.Error("it is not asked any more")
	}
}
