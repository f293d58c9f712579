package llm

import (
	"regexp"
	"strings"
	"unicode"
)

// suspects holds what marks a text as written to a machine. It is a label for
// people and nothing more: measured, ready-made detectors catch less than a
// tenth of the attacks in other languages than English, so nothing rests on it.
type suspects struct {
	phrases terms
	shapes  []*regexp.Regexp
}

func newSuspects() suspects {
	b, _ := lexiconFiles.ReadFile("lexicon/suspect.txt") // embedded: cannot fail
	var s suspects
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.phrases = append(s.phrases, term{text: fold(line).text, left: true, right: true})
	}
	for _, p := range []string{
		`(?i)\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|prompt|rule|above|previous|prior)`,
		`(?i)\byou are (now|no longer)\b.{0,60}\b(assistant|model|ai|bot|chatbot|dan)\b`,
		`(?i)(<\|?/?(system|im_start|im_end|assistant|user|inst)\|?>|\[/?inst\]|^\s*#{2,}\s*(system|instruction))`,
		`(?im)^\s*(system|assistant|developer)\s*:`,
		`(?i)\b(respond|reply|answer)\b.{0,30}\bonly (with|in)\b`,
		`[A-Za-z0-9+/]{120,}={0,2}`,
	} {
		s.shapes = append(s.shapes, regexp.MustCompile(p))
	}
	return s
}

// suspect tells whether text looks like instructions to a machine.
func (s suspects) suspect(text string) bool {
	if smuggled(text) || s.phrases.in(fold(text).text) {
		return true
	}
	for _, re := range s.shapes {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}

// smuggled tells of tag characters, or of many invisible ones: both are used to
// write what only a machine reads.
func smuggled(text string) bool {
	hidden := 0
	for _, r := range text {
		switch {
		case r >= 0xE0020 && r <= 0xE007F && !strings.Contains(text, "\U0001F3F4"): // flags are made of these
			return true
		case unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\ufeff':
			hidden++
		}
	}
	return hidden > 10
}
