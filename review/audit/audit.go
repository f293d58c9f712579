// Package audit is the hash chain over what happened: every entry carries the
// hash of the one before, so that nobody can change, drop or slip in an entry
// without breaking all that follow.
//
// [Chain] makes an entry of an event; storage keeps it in the transaction of
// the change it tells of. [Verifier] takes entries one by one and names the
// first broken one. [WriteJSONL] and [ReadJSONL] carry the chain out of the
// program, where it can be verified without it. A chain that is cut at its end
// is still a chain, so heads are posted elsewhere (the digest's footer) and
// held against it with [Verifier.ExpectHead].
//
// Entries hold ids, numbers and digests, never words; those stand beside them
// and can be erased without breaking the chain. The package is pure: no clock,
// no files, no database.
//
// # The encoding
//
// An entry's hash is the SHA-256 of its parts, each preceded by its length in
// bytes as eight bytes, big end first. The parts are UTF-8 texts, in this order:
//
//	"evenkeel.audit.1"
//	the hash of the entry before, 64 lower-case hexadecimal digits, "" for the first
//	seq, decimal, from 1
//	at, UTC, as in 2026-09-01T12:00:00.000000Z
//	case, decimal, 0 for none
//	actor, verb, from, to
//	name and value of each detail, sorted by the bytes of the names
//
// Lengths make it unambiguous: no byte can move from one part to the next. In
// an exported file each line is one entry as JSON in which these fields have
// the names seq, at, case, actor, verb, from, to, detail, prev and hash. This
// script verifies such a file and prints its head:
//
//	import hashlib, json, sys
//
//	prev, seq = "", 0
//	for line in open(sys.argv[1], encoding="utf-8"):
//	    e, seq = json.loads(line), seq + 1
//	    parts = ["evenkeel.audit.1", prev, str(seq), e["at"], str(e["case"]),
//	             e["actor"], e["verb"], e["from"], e["to"]]
//	    for key in sorted(e["detail"], key=str.encode):
//	        parts += [key, e["detail"][key]]
//	    h = hashlib.sha256()
//	    for part in parts:
//	        b = part.encode()
//	        h.update(len(b).to_bytes(8, "big") + b)
//	    if (e["seq"], e["prev"], e["hash"]) != (seq, prev, h.hexdigest()):
//	        sys.exit(f"entry {seq} is broken")
//	    prev = e["hash"]
//	print(seq, prev)
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// scheme is the first part of every hash; another encoding has another name.
const scheme = "evenkeel.audit.1"

// timeFormat is how times are hashed and written: always six decimals.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// Entry is one link of the chain.
type Entry struct {
	Seq    int64     // from 1, without gaps
	At     time.Time // UTC, whole microseconds
	Case   int64     // 0 for what concerns no case
	Actor  string
	Verb   review.Verb
	From   review.Status // "" where there is none
	To     review.Status
	Detail map[string]string // ids, numbers, digests; nil for none
	Prev   review.Digest     // the hash of entry Seq-1; none for the first
	Hash   review.Digest     // over all of the above
}

// Chain makes entry number seq of an event, to follow the entry whose hash is
// prev (none for the first).
func Chain(prev review.Digest, seq int64, e review.Event) Entry {
	return Settle(e).Chained(prev, seq)
}

// Settle makes an entry that is not in the chain yet. What no database or JSON
// could give back as it was is settled before it is hashed: times are cut to
// microseconds, bytes that are not UTF-8 and NULs become U+FFFD.
func Settle(e review.Event) Entry {
	entry := Entry{
		At: e.At.UTC().Truncate(time.Microsecond), Case: e.Case, Actor: clean(e.Actor),
		Verb: review.Verb(clean(string(e.Verb))), From: review.Status(clean(string(e.From))), To: review.Status(clean(string(e.To))),
	}
	if len(e.Detail) > 0 {
		entry.Detail = make(map[string]string, len(e.Detail))
		for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
			entry.Detail[clean(k)] = clean(e.Detail[k])
		}
	}
	return entry
}

// Chained is a settled entry as number seq, after the entry whose hash is prev.
func (e Entry) Chained(prev review.Digest, seq int64) Entry {
	e.Prev, e.Seq = prev, seq
	e.Hash = e.sum()
	return e
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.ReplaceAll(s, "\x00", "\ufffd")
}

// sum is the hash that e should have.
func (e Entry) sum() review.Digest {
	b := make([]byte, 0, 1024)
	b = part(b, scheme)
	b = part(b, e.Prev.String())
	b = part(b, strconv.FormatInt(e.Seq, 10))
	b = part(b, e.At.UTC().Format(timeFormat))
	b = part(b, strconv.FormatInt(e.Case, 10))
	b = part(b, e.Actor)
	b = part(b, string(e.Verb))
	b = part(b, string(e.From))
	b = part(b, string(e.To))
	for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
		b = part(b, k)
		b = part(b, e.Detail[k])
	}
	return sha256.Sum256(b)
}

func part(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

// Valid checks that e is what was chained and follows the entry whose hash is
// prev. The error is a [*BrokenError].
func (e Entry) Valid(prev review.Digest) error {
	switch {
	case e.Hash != e.sum():
		return &BrokenError{Seq: e.Seq, Why: Altered}
	case e.Prev != prev:
		return &BrokenError{Seq: e.Seq, Why: Unlinked}
	}
	return nil
}
