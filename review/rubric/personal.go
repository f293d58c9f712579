package rubric

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// personalData: nothing that identifies or exposes a person, and no public
// request for such things.
func (c *checker) personalData() {
	for _, e := range c.emails {
		if !c.allowedEmail(e.norm) {
			c.block(PersonalData, c.reply.source(e.from, e.to), "The reply holds an e-mail address that is not on the list of allowed contacts; leave it out, or allow it in the playbook (evenkeel lint: --contact).")
		}
	}
	for _, n := range c.numbers {
		if !c.allowedNumber(n.norm) {
			c.block(PersonalData, c.reply.source(n.from, n.to), "The reply holds a telephone or reference number that is not on the list of allowed contacts; leave it out, or allow it in the playbook (evenkeel lint: --contact).")
		}
	}
	if strings.ContainsAny(c.reply.flat, "0123456789") {
		c.accounts()
		c.references()
	}
	c.spelledNumbers()
	c.names()
	c.persons()
	c.identities()
	c.exposure()
	c.unmentioned()
}

// spelledNumbers finds telephone numbers that are spelled out ("oh two oh, seven
// nine four"): a row of words for digits that no count or time has.
func (c *checker) spelledNumbers() {
	for _, id := range c.lex.names["spoken_digit"] {
		if !c.spokenHere(id) {
			continue
		}
		for _, r := range c.reply.readings {
			enough := int32(6)
			if r.letters {
				enough = 8
			}
			from, last := int32(-1), int32(-2)
			for h := range r.hits(id) {
				if h.tokFrom > last+1 {
					from = h.tokFrom
				}
				if last = max(last, h.tokTo); last-from+1 == enough {
					a, b := r.bytes(c.reply, r.toks[from].from, r.toks[last].to)
					if !strings.ContainsFunc(c.Text[a:b], unicode.IsLetter) {
						continue // digits as digits: personalData has looked at them
					}
					c.block(PersonalData, c.Text[a:b], "The reply spells out what looks like a telephone number; give the one allowed contact instead.")
				}
			}
		}
	}
}

func (c *checker) allowedEmail(addr string) bool {
	for _, a := range c.Contacts {
		if strings.EqualFold(strings.TrimPrefix(strings.TrimSpace(a), "mailto:"), addr) {
			return true
		}
	}
	return false
}

func (c *checker) allowedNumber(digits string) bool {
	for _, a := range c.Contacts {
		if strings.Contains(a, "@") {
			continue
		}
		if d := onlyDigits(a); d != "" && (d == digits || len(digits) >= 7 && strings.TrimLeft(d, "0") == strings.TrimLeft(digits, "0")) {
			return true
		}
	}
	return false
}

// accounts finds bank account numbers.
func (c *checker) accounts() {
	if !ibanHead(c.reply.flat) {
		return
	}
	for _, m := range ibanRE.FindAllStringIndex(c.reply.flat, -1) {
		if len(onlyDigits(c.reply.flat[m[0]:m[1]])) >= 8 {
			c.block(PersonalData, c.reply.source(m[0], m[1]), "The reply holds what looks like a bank account; leave it out.")
		}
	}
}

// ibanHead is a quick look for two letters and two digits, as an account begins.
func ibanHead(s string) bool {
	for i := 2; i+1 < len(s); i++ {
		if digit(rune(s[i])) && digit(rune(s[i+1])) && latin(rune(s[i-1])) && latin(rune(s[i-2])) {
			return true
		}
	}
	return false
}

// references finds "order 48213": the words for an order, then a code.
func (c *checker) references() {
	skip := append(append([]found(nil), c.emails...), c.links...)
	flat := c.reply.flat
	named := c.referenceWords()
	for i := 0; i < len(flat) && !c.full(PersonalData); i++ {
		if !digit(rune(flat[i])) {
			continue
		}
		from, to := codeAt(flat, i)
		i = to
		code := flat[from:to]
		if len(code) < 3 || overlaps(skip, from, to) || c.reply.money(from, to) || dateRE.MatchString(code) {
			continue
		}
		marked := strings.HasSuffix(strings.TrimRight(flat[:from], " "), "#")
		digits := onlyDigits(code)
		year := len(digits) == 4 && digits == code && (digits[:2] == "19" || digits[:2] == "20")
		if len(digits) < 3 || !marked && (year || len(digits) < 4) {
			continue
		}
		if named(from, to) {
			c.block(PersonalData, c.reply.source(from, to), "The reply shows an order, booking or customer number in public; leave it out.")
		}
	}
}

// codeAt is the number or code around the digit at i: up to four letters before
// it ("R-58213"), letters, digits and strokes after it.
func codeAt(s string, i int) (from, to int) {
	for to = i; to < len(s) && (latin(rune(s[to])) || digit(rune(s[to])) || s[to] == '-' || s[to] == '/'); to++ {
	}
	for to > i && (s[to-1] == '-' || s[to-1] == '/') {
		to--
	}
	from = i
	if from > 1 && (s[from-1] == '-' || s[from-1] == '/') && latin(rune(s[from-2])) {
		from--
	}
	for n := 0; n < 4 && from > 0 && latin(rune(s[from-1])); n++ {
		from--
	}
	return from, to
}

// referenceWords tells of bytes from to to of the plain form whether the words
// shortly before or right after say that a number belongs to an order, a booking
// or a person.
func (c *checker) referenceWords() func(from, to int) bool {
	type place struct {
		from, to int
		letters  bool
	}
	var places []place
	for _, r := range c.reply.readings {
		for _, id := range c.lex.names["reference"] {
			for h := range r.hits(id) {
				f, t := r.bytes(c.reply, h.from, h.to)
				places = append(places, place{f, t, r.letters})
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return a.to - b.to })
	const reach = 100 // bytes; more than the 24 characters below take
	return func(from, to int) bool {
		a, b := int(c.reply.glyphs[c.reply.at[from]].from), int(c.reply.glyphs[c.reply.at[to-1]].to)
		i, _ := slices.BinarySearchFunc(places, a-reach, func(p place, at int) int { return p.to - at })
		for ; i < len(places) && places[i].to < b+reach; i++ {
			p, lead := places[i], 24
			var between string
			if p.letters {
				lead = 12
			}
			switch {
			case p.to <= a:
				between = c.Text[p.to:a]
			case p.from >= b && p.from-b <= 4:
				between = c.Text[b:p.from]
			default:
				continue
			}
			short := utf8.RuneCountInString(between) <= lead && !strings.ContainsAny(between, ".!?。")
			abbreviated := strings.HasSuffix(strings.ToLower(between), "no. ") || strings.HasSuffix(strings.ToLower(between), "nr. ")
			if short || abbreviated {
				return true
			}
		}
		return false
	}
}

// names: no staff, no full name, no name that the reviewer did not show.
func (c *checker) names() {
	for _, n := range c.Staff {
		c.nameIn(n, staffNamed)
	}
	author := flatten(plain(c.Review.Author))
	if words := strings.Fields(author); len(words) >= 2 && utf8.RuneCountInString(words[len(words)-1]) >= 2 && utf8.RuneCountInString(words[0]) >= 2 {
		c.nameIn(c.Review.Author, "The reply gives the reviewer's full name; the first name or none is enough.")
	}
	if fullName(c.Review.Author) {
		c.nameIn(c.Review.Author, "The reply gives the reviewer's full name; leave it out.")
	}
	for _, sp := range c.reply.find("salutation", c.spoken) {
		if sp.kind == "staff" {
			c.colleague(sp)
			continue
		}
		c.salutation(sp, author)
	}
	if hinted(c.Text, servedHints) {
		for _, m := range servedBy.FindAllStringSubmatchIndex(c.Text, findingsPerRule) {
			from, to := max(m[2], m[4]), max(m[3], m[5])
			if name := c.Text[from:to]; !notNames[name] && !c.lex.isCommon(name) {
				c.block(PersonalData, c.Text[m[0]:m[1]], staffNamed)
			}
		}
	}
	if !strings.ContainsFunc(c.Text, cjk) {
		return
	}
	for _, m := range asianStaff.FindAllStringSubmatchIndex(c.Text, -1) {
		from, to := max(m[2], m[4]), max(m[3], m[5])
		if !notNames[c.Text[from:to]] {
			c.block(PersonalData, c.Text[m[0]:to], staffNamed)
		}
	}
	for _, m := range honorific.FindAllStringSubmatchIndex(c.Text, -1) {
		name := bareName(c.Text[m[2]:m[3]])
		if commonHonorific(name) || strings.Contains(author, flatten(plain(name))) {
			continue
		}
		// Three Hangul or four Han characters are a full name.
		n, full := utf8.RuneCountInString(name), 4
		if r, _ := utf8.DecodeRuneInString(name); hangul(r) {
			full = 3
		}
		c.unshown(name+c.Text[m[3]:m[1]], author, n >= full)
	}
}

const staffNamed = "The reply names a member of staff; speak of the team instead."

// colleague looks for a name right after what somebody does ("our waiter Marco").
func (c *checker) colleague(sp span) {
	m := givenName.FindString(c.Text[sp.to:])
	name := strings.TrimSpace(m)
	if name == "" || notNames[name] || strings.HasPrefix(name, "Ihr") || c.lex.isCommon(name) {
		return
	}
	c.block(PersonalData, c.Text[sp.from:sp.to+len(m)], staffNamed)
}

var (
	// givenName is a capitalised word that follows at once.
	givenName = regexp.MustCompile(`^ \p{Lu}\p{Ll}{2,}(?:-\p{Lu}\p{Ll}+)?\b`)
	// servedBy is a name with what its bearer did for the customer.
	servedBy = regexp.MustCompile(`\b(\p{Lu}\p{Ll}{2,}(?: \p{Lu}\p{Ll}+)?),? (?:who (?:served|looked after|checked you|cooked|drove|delivered|took your)|(?:der|die) (?:Sie|dich|euch) (?:bedient|betreut|beraten|beliefert)|qui vous a (?:servi|reçu|accueilli|livré|conseillé)|die (?:u|je|jullie) (?:bediende|hielp|ontving|bezorgde)|que (?:le|la|te|les) (?:atendió|sirvió|recibió))\b` +
		`|\b(?:[Ll]e|[Ll]a|[Tt]e|[Ll]es) (?:atendió|sirvió) (\p{Lu}\p{Ll}{2,}(?: \p{Lu}\p{Ll}+)?)`)
	// servedHints are words without which servedBy finds nothing.
	servedHints = []string{" who ", " Sie b", " dich b", " euch b", "qui vous a ", " die u ", " die je ", " die jullie ", "atendió", "sirvió", "recibió"}
	// asianStaff are a post and then one of the most common family names, in Korean
	// with a given name.
	asianStaff = regexp.MustCompile(`(?:担当者?|スタッフ|店長|支配人|責任者|マネージャー|料理長|店員|係|ドライバー)の?、?(佐藤|鈴木|高橋|田中|伊藤|渡辺|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|斎藤|清水|山崎|池田|橋本|阿部|石川|山下|中島|石井|小川|前田|岡田|長谷川|藤田|後藤|近藤|村上|遠藤|青木|坂本|斉藤|福田|太田|西村|藤井|金子|岡本|藤原|三浦|中野|中川|原田|松田|竹内|小野|田村|中山|和田|石田|森田|上田|内田|柴田|酒井|宮崎|横山|高木|安藤|宮本|大野)` +
		`|(?:담당자|직원|매니저|점장|실장|팀장|지배인|기사|주방장|상담원|셰프) ?(?:인 ?)?([김이박최정강조윤장임한오서신권황안송류전홍][가-힣]{2})(?:이|가|은|는|님|에게|을|를|께서|씨|과|와)`)
)

// notNames begin with a capital, or look like a Korean name, and are none.
var notNames = map[string]bool{"Sie": true, "Dir": true, "Dich": true, "Uns": true, "Monday": true, "Tuesday": true, "Wednesday": true, "Thursday": true,
	"Friday": true, "Saturday": true, "Sunday": true, "January": true, "February": true, "March": true, "April": true, "May": true, "June": true, "July": true,
	"August": true, "September": true, "October": true, "November": true, "December": true, "Montag": true, "Dienstag": true, "Mittwoch": true, "Donnerstag": true,
	"Freitag": true, "Samstag": true, "Sonntag": true, "Team": true, "이야기": true, "서비스": true, "안내문": true, "조리사": true, "전문가": true, "이용자": true, "한마디": true, "오늘도": true}

// nameIn blocks where the name stands in the text as words of its own.
func (c *checker) nameIn(name, message string) {
	want := flatten(plain(name))
	if utf8.RuneCountInString(want) < 2 {
		return
	}
	for at := 0; ; {
		i := strings.Index(c.reply.flat[at:], want)
		if i < 0 {
			return
		}
		i += at
		at = i + len(want)
		if edges(c.reply.flat, i, at) && !overlaps(c.emails, i, at) && !overlaps(c.links, i, at) {
			c.block(PersonalData, c.reply.source(i, at), message)
			return
		}
	}
}

// salutation looks at the capitalised words after "Dear" and "Mr": a full name
// is too much, and so is a surname that the reviewer did not show.
func (c *checker) salutation(sp span, author string) {
	rest := strings.TrimLeft(c.Text[sp.to:], " ")
	if sp.kind == "title" {
		rest = strings.TrimLeft(c.Text[sp.to:], " .") // "Sr. Pérez", but not "gracias. Usted"
	}
	var names []string
	end := sp.to + len(c.Text[sp.to:]) - len(rest)
	for rest != "" {
		w := rest
		if i := strings.IndexAny(rest, " ,.!:;\n\t"); i >= 0 {
			w = rest[:i]
		}
		r, _ := utf8.DecodeRuneInString(w)
		if w == "" || !unicode.IsUpper(r) && !particle[w] || len(names) >= 4 {
			break
		}
		names = append(names, w)
		end += len(w)
		if rest = rest[len(w):]; !strings.HasPrefix(rest, " ") {
			break
		}
		rest, end = rest[1:], end+1
	}
	for len(names) > 0 && particle[names[len(names)-1]] {
		end -= len(names[len(names)-1]) + 1
		names = names[:len(names)-1]
	}
	kind := sp.kind
	for len(names) > 0 && titles[names[0]] {
		names, kind = names[1:], "title"
	}
	if len(names) == 0 || c.commonAddress(names) {
		return
	}
	shown := strings.Contains(author, flatten(plain(strings.Join(names, " "))))
	words := strings.TrimSpace(c.Text[sp.from:min(end, len(c.Text))])
	switch {
	case len(names) >= 2:
		c.block(PersonalData, words, "The reply addresses the reviewer by the full name; the first name or none is enough.")
	case !shown && kind == "title":
		c.unshown(words, author, false)
	case !shown && author != "" && kind == "dear":
		c.warn(PersonalData, words, "The reply uses a name that is not the reviewer's shown name; please check it.")
	}
}

var titles = map[string]bool{"Mr": true, "Mrs": true, "Ms": true, "Miss": true, "Dr": true, "Prof": true, "Herr": true, "Herrn": true, "Frau": true, "Monsieur": true,
	"Madame": true, "Mademoiselle": true, "Mevrouw": true, "Meneer": true, "Dhr": true, "Señor": true, "Señora": true, "Sr": true, "Sra": true, "Don": true, "Doña": true}

// unshown reports a name that is not the one the reviewer shows. Where nobody
// knows what the reviewer shows, only a full name is certainly too much.
func (c *checker) unshown(words, author string, full bool) {
	if full || author != "" {
		c.block(PersonalData, words, "The reply uses a name that the reviewer did not show; leave it out.")
		return
	}
	c.warn(PersonalData, words, "The reply uses a surname; leave it out unless the reviewer shows it.")
}

var particle = map[string]bool{"van": true, "von": true, "de": true, "der": true, "den": true, "del": true, "la": true, "du": true, "zu": true}

// commonAddress tells "Dear Guest" from "Dear Anna".
func (c *checker) commonAddress(names []string) bool {
	s := newScan(c.lex, strings.Join(names, " "))
	defer s.release()
	return s.hasConcept("addressee")
}

var (
	honorific       = regexp.MustCompile(`([\p{Han}\p{Hiragana}\p{Katakana}ー]{2,8}|[\p{Hangul}]{2,5}) ?(?:様|さま|さん|씨|님)`)
	honorificCommon = []string{"お客", "客", "皆", "みな", "神", "奥", "各位", "王", "貴", "利用者", "会員", "投稿者", "ゲスト", "オーナー", "シッター", "スタッフ", "ドライバー", "ナース", "ドクター", "インストラクター", "トレーナー", "ヘルパー", "コーチ", "シェフ", "マネージャー", "バイト", "パート", "ガイド", "ポーター", "フロント", "レジ",
		"カウンター", "メンバー", "リーダー", "オペレーター", "レビュアー", "キャスト", "ライダー", "ホール", "何", "同", "仕", "有り", "多", "無", "模", "一", "わが",
		"고객", "손님", "회원", "여러분", "사용자", "작성자", "리뷰어", "게스트", "이용자", "구매자", "선생", "사장", "방문자", "투숙객", "소비자", "부모", "스승", "유저", "지배인", "이용객", "방문객", "상담사", "조리사", "배달원", "안내원", "임직원", "투자자", "원장", "주인"}
)

// wholeName is how a family name and a given name look in one word: Han
// characters, or Han and then kana.
var wholeName = regexp.MustCompile(`^(?:\p{Han}{3,6}|\p{Han}{1,3}[\p{Hiragana}\p{Katakana}ー]{2,4})$`)

// commonFamilies begin nine in ten Korean names; other words of three syllables
// are more often a nickname ("소나무") than a name.
const commonFamilies = "김이박최정강조윤장임한오서신권황안송류전홍"

// fullName tells whether a shown name without spaces is a family name with a given
// name, and not a nickname or a given name alone.
func fullName(author string) bool {
	author = strings.TrimSpace(author)
	if rs := []rune(author); len(rs) == 3 && hangul(rs[0]) && hangul(rs[1]) && hangul(rs[2]) {
		return strings.ContainsRune(commonFamilies, rs[0])
	}
	return wholeName.MatchString(author)
}

// koreanNames begin a name of three syllables, the usual length.
const koreanNames = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설마길연위표명반라왕금옥"

// bareName cuts off what runs into a name where no spaces are set: in "の件は山田花子様"
// the name is the last run of Han characters.
func bareName(run string) string {
	rs := []rune(run)
	i := len(rs)
	for i > 0 && han(rs[i-1]) {
		i--
	}
	if i == 0 || len(rs)-i < 3 || !strings.ContainsRune("はのをにがもとへでやー", rs[i-1]) {
		return run
	}
	return string(rs[i:])
}

// commonHonorific tells "お客様" and "고객님" from a person's name.
func commonHonorific(name string) bool {
	for _, w := range honorificCommon {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	rs := []rune(name)
	if strings.ContainsRune("者先店社方側屋館会院員主達族生師", rs[len(rs)-1]) {
		return true // 関係者様, 取引先様
	}
	if hangul(rs[0]) {
		return len(rs) != 3 || !strings.ContainsRune(koreanNames, rs[0]) || strings.HasSuffix(name, "들")
	}
	// Family words begin with an honorific; a run that holds particles or verb
	// endings is no name.
	return strings.ContainsRune("おご御", rs[0]) || strings.ContainsAny(name, "のはがをにへとでもやかしいうきくけてたなりるすせれ")
}

// exposure: health and money matters, addresses, requests for data in public,
// and in privacy mode any word that confirms a customer.
func (c *checker) exposure() {
	private := func(sp span) bool { return sp.kind == "request" && c.reachesPrivately(sp) }
	for _, sp := range c.reply.find(PersonalData, nil) {
		w := c.reply.words(sp)
		lent := c.begun(sp.from) || c.begun(sp.to-1) // partly the customer's own, quoted words
		switch sp.kind {
		case "request", "reply here", "finance":
			if lent {
				continue
			}
		}
		switch sp.kind {
		case "request":
			if !private(sp) {
				c.block(PersonalData, w, "The reply asks for personal data in public; name the allowed private contact in that sentence, or leave the request out.")
			}
		case "reply here":
			c.block(PersonalData, w, "The reply asks for personal data here in public; ask in private instead.")
		case "address":
			c.block(PersonalData, w, "The reply holds what looks like a postal address; leave it out.")
		case "customer":
			if c.Privacy {
				c.block(PersonalData, w, "The reply confirms that the person is a customer, which privacy mode forbids; speak in general.")
			}
		case "health", "finance":
			c.block(PersonalData, w, "The reply speaks of a person's "+sp.kind+" matters in public; take that up in private.")
		default:
			c.block(PersonalData, w, "The reply holds personal data; leave it out.")
		}
	}
}

// reachesPrivately tells whether the sentence of a request, or the next, names a
// private way: an allowed address or the words for a private message.
func (c *checker) reachesPrivately(sp span) bool {
	r := sp.view
	near := func(at int32) bool { return at >= sp.sentence-1 && at <= sp.sentence+1 }
	for _, id := range c.lex.names["privately"] {
		for h := range r.hits(id) {
			if near(r.toks[h.tokFrom].sentence) {
				return true
			}
		}
	}
	for _, o := range c.offered() {
		if _, ok := refers(o); ok && o.view == r && near(o.sentence) {
			return true
		}
	}
	for _, f := range append(append(append([]found(nil), c.emails...), c.numbers...), c.links...) {
		if c.contactOf(f) == "" {
			continue
		}
		from := int(c.reply.glyphs[c.reply.at[f.from]].from)
		if at := r.sentenceAt(c.reply, from); near(at) {
			return true
		}
	}
	return false
}

// sentenceAt is the sentence of the byte at of the original text.
func (r *reading) sentenceAt(s *scan, at int) int32 {
	i := sort.Search(len(r.toks), func(i int) bool { return int(s.glyphs[r.glyph[r.toks[i].from]].from) > at })
	if i == 0 {
		return 0
	}
	return r.toks[i-1].sentence
}

// contactOf is the allowed contact that an address of the text is, or "".
func (c *checker) contactOf(f found) string {
	for _, a := range c.Contacts {
		switch {
		case strings.Contains(f.norm, "@"):
			if strings.EqualFold(strings.TrimPrefix(strings.TrimSpace(a), "mailto:"), f.norm) {
				return a
			}
		case onlyDigits(f.norm) == f.norm:
			if d := onlyDigits(a); !strings.Contains(a, "@") && len(d) >= 5 && strings.TrimLeft(d, "0") == strings.TrimLeft(f.norm, "0") {
				return a
			}
		case !strings.Contains(a, "@") && sameLink(a, f.norm):
			return a
		}
	}
	return ""
}

// sameLink compares a listed web address with one of the text.
func sameLink(listed, link string) bool {
	trim := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		if _, rest, ok := strings.Cut(s, "://"); ok {
			s = rest
		}
		return strings.TrimRight(strings.TrimPrefix(s, "www."), "/.")
	}
	l, t := trim(listed), trim(link)
	return l != "" && (t == l || strings.HasPrefix(t, l+"/") || strings.HasPrefix(t, l+"?"))
}
