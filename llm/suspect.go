package llm

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// suspects holds what marks a text as written to a machine. It is a label for
// people and nothing more: measured, ready-made detectors catch less than a
// tenth of the attacks in other languages than English, so nothing rests on it.
type suspects struct {
	phrases *index
	shapes  []shape
}

// shape is a pattern, and cues: every text that has it contains one of each of
// them in lower case. Most texts are passed by a look for that.
type shape struct {
	cues [][]string
	*regexp.Regexp
}

func (s shape) in(text, lower string) bool {
	for _, group := range s.cues {
		if !slices.ContainsFunc(group, func(cue string) bool { return strings.Contains(lower, cue) }) {
			return false
		}
	}
	return s.MatchString(text)
}

func newSuspects() suspects {
	b, _ := lexiconFiles.ReadFile("lexicon/suspect.txt") // embedded: cannot fail
	var phrases terms
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		phrases = append(phrases, newTerm(fold(line).text, true, true))
	}
	s := suspects{phrases: newIndex(phrases)}
	for _, p := range []struct {
		pattern string
		cues    []string
	}{
		{`(?i)\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|prompt|rule|above|previous|prior)`,
			[]string{"ignore|disregard|forget|override", "instruction|prompt|rule|above|previous|prior"}},
		{`(?i)\byou are (now|no longer)\b.{0,60}\b(assistant|model|ai|bot|chatbot|dan)\b`, []string{"you are no"}},
		{`(?i)(<\|?/?(system|im_start|im_end|assistant|user|inst)\|?>|\[/?inst\]|^\s*#{2,}\s*(system|instruction))`,
			[]string{"<|[|##", "system|im_|assistant|user|inst"}},
		{`(?im)^\s*(system|assistant|developer)\s*:`, []string{"system|assistant|developer", ":"}},
		{`(?i)\b(respond|reply|answer)\b.{0,30}\bonly (with|in)\b`, []string{"only with|only in"}},
	} {
		sh := shape{Regexp: regexp.MustCompile(p.pattern)}
		for _, group := range p.cues {
			sh.cues = append(sh.cues, strings.Split(group, "|"))
		}
		s.shapes = append(s.shapes, sh)
	}
	return s
}

// suspect tells whether a text looks like instructions to a machine.
func (s suspects) suspect(f folded) bool {
	text := f.orig
	if smuggled(text) || encoded(text) || len(s.phrases.read(f.text)) > 0 {
		return true
	}
	// To (?i) a long s is an s, too.
	lower := strings.ReplaceAll(strings.ToLower(text), "ſ", "s")
	return slices.ContainsFunc(s.shapes, func(sh shape) bool { return sh.in(text, lower) })
}

// encoded tells of a long run of base64, which people do not write.
func encoded(text string) bool {
	run := 0
	for _, c := range []byte(text) {
		if run++; !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/') {
			run = 0
		}
		if run == 120 {
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
		case r < '\u00ad': // the first of them
		case r >= 0xE0020 && r <= 0xE007F && !strings.Contains(text, "\U0001F3F4"): // flags are made of these
			return true
		case unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\ufeff':
			hidden++
		}
	}
	return hidden > 10
}
