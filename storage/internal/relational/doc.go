// Package relational is the storage that both databases share: the SQL, the
// group-commit writer and the reading of rows. The backends add what differs:
// how a connection is opened, how a row is locked, which errors mean what.
//
// # How a group is committed
//
// [Store.Commit] encodes its batch on the caller's own goroutine and queues
// it. One writer goroutine takes what is waiting, bounded, and runs all of it
// in one transaction:
//
//  1. It takes the audit head, one locked row. From here on nobody else, in
//     any process, commits a batch: the chain is linear, case numbers are
//     handed out by counting, and what the guards read stays true.
//  2. It reads the guards of all batches at once: receipts, fences of the work
//     to be completed, versions of the cases, keys of the new reviews.
//  3. It decides each batch in turn. A batch whose guard fails gets its
//     expected error ([review.ErrConflict], [storage.ErrFenced], …) and writes
//     nothing; the others go on. Two batches of one group that want the same
//     thing are decided by their order.
//  4. It writes the rows of all batches table by table, many rows a statement,
//     and commits: one fsync for all.
//
// An unexpected error (a CHECK, a foreign key, a value the database cannot
// hold) rolls the group back, and each batch is tried alone, so that it takes
// no other with it. An error of the database itself (gone, full, read-only)
// fails the whole group: trying each batch alone would only take longer.
//
// # What an error says
//
// After an error nothing of the batch was written, with one exception. When
// the answer to COMMIT is lost the writer asks on a new connection, behind the
// lock of the audit head, whether the group's row of the table commits is
// there; the lock makes the answer final. When the database does not come back
// within [Dialect.Patience] the error is [storage.ErrUnsure]. Trying again is
// safe then as well: every guard is compare-and-set, and a batch that was
// written after all is refused as conflict, known, fenced or seen.
package relational
