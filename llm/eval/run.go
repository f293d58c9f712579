package eval

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// Drafter writes a reply.
type Drafter interface {
	Draft(ctx context.Context, r llm.Request) (llm.Result, error)
}

// Triager reads a review.
type Triager interface {
	Triage(ctx context.Context, r llm.TriageRequest) (review.Triage, error)
}

// Judge reads a finished text a second time.
type Judge interface {
	Judge(ctx context.Context, r llm.JudgeRequest) ([]review.Finding, llm.Usage, error)
}

// Config is what a run is made of. Drafter, Triager and Playbook are needed.
type Config struct {
	Name     string // of what is measured, for the report: a model's name
	Drafter  Drafter
	Triager  Triager
	Judge    Judge // nil: there is no second reading
	Playbook *playbook.Playbook
	Platform string // whose rules and length hold, "" for none
	Country  string
	Parallel int              // reviews at a time; 1
	Now      func() time.Time // time.Now
	// Done is told after each review how many are finished. It may be nil and
	// is called by one goroutine at a time.
	Done func(n int)
}

// earlierDrafts is with how many drafts before it each one is compared.
const earlierDrafts = 200

// Run works through the reviews and reports. The reviews keep their order,
// however many are worked on at a time. When ctx ends the run ends with its
// error; a review that cannot be drafted is a line of the report.
func Run(ctx context.Context, cfg Config, reviews []review.Review) (*Report, error) {
	if cfg.Drafter == nil || cfg.Triager == nil || cfg.Playbook == nil {
		return nil, errors.New("a run needs a drafter, a triager and a playbook")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	start := cfg.Now()
	items := make([]Item, len(reviews))
	jobs := make(chan int)
	var workers sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range max(cfg.Parallel, 1) {
		workers.Go(func() {
			for i := range jobs {
				items[i] = cfg.one(ctx, reviews[i])
				mu.Lock()
				if done++; cfg.Done != nil {
					cfg.Done(done)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i := range reviews {
		select {
		case jobs <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(jobs)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg.check(items)
	r := &Report{
		Format: Format, Name: cfg.Name, Started: start.UTC(), Took: cfg.Now().Sub(start).Milliseconds(),
		Playbook: cfg.Playbook.Version(), Prompts: prompts.Hash(), Rubric: rubric.Version(),
		Platform: cfg.Platform, Judged: cfg.Judge != nil, Items: items,
	}
	r.Figures = figures(items)
	return r, nil
}

// Sample picks at most limit reviews: all of them for a limit of 0, the first
// ones for a seed of 0, else some at random, the same ones for the same seed.
// They keep their order.
func Sample(reviews []review.Review, limit int, seed uint64) []review.Review {
	if limit <= 0 || limit >= len(reviews) {
		return reviews
	}
	if seed == 0 {
		return reviews[:limit]
	}
	picked := rand.New(rand.NewPCG(seed, 0)).Perm(len(reviews))[:limit]
	slices.Sort(picked)
	out := make([]review.Review, limit)
	for i, n := range picked {
		out[i] = reviews[n]
	}
	return out
}

// one reads and answers one review. The checks come later: they compare drafts.
func (cfg Config) one(ctx context.Context, r review.Review) Item {
	item := Item{Key: r.Key.String(), Rating: r.Rating.String(), Title: r.Title, Body: r.Body, Author: r.Author, review: r}
	if r.StarOnly() {
		item.Outcome = Skipped
		return item
	}
	start := cfg.Now()
	t, err := cfg.Triager.Triage(ctx, llm.TriageRequest{Review: r, TeamLanguage: cfg.Playbook.Language(), StaffNames: cfg.Playbook.StaffNames()})
	item.TriageMS = cfg.Now().Sub(start).Milliseconds()
	item.fail("triage", err)
	item.Language = cmp.Or(r.Language, t.Language)
	item.Claims, item.Class, item.Heat, item.Suspect, item.TriagedBy = t.Claims, t.Class, t.Heat.String(), t.Suspect, t.By
	item.Tokens, item.Cost = t.Tokens, t.Cost
	item.Verdict = verdict(r, t)

	item.triage = t
	req := cfg.brief().Request(item.caseOf(), "")
	item.Asked = req.Language
	start = cfg.Now()
	res, err := cfg.Drafter.Draft(ctx, req)
	item.DraftMS = cfg.Now().Sub(start).Milliseconds()
	if err != nil {
		item.Outcome = Failed
		item.fail("draft", err)
		return item
	}
	d := res.Draft
	item.Outcome, item.Text, item.TextLanguage, item.Origin, item.Model = Drafted, d.Text, d.Language, d.Origin, d.Model
	item.Sentences, item.Notes = d.Sentences, res.Notes
	item.Tokens, item.Cost = item.Tokens+res.Usage.Tokens(), item.Cost+res.Usage.Cost
	item.MaxLen, item.unit = req.MaxLen, req.Unit
	cfg.judge(ctx, &item)
	return item
}

// judge adds what a second reading finds.
func (cfg Config) judge(ctx context.Context, item *Item) {
	if cfg.Judge == nil {
		return
	}
	start := cfg.Now()
	findings, usage, err := cfg.Judge.Judge(ctx, cfg.brief().Judge(item.caseOf(), item.Text, item.TextLanguage))
	item.JudgeMS = cfg.Now().Sub(start).Milliseconds()
	item.Tokens, item.Cost = item.Tokens+usage.Tokens(), item.Cost+usage.Cost
	item.fail("judge", err)
	for _, f := range findings {
		f.Judged = true
		item.Findings = append(item.Findings, f)
	}
}

// verdict is what a person would most likely decide.
func verdict(r review.Review, t review.Triage) review.Verdict {
	if r.Rating.Positive() || r.Rating.Kind == review.Unrated && t.Suggested == review.VerdictThank {
		return review.VerdictThank
	}
	return review.VerdictReply
}

// brief is where the replies of a run would stand.
func (cfg Config) brief() llm.Brief {
	return llm.Brief{Playbook: cfg.Playbook, Platform: cfg.Platform, Country: cfg.Country}
}

// caseOf is the case that a review makes.
func (it *Item) caseOf() review.Case {
	t := it.triage
	return review.Case{Status: review.Open, Review: it.review, Language: it.Language, Claims: t.Claims, Heat: t.Heat, Class: t.Class, Suspect: t.Suspect, Verdict: it.Verdict}
}

// check holds every draft against the rubric, as one of a row of replies.
func (cfg Config) check(items []Item) {
	var earlier []rubric.Fingerprint
	for i := range items {
		it := &items[i]
		if it.Outcome != Drafted {
			continue
		}
		it.Length = llm.Length(it.Text, it.unit)
		print := rubric.FingerprintOf(it.Text)
		for _, e := range earlier {
			it.Sameness = max(it.Sameness, print.Similarity(e))
		}
		it.Findings = append(rubric.Check(cfg.input(it, earlier)), it.Findings...)
		earlier = append(earlier, print)
		if len(earlier) > earlierDrafts {
			earlier = earlier[1:]
		}
	}
}

func (cfg Config) input(it *Item, earlier []rubric.Fingerprint) rubric.Input {
	in := cfg.brief().Checks(it.caseOf(), review.Draft{Text: it.Text, Language: it.TextLanguage, Sentences: it.Sentences})
	in.Earlier = earlier
	return in
}
