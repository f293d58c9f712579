package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// line is one physical line with its number and without its end.
type line struct {
	n    int
	text string
	end  string // "\n", "\r\n", or "" at the end of the file
	long bool   // longer than a record may be; text is its beginning
}

// lines reads physical lines of bounded length, and takes lines back.
type lines struct {
	in   *bufio.Reader
	n    int
	back []line // given back, the next one last
}

func newLines(in *bufio.Reader) *lines { return &lines{in: in} }

func (l *lines) next() (line, error) {
	if n := len(l.back); n > 0 {
		out := l.back[n-1]
		l.back = l.back[:n-1]
		return out, nil
	}
	var buf []byte
	out := line{n: l.n + 1}
	for {
		part, err := l.in.ReadSlice('\n')
		if len(buf)+len(part) <= maxRecord {
			buf = append(buf, part...)
		} else {
			out.long = true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(buf) == 0 && !out.long) {
			return line{}, err
		}
		break
	}
	l.n++
	text, isLine := bytes.CutSuffix(buf, []byte("\n"))
	if isLine {
		out.end = "\n"
		if t, ok := bytes.CutSuffix(text, []byte("\r")); ok {
			text, out.end = t, "\r\n"
		}
	}
	out.text = string(text)
	return out, nil
}

// unread gives lines back, the first of them to come next.
func (l *lines) unread(given []line) {
	for i := len(given) - 1; i >= 0; i-- {
		l.back = append(l.back, given[i])
	}
}

// separated reads separated values (RFC 4180), forgiving what is clear: a quote
// within an unquoted cell is text. encoding/csv is not used because one missing
// quote makes it swallow the rest of the file; here it costs one line.
type separated struct {
	lines *lines
	sep   byte
}

func newSeparated(l *lines, sep byte) *separated { return &separated{lines: l, sep: sep} }

func (s *separated) next() (record, error) {
	for {
		first, err := s.lines.next()
		if err != nil {
			return record{}, err
		}
		if strings.TrimSpace(strings.Trim(first.text, string(s.sep))) == "" && !first.long {
			continue // an empty line, or a row of empty cells
		}
		return s.row(first), nil
	}
}

// row reads the record that begins on this line.
func (s *separated) row(first line) record {
	out := record{line: first.n}
	if first.long {
		out.bad = fmt.Sprintf("it is longer than the %d bytes that are taken", maxRecord)
		return out
	}
	p := &parser{sep: s.sep}
	state := p.feed(first)
	var more []line
	size := len(first.text)
	for state == open {
		next, err := s.lines.next()
		if err == nil {
			more = append(more, next)
			size += len(next.text)
		}
		if err != nil || next.long || size > maxRecord {
			state = broken
		} else {
			state = p.feed(next)
		}
		if state == broken {
			p.problem = "a quoted cell begins here and does not end as it should"
		}
	}
	if state == broken {
		// The lines after the first are rows of their own.
		s.lines.unread(more)
		if s.sep != '\t' {
			out.bad = p.problem
			return out
		}
		// Tab-separated files mostly know no quoting: the quote is text.
		p = &parser{sep: s.sep, literal: true}
		p.feed(first)
	}
	out.cells = p.cells
	for _, c := range out.cells {
		if !utf8.ValidString(c) {
			out.bad = "it is not valid UTF-8"
		}
	}
	return out
}

// state is where a parser stands after a line.
type state int

const (
	done   state = iota // the row is complete
	open                // within a quoted cell
	broken              // what follows a closing quote is no separator
)

// parser takes the lines of one row.
type parser struct {
	sep     byte
	literal bool // quotes mean nothing
	cells   []string
	cell    strings.Builder // of the quoted cell under way
	open    bool
	problem string
}

func (p *parser) feed(l line) state {
	rest := l.text
	for {
		if p.open {
			i := strings.IndexByte(rest, '"')
			switch {
			case i < 0:
				p.cell.WriteString(rest)
				p.cell.WriteString(l.end)
				return open
			case strings.HasPrefix(rest[i+1:], `"`):
				p.cell.WriteString(rest[:i+1])
				rest = rest[i+2:]
				continue
			}
			p.cell.WriteString(rest[:i])
			rest = rest[i+1:]
			p.open = false
			p.cells = append(p.cells, p.cell.String())
			p.cell.Reset()
			switch {
			case rest == "":
				return done
			case rest[0] != p.sep:
				p.problem = fmt.Sprintf("after a closing quote comes %q instead of a separator", clip(rest))
				return broken
			}
			rest = rest[1:]
		}
		if !p.literal && strings.HasPrefix(rest, `"`) {
			p.open = true
			rest = rest[1:]
			continue
		}
		i := strings.IndexByte(rest, p.sep)
		if i < 0 {
			p.cells = append(p.cells, rest)
			return done
		}
		p.cells = append(p.cells, rest[:i])
		rest = rest[i+1:]
	}
}
