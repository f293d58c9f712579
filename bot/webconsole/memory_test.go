package webconsole

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// memory is a Store in memory, for tests of the pages alone.
type memory struct {
	rows     []stats.Row // of days and subjects
	mu       sync.Mutex
	notes    []storage.Note
	sessions map[review.Digest]storage.Session
	cases    map[int64]review.Case
	records  map[int64]history
	events   []review.Event
}

type history struct {
	revisions []review.Review
	drafts    []review.Draft
	approvals []review.Approval
	replies   []review.Reply
	events    []audit.Entry
	texts     map[int64]map[string]string
}

var _ Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{sessions: map[review.Digest]storage.Session{}, cases: map[int64]review.Case{}, records: map[int64]history{}}
}

func (m *memory) Commit(_ context.Context, b *storage.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, b.Events...)
	return nil
}

func (m *memory) PutNote(ctx context.Context, n storage.Note) (storage.Note, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return n, err
	}
	for _, have := range m.notes {
		if have.Key == n.Key {
			return have, nil
		}
	}
	n.ID = int64(len(m.notes) + 1)
	m.notes = append(m.notes, n)
	return n, nil
}

func (m *memory) EditNote(ctx context.Context, id int64, body json.RawMessage, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range m.notes {
		if m.notes[i].ID == id {
			m.notes[i].Body, m.notes[i].Edited = body, at
			return nil
		}
	}
	return storage.ErrNotFound
}

func (m *memory) NoteByKey(ctx context.Context, key string) (storage.Note, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return storage.Note{}, err
	}
	for _, n := range m.notes {
		if n.Key == key {
			return n, nil
		}
	}
	return storage.Note{}, storage.ErrNotFound
}

func (m *memory) Notes(_ context.Context, channel string, thread, after int64, limit int) ([]storage.Note, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []storage.Note
	for _, n := range m.notes {
		if n.Channel == channel && n.Thread == thread && n.ID > after && len(out) < limit {
			out = append(out, n)
		}
	}
	return out, nil
}

func (m *memory) PutSession(_ context.Context, s storage.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.Token] = s
	return nil
}

func (m *memory) Session(_ context.Context, token review.Digest) (storage.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[token]
	if !ok {
		return s, storage.ErrNotFound
	}
	return s, nil
}

func (m *memory) SpendInvite(_ context.Context, invite review.Digest, s storage.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if have, ok := m.sessions[invite]; !ok || !have.Invite {
		return storage.ErrNotFound
	}
	delete(m.sessions, invite)
	m.sessions[s.Token] = s
	return nil
}

func (m *memory) DropSession(_ context.Context, token review.Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, token)
	return nil
}

func (m *memory) putCase(c review.Case) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cases[c.ID] = c
}

func (m *memory) Case(_ context.Context, id int64) (review.Case, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.cases[id]
	if !ok {
		return c, storage.ErrNotFound
	}
	return c, nil
}

func (m *memory) Cases(_ context.Context, q storage.Query) ([]review.Case, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Values(m.cases), func(a, b review.Case) int { return cmp.Compare(b.ID, a.ID) })
	var out []review.Case
	for _, c := range all {
		switch {
		case len(q.Status) > 0 && !slices.Contains(q.Status, c.Status):
		case q.Owner != "" && c.Owner != q.Owner:
		case q.After > 0 && c.ID >= q.After:
		case len(out) < q.Limit:
			out = append(out, c)
		}
	}
	return out, nil
}

func (m *memory) CountByStatus(context.Context) (map[review.Status]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[review.Status]int{}
	for _, c := range m.cases {
		out[c.Status]++
	}
	return out, nil
}

func (m *memory) of(id int64) history {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records[id]
}

func (m *memory) Revisions(_ context.Context, id int64) ([]review.Review, error) {
	return m.of(id).revisions, nil
}
func (m *memory) Drafts(_ context.Context, id int64) ([]review.Draft, error) {
	return m.of(id).drafts, nil
}
func (m *memory) Approvals(_ context.Context, id int64) ([]review.Approval, error) {
	return m.of(id).approvals, nil
}
func (m *memory) Replies(_ context.Context, id int64) ([]review.Reply, error) {
	return m.of(id).replies, nil
}

func (m *memory) Events(_ context.Context, id, after int64, limit int) ([]audit.Entry, error) {
	var out []audit.Entry
	for _, e := range m.of(id).events {
		if e.Seq > after && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) Texts(_ context.Context, seq int64) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.records {
		if t, ok := h.texts[seq]; ok {
			return t, nil
		}
	}
	return nil, nil
}

// tap stands between the console and its store: it remembers which notes were
// put, and does what befalls real stores and real rooms: an answer is lost, a
// note is deleted.
type tap struct {
	Store
	mu    sync.Mutex
	notes map[int64]storage.Note
	gone  map[int64]bool
	lose  bool // the next write of a note is done and its answer lost
	full  bool // no note can be written: the disk is full
}

func newTap(s Store) *tap {
	return &tap{Store: s, notes: map[int64]storage.Note{}, gone: map[int64]bool{}}
}

var errLost = errors.New("the connection broke")

func (t *tap) lost() error {
	if t.lose {
		t.lose = false
		return errLost
	}
	return nil
}

// fill makes the disk full, or gives it room again.
func (t *tap) fill(full bool) { t.mu.Lock(); defer t.mu.Unlock(); t.full = full }

// room is an error when the disk is full.
func (t *tap) room() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full {
		return errors.New("database or disk is full (13)")
	}
	return nil
}

func (t *tap) PutNote(ctx context.Context, n storage.Note) (storage.Note, error) {
	if err := t.room(); err != nil {
		return n, err
	}
	n, err := t.Store.PutNote(ctx, n)
	if err != nil {
		return n, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes[n.ID] = n
	return n, t.lost()
}

func (t *tap) EditNote(ctx context.Context, id int64, body json.RawMessage, at time.Time) error {
	if err := t.room(); err != nil {
		return err
	}
	if err := t.Store.EditNote(ctx, id, body, at); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone[id] {
		return storage.ErrNotFound
	}
	return t.lost()
}

// note is what was put under a reference.
func (t *tap) note(ref string) (storage.Note, error) {
	id, err := parseRef(ref)
	if err != nil {
		return storage.Note{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.notes[id]
	if !ok {
		return n, storage.ErrNotFound
	}
	return n, nil
}

func (m *memory) Counts(_ context.Context, q storage.CountQuery) ([]stats.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []stats.Row
	for _, r := range m.rows {
		if q.Source != "" && r.Source != q.Source || len(q.What) > 0 && !slices.Contains(q.What, r.What) {
			continue
		}
		for _, p := range q.Parts {
			at := p.Grain.Day(r.Day)
			if at < p.From || at >= p.To {
				continue
			}
			row := r
			if row.Day = at; q.Subject == "" && !q.BySubject {
				row.Subject = ""
			} else if q.Subject != "" && r.Subject != q.Subject {
				continue
			}
			out = append(out, row)
		}
	}
	return out, nil
}

func (m *memory) Subjects(_ context.Context, source string, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, r := range m.rows {
		if r.Subject != "" && (source == "" || r.Source == source) && !slices.Contains(out, r.Subject) && len(out) < limit {
			out = append(out, r.Subject)
		}
	}
	return out, nil
}
