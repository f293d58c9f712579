package words

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"The PARCEL, came late!":     "the parcel came late",
		"Größe: Übergröße":           "große ubergroße",
		"ＡＢＣ１２３":                     "abc123",
		"配達が遅い。":                     "配達が遅い",
		"iPhoneの配達":                  "iphone の配達",
		"배송이 늦어요":                    "배송이 늦어요",
		"コーヒー":                       "コーヒー",
		"ｺｰﾋｰ":                       "コーヒー",
		"don't":                      "don t",
		"":                           "",
		"<b>*bold*</b> & \x00\xff x": "b bold b x",
		"สินค้า":                     "สินค้า",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTokens(t *testing.T) {
	for in, want := range map[string][]string{
		"Late late LATE": {"late", "Ωlate"},
		"deliveries":     {"deliveries", "Ωdeli", "Ωdeliver"},
		"配達が遅い":          {"い", "が遅", "達が", "遅い", "配達", "配", "達", "が", "遅"},
		"犬":              {"犬"},
		"배송이":            {"배송", "송이", "이", "배", "송"},
		"A4の紙":           {"a4", "の紙", "紙", "の"},
	} {
		got := Tokens(in)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Tokens(strings.Repeat("x", 500)); len(got) != 3 || len(got[0]) != maxToken {
		t.Errorf("an endless word: %q", got)
	}
}

func TestMatch(t *testing.T) {
	const text = "The delivery was two weeks late. 配達が遅い。"
	for query, want := range map[string]int{
		"two weeks": Phrase, "weeks two": Whole, "deliv": Begun, "LATE": Phrase, "late deliv": Begun,
		"配達": Phrase, "遅い": Phrase, "達": Phrase, "weeks 配達": Whole,
		"later": -1, "el": -1, "配遅": -1, "de": -1, "": -1, "!?": -1, "way late": -1,
	} {
		grade, ok := Parse(query).Match(text)
		if !ok {
			grade = -1
		}
		if grade != want {
			t.Errorf("%q matches with grade %d, want %d", query, grade, want)
		}
	}
	if _, ok := Parse("late courier").Match("late", "the courier"); !ok {
		t.Error("words in two texts of one case are not found together")
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("nothing here. ", 30) + "The <b>courier</b>\nlaughed." + strings.Repeat(" nothing more.", 30)
	s, ok := Parse("COUR").Snippet(long, 60)
	if !ok || !strings.Contains(s, "<b>courier</b> laughed.") || !strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "…") {
		t.Errorf("snippet %v %q", ok, s)
	}
	if n := utf8.RuneCountInString(s); n > 62 {
		t.Errorf("a snippet of %d characters", n)
	}
	if s, ok := Parse("café").Snippet("Das Café war zu.", 60); !ok || s != "Das Café war zu." {
		t.Errorf("%v %q", ok, s)
	}
	if s, ok := Parse("遅い").Snippet("配達が遅いです", 60); !ok || s != "配達が遅いです" {
		t.Errorf("%v %q", ok, s)
	}
}

func TestTelling(t *testing.T) {
	if got := Telling(2, "The courier was abominably late"); !slices.Equal(got, []string{"abominably", "courier"}) {
		t.Errorf("%q", got)
	}
}

// Whatever is taken out of a text is found in it again: first by the index's
// tokens, then by the look at the text.
func TestWhatIsThereIsFound(t *testing.T) {
	letters := rapid.SampledFrom([]rune("abcÄßéК xyz01  .,!犬配達遅いがのコーヒー배송이늦สินค้าｺﾞ\u0301\u3099<*&\x00"))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(letters, 1, 60).Draw(t, "text"))
		if Fold(Fold(text)) != Fold(text) {
			t.Fatalf("folding twice changes %q", Fold(text))
		}
		fields := strings.Fields(Fold(text))
		if len(fields) == 0 {
			return
		}
		q := Parse(rapid.SampledFrom(fields).Draw(t, "word"))
		tokens := Tokens(text)
		for _, need := range append(q.Whole, q.Begun...) {
			if !slices.Contains(tokens, need) {
				t.Fatalf("the index of %q lacks %q", text, need)
			}
		}
		// A word's beginning is found by the tokens of beginnings.
		if begun := Parse(string([]rune(q.phrase)[:min(shortEdge, len([]rune(q.phrase)))])); !begun.Empty() {
			_, ok := begun.Match(text)
			for _, need := range begun.Begun {
				if ok && !slices.Contains(tokens, need) {
					t.Fatalf("the index of %q lacks %q", text, need)
				}
			}
		}
		if _, ok := q.Match(text); !ok {
			t.Fatalf("%+v does not match %q", q, text)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("配達 late", "The parcel")
	f.Add("\xff\x00*", "'\"\\")
	f.Fuzz(func(t *testing.T, query, text string) {
		for _, tok := range Tokens(text) {
			for _, r := range tok {
				if !isWord(r) {
					t.Fatalf("token %q holds %q", tok, r)
				}
			}
		}
		q := Parse(query)
		for _, n := range append(q.Whole, q.Begun...) {
			if strings.ContainsAny(n, " '\"\\*():&|!") || n == "" {
				t.Fatalf("need %q", n)
			}
		}
		q.Match(text)
		if s, _ := q.Snippet(text, 80); utf8.RuneCountInString(s) > 82 || !utf8.ValidString(s) {
			t.Fatalf("snippet %q", s)
		}
	})
}
