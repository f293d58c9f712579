package eval_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/llm/eval"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// withContact is a team with one contact, as the checks demand.
const withContact = "team: {name: Team}\nbrand: {name: Lighthouse}\ncontacts: [{email: care@example.test}]\n"

// share runs the built-in drafter over reviews and returns how many drafts could
// be approved as they are, of all reviews with words, and what kept the others.
func share(t *testing.T, reviews []review.Review) (approvable, all int, why map[string]int, report *eval.Report) {
	t.Helper()
	p, err := playbook.Parse("test", []byte(withContact))
	if err != nil {
		t.Fatal(err)
	}
	o := llm.NewOffline()
	report, err = eval.Run(context.Background(), eval.Config{Name: "offline", Drafter: o, Triager: o, Playbook: p, Parallel: 2}, reviews)
	if err != nil {
		t.Fatal(err)
	}
	why = map[string]int{}
	for _, it := range report.Items {
		if it.Outcome == eval.Skipped {
			continue
		}
		all++
		kept := it.Outcome != eval.Drafted
		if kept {
			why["no draft"]++
		}
		seen := map[string]bool{}
		for _, f := range it.Findings {
			if f.Level != review.Block {
				continue
			}
			kept = true
			if !seen[f.Check] {
				seen[f.Check] = true
				why[f.Check]++
			}
		}
		if !kept {
			approvable++
		}
		if os.Getenv("EVENKEEL_SHOW") != "" && kept {
			t.Logf("%s | %s | %v", it.Body, strings.ReplaceAll(it.Text, "\n", " "), it.Findings)
		}
	}
	return approvable, all, why, report
}

func reasons(why map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(why), func(a, b string) int { return why[b] - why[a] })
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%s %d", k, why[k]))
	}
	return strings.Join(out, ", ")
}

// TestOfflineJapanese measures the built-in drafter on real sentences of hotel
// guests, each as a review: every seventh of 5,553. EVENKEEL_ALL=1 takes all.
func TestOfflineJapanese(t *testing.T) {
	raw := sharedtest.Read(t, "data", "jalan-review-sentences-ja.tsv")
	step := 7
	if os.Getenv("EVENKEEL_ALL") == "1" {
		step = 1
	}
	var reviews []review.Review
	for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 3 || i%step != 0 {
			continue
		}
		stars := map[string]float64{"-1": 2, "0": 3, "1": 5}[f[1]]
		reviews = append(reviews, review.Review{Key: review.Key{Source: "jalan", ID: f[0]}, Body: f[2], Rating: review.StarRating(stars), Language: "ja", Revision: 1})
	}
	good, all, why, _ := share(t, reviews)
	t.Logf("%d of %d drafts could be approved (%.1f %%); held back: %s", good, all, 100*float64(good)/float64(all), reasons(why))
	if float64(good) < 0.7*float64(all) {
		t.Errorf("%d of %d drafts could be approved, want at least 70 %%", good, all)
	}
}

// TestOfflineLanguages measures it on the made-up reviews of the labelled set,
// in the seven languages that it writes.
func TestOfflineLanguages(t *testing.T) {
	byLang := map[string][]review.Review{}
	for _, name := range []string{"good_held2.jsonl", "good_held3.jsonl", "good_dev.jsonl", "good_held.jsonl"} {
		f, err := os.Open(filepath.Join("..", "..", "review", "rubric", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		for n := 1; sc.Scan(); n++ {
			var e struct {
				Lang, Review, Author string
				Rating               float64
			}
			if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if e.Rating == 0 {
				e.Rating = 2
			}
			byLang[e.Lang] = append(byLang[e.Lang], review.Review{Key: review.Key{Source: name, ID: fmt.Sprint(n)}, Body: e.Review, Author: e.Author,
				Rating: review.StarRating(e.Rating), Revision: 1})
		}
		_ = f.Close()
	}
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		good, all, why, _ := share(t, byLang[lang])
		t.Logf("%s: %d of %d drafts could be approved (%.0f %%); held back: %s", lang, good, all, 100*float64(good)/float64(all), reasons(why))
		if float64(good) < 0.7*float64(all) {
			t.Errorf("%s: %d of %d drafts could be approved, want at least 70 %%", lang, good, all)
		}
	}
}
