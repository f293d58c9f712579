package relational

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// wordings remembers the latest texts of cases. Every text that is checked is
// compared with some hundred others, and few of them have changed from one check
// to the next: all that has to be read is which cases they are of. What a case
// says changes with its version, so nothing here can be out of date.
type wordings = recent.Map[int64, versioned]

// versioned is a case's text as it was at a version; none when it had none.
type versioned struct {
	version int64
	none    bool
	storage.Wording
}

// maxWordings bounds each of two generations, of a text each.
const maxWordings = 2048

// Wordings implements [storage.Store].
func (st *Store) Wordings(ctx context.Context, source string, status []review.Status, limit int) ([]storage.Wording, error) {
	if len(status) == 0 {
		return nil, nil
	}
	var picks []string
	var args []any
	for _, s := range status {
		picks = append(picks, "SELECT id, version FROM (SELECT id, version FROM cases WHERE status = ? AND source = ? ORDER BY id DESC LIMIT ?) AS one")
		args = append(args, string(s), ident(source), int64(max(limit, 0)))
	}
	all, err := collect(ctx, st.read, func(rows *sql.Rows) (v versioned, err error) {
		err = rows.Scan(&v.Case, &v.version)
		return v, err
	}, strings.Join(picks, " UNION ALL ")+" ORDER BY id DESC", args...)
	if err != nil {
		return nil, st.explain(err)
	}
	var unknown []int64
	for i, v := range all {
		if known, ok := st.wordings.Get(v.Case); ok && known.version >= v.version {
			all[i] = known
		} else {
			unknown = append(unknown, v.Case)
		}
	}
	if err := st.learn(ctx, all, unknown); err != nil {
		return nil, st.explain(err)
	}
	var out []storage.Wording
	for _, v := range all {
		// A case may have moved on between the two looks.
		if !v.none && slices.Contains(status, v.Status) {
			out = append(out, v.Wording)
		}
	}
	return out, nil
}

// learn reads the texts of some cases into all, which has them in descending
// order, as unknown has.
func (st *Store) learn(ctx context.Context, all []versioned, unknown []int64) error {
	if len(unknown) == 0 {
		return nil
	}
	args := make([]any, len(unknown))
	for i, id := range unknown {
		args[i] = id
	}
	read, err := collect(ctx, st.read, func(rows *sql.Rows) (v versioned, err error) {
		var at sql.NullInt64
		var words []byte
		err = rows.Scan(&v.Case, &v.version, &v.Status, &at, &words)
		v.Agreed, v.Text, v.none = moment(at), string(words), words == nil
		return v, err
	}, `SELECT c.id, c.version, c.status, (SELECT MAX(at) FROM approvals WHERE case_id = c.id AND binding = c.binding), d.text
		FROM cases c LEFT JOIN drafts d ON d.case_id = c.id AND d.n = (SELECT MAX(n) FROM drafts WHERE case_id = c.id)
		WHERE c.id IN (?`+strings.Repeat(", ?", len(unknown)-1)+`) ORDER BY c.id DESC`, args...)
	if err != nil {
		return err
	}
	at := 0
	for _, v := range read {
		st.wordings.Put(v.Case, v)
		for all[at].Case != v.Case {
			at++
		}
		all[at] = v
	}
	return nil
}
