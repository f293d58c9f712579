package prompts

import "strings"

// languageNames are the languages that reviews are usually written in. Others
// are called by their tag, which models understand as well.
var languageNames = map[string]string{
	"ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
	"es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
	"id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nb": "Norwegian", "nl": "Dutch",
	"no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish",
	"th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}

// languageName names a BCP 47 tag in English; region and script stay visible:
// "Portuguese (pt-BR)".
func languageName(tag string) string {
	base, _, regional := strings.Cut(tag, "-")
	name, known := languageNames[strings.ToLower(base)]
	switch {
	case tag == "":
		return "the language of the text"
	case !known:
		return "the language with the tag " + oneLine(tag)
	case regional:
		return name + " (" + oneLine(tag) + ")"
	}
	return name
}
