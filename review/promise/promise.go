// Package promise reads out of a reply what it commits the team to.
//
// The checks of review/rubric find commitments word by word, in every language
// that has a lexicon; people keep promises sentence by sentence. This package
// puts the two together: one pledge for each sentence that promises something,
// with the sentence's own words for the time. It is pure.
package promise

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// most bounds the pledges of one text. A reply that promises more is not one
// that anybody could keep; the rest stays with the approver.
const most = 10

// Find lists the sentences of a text that promise something, in their order.
// language (BCP 47) may be "" for unknown. A language without a lexicon gives
// none: its readers note promises by hand.
func Find(text, language string) []review.Pledge {
	var out []review.Pledge
	last := -1
	for _, c := range rubric.Promises(text, language) {
		from, to := sentence(text, c.From, c.To)
		if from == last {
			if p := &out[len(out)-1]; p.When == "" {
				p.When = c.Due
			}
			continue
		}
		if len(out) == most {
			break
		}
		last = from
		out = append(out, review.Pledge{Text: strings.Join(strings.Fields(text[from:to]), " "), When: c.Due})
	}
	return out
}

// sentence is the sentence around the bytes from:to of a text.
func sentence(text string, from, to int) (int, int) {
	start := 0
	for i, r := range text[:from] {
		if ends(text, i, r) {
			start = i + utf8.RuneLen(r)
		}
	}
	end := len(text)
	for i, r := range text[to:] {
		if ends(text, to+i, r) {
			end = to + i + utf8.RuneLen(r)
			break
		}
	}
	return start, end
}

// ends tells whether the rune at byte i ends a sentence: a line's end, a full
// stop of East Asia, or a stop that a space follows ("1.50" goes on).
func ends(text string, i int, r rune) bool {
	switch r {
	case '\n', '。', '！', '？':
		return true
	case '.', '!', '?', '…':
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		return next == utf8.RuneError || unicode.IsSpace(next)
	}
	return false
}
