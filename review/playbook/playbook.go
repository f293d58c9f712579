package playbook

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/clock"
)

// Playbook is a team's rules. It is made by [Default], [Parse] or [Load],
// never changes, and may be used by any number of goroutines.
type Playbook struct {
	label   string
	version string
	rules   rulebook
	loc     *time.Location
	roles   map[review.PersonID]review.Role
	people  map[review.PersonID]review.PersonID // every id of a person to the first
}

// rulebook is the meaning of a playbook, with the defaults filled in. Its JSON
// is what [Playbook.Version] sums, so whatever changes what the program does
// stands here, sets are sorted, and whatever does not (comments, places in the
// file, the label) has no part in it.
type rulebook struct {
	Team       team
	Brand      brand
	People     map[string][]review.PersonID
	Roles      map[string][]review.PersonID // by role name, aliases resolved
	Solo       bool
	SoloCool   time.Duration
	Rules      []rule // the team's, then the built-in ones
	Own        int    // how many of them are the team's
	Second     []review.Verdict
	SilentFor  time.Duration
	Verify     time.Duration
	Settle     time.Duration
	Contacts   []Contact
	Links      []string
	Facts      []Fact
	Targets    []target // the team's, then the built-in ones
	Sources    []Source
	Channels   []channel
	ConsoleOff bool
	Drafting   Drafting
	Incident   Incident
	Causes     Incident `json:",omitzero"`
	Benefits   benefits `json:",omitzero"`
	Digests    digests  `json:",omitzero"`
	Privacy    bool
	Handover   []Handover `json:"-"` // who listens
}

type team struct {
	Name, Language, Zone string
	Languages            []string
	Hours                [7][]clock.Span
	Holidays             []string
	Staff                []string
}

type brand struct {
	Name, Voice string
	SignOff     translations
	SignOffs    map[review.PersonID]translations
}

// translations are texts by language; "" is the one for all others.
type translations map[string]string

// in is the text for a language such as "pt-BR": that one, "pt", or the common one.
func (t translations) in(lang string) string {
	for lang != "" {
		if s, ok := t[lang]; ok {
			return s
		}
		lang = parent(lang)
	}
	return t[""]
}

// Contact is a private way to reach the team that may stand in a public reply.
type Contact struct {
	Kind    string   // "email", "phone", "url", or "place" for words that say where one stands
	Value   string   // as it may be written in a reply; of a place, its words in any order
	Label   string   // what it is for: "Customer care"; may be empty
	Sources []string // where it may be used; empty for everywhere
}

// Fact is a statement that the team vouches for in advance.
type Fact struct {
	Name      string // what drafts cite
	Text      string
	Languages []string // empty when it serves replies in every language
}

// Drafting says how much the language model may do.
type Drafting struct {
	CostPerDay   float64  // in the currency of the model's prices; 0 for no limit
	TokensPerDay int64    // 0 for no limit
	Variants     []string // what people may ask for: shorter, warmer, plainer, light
	Humour       bool     // whether the light variant exists
}

// Incident says when similar complaints are one incident.
type Incident struct {
	Reviews int           // so many similar ones …; 0 to look for none
	Within  time.Duration // … in this time
}

// Default is the playbook of a team that wrote none. No roles are configured
// in it: they come from the chat.
func Default() *Playbook { return seal(defaults(), "") }

// WithSolo is p for a team of one, as `solo: true` in the file would make it.
// Its version differs from p's.
func (p *Playbook) WithSolo() *Playbook {
	if p.rules.Solo {
		return p
	}
	r := p.rules
	r.Solo = true
	return seal(r, p.label)
}

// Label is what the team calls this state of its rules; it may be empty.
func (p *Playbook) Label() string { return p.label }

// Version is twelve digits of a hash over the meaning of the rules: comments,
// spacing, order of keys and the label do not change it, any other difference
// does. Approvals are bound to it.
func (p *Playbook) Version() string { return p.version }

// TeamName is what the team calls itself, "" when it did not say.
func (p *Playbook) TeamName() string { return p.rules.Team.Name }

// Brand is the name under which the team answers customers; without one, the
// team's name.
func (p *Playbook) Brand() string {
	if p.rules.Brand.Name != "" {
		return p.rules.Brand.Name
	}
	return p.rules.Team.Name
}

// Voice describes in a few sentences how the brand speaks.
func (p *Playbook) Voice() string { return p.rules.Brand.Voice }

// SignOff is how a reply in lang ends that person answers for: the person's
// own sign-off or, failing that, the team's; "" when there is neither.
func (p *Playbook) SignOff(person review.PersonID, lang string) string {
	if own, ok := lookup(p.rules.Brand.SignOffs, p.Canonical(person)); ok {
		if s := own.in(lang); s != "" {
			return s
		}
	}
	return p.rules.Brand.SignOff.in(lang)
}

// Language is the team's own, into which drafts are translated back (BCP 47).
func (p *Playbook) Language() string { return p.rules.Team.Language }

// Languages are those in which people may answer; empty means any.
func (p *Playbook) Languages() []string { return slices.Clone(p.rules.Team.Languages) }

// MayAnswerIn tells whether the team answers in lang. An unknown language ""
// is allowed: a person decides.
func (p *Playbook) MayAnswerIn(lang string) bool {
	return lang == "" || len(p.rules.Team.Languages) == 0 || speaks(p.rules.Team.Languages, lang)
}

// Location is the team's time zone.
func (p *Playbook) Location() *time.Location { return p.loc }

// Calendar is when the team works.
func (p *Playbook) Calendar() clock.Calendar {
	c := clock.Calendar{Location: p.loc}
	for i, spans := range p.rules.Team.Hours {
		c.Hours[i] = slices.Clone(spans)
	}
	if len(p.rules.Team.Holidays) > 0 {
		c.Holidays = make(map[clock.Date]bool)
	}
	for _, s := range p.rules.Team.Holidays {
		if d, err := clock.ParseDate(s); err == nil { // checked when it was read
			c.Holidays[d] = true
		}
	}
	return c
}

// StaffNames are names to mask in digests and to keep out of replies.
func (p *Playbook) StaffNames() []string { return slices.Clone(p.rules.Team.Staff) }

// Contacts are the private channels that a reply on this source may name, in
// the order of the file: the first is the one to prefer.
func (p *Playbook) Contacts(source string) []Contact {
	var out []Contact
	for _, c := range p.rules.Contacts {
		if len(c.Sources) == 0 || slices.Contains(c.Sources, source) {
			c.Sources = slices.Clone(c.Sources)
			out = append(out, c)
		}
	}
	return out
}

// LinkDomains are the domains to which a reply may link, besides the contacts.
func (p *Playbook) LinkDomains() []string { return slices.Clone(p.rules.Links) }

// Facts are the entries that serve a reply in lang ("" for all of them),
// sorted by name.
func (p *Playbook) Facts(lang string) []Fact {
	var out []Fact
	for _, f := range p.rules.Facts {
		if lang == "" || len(f.Languages) == 0 || speaks(f.Languages, lang) {
			f.Languages = slices.Clone(f.Languages)
			out = append(out, f)
		}
	}
	return out
}

// Fact is the entry of that name.
func (p *Playbook) Fact(name string) (Fact, bool) {
	i := slices.IndexFunc(p.rules.Facts, func(f Fact) bool { return f.Name == name })
	if i < 0 {
		return Fact{}, false
	}
	f := p.rules.Facts[i]
	f.Languages = slices.Clone(f.Languages)
	return f, true
}

// Drafting says how much the language model may do.
func (p *Playbook) Drafting() Drafting {
	d := p.rules.Drafting
	d.Variants = slices.Clone(d.Variants)
	return d
}

// Incident says when similar complaints are one incident.
func (p *Playbook) Incident() Incident { return p.rules.Incident }

// Causes says when so many reviews with one cause are worth an alert: three in
// a week unless the playbook says otherwise.
func (p *Playbook) Causes() Incident {
	return Incident{
		Reviews: cmp.Or(p.rules.Causes.Reviews, 3),
		Within:  cmp.Or(p.rules.Causes.Within, week),
	}
}

// Currency is that of the limits of benefits, "" when the playbook has none.
func (p *Playbook) Currency() string { return p.rules.Benefits.Currency }

// Privacy tells that no reply may confirm that somebody is a customer.
func (p *Playbook) Privacy() bool { return p.rules.Privacy }

// Solo tells a team of one.
func (p *Playbook) Solo() bool { return p.rules.Solo }

// Sources are the configured connections, sorted by name.
func (p *Playbook) Sources() []Source {
	out := slices.Clone(p.rules.Sources)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

// Source is the connection of that name.
func (p *Playbook) Source(name string) (Source, bool) {
	i := slices.IndexFunc(p.rules.Sources, func(s Source) bool { return s.Name == name })
	if i < 0 {
		return Source{}, false
	}
	return p.rules.Sources[i].clone(), true
}

// seal turns finished rules into a playbook.
func seal(r rulebook, label string) *Playbook {
	p := &Playbook{label: label, rules: r, version: hash(r), loc: time.UTC}
	if loc, err := time.LoadLocation(r.Team.Zone); err == nil { // checked when it was read
		p.loc = loc
	}
	p.people = make(map[review.PersonID]review.PersonID)
	for _, ids := range r.People {
		for _, id := range ids {
			p.people[id] = ids[0]
		}
	}
	p.roles = make(map[review.PersonID]review.Role)
	for name, ids := range r.Roles {
		role, err := review.ParseRole(name)
		if err != nil {
			continue // the key table has none but the domain's roles
		}
		for _, id := range ids {
			p.roles[id] = max(p.roles[id], role)
		}
	}
	return p
}

// lookup finds id in m as it is or, failing that, without its workspace:
// "slack:T1/U42" is "slack:U42" to a team with one workspace.
func lookup[V any](m map[review.PersonID]V, id review.PersonID) (V, bool) {
	v, ok := m[id]
	if !ok {
		v, ok = m[withoutWorkspace(id)]
	}
	return v, ok
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
