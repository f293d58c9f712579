package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// State is how far a target is.
type State struct {
	Known    bool      `json:"-"`   // it was begun
	Seq      int64     `json:"seq"` // all up to here arrived, but for what Held says
	Failures int       `json:"failures,omitempty"`
	Problem  string    `json:"problem,omitempty"`
	Next     time.Time `json:"next,omitzero"` // it is left alone until then
	Held     []Held    `json:"held,omitempty"`
	Since    time.Time `json:"since,omitzero"` // when the trouble began, zero for none
	Told     bool      `json:"told,omitempty"` // people were told of it
}

// Held is a case whose next entry the target refuses.
type Held struct {
	Case     int64     `json:"case"` // 0 for what concerns no case
	Seq      int64     `json:"seq"`  // of the case, all up to here arrived
	Failures int       `json:"failures"`
	Problem  string    `json:"problem"`
	Next     time.Time `json:"next"`
}

// due tells whether something could be sent now.
func (s State) due(now time.Time, head int64) bool {
	if s.Next.After(now) {
		return false
	}
	return s.Seq < head || slices.ContainsFunc(s.Held, func(h Held) bool { return !h.Next.After(now) })
}

// Trouble says what people should look after, "" for nothing.
func (s State) Trouble() string {
	if s.Failures >= patience {
		return fmt.Sprintf("events wait since number %d (%d tries): %s", s.Seq+1, s.Failures, s.Problem)
	}
	for _, h := range s.Held {
		if h.Failures >= patience {
			about := "events about no case wait"
			if h.Case != 0 {
				about = fmt.Sprintf("events of case #%d wait", h.Case)
			}
			return fmt.Sprintf("%s (%d tries): %s", about, h.Failures, h.Problem)
		}
	}
	return ""
}

// tellAfter is how long a target may be in trouble before people are told in
// chat: a restart of it is over by then.
const tellAfter = 15 * time.Minute

// notice keeps account of how long there is trouble. tell is true when people
// are to hear of it: that it goes on for long, or that it is over.
func (s *State) notice(now time.Time) (since time.Time, well, tell bool) {
	since = s.Since
	switch {
	case s.Failures == 0 && len(s.Held) == 0:
		well, tell = true, s.Told
		s.Since, s.Told = time.Time{}, false
	case since.IsZero():
		s.Since = now.UTC().Truncate(time.Microsecond)
	case !s.Told && now.Sub(since) >= tellAfter:
		s.Told, tell = true, true
	}
	return since, well, tell
}

func (s State) held(id int64) int {
	return slices.IndexFunc(s.Held, func(h Held) bool { return h.Case == id })
}

// backoff is from a second, doubling, to a quarter of an hour, or what the
// target asks for, with up to half of it more at random.
func backoff(failures int, asked time.Duration) time.Duration {
	wait := 15 * time.Minute
	if failures < 11 {
		wait = min(wait, time.Second<<max(failures-1, 0))
	}
	wait = max(wait, asked)
	return wait + rand.N(wait/2+1)
}

// round is one turn with a target.
type round struct {
	*Handover
	lane  *lane
	job   storage.Job
	state State
	raw   string // as it is kept
	sent  int
	moved bool // the state is ahead of what is kept, by entries that were passed over
}

// run brings the target up to the head, or to where it refuses.
func (r *round) run(ctx context.Context) (err error) {
	if r.state, r.raw, err = load(ctx, r.Store, r.lane.Name); err != nil {
		return err
	}
	if !r.state.Known { // what happened before it was added is no news
		if r.state.Seq, _, err = r.Store.Head(ctx); err != nil {
			return err
		}
		r.state.Known = true
		return r.keep(ctx)
	}
	if r.state.Next.After(r.Now()) {
		return nil
	}
	for _, h := range slices.Clone(r.state.Held) {
		if h.Next.After(r.Now()) {
			continue
		}
		if on, err := r.free(ctx, h.Case); err != nil || !on {
			return err
		}
	}
	return r.advance(ctx)
}

// advance goes on along the log.
func (r *round) advance(ctx context.Context) error {
	for looked := 0; looked < turnMost; {
		entries, err := r.Store.Events(ctx, 0, r.state.Seq, page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			looked++
			if r.wanted(e) && r.state.held(e.Case) < 0 {
				if on, err := r.deliver(ctx, e); err != nil || !on {
					return err
				}
				continue
			}
			r.state.Seq, r.moved = e.Seq, true
		}
		if len(entries) < page {
			break
		}
	}
	if r.moved {
		return r.keep(ctx)
	}
	return nil
}

func (r *round) wanted(e audit.Entry) bool {
	return len(r.lane.Verbs) == 0 || slices.Contains(r.lane.Verbs, string(e.Verb))
}

// deliver sends the next entry of the log. on is false when the target is to
// be left alone for now.
func (r *round) deliver(ctx context.Context, e audit.Entry) (on bool, err error) {
	refused, err := r.call(ctx, e)
	if err != nil {
		return false, err
	}
	switch {
	case refused == nil:
		r.state.Seq, r.state.Failures, r.state.Problem, r.state.Next = e.Seq, 0, "", time.Time{}
	case refused.entry && len(r.state.Held) < heldMost:
		r.state.Held = append(r.state.Held, Held{
			Case: e.Case, Seq: e.Seq - 1, Failures: 1, Problem: refused.why, Next: r.Now().Add(backoff(1, refused.after)),
		})
		r.state.Seq = e.Seq
	default:
		r.rest(refused)
		return false, r.keep(ctx)
	}
	return true, r.keep(ctx)
}

// rest leaves the whole target alone for a while.
func (r *round) rest(refused *refusal) {
	r.state.Failures++
	r.state.Problem = refused.why
	r.state.Next = r.Now().Add(backoff(r.state.Failures, refused.after))
}

// free sends what is held back of a case, in order, and lets the case go when
// it is as far as the others.
func (r *round) free(ctx context.Context, id int64) (on bool, err error) {
	for {
		h := &r.state.Held[r.state.held(id)]
		entries, err := r.Store.Events(ctx, id, h.Seq, page)
		if err != nil {
			return false, err
		}
		whole := len(entries) < page
		for _, e := range entries {
			if e.Seq > r.state.Seq {
				whole = true
				break
			}
			if e.Case != id || !r.wanted(e) { // asked for no case, the store gives all
				h.Seq = e.Seq
				continue
			}
			refused, err := r.call(ctx, e)
			switch {
			case err != nil:
				return false, err
			case refused == nil:
				h.Seq, h.Failures, h.Problem = e.Seq, 0, ""
				r.state.Failures, r.state.Problem, r.state.Next = 0, "", time.Time{}
			case refused.entry:
				h.Failures++
				h.Problem, h.Next = refused.why, r.Now().Add(backoff(h.Failures, refused.after))
				return true, r.keep(ctx)
			default:
				r.rest(refused)
				return false, r.keep(ctx)
			}
			if err := r.keep(ctx); err != nil {
				return false, err
			}
		}
		if whole {
			r.state.Held = slices.Delete(r.state.Held, r.state.held(id), r.state.held(id)+1)
			return true, r.keep(ctx)
		}
	}
}

// call sends one entry while the turn is ours. err is our own trouble.
func (r *round) call(ctx context.Context, e audit.Entry) (*refusal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.Store.Extend(ctx, r.job, r.Now().Add(leaseFor)); err != nil {
		return nil, err
	}
	body, err := r.body(ctx, r.lane.Target, e)
	if err != nil {
		return nil, err
	}
	err = r.send(ctx, r.lane, ID(r.lane.Name, e), body)
	var refused *refusal
	switch {
	case errors.As(err, &refused) && ctx.Err() != nil: // we stopped; it is not the target's fault
		return nil, ctx.Err()
	case errors.As(err, &refused):
		return refused, nil
	}
	r.sent++
	return nil, err
}

// keep writes the state, unless another replica wrote meanwhile. An answer that
// came is recorded even when the program is told to stop.
func (r *round) keep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	since, well, tell := r.state.notice(r.Now())
	b, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	if string(b) == r.raw {
		return nil
	}
	batch := &storage.Batch{Setting: &storage.Setting{Name: setting(r.lane.Name), Before: r.raw, Value: string(b)}}
	if tell && r.News != nil {
		batch.Work = r.News(r.lane.Name, since, well)
	}
	if err := r.Store.Commit(ctx, batch); err != nil {
		return err
	}
	r.raw, r.moved = string(b), false
	return nil
}
