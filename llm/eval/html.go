package eval

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
)

//go:embed report.html
var page string

// words are what the page calls.
var words = template.FuncMap{
	"words":    func(s string) string { return prompts.Clean(s, maxWords) },
	"short":    func(s string) string { return firstRunes(prompts.Clean(s, maxWords), 90) },
	"duration": duration,
	"percent":  func(f float64) string { return fmt.Sprintf("%.0f %%", f*100) },
	"blocks":   func(f review.Finding) bool { return f.Level == review.Block },
	"source":   source,
	"hash":     func(s string) string { return firstRunes(prompts.Clean(s, 100), 12) },
}

const (
	// maxWords bounds one text on the page, in characters.
	maxWords = 8000
	// maxShown bounds how many reviews stand on the page: browsers take some
	// thousands well. The JSON has all of them.
	maxShown = 2000
)

// pair is one review with its draft, and that of the run before.
type pair struct {
	Item
	Old *Item
}

// HTML is the report as one page that needs nothing else: no scripts, no files,
// no network. All words in it that come from reviews and models are text.
func (c Comparison) HTML() ([]byte, error) {
	data := struct {
		Comparison
		Pairs  []pair
		Hidden int
	}{Comparison: c}
	old := map[string]*Item{}
	if c.Old != nil {
		for i := range c.Old.Items {
			old[c.Old.Items[i].Key] = &c.Old.Items[i]
		}
	}
	for _, it := range c.New.Items {
		if it.Outcome == Skipped {
			continue
		}
		if len(data.Pairs) == maxShown {
			data.Hidden++
			continue
		}
		data.Pairs = append(data.Pairs, pair{Item: it, Old: old[it.Key]})
	}
	t, err := template.New("report").Funcs(words).Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// HTML is the report of one run as a page.
func (r *Report) HTML() ([]byte, error) { return Compare(nil, r).HTML() }

// source says in words what a sentence rests on.
func source(s review.Sentence) string {
	switch s.Source {
	case review.SourceReview:
		return "the review"
	case review.SourceFact:
		return "a fact"
	case review.SourcePlaybook:
		return "the playbook"
	case review.SourceCourtesy:
		return "courtesy"
	}
	return "nothing"
}

func firstRunes(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
