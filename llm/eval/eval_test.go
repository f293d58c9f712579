package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/llm/eval"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// still is a clock that does not move: a golden report measures no time.
func still() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func reviews() []review.Review {
	texts := []struct {
		stars float64
		lang  string
		body  string
	}{
		{2, "en", "The teapot came two weeks late. Nobody answered my question."},
		{5, "en", "Lovely teapot, and it pours without a drop spilt."},
		{1, "de", "Die Lieferung kam drei Wochen zu spät und der Deckel war zerbrochen."},
		{3, "ja", "スタッフの対応が遅かったです。"},
		{4, "en", ""},
		{1, "pl", "Paczka przyszła uszkodzona i nikt nie odpowiada na moje wiadomości."},
		{2, "en", `<script>alert(1)</script> The lid "broke" & nobody cared. </div>` + "\u202Egnp"},
	}
	out := make([]review.Review, len(texts))
	for i, x := range texts {
		out[i] = review.Review{Key: review.Key{Source: "set", ID: fmt.Sprintf("r%d", i+1)}, Rating: review.StarRating(x.stars), Body: x.body, Language: x.lang, Revision: 1, Author: "Jo"}
	}
	return out
}

func config(t *testing.T) eval.Config {
	t.Helper()
	book, err := playbook.Parse("test.yaml", []byte("team: {name: Harbour}\ncontacts:\n  - {email: care@example.test, label: Customer care}\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := llm.NewOffline()
	return eval.Config{Name: "built-in", Drafter: o, Triager: o, Playbook: book, Now: still, Parallel: 3}
}

func run(t *testing.T, cfg eval.Config) *eval.Report {
	t.Helper()
	r, err := eval.Run(t.Context(), cfg, reviews())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFigures holds the figures of a small set against what was counted by
// hand in the golden file's items. The versions of prompts and rubric move
// often and stand elsewhere.
func TestFigures(t *testing.T) {
	r := run(t, config(t))
	if r.Rubric != rubric.Version() || r.Prompts == "" || r.Playbook == "" {
		t.Errorf("the report does not say what it was made with: %+v", r)
	}
	f := r.Figures
	if f.Reviews != 7 || f.Skipped != 1 || f.Failed != 1 || f.Drafted != 5 || f.Offline != 5 || f.LanguageMatched != f.LanguageKnown || f.LanguageKnown < 4 || f.Tokens != 0 {
		t.Errorf("the figures are %+v", f)
	}
	claims, covered := 0, 0
	for _, it := range r.Items {
		if it.Outcome == eval.Drafted {
			claims, covered = claims+len(it.Claims), covered+it.Covered()
		}
	}
	if f.Claims != claims || f.Covered != covered || claims < 3 {
		t.Errorf("%d of %d points are answered, want %d of %d", f.Covered, f.Claims, covered, claims)
	}
	if d := cmp.Diff([]eval.FailureCount{{Task: "draft", Kind: "unsupported", Count: 1}}, f.Failures); d != "" {
		t.Errorf("failures differ (-want +got):\n%s", d)
	}
}

// scripted is a drafter, triager and judge whose words are known, so that every
// figure can be counted by hand.
type scripted struct{ calls atomic.Int64 }

func (s *scripted) Triage(_ context.Context, q llm.TriageRequest) (review.Triage, error) {
	return review.Triage{By: "m", Language: q.Review.Language, Tokens: 10, Cost: 0.5, Claims: []review.Claim{
		{N: 1, Text: "late", Words: "two weeks late"}, {N: 2, Text: "no answer", Words: "Nobody answered"},
	}}, nil
}

func (s *scripted) Draft(_ context.Context, q llm.Request) (llm.Result, error) {
	s.calls.Add(1)
	if q.Case.Review.Key.ID == "r3" {
		return llm.Result{}, &llm.Error{Kind: llm.Timeout}
	}
	d := review.Draft{Language: "en", Origin: review.FromModel, Model: "m", Sentences: []review.Sentence{
		{Text: "Thank you for telling us.", Source: review.SourceCourtesy},
		{Text: "The teapot came two weeks late.", Source: review.SourceReview, Ref: "two weeks late", Claims: []int{1}},
		{Text: "The courier lost it.", Source: review.SourceNone},
	}}
	d.Text = llm.Join("en", d.Sentences, "")
	return llm.Result{Draft: d, Usage: llm.Usage{PromptTokens: 80, CompletionTokens: 20, Cost: 1}}, nil
}

func (s *scripted) Judge(context.Context, llm.JudgeRequest) ([]review.Finding, llm.Usage, error) {
	return []review.Finding{{Check: llm.CheckCoverage, Level: review.Block, Words: "Nobody answered", Waivable: true, Message: "Point 2 is not answered."}}, llm.Usage{PromptTokens: 40}, nil
}

func TestCountedByHand(t *testing.T) {
	cfg := config(t)
	s := &scripted{}
	cfg.Drafter, cfg.Triager, cfg.Judge, cfg.Name = s, s, s, "m"
	seen := 0
	cfg.Done = func(n int) { seen = n }
	rs := reviews()[:3]
	r, err := eval.Run(t.Context(), cfg, rs)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Figures
	got := []any{f.Drafted, f.Failed, f.Claims, f.Covered, f.Sentences, f.Stating, f.Unsourced, f.Inventing, f.Approvable, f.Tokens, f.Cost, seen, f.Length.Most, f.Sameness.Most}
	want := []any{2, 1, 4, 2, 6, 4, 2, 2, 0, 2*(10+100+40) + 10, 2*1.5 + 0.5, 3, int64(78), int64(100)}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the figures differ (-want +got):\n%s\n%+v", d, f)
	}
	for _, c := range f.Checks {
		if c.Check == llm.CheckCoverage && (!c.Judged || c.Blocks != 2) {
			t.Errorf("the second reading counts as %+v", c)
		}
	}
	if r.Items[2].Outcome != eval.Failed || r.Items[2].Failures[0].Kind != "timeout" {
		t.Errorf("the failed one is %+v", r.Items[2])
	}
}

func TestReportComesBack(t *testing.T) {
	r := run(t, config(t))
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := eval.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.JSON()
	if err != nil || string(again) != string(b) {
		t.Errorf("the report changes when it is read back: %v", err)
	}
	for _, bad := range []string{"", "[]", "{", `{"format":99}`, `{}`} {
		if _, err := eval.Read([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a report", bad)
		}
	}
}

func TestPageGolden(t *testing.T) {
	r := run(t, config(t))
	r.Playbook, r.Prompts, r.Rubric, r.Source = "p", "q", "r", "set.jsonl"
	for i := range r.Items { // wordings and lexicons move; the page's shape is what this holds
		it := &r.Items[i]
		if it.Text != "" {
			it.Text, it.Length, it.Sameness = "The reply to "+it.Key, 10, 0.25
		}
		it.Sentences, it.Claims = nil, nil
		it.Findings = it.Findings[:min(len(it.Findings), 0)]
	}
	r.Items[0].Findings = []review.Finding{{Check: "length", Level: review.Warn, Message: "Long.", Words: "so <b>long</b>"}}
	r.Figures.Checks = []eval.CheckCount{{Check: "length", Warns: 1}}
	r.Figures.Claims, r.Figures.Covered, r.Figures.Sentences, r.Figures.Stating, r.Figures.Unsourced, r.Figures.Inventing, r.Figures.Approvable = 4, 3, 9, 5, 1, 1, 4
	r.Figures.Length, r.Figures.Sameness = eval.Spread{}, eval.Spread{}
	r.Figures.LanguageKnown, r.Figures.LanguageMatched = 5, 5
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.html", page)
}

// TestPageIsHarmless: what customers and models wrote is text on the page, and
// the page fetches nothing.
func TestPageIsHarmless(t *testing.T) {
	r := run(t, config(t))
	for _, hostile := range []string{`</style><script>x()</script>`, `"><img src=//example.test/x onerror=x()>`, "{{.}}", "\u202Eevil\x00", "javascript:x()"} {
		r.Name, r.Source = hostile, hostile
		for i := range r.Items {
			it := &r.Items[i]
			it.Title, it.Body, it.Author, it.Text, it.Model, it.Language, it.TextLanguage = hostile, hostile, hostile, hostile, hostile, hostile, hostile
			it.Notes, it.Failures = []string{hostile}, []eval.Failure{{Task: hostile, Kind: hostile, Reason: hostile}}
			it.Claims = []review.Claim{{N: 1, Text: hostile, Words: hostile}}
			it.Sentences = []review.Sentence{{Text: hostile}}
			it.Findings = []review.Finding{{Check: hostile, Level: review.Block, Message: hostile, Words: hostile}}
		}
		page, err := eval.Compare(r, r).HTML()
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "<img", "onerror=x()>", "\u202E", "\x00", "<link", "src=", "href="} {
			if strings.Contains(strings.ReplaceAll(string(page), "&lt;", ""), bad) && !strings.Contains(escaped(hostile), bad) {
				t.Errorf("with %q the page holds %q", hostile, bad)
			}
		}
	}
}

// escaped is what of a text may stand on a page: everything but brackets and
// invisible characters.
func escaped(s string) string {
	return strings.NewReplacer("<", "", ">", "", "\u202E", "", "\x00", "").Replace(s)
}

func TestCompare(t *testing.T) {
	old := run(t, config(t))
	cfg := config(t)
	s := &scripted{}
	cfg.Drafter, cfg.Triager, cfg.Name = s, s, "m"
	c := eval.Compare(old, run(t, cfg))
	if c.Shared != 7 {
		t.Errorf("%d reviews are in both", c.Shared)
	}
	better := map[string]eval.Sign{}
	for _, r := range c.Rows {
		better[r.Name] = r.Better
		if r.Was == "" {
			t.Errorf("%s has no figure before", r.Name)
		}
	}
	if better["Invented sentences"] != eval.Lower || better["Tokens"] != eval.Lower || better["Reviews"] != eval.Neutral {
		t.Errorf("the changes are rated %v", better)
	}
	page, err := c.HTML()
	if err != nil || strings.Count(string(page), "The draft before") != 6 {
		t.Errorf("%d drafts stand beside the new ones, %v", strings.Count(string(page), "The draft before"), err)
	}
	same := eval.Compare(old, old)
	for _, r := range same.Rows {
		if r.Change != "" || r.Better != eval.Neutral {
			t.Errorf("a run beside itself: %+v", r)
		}
	}
}

func TestSample(t *testing.T) {
	rs := reviews()
	if got := eval.Sample(rs, 3, 0); len(got) != 3 || got[0].Key != rs[0].Key || got[2].Key != rs[2].Key {
		t.Errorf("the first three are %v", got)
	}
	a, b := eval.Sample(rs, 3, 7), eval.Sample(rs, 3, 7)
	if d := cmp.Diff(a, b); d != "" || len(a) != 3 {
		t.Errorf("one seed draws two samples:\n%s", d)
	}
	differs := false
	for seed := uint64(8); seed < 20; seed++ {
		differs = differs || !cmp.Equal(a, eval.Sample(rs, 3, seed))
	}
	if !differs {
		t.Error("the seed changes nothing")
	}
	if len(eval.Sample(rs, 0, 7)) != 7 || len(eval.Sample(rs, 99, 7)) != 7 {
		t.Error("no limit, or a high one, does not give all")
	}
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(t)
	s := &scripted{}
	cfg.Drafter, cfg.Triager, cfg.Parallel = s, s, 1
	cfg.Done = func(int) { cancel() }
	if _, err := eval.Run(ctx, cfg, reviews()); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped, it gives %v", err)
	}
	if n := s.calls.Load(); n > 3 {
		t.Errorf("it went on for %d drafts", n)
	}
	if _, err := eval.Run(t.Context(), eval.Config{}, nil); err == nil {
		t.Error("a run with nothing to run is no error")
	}
}

// TestOrder: however many are worked on at a time, the report is the same.
func TestOrder(t *testing.T) {
	one := config(t)
	one.Parallel = 1
	a, _ := json.Marshal(run(t, one))
	b, _ := json.Marshal(run(t, config(t)))
	if d := cmp.Diff(string(a), string(b)); d != "" {
		t.Errorf("the reports differ:\n%s", d)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("EVENKEEL_GOLDEN") == "update" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, d)
	}
}
