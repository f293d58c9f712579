package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MaxLine bounds a line of an exported log, in bytes. An entry holds ids and
// digests and comes nowhere near.
const MaxLine = 1 << 20

// LineError says which line of a file is no entry, and why. It quotes nothing
// of the line.
type LineError struct {
	Line int // from 1
	Why  string
	Err  error // what lies beneath, may be nil
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d %s", e.Line, e.Why) }

// Unwrap gives what lies beneath.
func (e *LineError) Unwrap() error { return e.Err }

// WriteJSONL writes entries, one a line. It stops at the first error, its own
// or the sequence's.
func WriteJSONL(w io.Writer, entries iter.Seq2[Entry, error]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	for e, err := range entries {
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		line = append(e.appendJSON(line[:0]), '\n')
		if len(line) > MaxLine {
			return errors.Join(fmt.Errorf("audit entry %d is longer than %d bytes", e.Seq, MaxLine), out.Flush())
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ReadJSONL reads what [WriteJSONL] wrote, one line at a time, and stops at
// the first that is wrong, with a [*LineError]. A line must be byte for byte
// as WriteJSONL writes that entry, so that nothing can hide in spellings of
// the same JSON. Hashes are not checked; [VerifyJSONL] does both.
func ReadJSONL(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		var long, again []byte
		for n := 1; ; n++ {
			line, err := readLine(in, &long)
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			var e Entry
			var bad *LineError
			switch {
			case errors.Is(err, io.EOF):
				bad = &LineError{n, "is cut off: the file does not end with a whole line", nil}
			case errors.Is(err, bufio.ErrBufferFull):
				bad = &LineError{n, fmt.Sprintf("is longer than %d bytes", MaxLine), nil}
			case err != nil:
				bad = &LineError{n, "cannot be read", err}
			default:
				e, again, bad = parseLine(n, line[:len(line)-1], again)
			}
			if bad != nil {
				yield(Entry{}, bad)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// readLine reads up to and with the next newline. The line is good until the
// next call; long is room for one that is longer than the reader's buffer.
// One longer than MaxLine is bufio.ErrBufferFull.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	*long = (*long)[:0]
	for errors.Is(err, bufio.ErrBufferFull) && len(*long) < MaxLine {
		*long = append(*long, line...)
		line, err = in.ReadSlice('\n')
	}
	*long = append(*long, line...)
	if len(*long) > MaxLine {
		err = bufio.ErrBufferFull
	}
	return *long, err
}

// VerifyJSONL reads a whole exported log through v and finishes it. The error
// is a [*LineError] or a [*BrokenError].
func VerifyJSONL(r io.Reader, v *Verifier) error {
	line := 0
	for e, err := range ReadJSONL(r) {
		line++
		if err != nil {
			return err
		}
		if err := v.add(e, line); err != nil {
			return err
		}
	}
	return v.Finish()
}

// parseLine reads one entry and holds its own spelling against the line's, so
// the parser below may be lenient.
func parseLine(n int, line, buffer []byte) (Entry, []byte, *LineError) {
	c := cursor{rest: line}
	e := c.entry()
	if !c.bad {
		buffer = e.appendJSON(buffer[:0])
	}
	if c.bad || !bytes.Equal(buffer, line) {
		return Entry{}, buffer, &LineError{n, "is not as the program writes an audit entry: it was altered, or it is another file's", nil}
	}
	return e, buffer, nil
}

// appendJSON writes e in its one spelling.
func (e Entry) appendJSON(b []byte) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","case":`...)
	b = strconv.AppendInt(b, e.Case, 10)
	for _, f := range [...]struct{ name, value string }{
		{"actor", e.Actor}, {"verb", string(e.Verb)}, {"from", string(e.From)}, {"to", string(e.To)},
	} {
		b = append(b, `,"`...)
		b = append(b, f.name...)
		b = append(b, `":`...)
		b = appendString(b, f.value)
	}
	b = append(b, `,"detail":{`...)
	for i, k := range slices.Sorted(maps.Keys(e.Detail)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		b = appendString(b, e.Detail[k])
	}
	b = append(b, `},"prev":"`...)
	b = append(b, e.Prev.String()...)
	b = append(b, `","hash":"`...)
	b = append(b, e.Hash.String()...)
	return append(b, `"}`...)
}

// MarshalJSON gives the one spelling of e.
func (e Entry) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

// appendString writes s as JSON: only what JSON demands is escaped, and what
// is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
