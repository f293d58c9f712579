package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

var _ storage.Upkeep = (*Store)(nil)

// Erase implements [storage.Upkeep]: the change and the words go in one
// transaction. The chats' cards are drawn anew.
func (st *Store) Erase(ctx context.Context, change *review.Change) error {
	id := change.Case.ID
	chats, err := collect(ctx, st.read, func(rows *sql.Rows) (chat string, err error) {
		err = rows.Scan(&chat)
		return chat, err
	}, "SELECT DISTINCT chat FROM messages WHERE case_id = ?", id)
	if err != nil {
		return st.explain(err)
	}
	b := &storage.Batch{Change: change}
	for _, chat := range chats {
		b.Work = append(b.Work, review.Work{Kind: review.WorkCards + ":" + review.WorkKind(chat), Case: id, Key: "all", Due: change.Case.Changed, Again: true})
	}
	p, err := pack(b)
	if err != nil {
		return err
	}
	return st.w.submit(ctx, &item{parcel: p, call: func(ctx context.Context, r runner) error {
		return st.eraseWords(ctx, r, change)
	}})
}

func (st *Store) eraseWords(ctx context.Context, r runner, change *review.Change) error {
	id := change.Case.ID
	if err := eraseDocs(ctx, r, "revisions", "n", "title = NULL, body = NULL, raw = NULL", id, func(v review.Review) any { return v.Without(change.Case.Changed) }); err != nil {
		return err
	}
	if err := eraseDocs(ctx, r, "drafts", "n", "text = NULL", id, func(v review.Draft) any { return v.Without() }); err != nil {
		return err
	}
	if err := eraseDocs(ctx, r, "replies", "binding", "text = NULL, problem = '', reviewer = ''", id, func(v review.Reply) any { return v.Without() }); err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM texts WHERE seq IN (SELECT seq FROM events WHERE case_id = ? AND case_id <> 0)",
		"UPDATE work SET text = '', problem = '' WHERE case_id = ?",
		fmt.Sprintf(st.d.Words.Drop, "?"),
	} {
		if _, err := r.exec(ctx, query, id); err != nil {
			return err
		}
	}
	// What stands in the console is replaced; the program's own cards are drawn
	// anew after this.
	_, err := r.exec(ctx, "UPDATE notes SET body = ? WHERE case_id = ?", []byte(`{"text":"(erased)"}`), id)
	return err
}

// eraseDocs rewrites the documents of a case's rows of one table.
func eraseDocs[T any](ctx context.Context, r runner, table, key, set string, id int64, without func(T) any) error {
	type row struct {
		key any
		doc string
	}
	rows, err := collect(ctx, r, func(rows *sql.Rows) (v row, err error) {
		err = rows.Scan(&v.key, &v.doc)
		return v, err
	}, "SELECT "+key+", doc FROM "+table+" WHERE case_id = ?", id)
	if err != nil {
		return err
	}
	for _, v := range rows {
		var old T
		if err := json.Unmarshal([]byte(v.doc), &old); err != nil {
			return fmt.Errorf("a stored record cannot be read: %w", err)
		}
		doc, err := json.Marshal(without(old))
		if err != nil {
			return err
		}
		if _, err := r.exec(ctx, "UPDATE "+table+" SET "+set+", doc = ? WHERE case_id = ? AND "+key+" = ?", string(doc), id, v.key); err != nil {
			return err
		}
	}
	return nil
}

// Strike implements [storage.Upkeep].
func (st *Store) Strike(ctx context.Context, strike func(string) (string, bool)) (n int, err error) {
	type row struct {
		key, name any
		body      []byte
	}
	scan := func(rows *sql.Rows) (v row, err error) {
		err = rows.Scan(&v.key, &v.name, &v.body)
		return v, err
	}
	err = st.w.submit(ctx, &item{call: func(ctx context.Context, r runner) error {
		n = 0
		for _, table := range []struct{ read, write string }{
			{"SELECT t.seq, t.name, t.body FROM texts t JOIN events e ON e.seq = t.seq WHERE e.case_id = 0", "DELETE FROM texts WHERE seq = ? AND name = ?"},
			{"SELECT id, key, body FROM notes WHERE case_id = 0 AND body IS NOT NULL", "UPDATE notes SET body = ? WHERE id = ? AND key = ?"},
		} {
			rows, err := collect(ctx, r, scan, table.read)
			if err != nil {
				return err
			}
			for _, v := range rows {
				without, found := strike(string(v.body))
				if !found {
					continue
				}
				args := []any{v.key, v.name}
				if strings.HasPrefix(table.write, "UPDATE") {
					args = []any{[]byte(without), v.key, v.name}
				}
				if _, err := r.exec(ctx, table.write, args...); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	}})
	return n, err
}

// Notices implements [storage.Upkeep].
func (st *Store) Notices(ctx context.Context) ([]storage.Message, error) {
	out, err := collect(ctx, st.read, scanMessage,
		"SELECT case_id, chat, key, ref, hash, posted FROM messages WHERE case_id = 0 ORDER BY chat, key")
	return out, st.explain(err)
}

// Authored implements [storage.Upkeep]. It reads every revision once.
func (st *Store) Authored(ctx context.Context, author string) ([]int64, error) {
	rows, err := st.read.query(ctx, "SELECT case_id, doc FROM revisions")
	if err != nil {
		return nil, st.explain(err)
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		var doc string
		if err := rows.Scan(&id, &doc); err != nil {
			return nil, st.explain(err)
		}
		var who struct {
			Author   string `json:"author"`
			AuthorID string `json:"author_id"`
		}
		if err := json.Unmarshal([]byte(doc), &who); err != nil {
			return nil, fmt.Errorf("a revision of case #%d cannot be read: %w", id, err)
		}
		if author != "" && (who.Author == author || who.AuthorID == author) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), st.explain(rows.Err())
}

// Scrub implements [storage.Upkeep].
func (st *Store) Scrub(ctx context.Context) error {
	db, err := st.fresh()
	if err != nil {
		return st.explain(err)
	}
	defer db.Close()
	for _, query := range st.d.Scrub {
		if _, err := db.ExecContext(ctx, query); err != nil {
			return st.explain(err)
		}
	}
	return nil
}
