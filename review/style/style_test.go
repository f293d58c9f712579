package style_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review/style"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// edits are changed drafts, the newest last.
func edits(language string, pairs ...[2]string) []style.Edit {
	out := make([]style.Edit, len(pairs))
	for i, p := range pairs {
		out[i] = style.Edit{Case: int64(i + 1), At: start.Add(time.Duration(i) * time.Hour), Language: language, Name: "Jo Example", Draft: p[0], Final: p[1]}
	}
	return out
}

func rules(ps []style.Proposal) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Rule)
	}
	return out
}

func TestPropose(t *testing.T) {
	same := "Thank you for your words about the %s. We look into what happened to the %[1]s at our counter, and whoever packed it will hear from us before the week is out, so that the next one arrives as it should and in one piece."
	words := []string{"teapot", "lid", "parcel", "cup", "kettle"}
	each := func(n int, pair func(thing string) [2]string) (out [][2]string) {
		for _, w := range words[:n] {
			out = append(out, pair(w))
		}
		return out
	}
	say := func(w string) string { return fmt.Sprintf(same, w) }
	tests := []struct {
		name  string
		edits []style.Edit
		want  []string // substrings of the rules, one each and no more
	}{
		{"nothing", nil, nil},
		{"two are not enough", edits("en", each(2, func(w string) [2]string { return [2]string{"Dear Jo, " + say(w), "Hello Jo, " + say(w)} })...), nil},
		{"greeting", edits("en", each(3, func(w string) [2]string { return [2]string{"Dear Jo, " + say(w), "Hello Jo, " + say(w)} })...),
			[]string{"Open with “Hello (name)”, not with “Dear (name)”."}},
		{"sign-off", edits("en", each(4, func(w string) [2]string { return [2]string{say(w) + " Best regards", say(w) + "\nAna and the crew"} })...),
			[]string{"Close with “Ana and the crew”, not with “Best regards”."}},
		{"shorter", edits("en", each(5, func(w string) [2]string {
			return [2]string{say(w) + " And the " + w + " " + strings.Repeat(w+" ", 30), say(w)}
		})...), []string{"Keep replies shorter"}},
		{"a phrase goes", edits("en", each(4, func(w string) [2]string {
			return [2]string{say(w) + " Your feedback is very important to us. Ana", say(w) + " Ana"}
		})...), []string{"Leave out “Your feedback is very important to us”."}},
		{"a phrase comes", edits("en", each(3, func(w string) [2]string {
			return [2]string{say(w) + " Ana", say(w) + " Please ask for me at the counter. Ana"}
		})...), []string{"Say “Please ask for me at the counter” where it fits."}},
		{"Japanese clauses", edits("ja-JP", each(3, func(w string) [2]string {
			return [2]string{"「" + w + "」の件、ご連絡ありがとうございます。平素よりお世話になっております。確認いたします。", "「" + w + "」の件、ご連絡ありがとうございます。確認いたします。"}
		})...), []string{"Keep replies shorter", "Leave out “平素よりお世話になっております”."}},
		{"numbers and names are of one case", edits("en", each(3, func(w string) [2]string {
			return [2]string{say(w), say(w) + " Ask Jo Example about order 4711."}
		})...), nil},
		{"languages apart", append(edits("en", each(2, func(w string) [2]string { return [2]string{"Dear Jo, " + say(w), "Hello Jo, " + say(w)} })...),
			edits("de", [2]string{"Dear Jo, " + say("x"), "Hello Jo, " + say("x")})...), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rules(style.Propose(tt.edits))
			if len(got) != len(tt.want) {
				t.Fatalf("proposed %q, want %q", got, tt.want)
			}
			for i, w := range tt.want {
				if !strings.Contains(got[i], w) {
					t.Errorf("proposed %q, want %q", got[i], w)
				}
			}
		})
	}
}

// TestOldEditsCountNoMore: what people did before their last ten edits is past.
func TestOldEditsCountNoMore(t *testing.T) {
	var es []style.Edit
	for i := range 20 {
		e := style.Edit{Case: int64(i), At: start.Add(time.Duration(i) * time.Hour), Language: "en", Draft: fmt.Sprintf("Dear all, text %d is here to stay.", i), Final: fmt.Sprintf("Dear all, text %d is here to go.", i)}
		if i < 8 {
			e.Final = strings.Replace(e.Final, "Dear all", "Hello everyone", 1)
		}
		es = append(es, e)
	}
	for _, p := range style.Propose(es) {
		if strings.Contains(p.Rule, "Hello") {
			t.Errorf("proposed from the past: %q", p.Rule)
		}
	}
}

// TestOrderDoesNotMatter: the same edits give the same proposals.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"thank", "you", "for", "the", "late", "parcel", "Dear", "Jo", "sorry", "。", "お客様", ",", ".", "\n", "Ana", "7"})
		text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 25).Draw(t, "words"), " ") })
		var es []style.Edit
		for i := range rapid.IntRange(0, 14).Draw(t, "edits") {
			es = append(es, style.Edit{Case: int64(i), At: start.Add(time.Duration(i%5) * time.Hour), Language: rapid.SampledFrom([]string{"en", "ja", ""}).Draw(t, "language"), Name: "Jo", Draft: text.Draw(t, "draft"), Final: text.Draw(t, "final")})
		}
		shuffled := slices.Clone(es)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		a, b := style.Propose(es), style.Propose(shuffled)
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("another order gives other proposals:\n%s", d)
		}
		keys := map[string]bool{}
		for _, p := range a {
			if keys[p.Key] || len(p.Cases) < style.Enough || p.Rule == "" {
				t.Fatalf("a proposal twice, or without reason: %+v", p)
			}
			keys[p.Key] = true
		}
	})
}

func FuzzPropose(f *testing.F) {
	f.Add("Dear Jo, sorry. Ana", "Hello Jo, sorry.\nAna", "Jo")
	f.Add("\xff、。", "", "  ")
	f.Fuzz(func(t *testing.T, draft, final, name string) {
		var es []style.Edit
		for i := range style.Enough {
			es = append(es, style.Edit{Case: int64(i), Name: name, Draft: draft, Final: final})
		}
		var o style.Offers
		o.Update(style.Propose(es), style.Book{})
		for _, x := range o.Open {
			if len([]rune(x.Rule)) > 200 {
				t.Errorf("a rule of %d characters", len([]rune(x.Rule)))
			}
		}
	})
}

func TestBook(t *testing.T) {
	ana := style.Who{ID: "console:ana", Name: "Ana", At: start}
	var b style.Book
	var o style.Offers
	ps := []style.Proposal{{Key: "en:shorter", Rule: "Shorter.", Language: "en"}, {Key: "de:open", Rule: "Hallo.", Language: "de"}, {Key: "x", Rule: "Always."}}
	if !o.Update(ps, b) || len(o.Open) != 3 || o.Update(ps, b) {
		t.Fatalf("the offers are %+v", o)
	}
	first, err := b.Accept(o.Open[0], ana)
	if err != nil || first.N != 1 || first.Name != "Ana" || b.Version() != 1 {
		t.Fatalf("accepted %+v as version %d, %v", first, b.Version(), err)
	}
	if _, err := b.Accept(o.Open[2], ana); err != nil {
		t.Fatal(err)
	}
	if got := b.For("en-GB"); !slices.Equal(got, []string{"Shorter.", "Always."}) {
		t.Errorf("for English: %q", got)
	}
	if got := b.For("de"); !slices.Equal(got, []string{"Always."}) {
		t.Errorf("for German: %q", got)
	}
	b.Decline(o.Open[1])
	if o.Update(ps, b); len(o.Open) != 0 || len(o.Waiting(b)) != 0 {
		t.Errorf("decided ones are offered again: %+v", o.Open)
	}
	if _, err := b.Drop(first.N, ana); err != nil || len(b.Rules()) != 1 || b.Version() != 3 {
		t.Errorf("dropped: %+v, version %d, %v", b.Rules(), b.Version(), err)
	}
	if _, err := b.Drop(99, ana); !errors.Is(err, style.ErrUnknown) {
		t.Errorf("dropping what is not there: %v", err)
	}
	if err := b.Revert(2, ana); err != nil || len(b.Rules()) != 2 || b.Version() != 4 {
		t.Errorf("back: %+v, version %d, %v", b.Rules(), b.Version(), err)
	}
	if err := b.Revert(0, ana); err != nil || len(b.Rules()) != 0 {
		t.Errorf("back to nothing: %+v, %v", b.Rules(), err)
	}
	if err := b.Revert(42, ana); !errors.Is(err, style.ErrVersion) {
		t.Errorf("back to what never was: %v", err)
	}
	kept, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var back style.Book
	if err := json.Unmarshal(kept, &back); err != nil || !cmp.Equal(b, back) {
		t.Errorf("kept and read: %s, %v", cmp.Diff(b, back), err)
	}
}

func TestNumbersStay(t *testing.T) {
	var o style.Offers
	one, two, three := style.Proposal{Key: "1"}, style.Proposal{Key: "2"}, style.Proposal{Key: "3"}
	o.Update([]style.Proposal{one, two}, style.Book{})
	o.Update([]style.Proposal{two, three}, style.Book{})
	if len(o.Open) != 2 || o.Open[0].Key != "2" || o.Open[0].N != 2 || o.Open[1].N != 3 {
		t.Errorf("the offers are %+v", o.Open)
	}
}

func TestABookIsBounded(t *testing.T) {
	var b style.Book
	who := style.Who{ID: "x", At: start}
	for n := 1; n <= style.MostRules; n++ {
		if _, err := b.Accept(style.Offer{N: n, Proposal: style.Proposal{Key: fmt.Sprint(n)}}, who); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Accept(style.Offer{N: 99}, who); !errors.Is(err, style.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	for range 300 {
		if err := b.Revert(b.Version(), who); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.Versions) > 100 {
		t.Errorf("%d versions are kept", len(b.Versions))
	}
}
