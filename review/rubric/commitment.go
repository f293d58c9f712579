package rubric

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a commitment is about.
type Kind string

// The kinds of commitments.
const (
	Refund       Kind = "refund"
	Discount     Kind = "discount" // also vouchers, credit, points
	Replacement  Kind = "replacement"
	Free         Kind = "free" // something without charge
	Compensation Kind = "compensation"
	Amount       Kind = "amount"    // money or a percentage
	Deadline     Kind = "deadline"  // a time by which something happens
	Admission    Kind = "admission" // fault, liability, negligence
	Action       Kind = "action"    // "we will look into it"
	Contact      Kind = "contact"   // "I will call you"
)

// Commitment is something that a text commits the business to.
type Commitment struct {
	Words    string // verbatim
	Kind     Kind
	Due      string // the words that say by when, "" for none
	From, To int    // bytes of the text
}

// Promises finds the commitments of a text, in any language that has a lexicon;
// language (BCP 47, "" unknown) adds nothing but a reading when the text is too
// short to tell. Admissions of fault are not promises and are left out.
func Promises(text, language string) []Commitment {
	c := newChecker(Input{Text: text, Language: language})
	defer c.release()
	var out []Commitment
	for _, m := range append(c.committed(), c.pledges()...) {
		if m.Kind != Admission {
			out = append(out, m.Commitment)
		}
	}
	slices.SortStableFunc(out, func(a, b Commitment) int { return a.From - b.From })
	return out
}

// commitment is a Commitment with the place it was found at.
type commitment struct {
	Commitment
	norm string // of an amount
}

// committed finds what needs an approved fact: remedies, admissions, amounts and
// deadlines.
func (c *checker) committed() []commitment {
	var out []commitment
	due := c.dueTimes()
	for _, sp := range c.reply.find(Commitments, nil) {
		out = append(out, c.commitment(sp, Kind(sp.kind), due))
	}
	for _, sp := range due {
		if c.ahead(sp) {
			out = append(out, c.commitment(sp, Deadline, due))
		}
	}
	out = append(out, c.unbidden(out)...)
	tariffs := c.tariffs()
	for _, a := range amounts(c.reply) {
		w := c.reply.source(a.from, a.to)
		from := int(c.reply.glyphs[c.reply.at[a.from]].from)
		if !tariffs(from) {
			out = append(out, commitment{Commitment{Words: w, Kind: Amount, From: from, To: from + len(w)}, a.norm})
		}
	}
	return out
}

// unbidden finds remedies that nobody asked for: where the customer did not speak
// of one, a reply that does is offering it, however it puts it.
func (c *checker) unbidden(offers []commitment) []commitment {
	if c.wantsAmends() {
		return nil
	}
	var out []commitment
	for _, id := range c.lex.names["remedy"] {
		if !c.spokenHere(id) {
			continue
		}
		for _, r := range c.reply.readings {
			for h := range r.hits(id) {
				from, to := r.bytes(c.reply, h.from, h.to)
				sp := span{view: r, tokFrom: h.tokFrom, tokTo: h.tokTo, from: from, to: to}
				known := slices.ContainsFunc(offers, func(m commitment) bool { return m.From < to && from < m.To })
				if c.recounted(sp) {
					continue
				}
				if known || r.besideHolds(c.lex, c.lex.owner[id]+"/not_granted", h) || r.besideHolds(c.lex, c.lex.owner[id]+"/proc_check", h) {
					continue
				}
				out = append(out, c.commitment(sp, Compensation, nil))
			}
		}
	}
	return out
}

// recounted tells whether something that costs nothing is only looked back at:
// "the cancellation was said to be free". Nobody gives or will do anything there.
func (c *checker) recounted(sp span) bool {
	words := coreScan(c.lex, c.reply.words(sp))
	defer words.release()
	if !words.hasConcept("free") || !c.reply.sentenceHas(sp, "past") {
		return false
	}
	return !slices.ContainsFunc([]string{"we", "give", "future"}, func(name string) bool { return c.reply.sentenceHas(sp, name) })
}

// spokenHere tells whether a concept belongs to a lexicon that the reply is read with.
func (c *checker) spokenHere(concept int) bool {
	i := slices.Index(c.lex.langs, c.lex.owner[concept])
	return i >= 0 && (c.spoken == nil || c.spoken[i])
}

// tariffs tells of a byte of the text whether its sentence says what something
// costs ("the car park is 2 euros an hour") and gives nothing.
func (c *checker) tariffs() func(at int) bool {
	costs := make([]map[int32]bool, len(c.reply.readings))
	for i, r := range c.reply.readings {
		costs[i] = make(map[int32]bool)
		mark := func(name string, value bool) {
			for _, id := range c.lex.names[name] {
				for h := range r.hits(id) {
					costs[i][r.toks[h.tokFrom].sentence] = value
				}
			}
		}
		mark("tariff", true)
		for _, name := range []string{"give", "refund", "discount", "free", "compensation", "remedy"} {
			mark(name, false)
		}
	}
	return func(at int) bool {
		for i, r := range c.reply.readings {
			if costs[i][r.sentenceAt(c.reply, at)] {
				return true
			}
		}
		return false
	}
}

// ahead tells whether the sentence of a time speaks of what will happen: by a
// word for the future, or where a language uses the present for it, by the lack
// of one for the past.
//
// A date that the review itself names is looked back at ("you paid in June"),
// unless its sentence promises something.
func (c *checker) ahead(sp span) bool {
	future := c.reply.sentenceHas(sp, "future")
	if c.namedDate(sp) {
		weekday := !sp.view.letters && coreScan(c.lex, c.reply.words(sp)).hasConcept("weekday") // next week has one too
		return c.pledged(sp) || weekday && future && !c.reply.sentenceHas(sp, "past")
	}
	if future {
		return true
	}
	id, ok := c.lex.concepts[c.lex.langs[sp.lang]+"/past"]
	r := sp.view
	return ok && sp.kind != "soft" && !r.holds(id, r.within(sp.tokFrom, -1<<20), r.within(sp.tokTo, 1<<20))
}

// namedDate tells whether a time is a date of the calendar that stands in the
// review too. "Tomorrow" and "24 hours" are none: those are counted anew.
func (c *checker) namedDate(sp span) bool {
	words := coreScan(c.lex, c.reply.words(sp))
	defer words.release()
	if !words.hasConcept("monthname") && !monthRE.MatchString(words.flat) && !words.hasConcept("weekday") {
		return false
	}
	have := c.sourceTimes()
	for _, name := range monthsOf(words) {
		if !slices.Contains(c.sourceMonths(), name) {
			return false
		}
	}
	return !slices.ContainsFunc(timeTokens(words), func(w string) bool { return !slices.Contains(have, w) })
}

// monthRE are months as Japanese and Korean write them.
var monthRE = regexp.MustCompile(`\d ?[月월]`)

// monthsOf are the months that a text names.
func monthsOf(s *scan) []string {
	var out []string
	for _, r := range s.readings {
		for _, id := range s.lex.names["monthname"] {
			for h := range r.hits(id) {
				out = append(out, string(r.runes[h.from:h.to]))
			}
		}
	}
	return out
}

// pledged tells whether the sentence of a time promises an action, a remedy or
// an answer.
func (c *checker) pledged(sp span) bool {
	return slices.ContainsFunc(c.promised(), func(p span) bool {
		return p.view == sp.view && p.sentence == sp.sentence && !c.cited(p.from, p.to)
	})
}

// pledges finds promised actions and contacts that no fact needs to allow but
// somebody must keep.
func (c *checker) pledges() []commitment {
	var out []commitment
	due := c.dueTimes()
	for _, sp := range c.reply.find("promise", nil) {
		out = append(out, c.commitment(sp, Kind(sp.kind), due))
	}
	return out
}

func (c *checker) commitment(sp span, kind Kind, due []span) commitment {
	m := commitment{Commitment: Commitment{Words: c.reply.words(sp), Kind: kind, From: sp.from, To: sp.to}}
	for _, d := range due {
		if d.view == sp.view && d.sentence == sp.sentence {
			m.Due = c.reply.words(d)
			break
		}
	}
	return m
}

func (c *checker) dueTimes() []span { return slices.DeleteFunc(c.reply.find("deadline", nil), c.stray) }

// commitments: no remedy, amount, deadline or admission that no fact allows.
func (c *checker) commitments() {
	all := c.committed()
	if len(all) == 0 {
		return
	}
	known, times := c.knownAmounts(), c.knownTimes()
	allowed := make(map[Kind]bool)
	for kind := range conceptsOf {
		allowed[kind] = c.allows(kind)
	}
	for _, m := range all {
		if c.full(Commitments) {
			return
		}
		if allowed[m.Kind] || m.Kind == Amount && known[m.norm] || m.Kind == Deadline && times(m.Words) {
			continue
		}
		if (m.Kind == Amount || m.Kind == Deadline) && c.cited(m.From, m.To) {
			continue // "next day", as the customer puts it
		}
		switch m.Kind {
		case Admission:
			c.block(Commitments, m.Words, "The reply admits fault or liability and no fact of this case says so; describe what happened instead, or record the fact.")
		case Deadline:
			c.block(Commitments, m.Words, "The reply names a time that no fact of this case holds; leave it out, or record as a fact who will do it by then.")
		case Amount:
			c.block(Commitments, m.Words, "The reply names an amount that stands in no fact of this case; leave it out, or record it as a fact.")
		default:
			c.block(Commitments, m.Words, "The reply offers "+offered[m.Kind]+" that no fact of this case allows; offer it in private, or record it as a fact.")
		}
	}
}

// offered names what a reply gives away, for the finding.
var offered = map[Kind]string{
	Refund: "a refund", Discount: "a discount or a voucher", Replacement: "a replacement", Free: "something for nothing", Compensation: "compensation",
	Action: "to do something",
}

// allows tells whether a standing fact grants the kind.
func (c *checker) allows(kind Kind) bool {
	for _, f := range c.facts {
		for _, name := range conceptsOf[kind] {
			for _, id := range c.lex.names[name] {
				for _, r := range f.readings {
					for h := range r.hits(id) {
						if !f.sentenceHas(span{view: r, tokFrom: h.tokFrom, tokTo: h.tokTo}, "not_granted") {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// conceptsOf are the concepts that a fact must hold to allow a kind.
var conceptsOf = map[Kind][]string{Refund: {"refund"}, Discount: {"discount"}, Replacement: {"replacement"}, Free: {"free"},
	Compensation: {"compensation", "refund", "discount", "replacement", "free"}, Admission: {"fault"}}

// knownAmounts are those of the facts, and those that the customer named: they
// may be repeated.
func (c *checker) knownAmounts() map[string]bool {
	known := make(map[string]bool)
	for _, n := range priceRE.FindAllStringSubmatch(c.original.flat, -1) {
		for _, unit := range currencyOf { // a customer's "9.99" wants no sign to be a sum
			known[normalNumber(n[1])+unit] = true
		}
	}
	for _, s := range append([]*scan{c.original}, c.facts...) {
		units := make(map[string]bool)
		for _, a := range amounts(s) {
			known[a.norm] = true
			// "312 euros instead of 280": the other numbers are of the same kind.
			if unit := strings.TrimLeft(a.norm, "0123456789.만천万千"); unit != "%" && !units[unit] {
				units[unit] = true
				for _, n := range numberRE.FindAllString(s.flat, -1) {
					known[n+unit] = true
				}
			}
		}
	}
	c.reckoned(known)
	return known
}

// reckoned adds what the sums of the review and of the facts come to together: where 3,900
// became 5,900, a reply may speak of 2,000.
func (c *checker) reckoned(known map[string]bool) {
	const most = 12 // sums that anybody would reckon with
	byUnit := make(map[string][]int)
	for sum := range known {
		n := len(sum) - len(strings.TrimLeft(sum, "0123456789"))
		if value, err := strconv.Atoi(sum[:n]); err == nil && sum[n:] != "%" {
			byUnit[sum[n:]] = append(byUnit[sum[n:]], value)
		}
	}
	for unit, values := range byUnit {
		if len(values) > most {
			continue
		}
		for i, a := range values {
			for _, b := range values[:i] {
				known[strconv.Itoa(max(a, b)-min(a, b))+unit] = true
				known[strconv.Itoa(a+b)+unit] = true
			}
		}
	}
}

// knownTimes tells of a deadline whether a fact holds it: the same numbers and
// the same units or days, in whatever language.
func (c *checker) knownTimes() func(words string) bool {
	have := make([][]string, len(c.facts))
	for i, f := range c.facts {
		have[i] = append(timeTokens(f), monthsOf(f)...)
	}
	return func(words string) bool {
		time := coreScan(c.lex, words)
		defer time.release()
		want := timeTokens(time)
		if len(want) == 0 {
			want = monthsOf(time) // "in March"
		}
		return len(want) > 0 && slices.ContainsFunc(have, func(tokens []string) bool {
			return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(tokens, w) })
		})
	}
}

var timeUnits = []string{"minute", "hour", "day", "week", "month", "today", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// priceRE is a number with two decimals that is no part of a date or a longer number.
var priceRE = regexp.MustCompile(`(?:^|[^\d.,:/\-])(\d{1,6}[.,]\d{2})(?:$|[^\d.,:/\-]|[.,:](?:\D|$))`)

var numberRE = regexp.MustCompile(`\d+`)

func timeTokens(s *scan) []string {
	out := numberRE.FindAllString(s.flat, -1)
	for _, u := range timeUnits {
		if s.hasConcept(u) {
			out = append(out, u)
		}
	}
	for i := 2; i <= 12; i++ {
		if n := numberNames[i]; s.hasConcept(n) {
			out = append(out, digits(i))
		}
	}
	return out
}

var numberNames = map[int]string{2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}

func digits(i int) string {
	if i >= 10 {
		return "1" + string(rune('0'+i-10))
	}
	return string(rune('0' + i))
}

// currencySigns are compared with the plain form.
var currencySigns = []string{"€", "$", "£", "¥", "₩", "₹", "₽", "₺", "zł", "kr", "eur", "usd", "gbp", "chf", "jpy", "krw", "sek", "nok", "dkk", "pln", "aud", "cad",
	"euro", "dollar", "pound", "yen", "won", "franc", "frank", "円", "원", "ユーロ", "ドル", "유로", "달러", "元"}

var currencyOf = map[string]string{"€": "eur", "euro": "eur", "ユーロ": "eur", "유로": "eur", "$": "usd", "dollar": "usd", "ドル": "usd", "달러": "usd",
	"£": "gbp", "pound": "gbp", "¥": "jpy", "yen": "jpy", "円": "jpy", "₩": "krw", "won": "krw", "원": "krw", "franc": "chf", "frank": "chf"}

var (
	amountRE = regexp.MustCompile(`(€|\$|£|¥|₩|₹|₽|₺|\b(?:eur|usd|gbp|chf|jpy|krw|sek|nok|dkk|pln|aud|cad))\s{0,3}(\d[\d.,' ]*)|(\d[\d.,' ]*)\s{0,3}(만|천|万|千)? ?(€|\$|£|¥|₩|₹|zł|円|원|元|ユーロ|ドル|유로|달러|(?:eur|usd|gbp|chf|jpy|krw|sek|nok|dkk|pln|euro|dollar|pound|yen|won|franc|frank)(?:s|es|en|k|ek)?\b)`)
	shareRE  = regexp.MustCompile(`(\d[\d.,]*)\s{0,3}(%|percent|per cent|prozent|procent|pour ?cent|por ?ciento|パーセント|퍼센트|프로)`)
)

// amounts finds sums of money and percentages; norm is comparable across
// spellings. "100 %" is a manner of speaking, not an amount.
func amounts(s *scan) []found {
	if !strings.ContainsAny(s.flat, "0123456789") {
		return nil
	}
	var out []found
	if slices.ContainsFunc(currencySigns, func(c string) bool { return strings.Contains(s.flat, c) }) {
		out = sums(s)
	}
	if !slices.ContainsFunc(shareWords, func(w string) bool { return strings.Contains(s.flat, w) }) {
		return out
	}
	for _, m := range shareRE.FindAllStringSubmatchIndex(s.flat, -1) {
		if n := normalNumber(s.flat[m[2]:m[3]]); n != "100" {
			out = append(out, found{m[0], m[1], n + "%"})
		}
	}
	return out
}

var shareWords = []string{"%", "cent", "prozent", "ciento", "パーセント", "퍼센트", "프로"}

// sums finds sums of money.
func sums(s *scan) []found {
	var out []found
	for _, m := range amountRE.FindAllStringSubmatchIndex(s.flat, -1) {
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return s.flat[m[2*n]:m[2*n+1]]
		}
		number, unit := group(2)+group(3), group(1)+group(5)
		unit = strings.TrimSuffix(unit, "s")
		if u, ok := currencyOf[unit]; ok {
			unit = u
		}
		to := m[1]
		for to > m[0] && strings.ContainsRune(" .,'", rune(s.flat[to-1])) {
			to--
		}
		out = append(out, found{m[0], to, normalNumber(number) + group(4) + unit})
	}
	return out
}

// normalNumber drops what separates thousands and empty decimals: "1.200,00",
// "1,200" and "1200" are one number.
func normalNumber(n string) string {
	n = strings.Trim(n, " .,'")
	if i := strings.LastIndexAny(n, ".,"); i >= 0 && len(n)-i-1 <= 2 {
		cents := strings.TrimRight(onlyDigits(n[i:]), "0")
		if n = onlyDigits(n[:i]); cents != "" {
			n += "." + cents
		}
		return n
	}
	return onlyDigits(n)
}
