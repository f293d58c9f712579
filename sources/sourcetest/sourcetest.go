// Package sourcetest is the contract of package sources as tests: every
// connector passes [Run], against a fake of its platform that has the
// platform's real quirks.
//
// A connector's test writes a [Harness]: how to make a fresh source with its
// fake, and how to steer the fake from the customers' and the network's side
// ([Platform]). The source's own [sources.Capabilities] decide which parts run;
// what did not apply, and what a fake cannot do, is logged by name, so that a
// part which silently never runs is seen.
//
// # What the parts hold a source to
//
//   - polling: every review and every edit arrives, from any cursor and after
//     any restart; nothing arrives twice while the cursor is carried along
//   - texts: what customers and teams write comes and goes byte for byte
//   - replies: one call for one reply, never repeated; the limits are the
//     platform's, counted in its unit
//   - errors: exactly one kind of the taxonomy, a sentence for people, no
//     secret; "certainly not" is only said when nothing stands there
//   - doubt: a lost answer is ErrUnknown, and reading shows what is there
package sourcetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// Post is what a customer writes.
type Post struct {
	Stars               int // 1 to 5; fakes turn it into their platform's scale
	Title, Body, Author string
}

// Op is a kind of call to the platform.
type Op string

// The kinds of calls.
const (
	List   Op = "list"
	Read   Op = "read"
	Write  Op = "write"  // a reply
	Delete Op = "delete" // of a reply
)

// Trouble names what a fake shall do to calls.
type Trouble string

// The troubles. "Before" happens instead of what was asked, "after" when the
// platform has acted.
const (
	Waiting     Trouble = "asked to wait 30 seconds"  // before; an order to wait 30 s
	WaitingMute Trouble = "asked to wait"             // before; without saying how long
	WaitingOdd  Trouble = "asked to wait absurdly"    // before; with an absurd or unreadable time
	Unavailable Trouble = "unavailable"               // before; the platform is being looked after
	CutBefore   Trouble = "cut before"                // before; the connection breaks
	Revoked     Trouble = "credentials revoked"       // before
	Forbidden   Trouble = "one review forbidden"      // before; this review only
	Echoing     Trouble = "an error with our secrets" // before; a refusal that repeats the credentials
	Hollow      Trouble = "a hollow answer"           // before; a success that says nothing, {}
	Lost        Trouble = "answer lost"               // after; the connection breaks
	Stumbling   Trouble = "error after acting"        // after; a 500 or the like
	Garbled     Trouble = "answer garbled"            // after; a success that cannot be read
	Flooding    Trouble = "answer without end"        // after
	Hanging     Trouble = "no answer"                 // after; until the caller gives up
)

// Platform is a fake platform as its customers, its moderators and the network
// steer it. Failures of the fake itself end the test.
type Platform interface {
	// Add is a customer writing. It gives the review as the source must give
	// it; only Key, Rating, Title, Body and Author are compared.
	Add(t testing.TB, p Post) review.Review
	// Edit is the author changing the review; it gives it as it is now.
	Edit(t testing.TB, key review.Key, p Post) review.Review
	// Remove is the author taking it down.
	Remove(t testing.TB, key review.Key)
	// Reply is the text that stands under the review in any state, or ok false.
	Reply(t testing.TB, key review.Key) (text string, ok bool)
	// AnswerOnSite is a colleague replying past the API.
	AnswerOnSite(t testing.TB, key review.Key, text string)
	// RefuseNext lets moderation refuse the next reply to the review; false when
	// there is no moderation.
	RefuseNext(t testing.TB, key review.Key) bool
	// Break lets every call of this kind meet the trouble until Mend; false when
	// the fake or its platform cannot do that.
	Break(t testing.TB, op Op, key review.Key, what Trouble) bool
	Mend(t testing.TB)
	// Calls counts the calls of a kind that reached the platform.
	Calls(t testing.TB, op Op) int
	// Advance puts the clocks of platform and source forward, past moderation
	// and what else takes time.
	Advance(t testing.TB, d time.Duration)
}

// Bench is a fresh source with its platform.
type Bench struct {
	Source sources.Source
	// Platform is nil for sources that call nobody.
	Platform Platform
	// Again makes the source anew on the same platform, as after a restart.
	Again func(t testing.TB) sources.Source
	// Dead makes the source with a platform where nobody listens.
	Dead func(t testing.TB) sources.Source
	// Secrets are credentials that must not be in any error.
	Secrets []string
}

// Harness is what a connector brings.
type Harness struct {
	// New makes a fresh bench; it cleans up after t.
	New func(t testing.TB) Bench
	// Pages is a number of reviews that fills several pages; 0 = 60.
	Pages int
}

// part is one piece of the contract.
type part struct {
	name string
	// lacks says why the part does not apply to the source, "" when it does.
	lacks func(b Bench) string
	run   func(t *testing.T, h Harness)
}

// Run holds a connector to the contract.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Pages <= 0 {
		h.Pages = 60
	}
	var away []string
	for _, p := range parts() {
		if why := p.lacks(h.New(t)); why != "" {
			away = append(away, fmt.Sprintf("%s (%s)", p.name, why))
			continue
		}
		t.Run(p.name, func(t *testing.T) { p.run(t, h) })
	}
	if len(away) > 0 {
		t.Logf("parts that do not apply: %s", strings.Join(away, "; "))
	}
}

func parts() []part {
	return append(append(append([]part{
		{"capabilities", always, testCapabilities},
	}, pollingParts()...), replyParts()...), troubleParts()...)
}

// The reasons for which parts do not apply.

func always(Bench) string { return "" }

func lists(b Bench) string {
	if _, ok := b.Source.(sources.Poller); !ok || !b.Source.Capabilities().List {
		return "reviews cannot be listed"
	}
	return ""
}

func reads(b Bench) string {
	if _, ok := b.Source.(sources.Reader); !ok {
		return "one review cannot be read"
	}
	return ""
}

func replies(b Bench) string {
	if _, ok := b.Source.(sources.Replier); !ok || !b.Source.Capabilities().Reply {
		return "replies cannot be published"
	}
	return ""
}

func calls(b Bench) string {
	if b.Platform == nil {
		return "it calls nobody"
	}
	return ""
}

// when joins reasons with a demand on the capabilities.
func when(why string, ok func(sources.Capabilities) bool, first ...func(Bench) string) func(Bench) string {
	return func(b Bench) string {
		for _, f := range first {
			if s := f(b); s != "" {
				return s
			}
		}
		if !ok(b.Source.Capabilities()) {
			return why
		}
		return ""
	}
}

func all(reasons ...func(Bench) string) func(Bench) string {
	return when("", func(sources.Capabilities) bool { return true }, reasons...)
}

// testCapabilities: what a source says of itself fits what it is.
func testCapabilities(t *testing.T, h Harness) {
	s := h.New(t).Source
	c := s.Capabilities()
	_, poller := s.(sources.Poller)
	_, reader := s.(sources.Reader)
	_, replier := s.(sources.Replier)
	_, remover := s.(sources.Remover)
	_, reporter := s.(sources.Reporter)
	for _, claim := range []struct {
		wrong bool
		says  string
	}{
		{s.Name() == "", "it has no name"},
		{s.Platform() == "", "it names no platform"},
		{c.List && !poller, "it says that it lists, and has no Poll"},
		{c.Reply && !replier, "it says that it replies, and has no Reply"},
		{c.ReadBack && !reader, "it says that replies can be read, and has no Get"},
		{c.DeleteReply && !remover, "it says that replies can be deleted, and has no DeleteReply"},
		{c.Report && !reporter, "it says that it reports, and has no Report"},
		{c.EditReply && c.OneReply, "a reply can be replaced, and there is only one ever"},
		{c.Report && len(c.Grounds) == 0, "it takes reports and knows no grounds"},
		{c.MaxReply < 0, "the longest reply is below nothing"},
		{c.MaxReply > 0 && c.Unit == "", "it limits replies and does not say in what"},
		{c.Unit != "" && c.Unit != sources.Runes && c.Unit != sources.Bytes && c.Unit != sources.UTF16, "its unit is unknown"},
		{c.List && c.MinPoll <= 0, "it can be polled without a pause"},
		{c.Window < 0 || c.Settle < 0, "it has negative times"},
	} {
		if claim.wrong {
			t.Error(claim.says)
		}
	}
	if d := fmt.Sprintf("%+v", s.Capabilities()); d != fmt.Sprintf("%+v", c) {
		t.Errorf("the capabilities changed from %+v to %s", c, d)
	}
}
