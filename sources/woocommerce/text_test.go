package woocommerce_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/sources/woocommerce"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"<p>Leaks.</p>\n":                                           "Leaks.",
		"<p>line<br />\none</p>\n<p>two</p>\n":                      "line\none\n\ntwo",
		"as\nstored\n\nwith breaks ":                                "as\nstored\n\nwith breaks ",
		"<em>very</em> <a href=\"http://x\">bad</a> &amp; 3 &lt; 4": "very bad & 3 < 4",
		"<ul>\n<li>lid</li>\n<li>spout</li>\n</ul>\n<p>end</p>":     "- lid\n- spout\n\nend",
		"<div>a</div><div>b</div>":                                  "a\nb",
		"a<script>alert(1)</script>b<style>p{}</style>c":            "abc",
		"a<!-- hidden -->b":                                         "ab",
		"&lt;script&gt;alert(1)&lt;/script&gt;":                     "<script>alert(1)</script>",
		"<blockquote>said</blockquote>answered":                     "said\n\nanswered",
		"":                                                          "",
	} {
		if got := woocommerce.Plain(in); got != want {
			t.Errorf("%q reads %q; want %q", in, got, want)
		}
	}
}

// TestEscapeIsUndone: what is approved is what is read back.
func TestEscapeIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if strings.ContainsAny(s, "\r\x00") {
			t.Skip("HTML has no carriage return and no NUL")
		}
		if got := woocommerce.Plain(woocommerce.Escape(s)); got != s {
			t.Fatalf("%q is read back as %q", s, got)
		}
	})
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<script>", "<plaintext><b>", "&#0;&#x110000;", "<li><li><br/><textarea>", "<!", "</", "a<b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := woocommerce.Plain(s)
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q became invalid: %q", s, got)
		}
		if len(got) > 2*len(s)+2 {
			t.Errorf("%d bytes became %d", len(s), len(got))
		}
	})
}
