package quote_test

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/quote"
)

var jo = quote.Of(
	review.Review{Author: "Jo Exämple", AuthorID: "u-7719", Title: "Never, ever again", Body: "The parcel came nine days late, and nobody at the shop picked up the phone."},
	review.Review{Author: "Rose", Body: "靴のサイズが全然違っていて返品にも応じてくれませんでした。"},
)

func TestStrike(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Nothing of theirs.", "Nothing of theirs."},
		{"Write to Jo Exämple today.", "Write to (erased) today."},
		{"write to JO EXAMPLE, today", "write to (erased), today"},
		{"Jo wrote", "Jo wrote"}, // half of a name is somebody else's too
		{"Rose likes a rose.", "(erased) likes a rose."},
		{"see u-7719.", "see (erased)."},
		{"They said “the parcel came nine days late” twice.", "They said “(erased)” twice."},
		{"Parcels came nine days late and nobody at the office knew.", "Parcels (erased) office knew."},
		{"The parcel came back.", "The parcel came back."},
		{"He wrote: never ever again!", "He wrote: (erased)!"},
		{"「サイズが全然違っていて返品」と言われた", "「(erased)」と言われた"},
		{"サイズが違う", "サイズが違う"},
	} {
		got, found := jo.Strike(c.text)
		if got != c.want || found != (c.text != c.want) {
			t.Errorf("%q became %q (%v), want %q", c.text, got, found, c.want)
		}
	}
	for _, name := range []string{"Customer", "A Google user", "匿名", "", "X"} {
		text := "Tell each customer, A Google user or X or 匿名, the truth. Customer care is care."
		if got, found := quote.Of(review.Review{Author: name}).Strike(text); found {
			t.Errorf("%q made %q", name, got)
		}
	}
}

func TestStrikeIn(t *testing.T) {
	doc := `{"last":12345678901234567890,"all":[{"title":"Jo Exämple <3","n":1,"Rose":null},"the parcel came nine days ago"]}`
	want := `{"all":[{"(erased)":null,"n":1,"title":"(erased) \u003c3"},"(erased) ago"],"last":12345678901234567890}`
	if got, found := jo.StrikeIn(doc); !found || got != want {
		t.Errorf("%v %s", found, got)
	}
	for _, same := range []string{`{"b":1,"a":"x"}`, "plain words", ""} {
		if got, found := jo.StrikeIn(same); found || got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	if got, found := jo.StrikeIn("Jo Exämple {"); !found || got != "(erased) {" {
		t.Errorf("%q", got)
	}
}

// FuzzStrike: whatever the texts are, a name and a whole text that stand in
// another text do so no longer, and the rest stays.
func FuzzStrike(f *testing.F) {
	f.Add("Jo Example", "The parcel came nine days late, by bike.", "before ", " after")
	f.Add("山田 太郎", "靴のサイズが全然違っていました", "「", "」")
	f.Add("e\u0301", "a\u0301 b c d e f", "\u0301", "\xff")
	f.Fuzz(func(t *testing.T, name, body, before, after string) {
		p := quote.Of(review.Review{Author: name, Body: body})
		for _, part := range []string{name, body} {
			text := before + ". " + part + " ." + after
			got, found := p.Strike(text)
			again, twice := p.Strike(got)
			if found && !strings.Contains(got, quote.Struck) || !found && got != text {
				t.Fatalf("%q became %q", text, got)
			}
			if _, whole := p.Strike(part); whole && !found {
				t.Fatalf("%q is found alone and not in %q", part, text)
			}
			if twice && len(again) >= len(got)+len(quote.Struck)*len(got) {
				t.Fatalf("%q grows to %q", got, again)
			}
		}
	})
}
