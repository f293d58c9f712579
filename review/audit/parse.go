package audit

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
)

// cursor walks a line in the one spelling that appendJSON has. A general JSON
// reader takes several times as long, and a log is verified whole. Once
// something is not as expected, bad stays set and nothing more is read.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) entry() Entry {
	var e Entry
	c.literal(`{"seq":`)
	e.Seq = c.number()
	c.literal(`,"at":`)
	e.At = c.time()
	c.literal(`,"case":`)
	e.Case = c.number()
	c.literal(`,"actor":`)
	e.Actor = c.text()
	c.literal(`,"verb":`)
	e.Verb = review.Verb(c.text())
	c.literal(`,"from":`)
	e.From = review.Status(c.text())
	c.literal(`,"to":`)
	e.To = review.Status(c.text())
	c.literal(`,"detail":{`)
	e.Detail = c.detail()
	c.literal(`},"prev":`)
	e.Prev = c.digest()
	c.literal(`,"hash":`)
	e.Hash = c.digest()
	c.literal(`}`)
	c.bad = c.bad || len(c.rest) > 0
	return e
}

func (c *cursor) detail() map[string]string {
	if c.bad || bytes.HasPrefix(c.rest, []byte("}")) {
		return nil
	}
	detail := make(map[string]string)
	for {
		name := c.text()
		c.literal(":")
		detail[name] = c.text()
		if c.bad || !bytes.HasPrefix(c.rest, []byte(",")) {
			return detail
		}
		c.literal(",")
	}
}

func (c *cursor) literal(s string) {
	if c.bad || len(c.rest) < len(s) || string(c.rest[:len(s)]) != s {
		c.bad = true
		return
	}
	c.rest = c.rest[len(s):]
}

func (c *cursor) number() int64 {
	n := 0
	for n < len(c.rest) && (c.rest[n] == '-' || c.rest[n] >= '0' && c.rest[n] <= '9') {
		n++
	}
	v, err := strconv.ParseInt(string(c.rest[:n]), 10, 64)
	if c.bad = c.bad || err != nil; c.bad {
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) time() time.Time {
	t, err := time.Parse(timeFormat, c.text())
	c.bad = c.bad || err != nil
	return t
}

func (c *cursor) digest() review.Digest {
	d, err := review.ParseDigest(c.text())
	c.bad = c.bad || err != nil
	return d
}

// text reads a JSON string with the escapes that appendString writes.
func (c *cursor) text() string {
	c.literal(`"`)
	if c.bad {
		return ""
	}
	end := bytes.IndexAny(c.rest, `"\`)
	if end >= 0 && c.rest[end] == '"' { // nothing is escaped: the usual case
		s := string(c.rest[:end])
		c.rest = c.rest[end+1:]
		return s
	}
	var out []byte
	for i := 0; i < len(c.rest); i++ {
		switch b := c.rest[i]; {
		case b == '"':
			c.rest = c.rest[i+1:]
			return string(out)
		case b != '\\':
			out = append(out, b)
		case i+1 < len(c.rest) && c.rest[i+1] != 'u':
			i++
			out = append(out, c.rest[i])
		case i+5 < len(c.rest):
			r, err := strconv.ParseUint(string(c.rest[i+2:i+6]), 16, 16)
			c.bad = c.bad || err != nil
			out = utf8.AppendRune(out, rune(r))
			i += 5
		}
	}
	c.bad = true // it has no end
	return ""
}
