package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much of a file is looked at to tell what it is.
const headSize = 64 << 10

// decode gives the file's text as UTF-8 and the encoding's name. A byte order
// mark decides; without one it is UTF-8 as long as it can be, and
// Windows-1252, the usual encoding of old spreadsheets, from the first part
// that cannot be UTF-8.
func decode(r io.Reader) (*bufio.Reader, func() string, error) {
	raw := bufio.NewReaderSize(r, headSize)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	named := func(s string) func() string { return func() string { return s } }
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = raw.Discard(3) // just peeked
		return raw, named("UTF-8"), nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		d := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(raw, d), headSize), named("UTF-16"), nil
	case bytes.IndexByte(head, 0) >= 0:
		return nil, nil, errors.New("this is not a text file, or UTF-16 without its mark; please save it as UTF-8")
	}
	g := &guess{in: raw}
	return bufio.NewReaderSize(g, headSize), g.name, nil
}

// guess passes UTF-8 through and turns Windows-1252 into it. Until the first
// byte beyond ASCII it has no opinion.
type guess struct {
	in      *bufio.Reader
	decided bool
	old     bool   // Windows-1252
	out     []byte // decoded, not yet given
}

func (g *guess) name() string {
	if g.old {
		return "Windows-1252"
	}
	return "UTF-8"
}

func (g *guess) Read(p []byte) (int, error) {
	if len(g.out) > 0 {
		n := copy(p, g.out)
		g.out = g.out[n:]
		return n, nil
	}
	if !g.decided {
		chunk, err := g.in.Peek(headSize)
		if len(chunk) == 0 {
			return 0, err
		}
		if i := bytes.IndexFunc(chunk, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			g.decided, g.old = true, !validUTF8(chunk, err != nil)
		}
		if !g.decided || !g.old {
			// What was judged is passed on; the next part is judged anew.
			n := copy(p, chunk)
			_, _ = g.in.Discard(n) // just peeked
			return n, nil
		}
	}
	if !g.old {
		return g.in.Read(p)
	}
	buf := make([]byte, 4096)
	n, err := g.in.Read(buf)
	if n > 0 {
		// Every byte has a meaning in Windows-1252; undefined ones become U+FFFD.
		g.out, _ = charmap.Windows1252.NewDecoder().Bytes(buf[:n])
		n = copy(p, g.out)
		g.out = g.out[n:]
		return n, nil
	}
	return 0, err
}

// validUTF8 allows a rune that is cut at the chunk's end, unless the file ends
// there.
func validUTF8(chunk []byte, last bool) bool {
	for len(chunk) > 0 {
		r, n := utf8.DecodeRune(chunk)
		if r == utf8.RuneError && n == 1 {
			return !last && !utf8.FullRune(chunk)
		}
		chunk = chunk[n:]
	}
	return true
}
