package llm

import (
	"strings"
	"testing"
	"unicode"
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
		if f.origin(len(f.text)) != len(s) {
			t.Fatalf("fold(%q) ends at %d", s, f.origin(len(f.text)))
		}
		last := 0
		for i := range f.text {
			from := f.origin(i)
			if from < last || from >= len(s) {
				t.Fatalf("fold(%q): byte %d comes from %d, its neighbour from %d", s, i, from, last)
			}
			if utf8.ValidString(s) && !utf8.RuneStart(s[from]) {
				t.Fatalf("fold(%q): byte %d comes from the middle of a letter", s, i)
			}
			last = from
		}
	})
}

// What fold takes for entire is left alone by composing, alone and beside
// others, and what it takes for caseless has no case.
func TestEntireLettersStay(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		s := string(r)
		if entire(r) && (norm.NFKC.String(s) != s || !norm.NFKC.PropertiesString(s).BoundaryBefore()) {
			t.Errorf("%U is not entire", r)
		}
		if caseless(r) && (!unbroken(r) || unicode.ToLower(r) != r || unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)) {
			t.Errorf("%U is not caseless", r)
		}
	}
}

// A part of a folded text is that part folded alone.
func TestPartsFoldAsAlone(t *testing.T) {
	pieces := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"e\u0301", "ﬁ", "½ x", "…", "が\u3099", "\xff", " \u00a0 ", "Plain. ", "\u0301", "Ⱥ", "’", "だめ、", "\u200b", "\n\n"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(pieces).Draw(t, "pieces"), "")
		whole := fold(s)
		from := rapid.IntRange(0, len(s)).Draw(t, "from")
		to := rapid.IntRange(from, len(s)).Draw(t, "to")
		got, start, end, ok := whole.part(span{from, to})
		if !ok {
			return
		}
		want := fold(s[from:to])
		if strings.TrimSpace(got.text) != strings.TrimSpace(want.text) || got.text != whole.text[start:end] {
			t.Fatalf("%q of %q is %q, alone %q", s[from:to], s, got.text, want.text)
		}
		for i := range got.text {
			if got.text == want.text && got.origin(i) != want.origin(i) {
				t.Fatalf("%q of %q: byte %d of %q comes from %d, alone from %d", s[from:to], s, i, got.text, got.origin(i), want.origin(i))
			}
		}
	})
}
