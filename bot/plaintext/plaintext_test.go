package plaintext_test

import (
	"strings"
	"testing"
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
