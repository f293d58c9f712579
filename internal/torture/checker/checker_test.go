package checker

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A checker that finds nothing is worth nothing: each test plants one breach
// in a run in which all was well.

const words = "Dear Jo, we are sorry. Ana"

var (
	polled = Review{"storefront", "r-1"}
	hand   = Review{"hook", "h-1"}
	start  = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
)

// log chains entries as the program does.
type log struct{ entries []Entry }

func (l *log) add(id int64, actor, verb, from, to string, detail map[string]string) {
	e := Entry{Seq: int64(len(l.entries) + 1), Case: id, Actor: actor, Verb: verb, From: from, To: to, Detail: detail}
	e.At = start.Add(time.Duration(e.Seq) * time.Second).Format("2006-01-02T15:04:05.000000Z")
	if len(l.entries) > 0 {
		e.Prev = l.entries[len(l.entries)-1].Hash
	}
	e.Hash = e.sum()
	l.entries = append(l.entries, e)
}

// rechain makes the chain whole again after a test changed an entry.
func (l *log) rechain() {
	old := l.entries
	l.entries = nil
	for _, e := range old {
		l.add(e.Case, e.Actor, e.Verb, e.From, e.To, e.Detail)
	}
}

func bound(binding, text string) map[string]string {
	return map[string]string{"binding": binding, "text": Digest(text), "role": "approver"}
}

// way is a case's way to the desk's door.
func (l *log) way(id int64) {
	l.add(id, "system:poll", "accept", "", "new", nil)
	l.add(id, "system:triage", "triage", "new", "new", nil)
	l.add(id, "system:announcer", "announced", "new", "open", nil)
	l.add(id, "console:ana", "verdict", "open", "open", nil)
	l.add(id, "system:drafter", "draft", "open", "drafted", nil)
	l.add(id, "console:ana", "approve", "drafted", "drafted", bound("b", words))
	l.add(id, "console:bo", "approve", "drafted", "approved", bound("b", words))
}

// good is a run in which all was well: one reply by API, one by hand.
func good() (*log, Evidence) {
	l := &log{}
	l.way(1)
	l.add(1, "system:publisher", "publish", "approved", "publishing", bound("b", words))
	called := l.entries[len(l.entries)-1].When().Add(time.Millisecond)
	l.add(1, "system:publisher", "accepted", "publishing", "published", nil)
	l.add(1, "system:verifier", "seen", "published", "live", nil)
	for _, verb := range []string{"report", "report_call", "report_answer"} {
		l.add(1, "console:ana", verb, "live", "live", nil)
	}
	l.way(2)
	l.add(2, "system:publisher", "hand_over", "approved", "handed_over", bound("b", words))
	l.add(2, "console:ana", "posted", "handed_over", "published", nil)
	return l, Evidence{
		Cases:    []Case{{1, "live", polled, words}, {2, "published", hand, words}},
		Threads:  map[int64]Thread{1: {1, 2, 0}, 2: {1, 2, 0}},
		Places:   map[string]map[string]int{"slack": {"case-1-parent": 1, "case-2-parent": 1}},
		Readings: map[Review]int{polled: 1, hand: 1},
		Owed:     []Review{polled, hand},
		Reports:  []Review{polled},
		Calls:    []Call{{called, polled, words, "published"}},
		Up:       map[Review]string{polled: words, hand: words},
		Needs:    func(Review) int { return 2 },
		Finished: []string{"live", "published"},
	}
}

func TestAllIsWell(t *testing.T) {
	l, e := good()
	e.Entries = l.entries
	if wrong := Check(e); len(wrong) > 0 {
		t.Errorf("a run in which all was well is judged:\n%s", Report(wrong))
	}
}

func TestEveryBreachIsFound(t *testing.T) {
	entry := func(l *log, verb string) *Entry {
		for i := range l.entries {
			if l.entries[i].Verb == verb {
				return &l.entries[i]
			}
		}
		t.Fatalf("no entry %s", verb)
		return nil
	}
	for name, c := range map[string]struct {
		plant func(*log, *Evidence)
		want  string
	}{
		"a review without a case": {func(_ *log, e *Evidence) { e.Owed = append(e.Owed, Review{"storefront", "r-9"}) }, "is lost"},
		"two cases for one review": {func(l *log, e *Evidence) {
			l.add(3, "system:poll", "accept", "", "new", nil)
			l.add(3, "system:announcer", "announced", "new", "open", nil)
			e.Cases = append(e.Cases, Case{3, "open", polled, ""})
			e.Threads[3] = Thread{1, 1, 1}
		}, "has two cases"},
		"a case out of nothing":            {func(_ *log, e *Evidence) { e.Owed = e.Owed[:1] }, "nobody wrote"},
		"a second thread":                  {func(_ *log, e *Evidence) { e.Threads[1] = Thread{2, 3, 0} }, "2 threads"},
		"no thread":                        {func(_ *log, e *Evidence) { delete(e.Threads, 1) }, "no thread"},
		"a case that only the console has": {func(_ *log, e *Evidence) { delete(e.Places["slack"], "case-1-parent") }, "was never posted"},
		"a card that stands twice":         {func(_ *log, e *Evidence) { e.Places["slack"]["case-2-draft-1"] = 2 }, "stands 2 times"},
		"an edit that nobody read": {func(l *log, e *Evidence) {
			l.add(1, "system:poll", "revise", "live", "open", nil)
			e.Cases[0].Status, e.Threads[1], e.Finished = "open", Thread{1, 2, 1}, nil
			e.Readings[polled] = 2
		}, "read 1 times, and its review has 2 revisions"},
		"a reading that is doubled": {func(l *log, _ *Evidence) {
			l.add(1, "system:triage", "triage", "live", "live", nil)
		}, "read twice in one revision"},
		"a report that is doubled":    {func(_ *log, e *Evidence) { e.Reports = append(e.Reports, polled) }, "reported 2 times under 1 intent"},
		"a report that nobody wanted": {func(_ *log, e *Evidence) { e.Reports = append(e.Reports, hand) }, "reported 1 times under 0 intent"},
		"a report without an end": {func(l *log, _ *Evidence) {
			l.add(1, "system:publisher", "report_call", "live", "live", nil)
		}, "1 reports, 2 intents to send one and 1 ends"},
		"a thread of no case": {func(_ *log, e *Evidence) { e.Threads[7] = Thread{1, 1, 0} }, "does not exist"},
		"nothing to press": {func(l *log, e *Evidence) {
			l.add(1, "system:desk", "missing", "live", "rejected", nil)
			e.Cases[0].Status = "rejected"
		}, "nothing to press"},
		"a case that hangs": {func(l *log, e *Evidence) {
			l.entries = l.entries[:len(l.entries)-1]
			e.Cases[1].Status = "handed_over"
			e.Threads[2] = Thread{1, 2, 1}
		}, "still handed_over"},
		"a flipped entry":       {func(l *log, _ *Evidence) { l.entries[3].Actor = "console:bo" }, "not what was chained"},
		"a dropped entry":       {func(l *log, _ *Evidence) { l.entries = append(l.entries[:3], l.entries[4:]...) }, "from entry 3 to 5"},
		"a cut log":             {func(l *log, _ *Evidence) { l.entries = l.entries[:len(l.entries)-1] }, "the log left it"},
		"an unknown way":        {func(l *log, _ *Evidence) { entry(l, "draft").To = "approved"; l.rechain() }, "went from open to approved"},
		"a gap in the statuses": {func(l *log, _ *Evidence) { entry(l, "publish").From = "drafted"; l.rechain() }, "found it drafted"},
		"live without a look":   {func(l *log, _ *Evidence) { entry(l, "seen").Verb = "accepted"; l.rechain() }, "not by a look"},
		"posted by nobody":      {func(l *log, _ *Evidence) { entry(l, "posted").Actor = "system:desk"; l.rechain() }, "no person said so"},
		"one approval of two":   {func(l *log, _ *Evidence) { entry(l, "approve").Actor = "console:bo"; l.rechain() }, "1 of 2 approvals"},
		"approved by the program": {func(l *log, _ *Evidence) {
			entry(l, "approve").Actor = "system:desk"
			l.rechain()
		}, "the program itself approved"},
		"approved by a viewer": {func(l *log, _ *Evidence) { entry(l, "approve").Detail["role"] = "viewer"; l.rechain() }, `as "viewer"`},
		"an approval that was undone": {func(l *log, _ *Evidence) {
			e := entry(l, "publish")
			e.Verb, e.From, e.To = "undo", "approved", "drafted"
			f := entry(l, "accepted")
			f.Verb, f.From, f.To, f.Detail = "publish", "drafted", "publishing", bound("b", words)
			l.rechain()
		}, "0 of 2 approvals"},
		"another text than approved":    {func(l *log, _ *Evidence) { entry(l, "publish").Detail["text"] = Digest("x"); l.rechain() }, "another text"},
		"a call with another text":      {func(_ *log, e *Evidence) { e.Calls[0].Text += " " }, "nobody had approved"},
		"a call before the approval":    {func(_ *log, e *Evidence) { e.Calls[0].At = start }, "nobody had approved"},
		"a call about another review":   {func(_ *log, e *Evidence) { e.Calls[0].Review = Review{"storefront", "r-2"} }, "nobody had approved"},
		"published twice":               {func(_ *log, e *Evidence) { e.Calls = append(e.Calls, e.Calls[0]) }, "published 2 times under 1"},
		"a live case without a reply":   {func(_ *log, e *Evidence) { delete(e.Up, polled) }, "no reply stands"},
		"another reply than was called": {func(_ *log, e *Evidence) { e.Up[polled] = "Buy now" }, "approved by nobody"},
		"a case that believes otherwise": {func(_ *log, e *Evidence) { e.Cases[0].Reply = "something else" },
			"another text is up than was approved"},
	} {
		t.Run(name, func(t *testing.T) {
			l, e := good()
			c.plant(l, &e)
			e.Entries = l.entries
			if report := Report(Check(e)); !strings.Contains(report, c.want) {
				t.Errorf("not found: want something about %q, got\n%s", c.want, report)
			}
		})
	}
}

// TestReading reads what the program writes.
func TestReading(t *testing.T) {
	l, _ := good()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range l.entries {
		if err := enc.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadAudit(&b)
	if err != nil || len(got) != len(l.entries) || got[6].Detail["binding"] != "b" {
		t.Fatalf("read %d entries, %v; want %d", len(got), err, len(l.entries))
	}
	cases, err := ReadCases(strings.NewReader("case,status,source,review_id,reply\n7,live,shop,r-1,\"Dear Jo,\nsorry\"\n"))
	if err != nil || len(cases) != 1 || cases[0] != (Case{7, "live", Review{"shop", "r-1"}, "Dear Jo,\nsorry"}) {
		t.Errorf("read %+v, %v", cases, err)
	}
	if _, err := ReadCases(strings.NewReader("case,status\n")); err == nil {
		t.Error("an export without the needed columns was read")
	}
}
