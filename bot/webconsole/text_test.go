package webconsole

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/storage"
)

// FuzzShown: whatever a stranger writes, the page gets text and our own small
// marks, and nothing that acts.
func FuzzShown(f *testing.F) {
	for _, h := range bottest.Hostile() {
		f.Add(h.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := html.Parse(strings.NewReader("<bdi>" + string(shown(s)) + "</bdi>"))
		if err != nil {
			t.Fatal(err)
		}
		bdi := first(doc, byTag("bdi"))
		for _, n := range find(bdi, func(*html.Node) bool { return true }) {
			if n.Data != "span" || attr(n, "class") != "ctl" || n.FirstChild != nil || len(n.Attr) != 4 {
				t.Errorf("%q became the element %s %v", s, n.Data, n.Attr)
			}
		}
		for _, text := range []string{content(bdi), plain(s)} {
			for _, r := range text {
				if unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
					t.Errorf("%q shows U+%04X", s, r)
				}
			}
		}
	})
}

func TestOrdinaryTextIsUnharmed(t *testing.T) {
	for _, s := range []string{"Family 👩‍👩‍👧‍👦 of ❤️‍🔥", "می‌خواهم", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "Đặng Thị Ánh", "line\nline\ttab", "naïve"} {
		if got := plain(s); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
		if strings.Contains(string(shown(s)), "ctl") {
			t.Errorf("%q is shown with a mark: %s", s, shown(s))
		}
	}
	if got := plain("a\r\nb\rc\x00"); got != "a\nb\nc\u2400" {
		t.Errorf("line ends and NUL are shown as %q", got)
	}
}

// TestDiff: a diff tells both texts whole, whatever they are.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"the", "lamp", " ", " ", "\n", "broken", "é", "壊れた", "ランプ", "👩‍👩‍👧", "!", "e\u0301", "\xff"})
		a := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "before"), "")
		b := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "after"), "")
		var before, after strings.Builder
		for i, s := range wordDiff(a, b) {
			if s.Kind != bot.Added {
				before.WriteString(s.Text)
			}
			if s.Kind != bot.Deleted {
				after.WriteString(s.Text)
			}
			if s.Text == "" && i > 0 {
				t.Fatal("an empty span")
			}
		}
		if before.String() != a || after.String() != b {
			t.Fatalf("%q → %q is told as %q → %q", a, b, before.String(), after.String())
		}
	})
}

// TestNotesKeepCards: a card comes back from its note as it was, but for NUL,
// which PostgreSQL refuses, and bytes that are no text.
func TestNotesKeepCards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := note{Card: &bot.Card{Title: rapid.String().Draw(t, "title"), Blocks: []bot.Block{{Kind: bot.Quote, Text: rapid.StringOf(rapid.RuneFrom([]rune{'\\', 'u', '0', 0, '"', 'n', 'é'})).Draw(t, "text")}}}}
		body, err := encode(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := decode(storage.Note{Body: body})
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(in.Card.Blocks[0].Text, "\x00", "\u2400")
		if got := out.Card.Blocks[0].Text; got != want || strings.ContainsRune(out.Card.Title, 0) || !json.Valid(body) {
			t.Fatalf("%q came back as %q in %s", want, got, body)
		}
	})
}

func TestAddressed(t *testing.T) {
	for in, want := range map[string]string{
		"@evenkeel shorter":          "shorter",
		"@Evenkeel: shorter":         "shorter",
		"please, @evenkeel, shorter": "please, shorter",
		"İ @evenkeel shorter":        "İ shorter",
	} {
		if rest, asks := addressed(in); rest != want || !asks {
			t.Errorf("addressed(%q) = %q, %v; want %q", in, rest, asks, want)
		}
	}
	if rest, asks := addressed(" we call evenkeel a bot "); rest != "we call evenkeel a bot" || asks {
		t.Errorf("a mere word counts as an address: %q", rest)
	}
}

func TestWords(t *testing.T) {
	for _, s := range []string{"", "a b", "壊れたlamp, e\u0301t\u00e9!  x", "\xff\xfe"} {
		if got := strings.Join(words(s), ""); got != s {
			t.Errorf("words of %q join to %q", s, got)
		}
	}
}
