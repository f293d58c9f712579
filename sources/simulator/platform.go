package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Config makes a platform.
type Config struct {
	Token      string           // bearer token of the API; "" = open
	AdminToken string           // bearer token of the other side; "" = no admin API
	URL        string           // where the platform is reached, for links in its answers
	Rules      Rules            // of replies
	Now        func() time.Time // nil = time.Now
}

// Platform is a review platform. It is safe for concurrent use and lives as
// long as its memory: nothing is written to disk.
type Platform struct {
	cfg Config
	mux *http.ServeMux

	mu      sync.Mutex
	ahead   time.Duration // of cfg.Now, by Advance
	rules   Rules
	reviews map[string]*entry
	order   []string // ids in the order of arrival
	faults  []*armed
	calls   []Call
	counts  map[string]int
	serial  int
}

// entry is a review with what people do not see of it.
type entry struct {
	Review
	removed bool
	reply   *standing
}

// standing is a reply with moderation's verdict, which shows when it is due.
type standing struct {
	id, text string
	at, due  time.Time
	refused  string // the policy, "" for none
}

// Call is a call that wanted to change something, as the platform received it.
type Call struct {
	N           int       `json:"n"`
	At          time.Time `json:"at"`
	Op          string    `json:"op"`
	Review      string    `json:"review"`
	Text        string    `json:"text,omitempty"`
	Idempotency string    `json:"idempotency,omitempty"`
	Effect      string    `json:"effect,omitempty"` // "published", "replaced", "removed", "reported"; "" for none
	Status      int       `json:"status"`           // answered; 0 when no answer was given
	Fault       Kind      `json:"fault,omitempty"`
}

// State is everything that a platform knows.
type State struct {
	Now     time.Time      `json:"now"`
	Reviews []ReviewState  `json:"reviews"`
	Calls   []Call         `json:"calls"`
	Counts  map[string]int `json:"counts"` // of calls received, by operation
}

// ReviewState is a review in a [State].
type ReviewState struct {
	Review
	Removed bool `json:"removed,omitempty"`
}

// NewPlatform makes an empty platform.
func NewPlatform(cfg Config) *Platform {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Platform{cfg: cfg, rules: cfg.Rules, reviews: map[string]*entry{}, counts: map[string]int{}}
	p.mux = p.routes()
	return p
}

// Now is the platform's time.
func (p *Platform) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

func (p *Platform) now() time.Time { return p.cfg.Now().Add(p.ahead).UTC() }

// Advance puts the platform's clock forward.
func (p *Platform) Advance(d time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead += d
	return p.now()
}

// SetRules replaces the rules.
func (p *Platform) SetRules(r Rules) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = r
}

// SetFaults replaces all faults; without arguments nothing goes wrong any more.
func (p *Platform) SetFaults(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
	for _, f := range faults {
		p.faults = append(p.faults, &armed{Fault: f})
	}
}

// AddFaults adds to the faults there are.
func (p *Platform) AddFaults(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		p.faults = append(p.faults, &armed{Fault: f})
	}
}

// Add is a customer writing a review. An empty id is filled in, and so are zero
// times: with the present, or with Created for Updated. A reply in r stands as
// if it had been there always.
func (p *Platform) Add(r Review) (Review, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.ID == "" {
		p.serial++
		r.ID = fmt.Sprintf("r-%04d", p.serial)
	}
	if p.reviews[r.ID] != nil {
		return Review{}, &conflict{"there is a review " + r.ID + " already"}
	}
	if r.Created.IsZero() {
		r.Created = p.now()
	}
	if r.Updated.IsZero() {
		r.Updated = r.Created
	}
	e := &entry{Review: r}
	if r.Reply != nil {
		e.reply = &standing{id: "reply-" + r.ID, text: r.Reply.Text, at: r.Updated, due: r.Updated}
	}
	e.Review.Reply = nil
	p.reviews[r.ID] = e
	p.order = append(p.order, r.ID)
	return p.shown(e), nil
}

// Edit is the author changing the review; nil leaves a part as it is.
func (p *Platform) Edit(id string, rating *int, title, body *string) (Review, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.find(id)
	if err != nil {
		return Review{}, err
	}
	if rating != nil {
		e.Rating = *rating
	}
	if title != nil {
		e.Title = *title
	}
	if body != nil {
		e.Body = *body
	}
	e.Updated = p.now()
	return p.shown(e), nil
}

// Remove is the author taking the review down, and the reply with it.
func (p *Platform) Remove(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.find(id)
	if err != nil {
		return err
	}
	e.removed, e.reply = true, nil
	return nil
}

// AnswerOnSite is somebody replying by hand, past the API.
func (p *Platform) AnswerOnSite(id, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.find(id)
	if err != nil {
		return err
	}
	p.serial++
	e.reply = &standing{id: fmt.Sprintf("site-%04d", p.serial), text: text, at: p.now(), due: p.now()}
	return nil
}

// DropReply is the site taking a reply down.
func (p *Platform) DropReply(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.find(id)
	if err != nil {
		return err
	}
	e.reply = nil
	return nil
}

// Review is a review as readers see it now.
func (p *Platform) Review(id string) (Review, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.find(id)
	if err != nil {
		return Review{}, err
	}
	return p.shown(e), nil
}

// State is everything there is, with removed reviews and every call received.
func (p *Platform) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Now: p.now(), Reviews: []ReviewState{}, Calls: slices.Clone(p.calls), Counts: map[string]int{}}
	for _, id := range p.order {
		e := p.reviews[id]
		s.Reviews = append(s.Reviews, ReviewState{Review: p.shown(e), Removed: e.removed})
	}
	for op, n := range p.counts {
		s.Counts[op] = n
	}
	return s
}

// Count is how many calls of an operation were received.
func (p *Platform) Count(op string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[op]
}

func (p *Platform) find(id string) (*entry, error) {
	e := p.reviews[id]
	if e == nil || e.removed {
		return nil, &notFound{"there is no review " + id}
	}
	return e, nil
}

// shown is e with the reply as it stands at this moment.
func (p *Platform) shown(e *entry) Review {
	r := e.Review
	if p.cfg.URL != "" {
		r.URL = strings.TrimSuffix(p.cfg.URL, "/") + "/reviews/" + r.ID
	}
	if e.reply != nil {
		r.Reply = &Reply{ID: e.reply.id, Text: e.reply.text, State: review.ReplyLive, Updated: e.reply.at}
		switch {
		case p.now().Before(e.reply.due):
			r.Reply.State = review.ReplyPending
		case e.reply.refused != "":
			r.Reply.State, r.Reply.Reason = review.ReplyRefused, e.reply.refused
		}
	}
	return r
}

// publish puts text under a review. The effect says what happened.
func (p *Platform) publish(id, text string) (answer Reply, effect string, err error) {
	e, err := p.find(id)
	if err != nil {
		return Reply{}, "", err
	}
	effect = "published"
	if e.reply != nil && (e.reply.refused == "" || p.now().Before(e.reply.due)) {
		if p.rules.OneReply {
			return Reply{}, "", &conflict{"this review has its reply; there can be only one"}
		}
		effect = "replaced"
	}
	switch n := p.rules.length(text); {
	case strings.TrimSpace(text) == "":
		return Reply{}, "", &refused{"bad_request", "the reply is empty"}
	case p.rules.MaxReply > 0 && n > p.rules.MaxReply:
		return Reply{}, "", &refused{"too_long", fmt.Sprintf("the reply is too long: %d %s, at most %d are taken",
			n, cmp.Or(p.rules.Unit, "runes"), p.rules.MaxReply)}
	}
	s := &standing{text: text, at: p.now(), due: p.now().Add(p.rules.Moderation)}
	if policy := p.rules.refusal(text); policy != nil {
		if policy.AtOnce {
			return Reply{}, "", &refused{"refused", policy.Name}
		}
		s.refused = policy.Name
	}
	if f := p.strike(OpReply, id, Refuse); f != nil {
		s.refused = cmp.Or(f.Policy, "the platform's guidelines")
	}
	p.serial++
	s.id = fmt.Sprintf("reply-%04d", p.serial)
	e.reply = s
	answer = *p.shown(e).Reply
	if answer.State == review.ReplyRefused {
		// Moderation answers later, never in the call itself.
		answer.State, answer.Reason = review.ReplyPending, ""
	}
	return answer, effect, nil
}

// unpublish takes the reply of a review down.
func (p *Platform) unpublish(id string) (effect string, err error) {
	e, err := p.find(id)
	switch {
	case err != nil:
		return "", err
	case p.rules.OneReply:
		return "", &unsupported{"replies stay for good on this platform"}
	case e.reply == nil:
		return "", &notFound{"there is no reply under review " + id}
	}
	e.reply = nil
	return "removed", nil
}

// strike finds the first fault of these kinds that hits the call.
func (p *Platform) strike(op, id string, of ...Kind) *Fault {
	for _, a := range p.faults {
		if slices.Contains(of, a.Kind) && a.strike(p.now(), op, id) {
			return &a.Fault
		}
	}
	return nil
}

// byChange sorts reviews by their last change, the id deciding between equals.
func byChange(a, b *entry) int {
	return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.ID, b.ID))
}
