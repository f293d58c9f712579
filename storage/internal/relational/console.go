package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

var (
	insertNote    = (&table{"notes", []string{"thread", "channel", "key", "case_id", "author", "body", "at", "edited"}}).inserting(" ON CONFLICT (key) DO NOTHING")
	insertSession = (&table{"sessions", []string{"token", "person", "invite", "created", "expires"}}).inserting(
		" ON CONFLICT (token) DO UPDATE SET person = excluded.person, invite = excluded.invite, created = excluded.created, expires = excluded.expires")
)

const selectNotes = "SELECT id, thread, channel, key, case_id, author, body, at, edited FROM notes WHERE "

func scanNote(rows *sql.Rows) (n storage.Note, err error) {
	var body []byte
	var at, edited sql.NullInt64
	err = rows.Scan(&n.ID, &n.Thread, &n.Channel, &n.Key, &n.Case, &n.Author, &body, &at, &edited)
	n.Body, n.At, n.Edited = body, moment(at), moment(edited)
	return n, err
}

// PutNote implements [storage.Store].
func (st *Store) PutNote(ctx context.Context, n storage.Note) (storage.Note, error) {
	var out storage.Note
	err := st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := insertNote.run(ctx, r, [][]any{{n.Thread, ident(n.Channel), ident(n.Key), n.Case, label(n.Author),
			[]byte(n.Body), n.At.UnixMicro(), micros(n.Edited)}})
		if err != nil {
			return err
		}
		out, err = firstNote(ctx, r, "key = ?", ident(n.Key))
		return err
	})
	return out, err
}

func firstNote(ctx context.Context, r runner, where string, args ...any) (storage.Note, error) {
	notes, err := collect(ctx, r, scanNote, selectNotes+where, args...)
	if err == nil && len(notes) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.Note{}, err
	}
	return notes[0], nil
}

// EditNote implements [storage.Store].
func (st *Store) EditNote(ctx context.Context, id int64, body json.RawMessage, at time.Time) error {
	return st.found(ctx, "UPDATE notes SET body = ?, edited = ? WHERE id = ?", []byte(body), at.UnixMicro(), id)
}

// found runs a write that must meet a row.
func (st *Store) found(ctx context.Context, query string, args ...any) error {
	return st.through(ctx, func(ctx context.Context, r runner) error {
		n, err := r.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return storage.ErrNotFound
		}
		return err
	})
}

// NoteByKey implements [storage.Store].
func (st *Store) NoteByKey(ctx context.Context, key string) (storage.Note, error) {
	n, err := firstNote(ctx, st.read, "key = ?", ident(key))
	return n, st.explain(err)
}

// Notes implements [storage.Store]. They come oldest first; a limit of 0 is
// 100, more than 1,000 are never read at once.
func (st *Store) Notes(ctx context.Context, channel string, thread, after int64, limit int) ([]storage.Note, error) {
	if limit <= 0 {
		limit = 100
	}
	out, err := collect(ctx, st.read, scanNote, selectNotes+"channel = ? AND thread = ? AND id > ? ORDER BY id LIMIT ?",
		ident(channel), thread, after, int64(min(limit, 1000)))
	return out, st.explain(err)
}

// PutSession implements [storage.Store].
func (st *Store) PutSession(ctx context.Context, s storage.Session) error {
	row, err := sessionRow(s)
	if err != nil {
		return err
	}
	return st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := insertSession.run(ctx, r, [][]any{row})
		return err
	})
}

func sessionRow(s storage.Session) ([]any, error) {
	person, err := json.Marshal(s.Person)
	if err != nil {
		return nil, fmt.Errorf("the session cannot be encoded: %w", err)
	}
	return []any{s.Token.String(), string(person), bit(s.Invite), s.Created.UnixMicro(), s.Expires.UnixMicro()}, nil
}

// Session implements [storage.Store]. One that has expired is not found.
func (st *Store) Session(ctx context.Context, token review.Digest) (storage.Session, error) {
	s := storage.Session{Token: token}
	var person string
	var invite, created, expires int64
	err := one(ctx, st.read, []any{&person, &invite, &created, &expires},
		"SELECT person, invite, created, expires FROM sessions WHERE token = ? AND expires > ?", token.String(), st.now().UnixMicro())
	switch {
	case errNoRows(err):
		return storage.Session{}, storage.ErrNotFound
	case err != nil:
		return storage.Session{}, st.explain(err)
	}
	s.Invite, s.Created, s.Expires = invite == 1, time.UnixMicro(created).UTC(), time.UnixMicro(expires).UTC()
	return s, json.Unmarshal([]byte(person), &s.Person)
}

// SpendInvite implements [storage.Store]. An invitation that has expired is
// not found.
func (st *Store) SpendInvite(ctx context.Context, invite review.Digest, s storage.Session) error {
	row, err := sessionRow(s)
	if err != nil {
		return err
	}
	return st.through(ctx, func(ctx context.Context, r runner) error {
		n, err := r.exec(ctx, "DELETE FROM sessions WHERE token = ? AND invite = 1 AND expires > ?", invite.String(), st.now().UnixMicro())
		if err != nil {
			return err
		}
		if n == 0 {
			return storage.ErrNotFound
		}
		_, err = insertSession.run(ctx, r, [][]any{row})
		return err
	})
}

// DropSession implements [storage.Store]. Dropping what is gone is no error.
func (st *Store) DropSession(ctx context.Context, token review.Digest) error {
	return st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := r.exec(ctx, "DELETE FROM sessions WHERE token = ?", token.String())
		return err
	})
}
