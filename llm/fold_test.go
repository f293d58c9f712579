package llm

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// What fold makes of a text piece by piece is what composing the whole text at
// once gives, and each byte knows where it came from.
func TestFoldIsTheWholeTextComposed(t *testing.T) {
	pieces := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"e\u0301", "A\u030a", "fi", "ﬁ", "½ x", "…", "\u1100\u1161", "か\u3099", "\xff", "\xe3\x81", " \u00a0 ", "Plain, short words. ", "\u0301"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(pieces).Draw(t, "pieces"), "")
		var want strings.Builder
		space := true
		for _, r := range norm.NFKC.String(s) {
			if r = plain(r); r < 0 || r == ' ' && space {
				continue
			}
			space = r == ' '
			want.WriteRune(r)
		}
		f := fold(s)
		if f.text != want.String() {
			t.Fatalf("fold(%q) is %q, the whole composed is %q", s, f.text, want.String())
		}
		if len(f.at) != len(f.text)+1 || f.at[len(f.text)] != len(s) {
			t.Fatalf("fold(%q) knows the origin of %d bytes of %d", s, len(f.at)-1, len(f.text))
		}
		for i, from := range f.at {
			if i > 0 && from < f.at[i-1] {
				t.Fatalf("fold(%q): byte %d comes from %d, before its neighbour's %d", s, i, from, f.at[i-1])
			}
			if from < len(s) && utf8.ValidString(s) && !utf8.RuneStart(s[from]) {
				t.Fatalf("fold(%q): byte %d comes from the middle of a letter", s, i)
			}
		}
	})
}

// The sieve never hides a term that stands in the text.
func TestSieveHidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringN(1, 12, -1).Draw(t, "term")
		text := rapid.String().Draw(t, "before") + words + rapid.String().Draw(t, "after")
		if s := newSieve(text); !s.mayHold(newTerm(words, true, true)) {
			t.Fatalf("%q is in %q, the sieve says it is not", words, text)
		}
	})
}
