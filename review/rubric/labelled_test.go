package rubric

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// example is one line of the labelled set; see testdata/README.md.
type example struct {
	Lang     string   `json:"lang"`
	Check    string   `json:"check,omitempty"` // that the reply breaks, "" for a good reply
	Reply    string   `json:"reply"`
	Review   string   `json:"review,omitempty"`    // "" is the language's review of reviews.jsonl
	ReviewOf string   `json:"review_of,omitempty"` // the review of another language
	Author   string   `json:"author,omitempty"`
	Rating   float64  `json:"rating,omitempty"` // 0 is 2 stars
	Verdict  string   `json:"verdict,omitempty"`
	Platform string   `json:"platform,omitempty"`
	Brand    string   `json:"brand,omitempty"`
	Contact  string   `json:"contact,omitempty"`  // "" is care@example.test
	Contacts []string `json:"contacts,omitempty"` // where more than one is allowed
	Staff    []string `json:"staff,omitempty"`
	Note     string   `json:"note,omitempty"` // what the author of the line meant
	Facts    []string `json:"facts,omitempty"`
	Earlier  []string `json:"earlier,omitempty"`
	MaxLen   int      `json:"max_len,omitempty"`
	MaxUnit  Unit     `json:"max_unit,omitempty"`
	Privacy  bool     `json:"privacy,omitempty"` // the practice must not confirm a customer
	line     int
}

func readExamples(t testing.TB, name string) []example {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	sc := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; sc.Scan(); n++ {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		e := example{line: n}
		d := json.NewDecoder(bytes.NewReader(sc.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		out = append(out, e)
	}
	return out
}

func (e example) input(reviews map[string]example) Input {
	of := reviews[e.Lang]
	if e.ReviewOf != "" {
		of = reviews[e.ReviewOf]
	}
	in := Input{Text: e.Reply, Verdict: review.VerdictReply, Platform: e.Platform, Brand: e.Brand, MaxLen: e.MaxLen, LenUnit: e.MaxUnit,
		Contacts: []string{"care@example.test"}, Review: review.Review{Body: of.Review, Author: of.Author, Rating: review.StarRating(2)}}
	if e.Review != "" {
		in.Review.Body, in.Review.Author = e.Review, e.Author
	}
	if e.Rating != 0 {
		in.Review.Rating = review.StarRating(e.Rating)
	}
	if e.Verdict != "" {
		in.Verdict = review.Verdict(e.Verdict)
	}
	if e.Contact != "" {
		in.Contacts = []string{e.Contact}
	}
	if e.Contacts != nil {
		in.Contacts = e.Contacts
	}
	in.Staff, in.Privacy = e.Staff, e.Privacy
	for i, f := range e.Facts {
		in.Facts = append(in.Facts, review.Fact{N: i + 1, Text: f})
	}
	for _, r := range e.Earlier {
		in.Earlier = append(in.Earlier, FingerprintOf(r))
	}
	return in
}

// parts are the parts of the labelled set; testdata/README.md tells when each
// was written and what it showed at first look.
var parts = []string{"dev", "held", "held2", "held3", "held4", "held5", "dev2", "dev3", "dev4"}

// tally counts right answers of all.
type tally struct{ right, all int }

func (c tally) share() float64 { return float64(c.right) / float64(max(c.all, 1)) }

// TestLabelledBad demands that broken replies are found, by check, in both
// halves, and prints how many were, by check and language.
func TestLabelledBad(t *testing.T) {
	reviews := map[string]example{}
	for _, r := range readExamples(t, "reviews.jsonl") {
		reviews[r.Lang] = r
	}
	total := 0
	perCheck := map[string]int{}
	for _, half := range parts {
		got := map[string]map[string]*tally{}
		for _, e := range readExamples(t, "bad_"+half+".jsonl") {
			total++
			perCheck[e.Check]++
			if got[e.Check] == nil {
				got[e.Check] = map[string]*tally{}
			}
			if got[e.Check][e.Lang] == nil {
				got[e.Check][e.Lang] = &tally{}
			}
			c := got[e.Check][e.Lang]
			c.all++
			fs := Check(e.input(reviews))
			if slices.ContainsFunc(fs, func(f review.Finding) bool { return f.Check == e.Check && f.Level == review.Block }) {
				c.right++
			} else {
				t.Logf("missed: bad_%s.jsonl:%d %s %s: %s", half, e.line, e.Check, e.Lang, e.Reply)
			}
		}
		for i, check := range Checks[:14] {
			sum := tally{}
			var byLang []string
			for _, lang := range sortedKeys(got[check]) {
				c := got[check][lang]
				sum.right += c.right
				sum.all += c.all
				byLang = append(byLang, fmt.Sprintf("%s %d/%d", lang, c.right, c.all))
			}
			if sum.all == 0 {
				continue // the second held half is small
			}
			t.Logf("%-5s %-27s %3.0f %%  %s", half, check, 100*sum.share(), strings.Join(byLang, "  "))
			need := 0.9
			if i < 6 {
				need = 1
			}
			if sum.share() < need {
				t.Errorf("%s: %s found %d of %d, need %.0f %%", half, check, sum.right, sum.all, 100*need)
			}
			if len(byLang) < min(5, sum.all) {
				t.Errorf("%s: %s has examples in %d languages, want 5", half, check, len(byLang))
			}
		}
	}
	if total < 200 {
		t.Errorf("%d bad replies, want at least 200", total)
	}
	for _, check := range Checks[:14] {
		if perCheck[check] < 5 {
			t.Errorf("%s has %d bad replies, want at least 5", check, perCheck[check])
		}
	}
}

// TestLabelledGood demands that good replies pass: at most one in twenty is
// blocked, by half.
func TestLabelledGood(t *testing.T) {
	total := 0
	for _, half := range parts {
		blocked := tally{}
		byLang := map[string]*tally{}
		for _, e := range readExamples(t, "good_"+half+".jsonl") {
			total++
			if byLang[e.Lang] == nil {
				byLang[e.Lang] = &tally{}
			}
			blocked.all++
			byLang[e.Lang].all++
			fs := Check(e.input(nil))
			if !Blocked(fs) {
				continue
			}
			blocked.right++
			byLang[e.Lang].right++
			for _, f := range fs {
				if f.Level == review.Block {
					t.Logf("blocked: good_%s.jsonl:%d %s %s %q", half, e.line, e.Lang, f.Check, f.Words)
				}
			}
		}
		var langs []string
		for _, l := range sortedKeys(byLang) {
			langs = append(langs, fmt.Sprintf("%s %d/%d", l, byLang[l].right, byLang[l].all))
		}
		t.Logf("%-4s blocked by mistake: %d of %d (%.1f %%)  %s", half, blocked.right, blocked.all, 100*blocked.share(), strings.Join(langs, "  "))
		if blocked.share() > 0.05 {
			t.Errorf("%s: %d of %d good replies blocked, at most 5 %% may be", half, blocked.right, blocked.all)
		}
	}
	if total < 200 {
		t.Errorf("%d good replies, want at least 200", total)
	}
}

// TestHumanReplies runs the checks that law and platforms demand (1 to 6) over
// replies as people write them: some break a rule of style, none of those.
func TestHumanReplies(t *testing.T) {
	for _, name := range []string{"human_dev.jsonl", "human_held.jsonl"} {
		blocked := tally{}
		for _, e := range readExamples(t, name) {
			blocked.all++
			hit := false
			in := Input{Text: e.Reply, Contacts: []string{"care@example.test"}, Review: review.Review{Body: e.Review, Author: e.Author, Rating: review.StarRating(2)}}
			for _, f := range Check(in) {
				if i := slices.Index(Checks, f.Check); i < 6 && f.Level == review.Block {
					t.Logf("blocked: %s:%d %s %s %q", name, e.line, e.Lang, f.Check, f.Words)
					hit = true
				}
			}
			if hit {
				blocked.right++
			}
		}
		t.Logf("%s: blocked by mistake by checks 1 to 6: %d of %d", name, blocked.right, blocked.all)
		if blocked.share() > 0.05 {
			t.Errorf("%s: %d of %d blocked, at most 5 %% may be", name, blocked.right, blocked.all)
		}
	}
}

// TestOpen keeps the list of good replies that are held back, and may not be: a
// line that passes goes over to good_dev4.jsonl. Most name their contact in words
// that nobody listed ("ask at the counter"), which is one for the playbook; the
// others wait for a rule that lets no breach through.
func TestOpen(t *testing.T) {
	by := map[string]int{}
	for _, e := range readExamples(t, "good_open.jsonl") {
		stopped := blockers(e)
		if len(stopped) == 0 {
			t.Errorf("good_open.jsonl:%d passes; move it to good_dev4.jsonl", e.line)
		}
		for check := range stopped {
			by[check]++
		}
	}
	for _, check := range sortedKeys(by) {
		t.Logf("%s: %d", check, by[check])
	}
}
