package playbook

import (
	"cmp"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/clock"
)

// readTeam reads who the team is and when it works.
func (l *loader) readTeam(v value) {
	o, t := v.object("team"), &l.rules.Team
	o.line("name", &t.Name)
	o.line("language", &t.Language)
	if lang, ok := o.at["language"]; ok && t.Language != "" {
		isLanguage(lang, t.Language)
	}
	t.Languages = o.lines("languages", isLanguage)
	o.line("time_zone", &t.Zone)
	if zone, ok := o.at["time_zone"]; ok {
		if _, err := time.LoadLocation(t.Zone); err != nil || t.Zone == "Local" {
			zone.fail("%s is no time zone; write it as Europe/Berlin, America/New_York or UTC", quote(t.Zone))
		}
	}
	if hours, ok := o.at["hours"]; ok {
		readHours(hours, &t.Hours)
	}
	t.Holidays = o.lines("holidays", func(v value, s string) bool {
		_, err := clock.ParseDate(s)
		if err != nil {
			v.fail("%s is no date; write 2026-12-25, or 12-25 for every year", quote(s))
		}
		return err == nil
	})
	t.Staff = o.lines("staff_names", nil)
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// readHours reads working hours: days ("mon", "mon-fri") with spans.
func readHours(v value, hours *[7][]clock.Span) {
	var taken [7]bool
	for _, f := range v.fields() {
		from, to, isRange := strings.Cut(strings.ToLower(f.name), "-")
		if !isRange {
			to = from
		}
		a, b := slices.Index(weekdays, strings.TrimSpace(from)), slices.Index(weekdays, strings.TrimSpace(to))
		if a < 0 || b < 0 {
			f.label.fail("%s is no day of the week; write mon, tue, wed, thu, fri, sat, sun, or a range like mon-fri", quote(f.name))
			continue
		}
		spans := readSpans(f.value)
		for d := a; ; d = (d + 1) % 7 {
			if taken[d] {
				f.label.fail("%s has its hours twice; write each day once", weekdays[d])
				break
			}
			taken[d] = true
			hours[d] = spans
			if d == b {
				break
			}
		}
	}
	if !slices.ContainsFunc(hours[:], func(s []clock.Span) bool { return len(s) > 0 }) {
		v.fail("these hours are never open; give at least one day some, or leave the key out to count all hours")
	}
}

// readSpans reads "09:00-17:30", a list of such, or "closed".
func readSpans(v value) []clock.Span {
	var spans []clock.Span
	for _, e := range v.list() {
		s, ok := e.line()
		if !ok || s == "closed" {
			continue
		}
		from, to, ok := strings.Cut(s, "-")
		a, ok1 := timeOfDay(from)
		b, ok2 := timeOfDay(to)
		switch {
		case !ok || !ok1 || !ok2:
			e.fail("%s is no span of hours; write for example 09:00-17:30, or closed", quote(s))
		case a >= b:
			e.fail("%s ends before it begins; split what goes over midnight into two days", quote(s))
		default:
			spans = append(spans, clock.Span{From: a, To: b})
		}
	}
	slices.SortFunc(spans, func(a, b clock.Span) int { return cmp.Compare(a.From, b.From) })
	for i := 1; i < len(spans); i++ {
		if spans[i].From < spans[i-1].To {
			v.fail("%s and %s overlap; write them as one", spans[i-1], spans[i])
			break
		}
	}
	return spans
}

// timeOfDay reads "9", "09:00" or "24:00".
func timeOfDay(s string) (time.Duration, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok {
		m = "00"
	}
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	return d, err1 == nil && err2 == nil && len(m) == 2 && minutes < 60 && d <= day
}

// readBrand reads how the team speaks.
func (l *loader) readBrand(v value) {
	o, b := v.object("brand"), &l.rules.Brand
	o.line("name", &b.Name)
	o.line("voice", &b.Voice)
	if s, ok := o.at["sign_off"]; ok {
		b.SignOff = readTranslations(s)
	}
	s, ok := o.at["sign_offs"]
	if !ok {
		return
	}
	b.SignOffs = make(map[review.PersonID]translations)
	for _, f := range s.fields() {
		ids, ok := l.person(f.label, f.name)
		if !ok {
			continue
		}
		if isGroup(ids[0]) {
			f.label.fail("%s is a group; a sign-off is one person's", quote(f.name))
			continue
		}
		b.SignOffs[l.first(ids[0])] = readTranslations(f.value)
	}
}

// first is the first id of the person who has id.
func (l *loader) first(id review.PersonID) review.PersonID {
	for _, ids := range l.rules.People {
		if slices.Contains(ids, id) {
			return ids[0]
		}
	}
	return id
}

// readTranslations reads one text for all languages, or a block with one for
// each; "default" serves the others.
func readTranslations(v value) translations {
	out := make(translations)
	if !isBlock(v) {
		if s, ok := v.line(); ok {
			out[""] = s
		}
		return out
	}
	for _, f := range v.fields() {
		name := f.name
		if name == "default" {
			name = ""
		} else if !isLanguage(f.label, name) {
			continue
		}
		if s, ok := f.line(); ok {
			out[name] = s
		}
	}
	return out
}

// readSolo reads `solo: true` or a block.
func (l *loader) readSolo(v value) {
	if !isBlock(v) {
		l.rules.Solo, _ = v.boolean()
		return
	}
	o := v.object("solo")
	l.rules.Solo = true
	o.boolean("enabled", &l.rules.Solo)
	o.duration("cool_off", &l.rules.SoloCool, time.Minute, maxWait)
}

func (l *loader) readVerdicts(v value) {
	o := v.object("verdicts")
	if second, ok := o.at["second_person"]; ok {
		l.rules.Second = nil
		for _, e := range second.list() {
			if s, ok := e.choice(verdictWords[1:]...); ok {
				l.rules.Second = append(l.rules.Second, review.Verdict(s))
			}
		}
		slices.Sort(l.rules.Second)
		l.rules.Second = slices.Compact(l.rules.Second)
	}
	o.duration("silent_for", &l.rules.SilentFor, 0, 5*year)
}

func (l *loader) readPublishing(v value) {
	o := v.object("publishing")
	o.duration("verify_after", &l.rules.Verify, 0, 7*day)
	o.duration("settle_after", &l.rules.Settle, 0, year)
}

var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{3,30}$`)

// readContacts reads the ways to reach the team that replies may name.
func (l *loader) readContacts(v value) {
	for _, e := range v.list() {
		o := e.object("contacts")
		var c Contact
		for _, kind := range keys["contacts"][:4] {
			way, ok := o.at[kind]
			if !ok {
				continue
			}
			if c.Kind != "" {
				way.fail("one entry is one contact; put the %s and the %s in entries of their own", c.Kind, kind)
				continue
			}
			if s, ok := way.line(); ok && isContact(way, kind, s) {
				c.Value = s
			}
			c.Kind = kind
		}
		if c.Kind == "" {
			if o.ok {
				e.fail("this contact has no address; write `email:`, `phone:`, `url:` or `place:`")
			}
			continue
		}
		o.line("label", &c.Label)
		c.Sources = o.lines("sources", l.isSource)
		l.rules.Contacts = append(l.rules.Contacts, c)
	}
}

func isContact(v value, kind, s string) bool {
	switch kind {
	case "email":
		a, err := mail.ParseAddress(s)
		if err == nil && a.Address == s {
			return true
		}
		v.fail("%s is no e-mail address; write for example care@example.test", quote(s))
	case "phone":
		if phone.MatchString(s) {
			return true
		}
		v.fail("%s is no phone number; write it with its country, for example +49 30 1234567", quote(s))
	case "url":
		u, err := url.Parse(s)
		if err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil {
			return true
		}
		v.fail("%s is no web address; write it whole, beginning with https://", quote(s))
	case "place":
		if isPlace(s) {
			return true
		}
		v.fail("%s is no place in words; write for example Settings > Help, and an address as `email:`, `phone:` or `url:`", quote(s))
	}
	return false
}

// isPlace tells words that say where a way to reach the team is found. They are
// looked for in replies, so one of them must be more than a syllable; and what is
// an address must be written as one.
func isPlace(s string) bool {
	const longest, mostDigits, shortest = 80, 4, 3
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return unicode.IsSpace(r) || r == '>' || r == '/' })
	return digits <= mostDigits && utf8.RuneCountInString(s) <= longest && !strings.Contains(s, "@") &&
		!slices.ContainsFunc(words, domain.MatchString) &&
		slices.ContainsFunc(words, func(w string) bool { return len(w) >= shortest })
}

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,}$`)

func isDomain(v value, s string) bool {
	if !domain.MatchString(s) {
		v.fail("%s is no domain; write it in lower case and without https:// or a path, for example example.test", quote(s))
		return false
	}
	return true
}

// maxText bounds a fact; a longer one is an article, not a statement.
const maxText = 2000

func (l *loader) readFacts(v value) {
	for _, f := range v.fields() {
		fact := Fact{Name: f.name}
		if isBlock(f.value) {
			o := f.object("facts")
			o.line("text", &fact.Text)
			fact.Languages = o.lines("languages", isLanguage)
			if _, ok := o.at["text"]; !ok {
				f.label.fail("the fact %s says nothing; give it a text", quote(f.name))
			}
		} else if s, ok := f.line(); ok {
			fact.Text = s
		}
		if n := utf8.RuneCountInString(fact.Text); n > maxText {
			f.fail("this fact has %d characters; keep it under %d, one plain statement", n, maxText)
		}
		l.rules.Facts = append(l.rules.Facts, fact)
	}
	slices.SortFunc(l.rules.Facts, func(a, b Fact) int { return strings.Compare(a.Name, b.Name) })
}

var variants = []string{"shorter", "warmer", "plainer", Light}

func (l *loader) readDrafting(v value) {
	o, d := v.object("drafting"), &l.rules.Drafting
	if cost, ok := o.at["cost_per_day"]; ok {
		s, ok := cost.text()
		amount, err := strconv.ParseFloat(s, 64)
		switch {
		case !ok:
		case err != nil || !(amount >= 0 && amount <= 1e6):
			cost.fail("%s is no amount; write a plain number such as 2.50, in the currency of the model's prices", quote(s))
		default:
			d.CostPerDay = amount
		}
	}
	if tokens, ok := o.at["tokens_per_day"]; ok {
		if n, ok := tokens.integer(0, 1e12); ok {
			d.TokensPerDay = n
		}
	}
	o.boolean("humour", &d.Humour)
	list, given := o.at["variants"]
	switch {
	case given:
		d.Variants = o.lines("variants", func(v value, _ string) bool { _, ok := v.choice(variants...); return ok })
		if slices.Contains(d.Variants, Light) && !d.Humour {
			list.fail("the light variant is humour, and that is off; write `humour: true` if your customers would smile")
		}
	case d.Humour:
		d.Variants = append([]string{Light}, d.Variants...)
	}
}

func (l *loader) readIncident(v value) {
	o := v.object("incident")
	o.integer("reviews", &l.rules.Incident.Reviews, 0, 1000)
	if l.rules.Incident.Reviews == 1 {
		o.at["reviews"].fail("one complaint is no incident; write 2 or more, or 0 to look for none")
	}
	o.duration("within", &l.rules.Incident.Within, time.Minute, 30*day)
}
