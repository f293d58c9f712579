package rubric

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// found is an address of some kind in a text.
type found struct {
	from, to int    // bytes of the plain form
	norm     string // as compared with the allow-list
}

var (
	emailRE     = regexp.MustCompile(`[a-z0-9][a-z0-9._%+\-]*@[a-z0-9][a-z0-9\-]*(?:\.[a-z0-9\-]+)*\.[a-z]{2,}`)
	emailBentRE = regexp.MustCompile(`[a-z0-9._%+\-]+ ?[\[({<] ?(?:at|arroba|chez|apenstaartje|@) ?[\])}>] ?[a-z0-9\-]+(?: ?(?:\.|[\[({<] ?(?:dot|punkt|punt|point|punto|\.) ?[\])}>]| dot | punkt | punt | point | punto ) ?[a-z0-9\-]+)+` +
		`|[a-z0-9._%+\-]+ (?:at|arroba) [a-z0-9\-]+ (?:dot|punto|point|punkt|punt) (?:com|net|org|de|fr|nl|es|jp|kr|uk|test|example|io|info|shop)\b`)
	bentAt   = regexp.MustCompile(`[\[({<] ?(?:at|arroba|chez|apenstaartje|@)|@ ?[\])}>]| (?:at|arroba) [a-z0-9\-]+ (?:dot|punto|point|punkt|punt) `)
	urlRE    = regexp.MustCompile(`(?:h(?:tt|xx)ps?|ftp|mailto|tel|javascript|data|tg|whatsapp|intent):/{0,2}[^\s<>"')\]}、。」』】）]+|www\.[^\s<>"')\]}、。」』】）]+`)
	hostRE   = regexp.MustCompile(`[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?)*\.([a-z]{2,24}|xn--[a-z0-9]+)\b(?::\d+)?(?:/[^\s<>"')\]}、。」』】）]*)?`)
	bentRE   = regexp.MustCompile(`[a-z0-9\-]+ ?(?:[\[({<] ?(?:dot|punkt|punt|punto|point|\.) ?[\])}>]| dot | punkt | punto ) ?(?:com|net|org|info|biz|io|co|shop|store|site|xyz|ly|me|de|fr|nl|es|jp|kr|uk|eu|test|example)\b`)
	ipRE     = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	handleRE = regexp.MustCompile(`(?:^|[^a-z0-9._%+\-])(@[a-z0-9_][a-z0-9_.\-]+)`)
	ibanRE   = regexp.MustCompile(`\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?\b`)
	phoneRE  = regexp.MustCompile(`\+? ?\(?\d(?:[ \-./()\x{2010}-\x{2015}]{0,3}\d)+`)
	dateRE   = regexp.MustCompile(`^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./] ?\d{1,2}[-./] ?\d{4}|\d{1,2}[-./]\d{1,2}[-./]\d{2}|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|\d{1,2}[.]\d{2} ?[-/] ?\d{1,2}[.]\d{2})(?:\D|$)`)
)

// topLevel are endings that make a bare "word.word" a domain.
var topLevel = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for _, t := range strings.Fields(`com net org info biz io co app dev ai shop store online site website xyz club top link click live me tv cc ly
		gl gg to eu de nl fr es it pt uk us ca au at ch be br cn ru se no dk fi pl cz ie in nz mx ar jp kr tw hk sg my th vn id ph tr gr hu ro
		bg hr si sk lt lv ee ua il za cl pe ve lu is li mc asia mobi name pro travel hotel restaurant blog news agency support help email chat
		cloud tech space page web art bar cafe bio buzz fun host icu life ltd one ooo rest today vip win work world zone test example invalid local onion`) {
		m[t] = true
	}
	return m
})

// emails finds e-mail addresses, also bent ones ("name [at] shop dot com").
func (s *scan) emails() []found {
	var out []found
	if strings.ContainsRune(s.flat, '@') {
		for _, w := range s.chunks("@") {
			for _, m := range emailRE.FindAllStringIndex(s.flat[w[0]:w[1]], -1) {
				from, to := w[0]+m[0], w[0]+m[1]
				out = append(out, found{from, to, strings.ToLower(s.source(from, to))})
			}
		}
	}
	if s.mayBend() && bentAt.MatchString(s.flat) {
		for _, m := range emailBentRE.FindAllStringIndex(s.flat, -1) {
			out = append(out, found{m[0], m[1], s.source(m[0], m[1])})
		}
	}
	return out
}

// chunks are the runs without white space that hold the sign inside, not only
// at their end.
func (s *scan) chunks(sign string) [][2]int {
	var out [][2]int
	for i := 0; i < len(s.flat); {
		j := i
		for j < len(s.flat) && s.flat[j] > ' ' {
			j++
		}
		if k := strings.Index(s.flat[i:j], sign); k >= 0 && i+k+1 < j {
			out = append(out, [2]int{i, j})
		}
		i = j + 1
	}
	return out
}

// mayBend is a quick look for the signs of a bent address.
func (s *scan) mayBend() bool {
	return strings.ContainsAny(s.flat, "[({<])}>") || strings.Contains(s.flat, " dot ") || strings.Contains(s.flat, " arroba ") ||
		strings.Contains(s.flat, " punt") || strings.Contains(s.flat, " point ") || strings.Contains(s.flat, " punto ") || strings.Contains(s.flat, " punkt")
}

// links finds addresses of the web: with a scheme, with www, bare domains, bent
// ones ("evil dot com") and numeric ones. E-mail addresses are not among them.
func (s *scan) links(emails []found) []found {
	var out []found
	add := func(from, to int) {
		for to > from && strings.ContainsRune(".,;:!?", rune(s.flat[to-1])) {
			to--
		}
		for _, o := range append(emails, out...) {
			if from < o.to && to > o.from {
				return
			}
		}
		out = append(out, found{from, to, strings.ToLower(s.source(from, to))})
	}
	if strings.ContainsAny(s.flat, ":") || strings.Contains(s.flat, "www.") {
		for _, m := range urlRE.FindAllStringIndex(s.flat, -1) {
			if m[0] == 0 || !latin(rune(s.flat[m[0]-1])) {
				add(m[0], m[1])
			}
		}
	}
	if strings.ContainsRune(s.flat, '.') {
		for _, w := range s.chunks(".") {
			if s.onlyAddress(emails, w[0], w[1]) {
				continue
			}
			chunk := s.flat[w[0]:w[1]]
			for _, m := range hostRE.FindAllStringSubmatchIndex(chunk, -1) {
				slash := strings.Contains(chunk[m[0]:m[1]], "/")
				if (topLevel()[chunk[m[2]:m[3]]] || slash) && !s.newSentence(w[0]+m[2]) {
					add(w[0]+m[0], w[0]+m[1])
				}
			}
			for _, m := range ipRE.FindAllStringIndex(chunk, -1) {
				add(w[0]+m[0], w[0]+m[1])
			}
		}
	}
	if s.mayBend() {
		for _, m := range bentRE.FindAllStringIndex(s.flat, -1) {
			add(m[0], m[1])
		}
	}
	return out
}

// onlyAddress tells whether nothing but an e-mail address and punctuation stands
// between two bytes.
func (s *scan) onlyAddress(emails []found, from, to int) bool {
	const text = "abcdefghijklmnopqrstuvwxyz0123456789"
	return slices.ContainsFunc(emails, func(e found) bool {
		return from <= e.from && e.to <= to && !strings.ContainsAny(s.flat[from:e.from], text) && !strings.ContainsAny(s.flat[e.to:to], text)
	})
}

// newSentence tells that the word at byte i of the plain form begins with a
// capital and goes on small: "late.It" lacks a space, it is no domain.
func (s *scan) newSentence(i int) bool {
	src := s.source(i, min(i+2, len(s.flat)))
	return len(src) == 2 && src[0] >= 'A' && src[0] <= 'Z' && src[1] >= 'a'
}

// handles finds @names that are no part of an e-mail address.
func (s *scan) handles(emails []found) []found {
	signs := strings.Count(s.flat, "@")
	for _, e := range emails {
		signs -= strings.Count(e.norm, "@")
	}
	if signs <= 0 {
		return nil // each belongs to an address
	}
	var out []found
	for _, m := range handleRE.FindAllStringSubmatchIndex(s.flat, -1) {
		out = append(out, found{m[2], m[3], s.source(m[2], m[3])})
	}
	return out
}

// numbers finds rows of seven digits and more: telephone, customer and order
// numbers. Dates, opening hours and amounts are not among them.
func (s *scan) numbers(skip []found) []found {
	var out []found
	for at := 0; at < len(s.flat); {
		next := strings.IndexAny(s.flat[at:], "0123456789")
		if next < 0 {
			return out
		}
		at += max(0, next-3)
		m := phoneRE.FindStringIndex(s.flat[at:])
		if m == nil {
			return out
		}
		from, to := at+m[0], at+m[1]
		for from < to && s.flat[from] == ' ' {
			from++
		}
		if d := dateRE.FindStringIndex(s.flat[from:]); d != nil && d[1] > 0 {
			at = from + d[1]
			continue
		}
		at = to
		digits := onlyDigits(s.flat[from:to])
		if len(digits) < 7 || overlaps(skip, from, to) || s.money(from, to) {
			continue
		}
		if from > 0 && (latin(rune(s.flat[from-1])) || s.flat[from-1] == '.') {
			continue
		}
		out = append(out, found{from, to, digits})
	}
	return out
}

// money tells whether a currency sign or word touches the number.
func (s *scan) money(from, to int) bool {
	head := strings.TrimRight(s.flat[:from], " ")
	tail := strings.TrimLeft(s.flat[to:], " ")
	for _, c := range currencySigns {
		if strings.HasSuffix(head, c) || strings.HasPrefix(tail, c) {
			return true
		}
	}
	return false
}

func overlaps(fs []found, from, to int) bool {
	for _, f := range fs {
		if from < f.to && to > f.from {
			return true
		}
	}
	return false
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if digit(r) {
			return r
		}
		return -1
	}, s)
}

// host is the domain of a link as written, without user, port and path.
func host(link string) string {
	link = strings.ToLower(strings.TrimSpace(link))
	if _, rest, ok := strings.Cut(link, "://"); ok {
		link = rest
	}
	if i := strings.IndexAny(link, "/?#"); i >= 0 {
		link = link[:i]
	}
	if i := strings.LastIndex(link, "@"); i >= 0 {
		link = link[i+1:]
	}
	if i := strings.LastIndex(link, ":"); i >= 0 {
		link = link[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(link, "www."), ".")
}

// within tells whether host is domain or lies below it.
func belongs(host, domain string) bool {
	return host != "" && domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}
