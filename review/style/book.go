package style

import (
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// The errors of a book, as people read them.
var (
	ErrUnknown = errors.New("there is no proposal or rule of that number; “style” lists them")
	ErrVersion = errors.New("there is no such version of the style rules; “style” names the current one")
	ErrFull    = errors.New("there are as many style rules as a drafter can mind; drop one first")
)

const (
	// MostRules bounds what a drafter is told.
	MostRules = 20
	// mostOffers and mostDropped bound what is kept of proposals.
	mostOffers, mostDropped = 50, 1000
	// mostVersions bounds how far back a book can go.
	mostVersions = 100
	// longRule bounds one rule, in characters.
	longRule = 200
)

// Rule is an accepted proposal.
type Rule struct {
	N        int       `json:"n"` // the number of the proposal it was
	Key      string    `json:"key"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"`
	By       string    `json:"by"`   // who accepted it
	Name     string    `json:"name"` // as shown
	At       time.Time `json:"at"`
}

// Version is the rules as they stood after one change.
type Version struct {
	N     int       `json:"n"`
	What  string    `json:"what"` // "accepted 3", "dropped 2", "back to version 4"
	By    string    `json:"by"`
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Rules []Rule    `json:"rules,omitempty"`
}

// Book is the team's style rules with their past. Its zero value is an empty
// book of version 0.
type Book struct {
	Versions []Version `json:"versions,omitempty"` // oldest first, the last one holds
	Dropped  []string  `json:"dropped,omitempty"`  // keys that are not proposed again
}

// Version is the number of the current version.
func (b Book) Version() int { return b.current().N }

// Rules are those that hold now.
func (b Book) Rules() []Rule { return slices.Clone(b.current().Rules) }

func (b Book) current() Version {
	if len(b.Versions) == 0 {
		return Version{}
	}
	return b.Versions[len(b.Versions)-1]
}

// For is what a drafter is told for a reply in a language.
func (b Book) For(language string) []string {
	var out []string
	for _, r := range b.current().Rules {
		if r.Language == "" || base(r.Language) == base(language) {
			out = append(out, r.Text)
		}
	}
	return out
}

// Who is the person behind a change of the book, and when it is made.
type Who struct {
	ID, Name string
	At       time.Time
}

// Accept makes a proposal a rule.
func (b *Book) Accept(o Offer, by Who) (Rule, error) {
	rules := b.Rules()
	if len(rules) >= MostRules {
		return Rule{}, ErrFull
	}
	r := Rule{N: o.N, Key: o.Key, Text: clip(o.Rule), Language: o.Language, By: by.ID, Name: by.Name, At: by.At}
	b.turn("accepted "+strconv.Itoa(o.N), append(rules, r), by)
	return r, nil
}

// Decline keeps a proposal from coming again.
func (b *Book) Decline(o Offer) {
	b.Dropped = append(b.Dropped, o.Key)
	b.Dropped = b.Dropped[max(0, len(b.Dropped)-mostDropped):]
}

// Drop takes a rule out. Its proposal does not come again.
func (b *Book) Drop(n int, by Who) (Rule, error) {
	rules := b.Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.N == n })
	if i < 0 {
		return Rule{}, ErrUnknown
	}
	r := rules[i]
	b.Decline(Offer{Proposal: Proposal{Key: r.Key}})
	b.turn("dropped "+strconv.Itoa(n), slices.Delete(rules, i, i+1), by)
	return r, nil
}

// Revert makes the rules of an earlier version hold again, as a new version.
func (b *Book) Revert(version int, by Who) error {
	if version == 0 && (len(b.Versions) == 0 || b.Versions[0].N == 1) {
		b.turn("back to version 0", nil, by)
		return nil
	}
	i := slices.IndexFunc(b.Versions, func(v Version) bool { return v.N == version })
	if i < 0 {
		return ErrVersion
	}
	b.turn("back to version "+strconv.Itoa(version), slices.Clone(b.Versions[i].Rules), by)
	return nil
}

func (b *Book) turn(what string, rules []Rule, by Who) {
	b.Versions = append(b.Versions, Version{N: b.Version() + 1, What: what, By: by.ID, Name: by.Name, At: by.At, Rules: rules})
	b.Versions = b.Versions[max(0, len(b.Versions)-mostVersions):]
}

// knows tells whether a proposal was decided already.
func (b Book) knows(key string) bool {
	return slices.Contains(b.Dropped, key) || slices.ContainsFunc(b.current().Rules, func(r Rule) bool { return r.Key == key })
}

// Offer is a proposal with the number that people name it by.
type Offer struct {
	N int `json:"n"`
	Proposal
}

// Offers are the proposals that wait for a lead. They follow from the team's
// edits, but for their numbers.
type Offers struct {
	Last int     `json:"last"` // the highest number given so far
	Open []Offer `json:"open,omitempty"`
}

// Update brings the offers up to what the edits suggest now: known ones keep
// their number, decided ones and those that are true no longer go. changed
// tells whether something has to be stored.
func (o *Offers) Update(ps []Proposal, b Book) (changed bool) {
	var open []Offer
	for _, p := range ps {
		if b.knows(p.Key) || len(open) == mostOffers {
			continue
		}
		var n int
		if i := slices.IndexFunc(o.Open, func(have Offer) bool { return have.Key == p.Key }); i >= 0 {
			n = o.Open[i].N
		} else {
			o.Last++
			n = o.Last
		}
		p.Rule = clip(p.Rule)
		open = append(open, Offer{N: n, Proposal: p})
	}
	slices.SortFunc(open, func(a, b Offer) int { return a.N - b.N })
	changed = !slices.EqualFunc(open, o.Open, func(a, b Offer) bool { return a.N == b.N && a.Key == b.Key && a.Why == b.Why && a.Rule == b.Rule })
	o.Open = open
	return changed
}

// Waiting are the offers that b has not decided.
func (o Offers) Waiting(b Book) []Offer {
	return slices.DeleteFunc(slices.Clone(o.Open), func(x Offer) bool { return b.knows(x.Key) })
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= longRule {
		return s
	}
	return string([]rune(s)[:longRule-1]) + "…"
}
