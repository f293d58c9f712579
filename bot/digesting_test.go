package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// picturedChat is a chat that shows pictures and keeps what was posted.
type picturedChat struct {
	*datedChat
	cards    map[string]bot.Card
	pictures map[string]bot.Picture
	lose     map[string]bool // the answer to this post is lost
	kept     sync.Mutex
}

func (c *picturedChat) PostPicture(ctx context.Context, at bot.Place, card bot.Card, p bot.Picture) (string, error) {
	c.kept.Lock()
	c.pictures[at.Key] = p
	c.kept.Unlock()
	return c.Post(ctx, at, card)
}

func (c *picturedChat) Post(ctx context.Context, at bot.Place, card bot.Card) (string, error) {
	ref, err := c.datedChat.Post(ctx, at, card)
	c.kept.Lock()
	defer c.kept.Unlock()
	if at.Case == 0 {
		c.cards[at.Key] = card
	}
	if c.lose[at.Key] {
		delete(c.lose, at.Key)
		return "", &bot.ChatError{Kind: bot.ErrUnknown, Chat: "console", Reason: "lost on purpose"}
	}
	return ref, err
}

const digestPlaybook = `
team:
  name: Harbour
  time_zone: Europe/Berlin
  staff_names: [Marta Kowalski]
sources: {shop: {kind: manual}}
channels: [{chat: console, id: reviews, name: team}]
digests: {daily: "02:30", weekly: mon 08:00, channels: [team]}
incident: {reviews: 0}
causes: {reviews: 1000}
`

// TestDigests plays four weeks around the night in which Berlin's clocks jump
// from 02:00 to 03:00, with two desks on one database that are stopped, started
// again and once away for days. Every digest comes once, at its time by the
// wall.
func TestDigests(t *testing.T) { onEach(t, playDigests) }

func playDigests(t *testing.T, on database) {
	start := time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC)
	m := &month{T: t, ctx: t.Context(), on: on, clock: &clock{now: start},
		rng: rand.New(rand.NewPCG(2026, 4)), want: map[string]moments{}, waits: map[int64]*awaiting{}}
	// Nobody works from Wednesday, 8 April, 10:00 to Saturday, 11:00.
	m.down = [2]time.Time{time.Date(2026, 4, 8, 10, 0, 0, 0, berlin), time.Date(2026, 4, 11, 11, 0, 0, 0, berlin)}
	var err error
	if m.book, err = playbook.Parse("digests.yaml", []byte(digestPlaybook)); err != nil {
		t.Fatal(err)
	}
	m.chat = &datedChat{fakeChat: &fakeChat{}, now: m.clock.Now, at: map[string][]time.Time{}}
	chat := &picturedChat{datedChat: m.chat, cards: map[string]bot.Card{}, pictures: map[string]bot.Picture{},
		lose: map[string]bool{"digest-daily@2026-03-25T02:30@reviews": true}}
	m.attach = chat
	m.open()
	defer m.close()
	for n := range 200 {
		m.plan(start.Add(time.Duration(n)*3*time.Hour), func() { m.comes(n) })
	}
	m.plan(time.Date(2026, 3, 29, 2, 0, 0, 0, berlin).Add(-time.Minute), m.restart)
	m.plan(time.Date(2026, 4, 2, 12, 0, 0, 0, berlin), m.restart)
	m.play(time.Date(2026, 4, 12, 12, 0, 0, 0, berlin))

	want := map[string]time.Time{}
	for day := 17; day <= 31+12; day++ {
		at := time.Date(2026, 3, day, 2, 30, 0, 0, berlin)
		name := "daily@" + at.Format("2006-01-02T15:04")
		if at.Weekday() == time.Monday {
			at = time.Date(2026, 3, day, 8, 0, 0, 0, berlin)
			name = "weekly@" + at.Format("2006-01-02T15:04")
		}
		if day == 31+10 || day == 31+11 {
			continue // told with the one of the 9th, late
		}
		want["reviews/0/digest-"+name+"@reviews"] = m.told(at)
	}
	got := map[string]time.Time{}
	for name, at := range m.chat.at {
		if !strings.Contains(name, "/digest-") {
			continue
		}
		got[name] = at[0]
		if len(at) != 1 {
			t.Errorf("%s came %d times", name, len(at))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if at := got[name]; at.Sub(want[name]).Abs() > time.Second {
			t.Errorf("%s came at %v, want %v", name, at.In(berlin), want[name].In(berlin))
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("these should not have come: %v", got)
	}
	m.readDigests(chat)
}

// comes lets a review come: praise that names a colleague, or criticism that
// tries to be mark-up.
func (m *month) comes(n int) {
	r := review.Review{Key: review.Key{Source: "shop", ID: fmt.Sprint("d", n)}, Rating: review.StarRating(5), Author: "Jo", Language: "en", Created: m.clock.Now(),
		Body: fmt.Sprintf("Teapot %d is lovely, and Marta Kowalski was kind.", n)}
	if n%3 == 0 {
		r.Rating, r.Body = review.StarRating(1), fmt.Sprintf("<b>Teapot %d</b> broke. @everyone MARTA KOWALSKI laughed.", n)
	}
	if n%5 == 0 {
		r.Body = ""
	}
	took, err := m.desks[n%2].Take(m.ctx, bot.Intake{By: "test", Reviews: []review.Review{r}})
	if err != nil || took.Added != 1 {
		m.Fatalf("review %d: %+v, %v", n, took, err)
	}
}

// readDigests reads what was told.
func (m *month) readDigests(chat *picturedChat) {
	m.Helper()
	pictures := 0
	for key, card := range chat.cards {
		if !strings.HasPrefix(key, "digest-") {
			continue
		}
		text := fmt.Sprintf("%+v", card)
		if strings.Contains(strings.ToLower(text), "kowalski") || strings.Contains(text, "Marta") {
			m.Errorf("%s names a colleague: %s", key, text)
		}
		if late := strings.Contains(key, "2026-04-09"); late && card.Title != "Since Wednesday, 8 April" {
			m.Errorf("the digest that was late is called %q", card.Title)
		} else if !late && (!strings.Contains(text, "[colleague]") || !strings.Contains(text, "What customers liked") || !strings.Contains(text, "What they did not like") || !strings.Contains(text, "<b>Teapot")) {
			m.Errorf("%s does not show both sides: %s", key, text)
		}
		foot := card.Blocks[len(card.Blocks)-1].Text
		if i := strings.Index(foot, "head "); i < 0 || len(foot[i+5:]) != 64 {
			m.Errorf("%s holds no head of the audit log: %q", key, foot)
		}
		for _, b := range card.Buttons {
			if b.Token.Command != "verdict" || b.Token.Arg != string(review.VerdictThank) && b.Token.Arg != string(review.VerdictNone) {
				m.Errorf("%s has a button that does more than it may: %+v", key, b)
			}
			c, err := m.store.Case(m.ctx, b.Token.Case)
			if err != nil || !c.Review.Quiet() || (b.Token.Arg == string(review.VerdictNone)) != c.Review.StarOnly() {
				m.Errorf("%s: the button %+v is for %+v, %v", key, b, c.Review, err)
			}
		}
		if p, ok := chat.pictures[key]; ok {
			pictures++
			if _, err := png.Decode(bytes.NewReader(p.PNG)); err != nil || !strings.Contains(p.Alt, "Mean rating in the last") || !strings.Contains(text, p.Alt) {
				m.Errorf("%s: the picture %q: %v", key, p.Alt, err)
			}
		}
	}
	m.Logf("%d digests, %d pictures", len(chat.cards), pictures)
	if len(chat.cards) < 20 || pictures < 20 {
		m.Errorf("only %d digests, %d of them with pictures", len(chat.cards), pictures)
	}
}

// TestLateReachingOutStandsInTheDigest: a call that nobody made is listed in
// the digests from the day after it was due until somebody says what came of
// it, the daily one and the weekly.
func TestLateReachingOutStandsInTheDigest(t *testing.T) {
	h := slowly(t, testPlaybook+"channels: [{chat: console, id: reviews, name: team}]\ndigests: {daily: \"07:00\", weekly: mon 08:00, channels: [team]}\n")
	id := h.drafted()
	h.ok(h.choose(cleo, id, "reach", "channel", "phone", "due", "2026-03-04", "message", "Ask how the tea is"))
	h.ok(h.typed(cleo, fmt.Sprintf("verdict %d private They asked to be called", id)))
	late := func(name string) string {
		t.Helper()
		var s strings.Builder
		if h.chat.count("digest-"+name+"@reviews") == 0 {
			return "" // there was nothing to tell
		}
		for _, b := range h.card(0, "digest-"+name+"@reviews").Blocks {
			if b.Heading == "Late" {
				for _, l := range b.Items {
					fmt.Fprintln(&s, l.Text)
				}
			}
		}
		return s.String()
	}
	h.pass(time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC).Sub(h.clock.Now()))
	if got := late("daily@2026-03-04T07:00"); strings.Contains(got, "reaching out") {
		t.Errorf("on the day itself it is late already: %s", got)
	}
	for _, name := range []string{"daily@2026-03-05T07:00", "daily@2026-03-06T07:00", "weekly@2026-03-09T08:00"} {
		if got := late(name); !strings.Contains(got, "“phone”, reaching out, due 4 Mar") {
			t.Errorf("the digest %s does not say that somebody waits for a call: %q", name, got)
		}
	}
	h.ok(h.typed(cleo, fmt.Sprintf("reached %d 1 We spoke, all is well", id)))
	h.pass(24 * time.Hour)
	if got := late("daily@2026-03-10T07:00"); strings.Contains(got, "reaching out") {
		t.Error("it is late after it was done")
	}
}
