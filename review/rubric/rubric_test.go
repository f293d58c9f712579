package rubric

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

func TestLexiconsParse(t *testing.T) {
	lex, err := loadLexicons(data)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"promise": true, "deadline": true, "done": true, "salutation": true}
	for _, c := range Checks {
		known[c] = true
	}
	for s := range lex.sections {
		if !known[s] {
			t.Errorf("section %q belongs to no check", s)
		}
	}
	for _, lang := range []string{"en", "de", "fr", "nl", "ja", "es", "ko"} {
		for _, check := range []string{Incentive, Threat, Commitments, PersonalData, Hygiene, PrivateChannel, NoIsolatedCase, NoBlame, ApologyBudget, NoMarketing, "deadline", "promise"} {
			n := 0
			for _, p := range lex.sections[check] {
				if lex.langs[p.lang] == lang {
					n++
				}
			}
			if n == 0 {
				t.Errorf("%s has no pattern for %s", lang, check)
			}
		}
		for _, name := range []string{"common", "generic", "refund", "discount", "replacement", "free", "fault", "not_granted", "future", "hour", "day", "acknowledge", "topic delivery"} {
			if _, ok := lex.concepts[lang+"/"+name]; !ok {
				t.Errorf("%s has no family %q", lang, name)
			}
		}
	}
}

func TestLexiconErrorsSayWhere(t *testing.T) {
	c := func(text string) error {
		lex := &lexicon{concepts: map[string]int{}, names: map[string][]int{}, core: map[int]bool{}, sections: map[string][]*pattern{},
			words: newTrie(), inner: newTrie(), loose: newTrie(), letters: newTrie(), langs: []string{"xx"}}
		return (&compiler{lex: lex, file: "xx.txt"}).compile(text)
	}
	for _, text := range []string{
		"[no_blame]\n<nothing> here", "[no_blame]\n(open", "[words]\n , x", "[words]\na: ---", "[no_blame]\nany x: a b", "[no_blame]\na -- perhaps b", "[no_blame]\na -- not nowhere b",
	} {
		if err := c(text); err == nil || !strings.Contains(err.Error(), "xx.txt:2") {
			t.Errorf("%q: error %v, want one that names xx.txt:2", text, err)
		}
	}
}

// blocks tells whether a check blocks.
func blocks(fs []review.Finding, check string) bool {
	for _, f := range fs {
		if f.Check == check && f.Level == review.Block {
			return true
		}
	}
	return false
}

// texts draws replies: arbitrary strings, arbitrary bytes, and labelled replies
// cut and joined.
func texts(t *testing.T) *rapid.Generator[string] {
	var seeds []string
	for _, f := range []string{"bad_dev.jsonl", "good_dev.jsonl", "human_dev.jsonl"} {
		for _, e := range readExamples(t, f) {
			seeds = append(seeds, e.Reply)
		}
	}
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 200), func(b []byte) string { return string(b) }),
		rapid.Custom(func(t *rapid.T) string {
			a, b := rapid.SampledFrom(seeds).Draw(t, "a"), rapid.SampledFrom(seeds).Draw(t, "b")
			i, j := rapid.IntRange(0, len(a)).Draw(t, "i"), rapid.IntRange(0, len(b)).Draw(t, "j")
			return a[:i] + rapid.String().Draw(t, "mid") + b[j:]
		}),
	)
}

// wellFormed checks what holds for every list of findings.
func wellFormed(t rapid.TB, text string, fs []review.Finding) {
	warned := false
	for _, f := range fs {
		if !strings.Contains(text, f.Words) {
			t.Fatalf("%s: words %q are not in the text", f.Check, f.Words)
		}
		if f.Message == "" || f.Check == "" || strings.Count(f.Message, "\n") > 0 {
			t.Fatalf("a finding without one sentence: %+v", f)
		}
		switch f.Level {
		case review.Warn:
			warned = true
		case review.Block:
			if warned {
				t.Fatalf("a block after a warning: %+v", fs)
			}
		default:
			t.Fatalf("level %q", f.Level)
		}
		if f.Waivable && (f.Level != review.Block || !waivable[f.Check]) {
			t.Fatalf("must not be waivable: %+v", f)
		}
	}
}

func TestCheckHoldsOnAnyText(t *testing.T) {
	gen := texts(t)
	rapid.Check(t, func(t *rapid.T) {
		in := Input{Text: gen.Draw(t, "text"), Review: review.Review{Body: gen.Draw(t, "review"), Author: rapid.String().Draw(t, "author"), Rating: review.StarRating(1)},
			Language: rapid.SampledFrom([]string{"", "en", "ja", "de-AT", "xx"}).Draw(t, "language"), Platform: rapid.SampledFrom([]string{"", "google_play", "tripadvisor"}).Draw(t, "platform"),
			Brand: rapid.String().Draw(t, "brand"), Staff: []string{rapid.String().Draw(t, "staff")}, Canary: rapid.String().Draw(t, "canary"), Privacy: rapid.Bool().Draw(t, "privacy"),
			Contacts: []string{"care@example.test", rapid.String().Draw(t, "contact")}, Verdict: rapid.SampledFrom(review.Verdicts).Draw(t, "verdict")}
		fs := Check(in)
		wellFormed(t, in.Text, fs)
		if diff := cmp.Diff(fs, Check(in)); diff != "" {
			t.Fatalf("the second run differs: %s", diff)
		}
		for _, p := range Promises(in.Text, in.Language) {
			if in.Text[p.From:p.To] != p.Words && p.Kind != Amount || !strings.Contains(in.Text, p.Words) {
				t.Fatalf("promise %+v is not where it says", p)
			}
		}
	})
}

// TestDisguisesDoNotHide takes broken replies and hides them as an attacker
// would; the checks that law and platforms demand must still find them, under
// their own name or as a disguise.
func TestDisguisesDoNotHide(t *testing.T) {
	var bad []example
	for _, e := range readExamples(t, "bad_dev.jsonl") {
		if (e.Check == Incentive || e.Check == Threat || e.Check == Commitments) && e.Lang != "ja" && e.Lang != "ko" {
			bad = append(bad, e)
		}
	}
	lookalike := strings.NewReplacer("a", "а", "e", "е", "o", "о", "i", "і", "c", "с", "p", "р")
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F {
				return r + 0xFEE0
			}
			return r
		}, s)
	}
	disguises := map[string]func(string) string{
		"upper case":   strings.ToUpper,
		"zero width":   func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") },
		"soft hyphens": func(s string) string { return strings.Join(strings.Split(s, ""), "\u00ad") },
		"tag letters":  func(s string) string { return strings.Join(strings.Split(s, ""), "\U000E0041") },
		"look-alikes":  lookalike.Replace,
		"full width":   wide,
		"line breaks":  func(s string) string { return strings.ReplaceAll(s, " ", "\n") },
		"wide spaces":  func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0\u2003") },
		"combining":    func(s string) string { return strings.Join(strings.Split(s, ""), "\u0336") },
		"control":      func(s string) string { return strings.Join(strings.Split(s, ""), "\x07") },
	}
	reviews := map[string]example{}
	for _, r := range readExamples(t, "reviews.jsonl") {
		reviews[r.Lang] = r
	}
	for name, hide := range disguises {
		for _, e := range bad {
			in := e.input(reviews)
			in.Text = hide(in.Text)
			fs := Check(in)
			wellFormed(t, in.Text, fs)
			if !blocks(fs, e.Check) {
				t.Errorf("%s hides %s (%s): %q", name, e.Check, e.Lang, e.Reply)
			}
		}
	}
}

// TestLetterDisguises tries what changes the words themselves.
func TestLetterDisguises(t *testing.T) {
	for _, c := range []struct{ check, text string }{
		{Incentive, "Please change your r e v i e w, it would help."},
		{Incentive, "Please upd4te your r3view about the soup."},
		{Incentive, "Give us 5 st*rs and all is well."},
		{Incentive, "Give us 5 st★rs, or five ⭐⭐⭐⭐⭐."},
		{Incentive, "Please u.p.d.a.t.e your r-a-t-i-n-g."},
		{Incentive, "Please edit your re-view of the soup."},
		{Incentive, "𝐏𝐥𝐞𝐚𝐬𝐞 𝐜𝐡𝐚𝐧𝐠𝐞 𝐲𝐨𝐮𝐫 𝐫𝐞𝐯𝐢𝐞𝐰"},
		{Incentive, "Ⓟⓛⓔⓐⓢⓔ ⓒⓗⓐⓝⓖⓔ ⓨⓞⓤⓡ ⓡⓔⓥⓘⓔⓦ"},
		{Incentive, "ᴘʟᴇᴀsᴇ ᴄʜᴀɴɢᴇ ʏᴏᴜʀ ʀᴇᴠɪᴇᴡ"},
		{Incentive, "口コミの 削 除 を お 願 い し ま す"},
		{Incentive, "ｸﾁｺﾐの削除をお願いいたします"},
		{Incentive, "리 뷰 를 수 정 해 주 시 면 감사하겠습니다"},
		{Threat, "Our l4wyer will be in touch."},
		{Commitments, "We will give you a full r e f u n d."},
		{Commitments, "We will ref0und... no, we will r3fund you."},
		{PersonalData, "Write to bob (at) mail (dot) example."},
		{PersonalData, "Ｃａｌｌ　０２０　７９４６　０１２３"},
		{Hygiene, "See example dot com for more."},
		{Hygiene, "See example[.]com for more."},
	} {
		if fs := Check(Input{Text: c.text}); !blocks(fs, c.check) {
			t.Errorf("%s is hidden in %q: %v", c.check, c.text, fs)
		}
	}
}

func TestFactsAllow(t *testing.T) {
	fact := func(s ...string) []review.Fact {
		var fs []review.Fact
		for i, x := range s {
			fs = append(fs, review.Fact{N: i + 1, Text: x})
		}
		return fs
	}
	for _, c := range []struct {
		text  string
		facts []review.Fact
		want  bool // blocked
	}{
		{"We refunded you yesterday.", nil, true},
		{"We refunded you yesterday.", fact("The 59 euros were refunded on Monday."), false},
		{"We refunded you yesterday.", fact("The customer asked for a refund."), true},
		{"We refunded you yesterday.", fact("No refund was made."), true},
		{"Wir erstatten Ihnen den Betrag.", fact("Refund approved by finance."), false},
		{"全額返金いたします。", fact("Rückerstattung ist genehmigt."), false},
		{"We will refund 20 euros.", fact("Refund approved: 20 EUR"), false},
		{"We will refund 25 euros.", fact("Refund approved: 20 EUR"), true},
		{"We will send it within 24 hours.", fact("It goes out within 24 hours."), false},
		{"We will send it within 48 hours.", fact("It goes out within 24 hours."), true},
		{"We will call you by Friday.", fact("Call on Friday, says Ops."), false},
		{"It was our mistake.", fact("The kitchen made a mistake with the ticket."), false},
		{"We will look at our refund process.", nil, false},
		{"You were charged 59 euros twice.", nil, false}, // the review says so
		{"You were charged 70 euros twice.", nil, true},
	} {
		in := Input{Text: c.text, Facts: c.facts, Review: review.Review{Body: "Charged 59 € twice!"}}
		if got := blocks(Check(in), Commitments); got != c.want {
			t.Errorf("%q with %v: blocked %v, want %v", c.text, c.facts, got, c.want)
		}
	}
	retracted := fact("Refund approved.")
	retracted[0].Retracted = true
	if !blocks(Check(Input{Text: "We will refund you.", Facts: retracted}), Commitments) {
		t.Error("a fact that was taken back still allows a refund")
	}
}

func TestPromises(t *testing.T) {
	for _, c := range []struct {
		lang, text string
		want       []Kind
		due        string
	}{
		{"en", "I will call you tomorrow about the lamp.", []Kind{Contact, Deadline}, "tomorrow"},
		{"en", "We will retrain the team and refund the fee.", []Kind{Action}, ""},
		{"en", "Thank you for the kind words.", nil, ""},
		{"de", "Wir melden uns bis Freitag bei Ihnen.", []Kind{Contact, Deadline}, "bis Freitag"},
		{"nl", "Wij bellen u morgen.", []Kind{Contact, Deadline}, "morgen"},
		{"fr", "Nous vous rappellerons demain.", []Kind{Contact, Deadline}, "demain"},
		{"es", "Le llamaremos mañana mismo.", []Kind{Contact, Deadline}, "mañana mismo"},
		{"ja", "3日以内にご連絡いたします。", []Kind{Deadline, Contact}, "3日以内"},
		{"ko", "내일까지 연락드리겠습니다.", []Kind{Deadline, Contact}, "내일까지"},
		{"ja", "返金いたします。", []Kind{Refund}, ""},
	} {
		got := map[Kind]bool{}
		due := ""
		for _, p := range Promises(c.text, c.lang) {
			got[p.Kind] = true
			if p.Due != "" {
				due = p.Due
			}
		}
		for _, k := range c.want {
			if !got[k] {
				t.Errorf("%q: no %s among %v", c.text, k, got)
			}
		}
		if len(c.want) == 0 && len(got) > 0 {
			t.Errorf("%q: %v, want none", c.text, got)
		}
		if due != c.due {
			t.Errorf("%q: due %q, want %q", c.text, due, c.due)
		}
	}
}

func TestSentencesAndClaims(t *testing.T) {
	text := "We spoke with the kitchen. Thank you."
	in := Input{Text: text, Verdict: review.VerdictReply, Claims: []review.Claim{{N: 1, Text: "cold soup"}, {N: 2, Text: "rude waiter\nhe shouted"}},
		Sentences: []review.Sentence{{Text: "We spoke with the kitchen.", Claims: []int{1}}, {Text: "Thank you.", Source: review.SourceCourtesy}}}
	fs := Check(in)
	if !blocks(fs, UnsourcedFact) || !blocks(fs, ClaimGap) {
		t.Errorf("findings %v, want an unsourced fact and a gap", fs)
	}
	in.Sentences[0] = review.Sentence{Text: "We spoke with the kitchen.", Claims: []int{1, 2}, Source: review.SourceFact, Ref: "1"}
	if fs := Check(in); blocks(fs, UnsourcedFact) || blocks(fs, ClaimGap) {
		t.Errorf("findings %v, want neither", fs)
	}
	in.Sentences[0].Source = review.SourceCourtesy
	if !blocks(Check(in), UnsourcedFact) {
		t.Error("a deed passes as courtesy")
	}
	in.Sentences = nil
	if fs := Check(in); blocks(fs, UnsourcedFact) || blocks(fs, ClaimGap) {
		t.Errorf("findings %v on a text nobody analysed", fs)
	}
}

func TestContext(t *testing.T) {
	base := Input{Text: "The soup should have been hot. Please write to care@example.test.", Verdict: review.VerdictReply, Contacts: []string{"care@example.test"},
		Review: review.Review{Body: "Cold soup.", Rating: review.StarRating(2), Author: "Anna Berg"}}
	with := func(f func(*Input)) Input { in := base; f(&in); return in }
	for name, c := range map[string]struct {
		in    Input
		check string
		want  bool
	}{
		"plain":                {base, PrivateChannel, false},
		"contact not listed":   {with(func(in *Input) { in.Contacts = nil }), PersonalData, true},
		"no contact allowed":   {with(func(in *Input) { in.Platform = "google_workspace_marketplace" }), PrivateChannel, true},
		"thank needs none":     {with(func(in *Input) { in.Text, in.Verdict = "Thank you, Anna.", review.VerdictThank }), PrivateChannel, false},
		"star only needs none": {with(func(in *Input) { in.Review.Body, in.Text = "", "Thank you for the stars." }), ConcreteDetail, false},
		"staff":                {with(func(in *Input) { in.Text += " Ask for Jo Kim."; in.Staff = []string{"Jo Kim"} }), PersonalData, true},
		"full name":            {with(func(in *Input) { in.Text = "Dear Anna Berg, " + in.Text }), PersonalData, true},
		"first name":           {with(func(in *Input) { in.Text = "Dear Anna, " + in.Text }), PersonalData, false},
		"privacy":              {with(func(in *Input) { in.Text += " We are sorry about your visit."; in.Privacy = true }), PersonalData, true},
		"no privacy":           {with(func(in *Input) { in.Text += " We are sorry about your visit." }), PersonalData, false},
		"canary":               {with(func(in *Input) { in.Text += " zq7-kx2-99"; in.Canary = "ZQ7KX299" }), Hygiene, true},
		"allowed link": {with(func(in *Input) {
			in.Text += " See https://help.example.test/soup."
			in.Links = []string{"example.test"}
		}), Hygiene, false},
		"link of another": {with(func(in *Input) {
			in.Text += " See https://example.test.evil.example."
			in.Links = []string{"example.test"}
		}), Hygiene, true},
		"look-alike link": {with(func(in *Input) { in.Text += " See https://exаmple.test."; in.Links = []string{"example.test"} }), Hygiene, true},
		"telephone allowed": {with(func(in *Input) {
			in.Text = "The soup should have been hot. Please call +44 20 7946 0123."
			in.Contacts = []string{"+442079460123"}
		}), PersonalData, false},
		"own length":        {with(func(in *Input) { in.MaxLen = 10 }), PlatformLength, true},
		"empty":             {with(func(in *Input) { in.Text = " \n" }), PlatformLength, true},
		"ask on a platform": {with(func(in *Input) { in.Text += " Please leave us a review."; in.Platform = "yelp" }), Incentive, true},
		"marked as German": {with(func(in *Input) {
			in.Language = "de"
			in.Text += " We will look at how the plates are checked before they leave the kitchen."
		}), LanguageMatch, true},
		"police in the review": {with(func(in *Input) {
			in.Review.Body = "Theft, police came."
			in.Text = "We know the police came because of the theft. care@example.test"
		}), Threat, false},
		"police from nowhere":     {with(func(in *Input) { in.Text += " The police will hear of it." }), Threat, true},
		"never isolated":          {with(func(in *Input) { in.Text += " It was an isolated case." }), NoIsolatedCase, true},
		"should not have to wait": {with(func(in *Input) { in.Text += " You should not have had to wait." }), NoBlame, false},
	} {
		if got := blocks(Check(c.in), c.check); got != c.want {
			t.Errorf("%s: %s blocked %v, want %v: %v", name, c.check, got, c.want, Check(c.in))
		}
	}
	for _, f := range Check(with(func(in *Input) { in.Text += " It was an isolated case."; in.Incident = "incident 7 is open" })) {
		if f.Check == NoIsolatedCase && (f.Waivable || !strings.Contains(f.Message, "incident 7 is open")) {
			t.Errorf("isolated case during an incident: %+v", f)
		}
	}
}

func TestHumanOnly(t *testing.T) {
	for _, text := range []string{
		"Obrigado por nos contar sobre a sopa fria, vamos falar com a cozinha para que isso não aconteça mais com você.",
		"Благодарим вас за отзыв о холодном супе, мы разбираемся с кухней и официантом.",
		"Grazie per averci scritto della zuppa fredda, stiamo parlando con la cucina e con il cameriere.",
		"感谢您告诉我们汤是冷的，我们正在与厨房核对当天的情况。",
	} {
		found := false
		for _, f := range Check(Input{Text: text}) {
			found = found || f.Check == HumanOnly
		}
		if !found {
			t.Errorf("no human_only for %q", text)
		}
	}
}

func TestLength(t *testing.T) {
	for _, c := range []struct {
		u    Unit
		want int
	}{{Runes, 3}, {Bytes, 8}, {UTF16, 4}, {"", 3}} {
		if got := Length("aé😀"[:0]+"aあ😀", c.u); got != c.want {
			t.Errorf("Length in %q = %d, want %d", c.u, got, c.want)
		}
	}
}

func TestPolicies(t *testing.T) {
	for _, p := range policies().Platforms {
		if p.MaxLen <= 0 || p.Unit == "" || len(p.Sources) == 0 || p.Incentives || p.AskChange {
			t.Errorf("policy of %s is incomplete: %+v", p.Platform, p)
		}
		for _, s := range p.Sources {
			if s.Rule == "" || s.Name == "" || s.Status == "" || s.Status == "official" && (s.URL == "" || len(s.Checked) != len("2006-01-02")) {
				t.Errorf("source of %s without rule, name, date or status: %+v", p.Platform, s)
			}
		}
	}
	if p := PolicyFor("Google Play", "de"); p.MaxLen != 350 || len(p.Country) != 1 {
		t.Errorf("Google Play in Germany: %+v", p)
	}
	if p := PolicyFor("somewhere", ""); p.MaxLen != 1000 || p.Platform != "somewhere" || len(p.Country) < 4 {
		t.Errorf("an unknown platform: %+v", p)
	}
}

func TestVersion(t *testing.T) {
	if v := Version(); !strings.HasPrefix(v, "rubric-") || v != Version() {
		t.Errorf("version %q", v)
	}
}

// TestSimilarity compares the quick look with the exact one.
func TestSimilarity(t *testing.T) {
	gen := texts(t)
	rapid.Check(t, func(t *rapid.T) {
		a := gen.Draw(t, "a")
		f := FingerprintOf(a)
		var others []Fingerprint
		best := 0.0
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			b := gen.Draw(t, "b")
			if rapid.Bool().Draw(t, "near") {
				b = a + " " + rapid.StringMatching(`[a-z ]{0,60}`).Draw(t, "tail")
			}
			g := FingerprintOf(b)
			s := f.Similarity(g)
			if s < 0 || s > 1 || s != g.Similarity(f) || s > f.bound(&g)+1e-9 {
				t.Fatalf("similarity %v, reverse %v, bound %v", s, g.Similarity(f), f.bound(&g))
			}
			others = append(others, g)
			best = max(best, s)
		}
		got := f.closest(others, 0.45, 0.60)
		if best >= 0.60 && got < 0.60 || best < 0.60 && best >= 0.45 && got != best || best < 0.45 && got != 0 {
			t.Fatalf("closest %v, best %v", got, best)
		}
	})
}

// FuzzCheck looks for texts that break what holds for every text.
func FuzzCheck(f *testing.F) {
	for _, e := range readExamples(f, "bad_dev.jsonl") {
		f.Add(e.Reply, e.Review)
	}
	f.Fuzz(func(t *testing.T, text, of string) {
		in := Input{Text: text, Review: review.Review{Body: of, Author: of, Rating: review.StarRating(1)}, Contacts: []string{of}, Brand: of, Staff: []string{of}, Canary: of, Verdict: review.VerdictReply}
		wellFormed(t, text, Check(in))
		Promises(text, "")
	})
}

// TestLongRepetitions runs the longest reply that is accepted, made of one thing
// over and over: what takes quadratic time would not come back.
func TestLongRepetitions(t *testing.T) {
	for _, u := range []string{"refund ", "please change your review ", "we will refund 20 euros by friday ", "order 12345 ", "1 ", "a ", "a*a*a*a*a ", "*", "a@b.com ",
		"@", "[a](b) ", "http://a.b ", "星を上げて", "返金いたします。", "리뷰수정", "{", "<a", "_a_ ", "\u200b", "田中様 ", "Dear Anna ", "\n- a", "20% ", "020 7946 0123 "} {
		text := strings.Repeat(u, review.MaxReply/len(u))
		fs := Check(Input{Text: text, Review: review.Review{Body: text, Author: u, Rating: review.StarRating(1)}, Verdict: review.VerdictReply, Brand: u, Staff: []string{u},
			Facts: []review.Fact{{N: 1, Text: text}}})
		wellFormed(t, text, fs)
		if len(fs) > len(Checks)*2*findingsPerRule {
			t.Errorf("%q gives %d findings", u, len(fs))
		}
	}
}

// TestPoliciesAreWhole demands that every platform the program speaks of is
// described: its length, its rules on incentives and changes, the grounds of a
// report, and where each rule was read.
func TestPoliciesAreWhole(t *testing.T) {
	for _, name := range []string{"google", "google-play", "play", "appstore", "trustpilot", "ebay", "woocommerce", "wordpress", "medusa", "trustedshops",
		"judgeme", "etsy", "ecwid", "yelp", "facebook", "amazon", "tripadvisor", "angi"} {
		p := PolicyFor(name, "US")
		if len(p.Sources) < 2 || p.MaxLen == 0 || p.Unit == "" || len(p.Grounds) < 2 {
			t.Errorf("%s is not whole: %+v", name, p)
		}
		if p.Incentives || p.AskChange {
			t.Errorf("%s allows what no platform allows", name)
		}
		for _, s := range p.Sources {
			if s.Rule == "" || s.Name == "" || !slices.Contains([]string{"official", "secondary", "measured", "own choice", "unverified"}, s.Status) {
				t.Errorf("%s: a rule without a source: %+v", name, s)
			}
			if s.Status == "official" && s.URL == "" && s.Checked == "" {
				t.Errorf("%s: an official rule without page or date: %+v", name, s)
			}
		}
	}
}
