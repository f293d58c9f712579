package audit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// Why says in which way a chain is broken.
type Why string

// The ways in which a chain breaks.
const (
	// Altered: the entry is not what was hashed; a byte of it was changed.
	Altered Why = "altered"
	// Gap: one or more entries are missing before the one that stands here.
	Gap Why = "gap"
	// Order: an earlier entry stands here; entries were swapped or repeated.
	Order Why = "order"
	// Unlinked: the entry is sound and does not follow the one before; either
	// was replaced, with its hash made anew.
	Unlinked Why = "unlinked"
	// Cut: the chain ends before an entry that is known to have existed.
	Cut Why = "cut"
	// Forked: another entry stands where a known head was; the chain was
	// written anew, or an old back-up was restored and went on.
	Forked Why = "forked"
)

// BrokenError names the first broken entry of a chain.
type BrokenError struct {
	Seq  int64 // the number of the entry that should have come
	Why  Why
	Have int64 // what came in its place, for Gap and Order; the last one for Cut
	Line int   // in the file, from 1; 0 when there was none
}

func (e *BrokenError) Error() string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf("line %d: ", e.Line)
	}
	return where + fmt.Sprintf("audit entry %d ", e.Seq) + e.what()
}

func (e *BrokenError) what() string {
	switch e.Why {
	case Altered:
		return "was altered: its content does not have its hash"
	case Gap:
		if e.Have > e.Seq+1 {
			return fmt.Sprintf("is missing, and so are all up to %d", e.Have-1)
		}
		return "is missing"
	case Order:
		return fmt.Sprintf("is not where it should be: entry %d stands there", e.Have)
	case Unlinked:
		return "does not follow the entry before it: one of the two was replaced"
	case Cut:
		return fmt.Sprintf("is missing: the log ends after entry %d, and later ones are known to have existed", e.Have)
	case Forked:
		return "is not the one that was witnessed: the log was written anew, or an old back-up was restored"
	}
	return "is broken"
}

// Head is the place and hash of a chain's last entry at some time: what is
// posted elsewhere as a witness.
type Head struct {
	Seq  int64
	Hash review.Digest
}

// String is the head as it is posted: "17:9f86d0…", with the whole hash.
func (h Head) String() string { return strconv.FormatInt(h.Seq, 10) + ":" + h.Hash.String() }

// ParseHead reads what [Head.String] wrote.
func ParseHead(s string) (Head, error) {
	seq, hash, ok := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || n < 1 {
		return Head{}, fmt.Errorf("%q is no head; write its number, a colon and its hash, as the digest's footer has it", s)
	}
	d, err := review.ParseDigest(hash)
	if err != nil || d.IsZero() {
		return Head{}, fmt.Errorf("the head %d has no whole hash; it has 64 hexadecimal digits", n)
	}
	return Head{n, d}, nil
}

// Verifier takes the entries of one chain in order and keeps nothing of them
// but the last hash, so a log of any length can be verified. Its zero value
// begins at the first entry. It is for one goroutine.
type Verifier struct {
	head   Head
	heads  map[int64]review.Digest
	broken *BrokenError
}

// After lets verification begin behind an entry that is trusted already, for a
// part of a log. It is called before the first Add.
func (v *Verifier) After(h Head) { v.head = h }

// ExpectHead tells of an entry that is known to have existed: the log must
// have it, with this hash. It is called before that entry is added, for any
// number of heads. Two hashes for one entry make the later one count as
// Forked.
func (v *Verifier) ExpectHead(seq int64, hash review.Digest) {
	if v.heads == nil {
		v.heads = make(map[int64]review.Digest)
	}
	if have, ok := v.heads[seq]; (ok && have != hash || seq <= v.head.Seq && (seq != v.head.Seq || hash != v.head.Hash)) && v.broken == nil {
		v.broken = &BrokenError{Seq: seq, Why: Forked}
	}
	v.heads[seq] = hash
}

// Add takes the next entry. The error is a [*BrokenError] and final: every
// later call returns the same one.
func (v *Verifier) Add(e Entry) error { return v.add(e, 0) }

func (v *Verifier) add(e Entry, line int) error {
	if v.broken == nil {
		v.broken = v.judge(e)
		if v.broken != nil {
			v.broken.Line = line
		}
	}
	if v.broken != nil {
		return v.broken
	}
	v.head = Head{e.Seq, e.Hash}
	return nil
}

// judge says what is wrong with the next entry. Its hash comes first: of an
// entry that was altered nothing can be believed, its number included.
func (v *Verifier) judge(e Entry) *BrokenError {
	next := v.head.Seq + 1
	switch {
	case e.Hash != e.sum():
		return &BrokenError{Seq: next, Why: Altered}
	case e.Seq > next:
		return &BrokenError{Seq: next, Why: Gap, Have: e.Seq}
	case e.Seq < next:
		return &BrokenError{Seq: next, Why: Order, Have: e.Seq}
	case e.Prev != v.head.Hash:
		return &BrokenError{Seq: next, Why: Unlinked}
	}
	if want, ok := v.heads[e.Seq]; ok && want != e.Hash {
		return &BrokenError{Seq: next, Why: Forked}
	}
	return nil
}

// Head is the last entry that was sound.
func (v *Verifier) Head() Head { return v.head }

// Finish says that no entry follows. It returns the first break, which may be
// that the log ends too early.
func (v *Verifier) Finish() error {
	if v.broken != nil {
		return v.broken
	}
	for seq := range v.heads {
		if seq > v.head.Seq {
			v.broken = &BrokenError{Seq: v.head.Seq + 1, Why: Cut, Have: v.head.Seq}
			return v.broken
		}
	}
	return nil
}
