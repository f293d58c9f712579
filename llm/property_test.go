package llm

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

// bare drops white space: what Join may add.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestJoinKeepsEveryWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 0, 8).Draw(t, "texts")
		lang := rapid.SampledFrom([]string{"en", "ja", "zh", "ko", "de-AT", ""}).Draw(t, "lang")
		var ss []review.Sentence
		var want strings.Builder
		for _, x := range texts {
			ss = append(ss, review.Sentence{Text: x})
			want.WriteString(bare(x))
		}
		got := Join(lang, ss, "")
		if bare(got) != want.String() {
			t.Fatalf("%q joined to %q", texts, got)
		}
		if got != strings.TrimSpace(got) {
			t.Fatalf("space at the ends: %q", got)
		}
	})
}

func TestJoin(t *testing.T) {
	s := func(texts ...string) []review.Sentence {
		var out []review.Sentence
		for _, x := range texts {
			out = append(out, review.Sentence{Text: x})
		}
		return out
	}
	for _, tt := range []struct {
		lang, sign, want string
		in               []review.Sentence
	}{
		{"en", "", "One. Two.", s("One.", " ", "Two. ")},
		{"en", "Ana", "One.\n\nAna", s("One.", "Ana")},
		{"en", "Ana", "Ana One.", s("Ana", "One.")},
		{"ja", "", "一つ。二つ。", s("一つ。", "二つ。")},
		{"ja", "店長", "a@example.test まで。\n\n店長", s("a@example.test まで。", "店長")},
		{"ja", "", "OK 二つ。", s("OK", "二つ。")},
		{"ko", "", "하나. 둘.", s("하나.", "둘.")},
	} {
		if got := Join(tt.lang, tt.in, tt.sign); got != tt.want {
			t.Errorf("Join(%s) = %q, want %q", tt.lang, got, tt.want)
		}
	}
}

// TestLocateReturnsTheReviewsWords: whatever is found stands in the text.
func TestLocateReturnsTheReviewsWords(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("abcABC ßéİŉﬁ½ÄÄ　“”'’\u200b部屋ｶﾞが한국ᆨ𝔸\n.")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		text, needle := letters.Draw(t, "text"), letters.Draw(t, "needle")
		words, ok := locate(text, needle)
		if ok && (!strings.Contains(text, words) || words == "") {
			t.Fatalf("locate(%q, %q) = %q, which does not stand there", text, needle, words)
		}
		if !ok && strings.Contains(text, needle) && strings.ContainsFunc(needle, unicode.IsLetter) {
			t.Fatalf("locate(%q, %q) did not find it", text, needle)
		}
	})
}

func TestLocate(t *testing.T) {
	for _, tt := range []struct{ text, needle, want string }{
		{"The Soup  was\ncold.", "soup was cold", "Soup  was\ncold"},
		{"It’s “bad”", `it's "bad"`, "It’s “bad"},
		{"ﬁne dining", "fine", "ﬁne"},
		{"ﬁne dining", "f", "ﬁ"},
		{"ｶﾞﾗｽ", "ガラス", "ｶﾞﾗｽ"},
		{"so\u200bup", "soup", "so\u200bup"},
		{"soup", "...", ""},
		{"soup", "", ""},
		{"soup", "stew", ""},
	} {
		if got, ok := locate(tt.text, tt.needle); got != tt.want || ok != (tt.want != "") {
			t.Errorf("locate(%q, %q) = %q, %v", tt.text, tt.needle, got, ok)
		}
	}
}

func TestOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("ab \n\u00a0\u3000。"))).Draw(t, "s")
		if got, want := oneLine(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("oneLine(%q) = %q, want %q", s, got, want)
		}
	})
}

func TestLength(t *testing.T) {
	for _, tt := range []struct {
		unit string
		want int
	}{{"runes", 3}, {"", 3}, {"bytes", 8}, {"utf16", 4}} {
		if got := Length("aé😀"[:0]+"a部😀", tt.unit); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.unit, got, tt.want)
		}
	}
}

// FuzzDecodeDraft: whatever an endpoint says is refused or becomes sentences
// that keep the laws of provenance.
func FuzzDecodeDraft(f *testing.F) {
	s, err := loadSchema("draft")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{goodDraft, `{}`, `null`, `{"sentences":[]}`, goodDraft[:40], `{"sentences":[{"text":"\u0000\ud800","claims":[1e2],"source":"fact","ref":"1"}]}`, `[[[[`, `{"sentences":[{"text":"a","text":"b","claims":[],"source":"none","ref":""}]}`} {
		f.Add(seed)
	}
	req := aRequest()
	f.Fuzz(func(t *testing.T, content string) {
		var a draftAnswer
		if _, err := s.decode(content, &a); err != nil {
			return
		}
		for _, x := range ground(req, "en", a.Sentences) {
			if !utf8.ValidString(x.Text) || strings.ContainsAny(x.Text, "\n\r\x00") || x.Text == "" {
				t.Errorf("text %q", x.Text)
			}
			for _, n := range x.Claims {
				if !slices.ContainsFunc(req.Case.Claims, func(c review.Claim) bool { return c.N == n }) {
					t.Errorf("claim %d does not exist", n)
				}
			}
			switch x.Source {
			case review.SourceFact:
				if x.Ref != "1" {
					t.Errorf("fact %q", x.Ref)
				}
			case review.SourceReview:
				if !strings.Contains(req.Case.Review.Text(), x.Ref) || x.Ref == "" {
					t.Errorf("words %q", x.Ref)
				}
			case review.SourcePlaybook:
				t.Errorf("playbook %q", x.Ref)
			}
		}
	})
}

// FuzzTriageAnswer: claims always stand in the review.
func FuzzTriageAnswer(f *testing.F) {
	s, err := loadSchema("triage")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(goodTriage, "My parcel arrived two weeks late")
	f.Add(`{}`, "")
	f.Fuzz(func(t *testing.T, content, body string) {
		var a triageAnswer
		if _, err := s.decode(content, &a); err != nil {
			return
		}
		got, err := a.triage(review.Review{Body: body}, review.Triage{})
		if err != nil {
			return
		}
		for i, c := range got.Claims {
			if c.N != i+1 || !strings.Contains(body, c.Words) {
				t.Errorf("%+v does not stand in %q", c, body)
			}
		}
	})
}

// FuzzOffline: no review breaks the rules or the built-in drafter.
func FuzzOffline(f *testing.F) {
	o := NewOffline()
	f.Add("My parcel arrived late, but the staff was nice.", "en", 1.0, 350)
	f.Add("部屋が古くて、お風呂にカビがありました。", "ja", 2.0, 0)
	f.Add("{contact} {quote} {topic} <!channel> http://evil.example ‮", "de", 1.0, 100)
	f.Fuzz(func(t *testing.T, body, lang string, stars float64, limit int) {
		if stars < 0 || stars > 5 || limit < 0 {
			return
		}
		checkOffline(t, o, body, lang, stars, limit)
	})
}

// TestSchemasFollowTheCode: the closed lists stand twice, here and there.
func TestSchemasFollowTheCode(t *testing.T) {
	b, err := schemaFiles.ReadFile("schemas/triage.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties struct {
			Topics struct{ Items struct{ Enum []string } }
			Claims struct {
				Items struct {
					Properties struct{ Topic struct{ Enum []string } }
				}
			}
			Suggested struct{ Enum []string }
			Class     struct{ Enum []string }
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if p := doc.Properties; !slices.Equal(p.Topics.Items.Enum, Topics) || !slices.Equal(p.Claims.Items.Properties.Topic.Enum, Topics) {
		t.Error("the schema's topics are not Topics")
	}
	for _, v := range doc.Properties.Suggested.Enum {
		if _, err := review.ParseVerdict(v); err != nil || v == string(review.VerdictSilent) {
			t.Errorf("the schema lets a model suggest %q", v)
		}
	}
	for _, task := range []string{"draft", "judge", "translate", "triage"} {
		s, err := loadSchema(task)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"maxLength", "maxItems", "minimum", "pattern", "$schema"} {
			if strings.Contains(string(s.wire), word) {
				t.Errorf("%s: %s goes over the wire, which strict modes refuse", task, word)
			}
		}
	}
}
