package bottest

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/commands"
)

// TestFixturesKeepTheLimits: the suite must not ask of a chat what the desk
// never sends.
func TestFixturesKeepTheLimits(t *testing.T) {
	for _, f := range Fixtures() {
		if n := len(f.Card.Buttons); n > MostButtons {
			t.Errorf("%s has %d buttons", f.Name, n)
		}
		for _, b := range f.Card.Buttons {
			if utf8.RuneCountInString(b.Label) > LongLabel || utf8.RuneCountInString(b.Hint) > LongLabel || len(b.Token.String()) > 100 {
				t.Errorf("%s: the button %q is over the limits", f.Name, b.Label)
			}
			if back, err := commands.ParseToken(b.Token.String()); err != nil || back != b.Token {
				t.Errorf("%s: the token %q does not come back: %v", f.Name, b.Token, err)
			}
		}
		for _, s := range f.Card.Selects {
			if len(s.Options) > MostOptions || utf8.RuneCountInString(s.Label) > 100 {
				t.Errorf("%s: the select %q is over the limits", f.Name, s.Label)
			}
			for _, o := range s.Options {
				token := s.Token
				token.Arg = o.Value
				if len(token.String()) > 100 {
					t.Errorf("%s: the option %q does not fit a token", f.Name, o.Value)
				}
			}
		}
	}
	if n := utf8.RuneCountInString(Flood()); n != 100000 {
		t.Errorf("the flood has %d characters", n)
	}
	for _, n := range []int{1, 2, 75, 300, LongDraft} {
		if got := len(Words("w", n)); got != n {
			t.Errorf("Words of %d has %d characters", n, got)
		}
	}
}

// TestLetters: what may be dropped from a hostile text is dropped on both
// sides, and nothing else.
func TestLetters(t *testing.T) {
	for in, want := range map[string]string{
		"a\u200Bb\x00c \u202Ed":     "abcd",
		"␀�x…":                      "x",
		"Z\u0336\u0336algo":         "Zalgo",
		"<@U1> *b* _i_ ~s~ `c` ||x": "<@U1>*b*_i_~s~`c`||x",
		"日本語 العربية":               "日本語العربية",
		"\xffbad":                   "bad",
	} {
		if got := letters(in); got != want {
			t.Errorf("letters(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLeaks(t *testing.T) {
	for in, want := range map[string]int{
		"plain\ntext\t": 0, "\u2066isolated\u2069": 0, "می‌خواهم": 0,
		"\u202Eover": 1, "\x1b[31m": 1, "\u2066open": 1, "closed\u2069": 1, "nul\x00": 1,
	} {
		if got := leaks(in); len(got) != want {
			t.Errorf("leaks(%q) = %q, want %d", in, got, want)
		}
	}
	for _, h := range Hostile() {
		if h.Name == "controls" && len(leaks(h.Text)) == 0 || strings.TrimSpace(letters(h.Text)) == "" {
			t.Errorf("%s would test nothing", h.Name)
		}
	}
}
