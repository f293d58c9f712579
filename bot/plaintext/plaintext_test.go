package plaintext_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/bot/plaintext"
)

func TestSplitAndJoinGiveTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab. \n\n\u0301👩\u200d日"))).Draw(t, "s")
		n := rapid.IntRange(1, 40).Draw(t, "n")
		pieces, seps := plaintext.Split(s, n)
		var b strings.Builder
		for i, p := range pieces {
			if plaintext.Len(p) > n {
				t.Fatalf("a piece has %d of %d", plaintext.Len(p), n)
			}
			if i > 0 {
				b.WriteString(seps[i-1])
			}
			b.WriteString(p)
		}
		if b.String() != s {
			t.Fatalf("%q became %q", s, b.String())
		}
	})
}

// Whatever Unicode calls a control, a format or an accent is seen to, wherever
// in its tables it stands.
func TestVisibleKnowsEveryRune(t *testing.T) {
	mayStay := func(r rune) bool {
		variant := r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
		return variant || strings.ContainsRune("\n\t\u00AD\u061C", r) // the last stays in Arabic, which it is itself
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch {
		case mayStay(r) || !utf8.ValidRune(r):
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			if v := plaintext.Visible("a" + string(r) + "b"); strings.ContainsRune(v, r) {
				t.Errorf("%U stays in %q", r, v)
			}
		case unicode.In(r, unicode.Mn, unicode.Me):
			if v := plaintext.Visible("a" + strings.Repeat(string(r), 9)); strings.Count(v, string(r)) > 4 {
				t.Errorf("%U is stacked in %q", r, v)
			}
		}
	}
}

func TestVisibleActsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		v := plaintext.Visible(s)
		if !utf8.ValidString(v) || plaintext.Visible(v) != v || strings.ContainsAny(v, "\u202E\u2066\u0000\u001b") {
			t.Fatalf("%q became %q", s, v)
		}
		if c := plaintext.Cut(v, 10); plaintext.Len(c) > 10 {
			t.Fatalf("%q is cut to %q", v, c)
		}
	})
}
