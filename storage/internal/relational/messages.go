package relational

import (
	"context"
	"database/sql"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Messages implements [storage.Store]. An empty chat means all of them.
func (st *Store) Messages(ctx context.Context, id int64, chat string) ([]storage.Message, error) {
	where, args := "WHERE case_id = ?", []any{id}
	switch {
	case id == 0:
		where, args = "WHERE chat = ?", []any{ident(chat)}
	case chat != "":
		where, args = "WHERE case_id = ? AND chat = ?", []any{id, ident(chat)}
	}
	out, err := collect(ctx, st.read, scanMessage,
		"SELECT case_id, chat, key, ref, hash, posted FROM messages "+where+" ORDER BY case_id, chat, key", args...)
	return out, st.explain(err)
}

// Message implements [storage.Store].
func (st *Store) Message(ctx context.Context, id int64, chat, key string) (storage.Message, error) {
	found, err := collect(ctx, st.read, scanMessage,
		"SELECT case_id, chat, key, ref, hash, posted FROM messages WHERE case_id = ? AND chat = ? AND key = ?", id, ident(chat), ident(key))
	switch {
	case err != nil:
		return storage.Message{}, st.explain(err)
	case len(found) == 0:
		return storage.Message{}, storage.ErrNotFound
	}
	return found[0], nil
}

func scanMessage(rows *sql.Rows) (m storage.Message, err error) {
	var hash string
	var posted sql.NullInt64
	if err = rows.Scan(&m.Case, &m.Chat, &m.Key, &m.Ref, &hash, &posted); err != nil {
		return m, err
	}
	m.Posted = moment(posted)
	m.Hash, err = review.ParseDigest(hash)
	return m, err
}

// CaseOfMessage implements [storage.Store].
func (st *Store) CaseOfMessage(ctx context.Context, chat, ref string) (int64, error) {
	if ref == "" {
		return 0, storage.ErrNotFound
	}
	var id int64
	err := one(ctx, st.read, []any{&id}, "SELECT case_id FROM messages WHERE chat = ? AND ref = ? AND ref <> '' ORDER BY case_id LIMIT 1", ident(chat), ident(ref))
	if errNoRows(err) {
		return 0, storage.ErrNotFound
	}
	return id, st.explain(err)
}

// Sources implements [storage.Store].
func (st *Store) Sources(ctx context.Context) ([]storage.SourceState, error) {
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (s storage.SourceState, err error) {
		var cursor []byte
		var polled, succeeded, waits sql.NullInt64
		var announced int64
		err = rows.Scan(&s.Name, &cursor, &polled, &succeeded, &s.Failures, &s.Problem, &announced, &waits)
		s.Cursor, s.Polled, s.Succeeded, s.Waits, s.Announced = cursor, moment(polled), moment(succeeded), moment(waits), announced == 1
		return s, err
	}, "SELECT name, cursor, polled, succeeded, failures, problem, announced, waits FROM sources ORDER BY name")
	return out, st.explain(err)
}
