package llm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/evenkeel/evenkeel/review"
)

// ground turns a model's sentences into sentences with sources that hold. What
// the model says of its sources is only a claim: the words of the review must
// stand in it, the fact and the playbook's entry must exist, and a number must
// come from what is named. A sentence that fails has no source, and the checks
// hold the text back until a person has looked.
func ground(req Request, lang string, answered []answeredSentence) []review.Sentence {
	valid := make(map[int]bool)
	for _, c := range req.Case.Claims {
		valid[c.N] = true
	}
	signOff := tidy(req.SignOff, 200)
	var out []review.Sentence
	for i, a := range answered {
		s := review.Sentence{Text: tidy(a.Text, 1000)}
		if s.Text == "" || i == len(answered)-1 && signOff != "" && strings.EqualFold(s.Text, signOff) {
			continue // the sign-off is added by us
		}
		for _, n := range a.Claims {
			if valid[n] && !slices.Contains(s.Claims, n) {
				s.Claims = append(s.Claims, n)
			}
		}
		slices.Sort(s.Claims)
		s.Source, s.Ref = source(req, lang, s.Text, a)
		out = append(out, s)
	}
	return out
}

// source checks where a sentence says it comes from.
func source(req Request, lang, text string, a answeredSentence) (review.SourceKind, string) {
	body := req.Case.Review.Text()
	stated := strings.ReplaceAll(text, req.Contact, "")
	for _, p := range req.Approved {
		stated = strings.ReplaceAll(stated, p, "")
	}
	kind, ref, behind := review.SourceNone, "", ""
	switch a.Source {
	case "review":
		if words, ok := locate(body, a.Ref); ok {
			kind, ref, behind = review.SourceReview, words, body
		}
	case "fact":
		n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(a.Ref), "#"))
		i := slices.IndexFunc(req.Facts, func(f review.Fact) bool { return f.N == n && !f.Retracted })
		if err == nil && i >= 0 {
			kind, ref, behind = review.SourceFact, strconv.Itoa(n), req.Facts[i].Text+" "+body
		}
	case "playbook":
		i := slices.IndexFunc(req.PlaybookFacts, func(f NamedFact) bool { return f.Name == a.Ref })
		if i >= 0 {
			kind, ref, behind = review.SourcePlaybook, a.Ref, req.PlaybookFacts[i].Text+" "+body
		}
	case "courtesy":
		kind, behind = review.SourceCourtesy, req.Brand+" "+req.SignOff
	}
	if kind != review.SourceNone && !numbersFrom(stated, behind, lang) {
		return review.SourceNone, ""
	}
	return kind, ref
}

var digits = regexp.MustCompile(`\d+`)

// numbersFrom tells whether every number of text stands in behind. A time may
// be told on the other clock (5 pm, 17:00); dates that cross into a script
// which writes months as numbers are left to the judge.
func numbersFrom(text, behind, lang string) bool {
	text, behind = norm.NFKC.String(text), norm.NFKC.String(behind)
	have := digits.FindAllString(behind, -1)
	crosses := unspaced(lang) || base(lang) == "ko"
	for _, n := range digits.FindAllString(text, -1) {
		if slices.Contains(have, n) {
			continue
		}
		v, err := strconv.Atoi(n)
		if err != nil {
			return false
		}
		same := slices.ContainsFunc(have, func(h string) bool {
			w, err := strconv.Atoi(h)
			return err == nil && (w == v || w+12 == v && v < 24 || v+12 == w && w < 24)
		})
		if !same && !(crosses && v <= 12 && len(have) > 0 && !strings.ContainsFunc(behind, unbroken)) {
			return false
		}
	}
	return true
}
