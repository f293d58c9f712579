// Package file reads reviews that somebody exported: CSV and other separated
// values, JSON and JSON Lines, in the encodings that such files come in.
//
// [Open] looks at the beginning of the input and decides format, encoding,
// separator and which column is what; the [Mapping] says so to people before
// anything is stored. [Reader.All] then gives one review after the other and
// holds one record at a time, so files may be larger than memory. A record that
// cannot be used is a [*LineError] with its line and the reason, and the next
// one follows. What stands in a text stays there byte for byte: formulas,
// markup and all.
//
// Reviews without an id get one made of their content, so importing a file
// twice finds the same reviews again.
package file

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/review"
)

// Format is how a file is laid out.
type Format string

// The formats. Separated covers comma, semicolon, tab and bar.
const (
	Separated Format = "separated"
	JSON      Format = "json"  // an array of objects, or an object that holds one
	Lines     Format = "jsonl" // an object on each line
)

// Options are what people can say about a file. The zero value guesses all.
type Options struct {
	// Source is the name of the source to which the reviews shall belong.
	Source string
	// Columns are roles by position ("id", "-", "body"), or roles with the
	// column's name or position ("body=content", "rating=3"). Nil guesses from
	// the header. [Roles] lists what there is.
	Columns []string
	// Header says whether the first row names the columns; nil guesses.
	Header *bool
	// Language is that of reviews which do not say.
	Language string
	// RatingKind is the scale; "" guesses, none leaves ratings out.
	RatingKind review.RatingKind
	// RatingMax is the best mark of stars; 0 = 5.
	RatingMax float64
}

// LineError is a record that could not be used.
type LineError struct {
	Line   int // on which it begins, from 1
	Reason string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// maxRecord bounds one record in bytes. The bounds of a review's parts together
// are well below it.
const maxRecord = 512 << 10

// sampled is how many records are looked at before the first is given.
const sampled = 100

// record is one row or object.
type record struct {
	line   int
	cells  []string          // of separated values
	object map[string]string // of JSON, inner names joined by dots
	bad    string            // why it cannot be used
}

// records gives one record after the other; io.EOF after the last. Other errors
// end the file.
type records interface {
	next() (record, error)
}

// Reader reads one file. It is for one goroutine, but for Offset.
type Reader struct {
	opts    Options
	input   *counter
	rows    records
	sample  []record
	end     error // what came after the sample
	mapping Mapping
	seen    *seen
	again   bool // the id of the last review stood in the file before
	notes   notes
	late    []string // columns that the sample did not have
}

// Open looks at the beginning of r. Its errors say what is missing.
func Open(r io.Reader, o Options) (*Reader, error) {
	if o.Language != "" {
		tag, err := language.Parse(o.Language)
		if err != nil {
			return nil, fmt.Errorf("%q is not a language; write a tag such as de, ja or pt-BR", o.Language)
		}
		o.Language = tag.String()
	}
	if o.RatingMax == 0 {
		o.RatingMax = 5
	}
	if err := (review.Rating{Kind: o.RatingKind}).Valid(); err != nil && o.RatingKind != review.Stars {
		return nil, fmt.Errorf("%q is not a kind of rating; there are stars, thumb, tri and none", o.RatingKind)
	}
	out := &Reader{opts: o, input: &counter{r: r}, seen: newSeen()}
	text, encoding, err := decode(out.input)
	if err != nil {
		return nil, err
	}
	head, err := text.Peek(headSize)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the file cannot be read: %w", err)
		}
		return nil, errors.New("the file is empty")
	}
	m := Mapping{Encoding: encoding}
	switch m.Format = sniffFormat(head, len(head) < headSize); m.Format {
	case JSON:
		j := newDocument(text)
		out.rows = j
		m.document = j
	case Lines:
		out.rows = &jsonLines{lines: newLines(text)}
	default:
		m.Separator = sniffSeparator(head, o.Columns)
		out.rows = newSeparated(newLines(text), m.Separator)
	}
	for len(out.sample) < sampled && out.end == nil {
		rec, err := out.rows.next()
		if err != nil {
			out.end = err
			break
		}
		out.sample = append(out.sample, rec)
	}
	if len(out.sample) == 0 && out.end != nil && !errors.Is(out.end, io.EOF) {
		return nil, out.end
	}
	out.mapping = m
	return out, out.mapColumns()
}

// Mapping says how the file is read.
func (r *Reader) Mapping() Mapping { return r.mapping }

// Offset is how many bytes of the input were read, for a progress bar. It may be
// called from another goroutine.
func (r *Reader) Offset() int64 { return r.input.n.Load() }

// Notes are what people should know, once all is read: columns that came up
// late, and how many values could not be understood and were left out.
func (r *Reader) Notes() []string { return append(slices.Clone(r.late), r.notes.list()...) }

// All gives the reviews in the file's order. Errors are [*LineError], after
// which more may follow, or one of the file as a whole, which is the last.
func (r *Reader) All() iter.Seq2[review.Review, error] {
	return func(yield func(review.Review, error) bool) {
		for {
			rec, err := r.take()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(review.Review{}, err)
				return
			}
			out, err := r.review(rec)
			if !yield(out, err) {
				return
			}
		}
	}
}

// Again tells that the review which [Reader.All] gave last has an id that stood
// in the file before. Of very long files it may not remember.
func (r *Reader) Again() bool { return r.again }

func (r *Reader) take() (record, error) {
	if len(r.sample) > 0 {
		rec := r.sample[0]
		r.sample = r.sample[1:]
		return rec, nil
	}
	if r.end != nil {
		return record{}, r.end
	}
	return r.rows.next()
}

// review makes a review of a record.
func (r *Reader) review(rec record) (review.Review, error) {
	r.again = false
	if rec.bad != "" {
		return review.Review{}, &LineError{rec.line, rec.bad}
	}
	m := &r.mapping
	if problem := m.misfit(rec); problem != "" {
		return review.Review{}, &LineError{rec.line, problem}
	}
	for _, role := range m.meet(rec) {
		if role == Rating && r.opts.RatingKind == review.Unrated {
			delete(m.columns, Rating)
			continue
		}
		r.late = append(r.late, fmt.Sprintf("%s ← %s, met first on line %d", role, m.columns[role].name, rec.line))
	}
	get := func(role Role) string { return m.value(rec, role) }
	trimmed := func(role Role) string { return strings.TrimSpace(get(role)) }
	out := review.Review{
		Key:      review.Key{Source: r.opts.Source, Account: trimmed(Account), Location: trimmed(Location), ID: trimmed(ID)},
		Title:    get(Title),
		Body:     get(Body),
		Author:   get(Author),
		AuthorID: trimmed(AuthorID),
		Language: r.language(trimmed(Language)),
		Created:  r.time(Created, trimmed(Created)),
		Updated:  r.time(Updated, trimmed(Updated)),
		URL:      r.link(URL, trimmed(URL)),
		Subject:  review.Subject{ID: trimmed(SubjectID), Name: get(Subject), URL: r.link(SubjectURL, trimmed(SubjectURL))},
		Verified: r.truth(trimmed(Verified)),
	}
	out.ReplyURL = out.URL
	if text := get(Reply); strings.TrimSpace(text) != "" {
		out.Reply = &review.PlatformReply{Text: text, State: review.ReplyLive, Updated: r.time(ReplyAt, trimmed(ReplyAt))}
	}
	var err error
	if out.Rating, err = m.rating(trimmed(Rating)); err != nil {
		return review.Review{}, &LineError{rec.line, err.Error()}
	}
	if problem := r.identify(&out, rec.line); problem != "" {
		return review.Review{}, &LineError{rec.line, problem}
	}
	if err := out.Valid(); err != nil {
		return review.Review{}, &LineError{rec.line, err.Error()}
	}
	return out, nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// notes count values that were not understood.
type notes struct {
	count   map[string]int
	example map[string]string
}

func (n *notes) add(role Role, value, what string) {
	if n.count == nil {
		n.count, n.example = map[string]int{}, map[string]string{}
	}
	key := string(role) + "\x00" + what
	if n.count[key]++; n.count[key] == 1 {
		n.example[key] = clip(value)
	}
}

func (n *notes) list() []string {
	var out []string
	for key, count := range n.count {
		role, what, _ := strings.Cut(key, "\x00")
		times := "once"
		if count > 1 {
			times = fmt.Sprintf("%d times", count)
		}
		out = append(out, fmt.Sprintf("%s: left empty %s, because %q %s", role, times, n.example[key], what))
	}
	slices.Sort(out)
	return out
}

// clip shortens a stranger's value for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
