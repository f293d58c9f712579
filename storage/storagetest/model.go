package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// model is what a store should do, in memory and one after the other. Several
// runs share one database: each has its own kinds, sources and chats.
type model struct {
	bed  *bed
	tag  string
	now  time.Time
	work map[[2]string]*modelWork // by kind and key; cases stay 0
	// cases by their number in the run; 0 until committed
	cases    map[int]review.Case
	receipts map[string]review.Digest
	messages map[string]storage.Message
	held     []storage.Job // every claim ever made in this run
}

// modelWork is a row of work.
type modelWork struct {
	due, lease, again  time.Time
	attempts, failures int
	fence              int64
	done               bool
	text               string
}

func (w *modelWork) leased() bool { return !w.lease.IsZero() }

func testModel(t *testing.T, b *bed) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &model{
			bed: b, tag: fmt.Sprintf("run%d-", run), now: Start, work: map[[2]string]*modelWork{}, cases: map[int]review.Case{},
			receipts: map[string]review.Digest{}, messages: map[string]storage.Message{},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"batch":  m.batch,
			"claim":  m.claim,
			"retry":  m.retry,
			"extend": m.extend,
			"time":   func(rt *rapid.T) { m.now = m.now.Add(m.minutes(rt, "minutes pass")) },
			"":       m.compare,
		})
		m.compareAll(rt)
	})
	chain(t, b.st)
}

func (m *model) minutes(rt *rapid.T, what string) time.Duration {
	return time.Duration(rapid.IntRange(0, 5).Draw(rt, what)) * time.Minute
}

func (m *model) kind(rt *rapid.T) string {
	return m.tag + rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "kind")
}

// kinds are the run's kinds.
func (m *model) kinds() []review.WorkKind {
	return []review.WorkKind{review.WorkKind(m.tag + "a"), review.WorkKind(m.tag + "b")}
}

// batch commits a random batch, of parts that are right or wrong, and holds
// the outcome against the model.
func (m *model) batch(rt *rapid.T) {
	var b storage.Batch
	var want error
	n := -1
	if rapid.Bool().Draw(rt, "receipt") {
		r := &storage.Receipt{Scope: m.tag, ID: rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(rt, "id"), At: m.now}
		r.Body = review.DigestOf(rapid.SampledFrom([]string{"x", "x", "y"}).Draw(rt, "body"))
		b.Receipt = r
		if body, seen := m.receipts[r.ID]; seen {
			want = storage.ErrSeen
			if body != r.Body {
				want = storage.ErrReused
			}
		}
	}
	if len(m.held) > 0 && rapid.Bool().Draw(rt, "done") {
		j := rapid.SampledFrom(m.held).Draw(rt, "job")
		b.Done = &j
		if want == nil && !m.holds(j) {
			want = storage.ErrFenced
		}
	}
	if rapid.Bool().Draw(rt, "change") {
		n = rapid.IntRange(0, 3).Draw(rt, "case")
		change, err := m.change(rt, n)
		b.Change = change
		if want == nil {
			want = err
		}
	}
	for range rapid.IntRange(0, 6).Draw(rt, "rows of work") {
		b.Work = append(b.Work, review.Work{
			Kind: review.WorkKind(m.kind(rt)), Case: 1 << 40, Key: rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "key"),
			Due: m.now.Add(m.minutes(rt, "due in")), Again: rapid.Bool().Draw(rt, "again"), Text: rapid.SampledFrom([]string{"", "shorter", "é"}).Draw(rt, "text"),
		})
	}
	if rapid.Bool().Draw(rt, "message") {
		b.Messages = []storage.Message{{
			Case: 1 << 40, Chat: m.tag, Key: rapid.SampledFrom([]string{"p", "d"}).Draw(rt, "card"),
			Ref: rapid.SampledFrom([]string{"", "r1", "r2"}).Draw(rt, "ref"), Posted: m.now,
		}}
	}
	err := m.bed.st.Commit(m.bed.ctx(), &b)
	if !m.expected(err, want) {
		rt.Fatalf("the error is %v, the model says %v", err, want)
	}
	if want == nil {
		m.apply(&b, n)
	}
	if _, known := m.cases[n]; known {
		m.compareCase(rt, n)
	}
}

// expected compares errors; any ExistsError will do for another.
func (m *model) expected(err, want error) bool {
	var e, w *storage.ExistsError
	if errors.As(want, &w) {
		return errors.As(err, &e) && e.Case == w.Case
	}
	return errors.Is(err, want)
}

// change makes a change of the run's nth case: new, next, or stale.
func (m *model) change(rt *rapid.T, n int) (*review.Change, error) {
	have, known := m.cases[n]
	r := Review(n)
	r.Key.Source = m.tag
	if !known || rapid.Bool().Draw(rt, "deliver") {
		c, err := review.Accept(r, false, Occasion(review.Person{}, Start))
		if err != nil {
			rt.Fatal(err)
		}
		c.Work = nil
		if known {
			return &c, &storage.ExistsError{Case: have.ID}
		}
		return &c, nil
	}
	c, err := review.Apply(have, review.AddPromise{Text: "x", Owner: Ben, Due: Start.Add(time.Hour)}, Occasion(Ana, Start))
	if err != nil {
		rt.Fatal(err)
	}
	if rapid.Bool().Draw(rt, "stale") {
		c.Case.Version--
		return &c, review.ErrConflict
	}
	return &c, nil
}

// holds tells whether j is still claimed as it was.
func (m *model) holds(j storage.Job) bool {
	w := m.work[[2]string{string(j.Kind), j.Key}]
	return w.leased() && w.fence == j.Fence
}

func (m *model) apply(b *storage.Batch, n int) {
	if b.Receipt != nil {
		m.receipts[b.Receipt.ID] = b.Receipt.Body
	}
	if b.Change != nil {
		m.cases[n] = b.Change.Case
	}
	if b.Done != nil {
		w := m.work[[2]string{string(b.Done.Kind), b.Done.Key}]
		w.lease = time.Time{}
		if w.done = w.again.IsZero(); !w.done {
			w.due, w.again, w.attempts, w.failures = w.again, time.Time{}, 0, 0
		}
	}
	for _, msg := range b.Messages {
		m.messages[msg.Key] = msg
	}
	for _, row := range b.Work {
		m.insert(row)
	}
}

func (m *model) insert(row review.Work) {
	key := [2]string{string(row.Kind), row.Key}
	w, known := m.work[key]
	switch {
	case !known:
		m.work[key] = &modelWork{due: row.Due, text: row.Text}
		return
	case !row.Again:
		return
	case w.done:
		w.done, w.due, w.attempts, w.failures = false, row.Due, 0, 0
	case w.leased():
		if w.again.IsZero() || row.Due.Before(w.again) {
			w.again = row.Due
		}
	case w.failures == 0 && row.Due.Before(w.due):
		w.due = row.Due
	}
	w.text = row.Text
}

func (m *model) claim(rt *rapid.T) {
	kind := m.kind(rt)
	lease := time.Minute + m.minutes(rt, "lease")
	jobs, err := m.bed.st.Claim(m.bed.ctx(), storage.Claim{Worker: "m", Kinds: []review.WorkKind{review.WorkKind(kind)}, Now: m.now, Lease: lease, Limit: 10})
	if err != nil {
		rt.Fatal(err)
	}
	var want []string
	for key, w := range m.work {
		ready := !w.done && !w.leased() && !w.due.After(m.now) || w.leased() && !w.lease.After(m.now)
		if key[0] == kind && ready {
			w.lease, w.again, w.attempts, w.fence = m.now.Add(lease), time.Time{}, w.attempts+1, w.fence+1
			want = append(want, fmt.Sprint(key[1], w.due, w.attempts, w.failures, w.fence, w.text))
		}
	}
	var claimed []string
	for _, j := range jobs {
		claimed = append(claimed, fmt.Sprint(j.Key, j.Due, j.Attempts, j.Failures, j.Fence, j.Text))
	}
	if !slices.IsSortedFunc(jobs, func(a, b storage.Job) int { return a.Due.Compare(b.Due) }) {
		rt.Fatalf("the jobs are not oldest first: %v", jobs)
	}
	slices.Sort(want)
	slices.Sort(claimed)
	if !slices.Equal(want, claimed) {
		rt.Fatalf("claimed %v, the model says %v", claimed, want)
	}
	m.held = append(m.held, jobs...)
}

func (m *model) retry(rt *rapid.T) {
	if len(m.held) == 0 {
		return
	}
	j, at := rapid.SampledFrom(m.held).Draw(rt, "job"), m.now.Add(m.minutes(rt, "later"))
	j.Attempts -= rapid.IntRange(0, 1).Draw(rt, "without effect")
	holds := m.holds(j)
	m.fenced(rt, holds, m.bed.st.Retry(m.bed.ctx(), j, at, "it failed"))
	if holds {
		w := m.work[[2]string{string(j.Kind), j.Key}]
		w.due, w.lease, w.again, w.attempts, w.failures = at, time.Time{}, time.Time{}, j.Attempts, w.failures+1
	}
}

func (m *model) extend(rt *rapid.T) {
	if len(m.held) == 0 {
		return
	}
	j, until := rapid.SampledFrom(m.held).Draw(rt, "job"), m.now.Add(m.minutes(rt, "longer"))
	holds := m.holds(j)
	m.fenced(rt, holds, m.bed.st.Extend(m.bed.ctx(), j, until))
	if holds {
		m.work[[2]string{string(j.Kind), j.Key}].lease = until
	}
}

func (m *model) fenced(rt *rapid.T, holds bool, err error) {
	var want error
	if !holds {
		want = storage.ErrFenced
	}
	if !errors.Is(err, want) {
		rt.Fatalf("the error is %v, the model says %v", err, want)
	}
}

// compare holds the next due time against the model, after every step.
func (m *model) compare(rt *rapid.T) {
	var next time.Time
	for _, w := range m.work {
		at := w.due
		if w.leased() {
			at = w.lease
		}
		if !w.done && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	at, ok, err := m.bed.st.NextDue(m.bed.ctx(), m.kinds())
	if err != nil || ok == next.IsZero() || !at.Equal(next) {
		rt.Fatalf("next due is %s (%t, %v), the model says %s", at, ok, err, next)
	}
}

// compareAll holds what is pending and the cards against the model, at the end
// of a run.
func (m *model) compareAll(rt *rapid.T) {
	st, ctx := m.bed.st, m.bed.ctx()
	pending := map[review.WorkKind]storage.PendingWork{}
	for key, w := range m.work {
		if w.done {
			continue
		}
		p := pending[review.WorkKind(key[0])]
		p.Count++
		if p.Oldest.IsZero() || w.due.Before(p.Oldest) {
			p.Oldest = w.due
		}
		if w.failures > 0 {
			p.Tried++
		}
		pending[review.WorkKind(key[0])] = p
	}
	all, err := st.Pending(ctx)
	for _, k := range m.kinds() {
		if err != nil || all[k] != pending[k] {
			rt.Fatalf("pending of %s is %+v (%v), the model says %+v", k, all[k], err, pending[k])
		}
	}
	messages, err := st.Messages(ctx, 0, m.tag)
	if err != nil || len(messages) != len(m.messages) {
		rt.Fatalf("the messages are %v (%v), the model says %v", messages, err, m.messages)
	}
	for _, msg := range messages {
		if msg != m.messages[msg.Key] {
			rt.Fatalf("a message is %v, the model says %v", msg, m.messages[msg.Key])
		}
	}
}

// compareCase holds the run's nth case against the model.
func (m *model) compareCase(rt *rapid.T, n int) {
	c, err := m.bed.st.Case(m.bed.ctx(), m.cases[n].ID)
	if err != nil {
		rt.Fatal(err)
	}
	if d := cmp.Diff(kept(m.cases[n]), c, cmpopts.EquateEmpty()); d != "" {
		rt.Fatalf("case %d of the run differs (-model +store):\n%s", n, d)
	}
}
