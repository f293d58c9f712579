package playbook

import (
	"regexp"
	"slices"
	"strings"
)

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// parent is a language tag without its last part: "pt-BR", "pt", "".
func parent(lang string) string {
	return lang[:max(strings.LastIndexByte(lang, '-'), 0)]
}

// speaks tells whether some tag of known covers lang: "pt" covers "pt-BR", and
// "zh-Hant" does not cover "zh".
func speaks(known []string, lang string) bool {
	for ; lang != ""; lang = parent(lang) {
		if slices.Contains(known, lang) {
			return true
		}
	}
	return false
}

// isLanguage checks a tag and says how to write it.
func isLanguage(v value, s string) bool {
	if !languageTag.MatchString(s) {
		v.fail("%s is no language; write its code, for example en, de, ja or pt-BR", quote(s))
		return false
	}
	return true
}
