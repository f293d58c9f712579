// Package checker judges a run of evenkeel from the outside. It reads what
// anybody could read: the exported audit log, the exported list of cases, what
// the chat shows, and what the platform received and shows. It shares no code
// with the program, only the documented formats, so a mistake in the program's
// rules is not repeated here.
//
// What it proves, in the words of docs: every review that somebody was told is
// accepted has exactly one case and one thread; every call that reached the
// platform carried a text that enough people had approved before, byte for
// byte; an approval was used at most once; every case went only the ways that
// the table of states knows, in an unbroken chain, to the state in which it is
// now; and nothing waits where nobody can see it.
package checker

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Evidence is everything that is known of a run when it is over.
type Evidence struct {
	Entries []Entry          // the whole audit log
	Cases   []Case           // as exported
	Threads map[int64]Thread // what the console shows, by case
	// Places counts the cards that stand in the chats to which they are posted:
	// by chat, and by what they are, "case-7-parent".
	Places map[string]map[string]int
	// Readings is how often a review must have been read, once in each of its
	// revisions; reviews that are not named may have been left unread.
	Readings map[Review]int
	// Owed are the reviews that must have a case: written on a platform that
	// is polled, or delivered and answered with 2xx.
	Owed []Review
	// Offered are those that may have one: delivered, and never answered.
	Offered []Review
	Calls   []Call            // that wanted to change something on a platform
	Reports []Review          // that were reported to a platform, once for each report that it received
	Up      map[Review]string // replies that stand on platforms, put there by calls or by hand
	// Needs is how many different people must have approved a reply to this
	// review; one where nil.
	Needs func(Review) int
	// Finished are the statuses in which a case may be when the run is over.
	Finished []string
}

// Review names a review for ever.
type Review struct{ Source, ID string }

func (r Review) String() string { return r.Source + "/" + r.ID }

// Case is what the export says of a case.
type Case struct {
	ID     int64
	Status string
	Review Review
	Reply  string // the text that it believes to be up, or on its way
}

// Thread is what a chat shows of a case.
type Thread struct {
	Parents int // cards that open a thread
	Cards   int // all cards
	Buttons int // that can be pressed
}

// Call is a call that reached a platform and wanted to change something.
type Call struct {
	At     time.Time
	Review Review
	Text   string
	Effect string // what it changed, "" for nothing
}

// Check lists everything that must not be; nothing when all is well.
func Check(e Evidence) []string {
	c := &check{Evidence: e, byReview: map[Review]int64{}, byID: map[int64]Case{}, intents: map[int64][]intent{}, reported: map[int64][]string{}}
	c.chain()
	c.owed()
	c.threads()
	c.histories()
	c.calls()
	c.reports()
	c.replies()
	return c.wrong
}

type check struct {
	Evidence
	wrong    []string
	byReview map[Review]int64
	byID     map[int64]Case
	intents  map[int64][]intent // by case, oldest first
	reported map[int64][]string // by case, what the log says of reports
}

func (c *check) fail(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// chain holds the audit log against its own hashes.
func (c *check) chain() {
	prev := ""
	for i, e := range c.Entries {
		if e.Seq != int64(i+1) {
			c.fail("the audit log goes from entry %d to %d", i, e.Seq)
			return
		}
		if e.Prev != prev || e.Hash != e.sum() {
			c.fail("entry %d of the audit log is not what was chained", e.Seq)
			return
		}
		prev = e.Hash
	}
}

// owed looks for reviews without a case, and with more than one.
func (c *check) owed() {
	written := map[Review]bool{}
	for _, r := range slices.Concat(c.Owed, c.Offered) {
		written[r] = true
	}
	for _, k := range c.Cases {
		c.byID[k.ID] = k
		if first, twice := c.byReview[k.Review]; twice {
			c.fail("review %s has two cases: #%d and #%d", k.Review, first, k.ID)
			continue
		}
		c.byReview[k.Review] = k.ID
		if !written[k.Review] {
			c.fail("case #%d is of review %s, which nobody wrote", k.ID, k.Review)
		}
	}
	for _, r := range c.Owed {
		if c.byReview[r] == 0 {
			c.fail("review %s was accepted and is lost", r)
		}
	}
}

// waits are the statuses in which people must do something.
var waits = []string{"open", "held", "drafted", "handed_over", "rejected", "unreconciled"}

// threads looks for cases that people cannot see, see twice, or cannot act on.
func (c *check) threads() {
	for _, k := range c.Cases {
		t := c.Threads[k.ID]
		switch {
		case k.Status == "seeded":
		case t.Parents == 0:
			c.fail("case #%d (%s) has no thread", k.ID, k.Status)
		case t.Parents > 1:
			c.fail("case #%d has %d threads", k.ID, t.Parents)
		}
		if slices.Contains(waits, k.Status) && t.Buttons == 0 {
			c.fail("case #%d is %s and offers nothing to press", k.ID, k.Status)
		}
		if len(c.Finished) > 0 && !slices.Contains(c.Finished, k.Status) {
			c.fail("case #%d is still %s", k.ID, k.Status)
		}
	}
	for _, chat := range slices.Sorted(maps.Keys(c.Places)) {
		c.posted(chat, c.Places[chat])
	}
	for id := range c.Threads {
		if _, known := c.byID[id]; !known {
			c.fail("there is a thread for case #%d, which does not exist", id)
		}
	}
}

// posted looks for cases that a chat was never shown, and for cards that stand
// there twice.
func (c *check) posted(chat string, places map[string]int) {
	for _, k := range c.Cases {
		if k.Status != "seeded" && places[fmt.Sprintf("case-%d-parent", k.ID)] == 0 {
			c.fail("case #%d (%s) was never posted to %s", k.ID, k.Status, chat)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if n := places[place]; n > 1 {
			c.fail("the card %s stands %d times in %s", place, n, chat)
		}
	}
}

// calls holds what reached the platforms against what was approved before.
func (c *check) calls() {
	type use struct {
		id   int64
		text string
	}
	used := map[use]int{}
	for _, call := range c.Calls {
		id := c.byReview[call.Review]
		text := Digest(call.Text)
		approved := map[string]bool{} // bindings under which this text might go out by then
		for _, i := range c.intents[id] {
			if i.text == text && !i.at.After(call.At) {
				approved[i.binding] = true
			}
		}
		if len(approved) == 0 {
			c.fail("a text reached the platform under review %s that nobody had approved: %.60q", call.Review, call.Text)
			continue
		}
		if call.Effect == "" {
			continue
		}
		u := use{id, text}
		if used[u]++; used[u] > len(approved) {
			c.fail("the reply to review %s was published %d times under %d approval(s)", call.Review, used[u], len(approved))
		}
	}
}

// reports holds the reports that reached a platform against the intents, and
// looks for intents whose end nobody was told.
func (c *check) reports() {
	reached := map[int64]int{}
	for _, r := range c.Reports {
		reached[c.byReview[r]]++
	}
	for id := range reached {
		if _, known := c.byID[id]; !known {
			c.fail("a review without a case was reported")
		}
	}
	for id := range c.byID {
		n := map[string]int{}
		for _, verb := range c.reported[id] {
			n[verb]++
		}
		if reached[id] > n["report_call"] {
			c.fail("case #%d was reported %d times under %d intent(s)", id, reached[id], n["report_call"])
		}
		if n["report_call"] != n["report_answer"] || n["report_call"] > n["report"] {
			c.fail("case #%d has %d reports, %d intents to send one and %d ends", id, n["report"], n["report_call"], n["report_answer"])
		}
	}
}

// replies holds what stands on the platforms against what the cases say.
func (c *check) replies() {
	for r, text := range c.Up {
		if !slices.ContainsFunc(c.intents[c.byReview[r]], func(i intent) bool { return i.text == Digest(text) }) {
			c.fail("the reply that stands under review %s was approved by nobody: %.60q", r, text)
		}
	}
	for _, k := range c.Cases {
		if k.Status != "published" && k.Status != "live" {
			continue
		}
		intents := c.intents[k.ID]
		if len(intents) == 0 {
			continue // reported by histories
		}
		last := intents[len(intents)-1]
		up, there := c.Up[k.Review]
		switch {
		case !there:
			c.fail("case #%d is %s, and no reply stands under review %s", k.ID, k.Status, k.Review)
		case Digest(up) != last.text:
			c.fail("case #%d is %s with another text than stands under review %s", k.ID, k.Status, k.Review)
		case Digest(k.Reply) != last.text:
			c.fail("case #%d says that another text is up than was approved", k.ID)
		}
	}
}

// Digest is how the audit log names a text: the SHA-256 of its length, eight
// bytes with the big end first, and its bytes.
func Digest(text string) string { return sum(text) }

// sum is the SHA-256 of parts, each preceded by its length.
func sum(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(p))) // a hash takes everything
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Report is the list of what is wrong as a test prints it.
func Report(wrong []string) string { return " - " + strings.Join(wrong, "\n - ") }
