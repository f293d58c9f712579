package rubric

import (
	"regexp"
	"slices"
	"strings"
)

// What tells who somebody is, or where they were, without a name or number that
// stands on a list: a shift with a first name, a room, the dates of a stay, a plate.

// colleagues are first names by what their bearers did, at the beginning of a
// sentence: see sentences.
var colleagues = regexp.MustCompile(`^(\p{Lu}\p{Ll}{2,}),? (?:worked on your|worked (?:that|the|your)|was (?:on (?:shift|duty|the (?:desk|till|bar|door))|new|alone|covering|at the (?:desk|till))|served you|did (?:your|the)|had (?:the|that) (?:desk|shift)|has (?:since )?been spoken to` +
	`|hatte (?:an (?:dem|jenem)|am|Dienst|Schicht|die Schicht)|war an (?:dem|jenem) (?:Tag|Abend)|ist (?:noch )?neu\b|stand (?:an der|am) (?:Kasse|Theke|Empfang)|hat Sie (?:bedient|beraten|betreut)` +
	`|était (?:seule?|de service|nouve(?:lle|au)|à la caisse|en salle)|travaillait|remplaçait|tenait la caisse` +
	`|liep (?:die|deze)|stond (?:die|alleen|achter|op|aan)|werkte (?:die|alleen|op)|had (?:dienst|die avond)|is (?:nog )?nieuw\b` +
	`|estaba (?:sol[oa]|de turno|en (?:la barra|caja|sala))|trabajaba|atendía|llevaba (?:la|el) (?:barra|caja|turno)|es nuev[oa]\b)`)

// whichOfThem are guesses between two people.
var whichOfThem = regexp.MustCompile(`(?:^|[.!?:,] ?)¿?(?:(?:Was|Could) (?:that|it)|Wasn't (?:that|it)|C'était|Serait-ce|Was (?:dat|het)|Fue|Era|Sería) (?:be |have been |misschien |soms |usted )?(\p{Lu}\p{Ll}+)[^.!?]{0,30} (?:or|ou|of|o) [^.!?]{0,40}\?` +
	`|War das (?:nicht )?(?:(?:die|der) )?((?:Frau|Herr) \p{Lu}\p{L}+|(?:die|der) \p{Lu}\p{Ll}+)[^.!?]{0,30} oder (?:die|der|unsere?|Frau|Herr) [^.!?]{0,40}\?` +
	`|([\p{Hangul}]{2,3}) ?(?:여사님?|씨|님|언니|선생님?)(?:이었|였|인)[^.?]{0,30}([\p{Hangul}]{2,3}) ?(?:씨|님|여사님?)?(?:이었|였|인)[^.?]{0,6}\?` +
	`|([\p{Han}\p{Katakana}\p{Hiragana}]{1,4})(?:さん)?(?:でしたか|だったでしょうか|ですか)[、,][^。？?]{0,16}さん(?:でしたか|でしょうか|ですか|だったでしょうか)`)

// fullNames are a form of address with a given and a family name.
var fullNames = regexp.MustCompile(`\b(?:M\.|Mme|Mlle|Monsieur|Madame|Mr\.?|Mrs\.?|Ms\.?|Herrn?|Frau|[Dd]hr\.?|[Mm]evr(?:\.|ouw)|[Mm]eneer|Sra?\.|[Ss]eñora?|[Dd]on|[Dd]oña) (\p{Lu}\p{Ll}+ (?:(?:de|van|von|der|den|la|el|del) )*\p{Lu}\p{Ll}+)`)

// whereabouts are rooms, tables and the like with their number, and dates of a
// stay; the digits are the last group.
var whereabouts = regexp.MustCompile(`(?i)\b(?:room|zimmer|chambre|kamer|habitación|habitacion|apartment|suite|bungalow|cabin)(?:nummer| number| numéro| número| no\.?| nr\.?| n°| nº)? ?(\d{1,4})\b` +
	`|\byou (?:were|stayed|slept) in (\d{2,4})\b|\b(?:nights?|nuits?|nächte?|nacht(?:en)?|noches?) (?:of|from|du|vom|van|del|de la) (?:the )?(\d{1,2})\b` +
	`|\byou (?:stayed|were (?:here|with us)|arrived|checked in|checked out) [^.!?]{0,25}?(\d{1,2})(?:st|nd|rd|th)?\b` +
	`|(\d{1,4}) ?号室|(\d{2,4}) ?호(?:실|에| 객실)|(\d{1,2})日(?:に|から|の)?(?:ご連泊|ご宿泊|ご来院|ご来店|ご滞在)|(\d{1,2})일에? ?(?:투숙|숙박|방문|내원)하`)

// plates are a word for a vehicle's plate and what stands on it.
var plates = regexp.MustCompile(`(?i:\b(?:plates?|licen[cs]e plate|registration|kennzeichen|immatricul\w+|plaque|kenteken|matr[ií]cula)\b|ナンバー|車両番号|차량 ?번호|번호판)[^.!?。]{0,16}?\b([A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,4}[ -]?[A-Z0-9]{0,4})\b`)

// barePlates are plates that need no word beside them to be told: Japanese ones,
// and British ones.
var barePlates = regexp.MustCompile(`(\p{Han}{1,4} ?\d{2,3} ?\p{Hiragana} ?\d{1,2}-\d{2})|\b([A-Z]{2}\d{2} [A-Z]{3})\b`)

// The words without which an expression finds nothing; they spare most texts the
// expressions. Those of Latin letters are compared with the plain form.
var (
	guessHints = []string{"?", "？", "さん"}
	titleHints = []string{"M. ", "Mme ", "Mlle ", "Monsieur ", "Madame ", "Mr", "Ms", "Herr", "Frau ", "hr. ", "hr ", "evr", "eneer ", "Sr", "eñor", "Don ", "don ", "oña "}
	placeHints = []string{"room", "zimmer", "chambre", "kamer", "habitacion", "apartment", "suite", "bungalow", "cabin", "you were", "you stayed", "you slept", "you arrived", "you checked",
		"night", "nuit", "nacht", "noche", "号室", "호", "日", "일"}
	plateHints = []string{"plate", "registration", "kennzeichen", "immatricul", "plaque", "kenteken", "matricula", "ナンバー", "なんばー", "車両番号", "차량", "번호판"}
)

// hinted tells whether one of the hints stands in the text.
func hinted(text string, hints []string) bool {
	return slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(text, h) })
}

// sentences calls found with each beginning of a sentence: the first byte, and
// what follows a mark and a space.
func sentences(text string, found func(from int)) {
	found(0)
	for i := 2; i < len(text); i++ {
		if text[i-1] == ' ' && strings.IndexByte(".!?;:", text[i-2]) >= 0 {
			found(i)
		}
	}
}

// identities: who somebody is, and where and when they were here.
func (c *checker) identities() {
	sentences(c.Text, func(from int) {
		m := colleagues.FindStringSubmatchIndex(c.Text[from:])
		if m == nil {
			return
		}
		name := c.Text[from+m[2] : from+m[3]]
		if !notNames[name] && !c.lex.isCommon(name) && !c.shown(name) {
			c.block(PersonalData, c.Text[from:from+m[1]], staffNamed)
		}
	})
	if hinted(c.Text, guessHints) {
		for _, m := range whichOfThem.FindAllStringSubmatchIndex(c.Text, findingsPerRule) {
			name := firstGroup(c.Text, m)
			if !notNames[name] && !c.lex.isCommon(name) && !strings.Contains(c.Review.Text(), name) {
				c.block(PersonalData, strings.TrimLeft(c.Text[m[0]:m[1]], ".!?:, "), staffNamed)
			}
		}
	}
	if hinted(c.Text, titleHints) {
		for _, m := range fullNames.FindAllStringSubmatchIndex(c.Text, findingsPerRule) {
			if !c.shown(c.Text[m[2]:m[3]]) {
				c.block(PersonalData, c.Text[m[0]:m[1]], "The reply gives somebody's full name; leave it out.")
			}
		}
	}
	if hinted(c.reply.flat, placeHints) {
		for _, m := range whereabouts.FindAllStringSubmatchIndex(c.Text, findingsPerRule) {
			if n := firstGroup(c.Text, m); !strings.Contains(c.original.flat, n) && !c.isFact(n) {
				c.block(PersonalData, c.Text[m[0]:m[1]], "The reply tells in public which room or when somebody was here; leave it out.")
			}
		}
	}
	c.vehicles()
}

// vehicles: the plates of vehicles, with a word for them or without.
func (c *checker) vehicles() {
	const plate = "The reply shows the plate of a vehicle in public; leave it out."
	if hinted(c.reply.flat, plateHints) {
		for _, m := range plates.FindAllStringSubmatchIndex(c.Text, findingsPerRule) {
			if p := c.Text[m[2]:m[3]]; len(onlyDigits(p)) >= 2 && p != onlyDigits(p) && !strings.Contains(c.Review.Text(), p) {
				c.block(PersonalData, c.Text[m[0]:m[1]], plate)
			}
		}
	}
	if !strings.ContainsAny(c.Text, "0123456789") {
		return
	}
	for _, m := range barePlates.FindAllStringIndex(c.Text, findingsPerRule) {
		if p := c.Text[m[0]:m[1]]; !strings.Contains(c.Review.Text(), p) {
			c.block(PersonalData, p, plate)
		}
	}
}

// firstGroup is the first group of a match that took part.
func firstGroup(text string, m []int) string {
	for i := 2; i+1 < len(m); i += 2 {
		if m[i] >= 0 {
			return text[m[i]:m[i+1]]
		}
	}
	return ""
}

// shown tells whether the reviewer shows the name, or it is the brand's.
func (c *checker) shown(name string) bool {
	return strings.Contains(c.Review.Author, name) || strings.Contains(c.Brand, name)
}

// isFact tells whether a number stands in a fact of the case.
func (c *checker) isFact(n string) bool {
	for _, f := range c.facts {
		for _, have := range numberRE.FindAllString(f.flat, -1) {
			if have == n {
				return true
			}
		}
	}
	return false
}
