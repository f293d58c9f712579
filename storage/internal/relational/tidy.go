package relational

import "context"

// This file keeps the index of words in order, a little at a time: many small
// writes leave many pieces of it behind, and words that were dropped stay in its
// files until their piece is written anew.

// purge takes dropped words out of the files, in steps, so that nobody waits
// long for the writer.
func (st *Store) purge(ctx context.Context) error {
	for n, more := 0, true; more; n++ {
		var err error
		if more, err = st.tidied(ctx, st.d.Words.Purge[min(n, len(st.d.Words.Purge)-1)]); err != nil {
			return err
		}
	}
	return nil
}

// merges is how often a step of the counting merges a little of the index: more
// than its own words ask for, so that what is behind is caught up with.
const merges = 8

// merge keeps the index of words in few pieces.
func (st *Store) merge(ctx context.Context) error {
	for n, more := 0, st.d.Words.Merge != ""; more && n < merges; n++ {
		var err error
		if more, err = st.tidied(ctx, st.d.Words.Merge); err != nil {
			return err
		}
	}
	return nil
}

// tidied runs a statement on the index of words, and tells whether it found
// anything to do.
func (st *Store) tidied(ctx context.Context, statement string) (did bool, err error) {
	err = st.through(ctx, func(ctx context.Context, r runner) error {
		var before, after int64
		if err := one(ctx, r, []any{&before}, st.d.Words.Changes); err != nil {
			return err
		}
		if _, err := r.exec(ctx, statement); err != nil {
			return err
		}
		err := one(ctx, r, []any{&after}, st.d.Words.Changes)
		did = after-before > 1 // less is the statement itself
		return err
	})
	return did, err
}
