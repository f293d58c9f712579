package webhook

import (
	"bytes"
	"encoding/json"
	"strings"
)

// outline takes a JSON object apart in one walk. It is for the documents that
// nearly all senders send: ok tells that [checkJSON] has nothing against this
// one. False means no more than that it must be looked at closely.
func outline(body []byte) (fields map[string]json.RawMessage, ok bool) {
	if !json.Valid(body) {
		return nil, false
	}
	w := walk{body: body}
	if w.next() != '{' {
		return nil, false
	}
	return w.object(1)
}

// walk goes through a document that is known to be JSON.
type walk struct {
	body []byte
	at   int
}

// next is the byte after white space and the signs between values.
func (w *walk) next() byte {
	for strings.IndexByte(" \t\r\n,:", w.body[w.at]) >= 0 {
		w.at++
	}
	return w.body[w.at]
}

// object reads the object that begins here, the depth-th inside each other.
func (w *walk) object(depth int) (fields map[string]json.RawMessage, ok bool) {
	fields = make(map[string]json.RawMessage)
	for w.at++; w.next() != '}'; {
		name := w.text()
		if _, twice := fields[string(name)]; twice || bytes.IndexByte(name, '\\') >= 0 {
			return nil, false // twice, or perhaps: a name can be written in several ways
		}
		w.next()
		from := w.at
		if !w.value(depth) {
			return nil, false
		}
		fields[string(name)] = w.body[from:w.at]
	}
	w.at++
	return fields, true
}

func (w *walk) value(depth int) bool {
	switch w.body[w.at] {
	case '{', '[':
		if depth == maxDepth {
			return false
		}
		if w.body[w.at] == '{' {
			_, ok := w.object(depth + 1)
			return ok
		}
		for w.at++; w.next() != ']'; {
			if !w.value(depth + 1) {
				return false
			}
		}
		w.at++
	case '"':
		w.text()
	default: // a number, true, false, null
		if n := bytes.IndexAny(w.body[w.at:], " \t\r\n,]}"); n >= 0 {
			w.at += n
		}
	}
	return true
}

// text goes past the text that begins here and is what stands between its
// quotes.
func (w *walk) text() []byte {
	w.at++
	from := w.at
	for w.body[w.at] != '"' {
		if w.body[w.at] == '\\' {
			w.at++
		}
		w.at++
	}
	w.at++
	return w.body[from : w.at-1]
}
