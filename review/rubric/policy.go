package rubric

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Unit is what a platform counts when it limits a reply's length.
type Unit string

// The units.
const (
	Runes Unit = "runes" // Unicode characters
	Bytes Unit = "bytes" // bytes of UTF-8
	UTF16 Unit = "utf16" // UTF-16 code units, as Java and JavaScript count
)

// Length counts text in the unit; an unknown unit counts runes.
func Length(text string, u Unit) int {
	switch u {
	case Bytes:
		return len(text)
	case UTF16:
		n := 0
		for _, r := range text {
			n++
			if r > 0xFFFF {
				n++
			}
		}
		return n
	}
	return utf8.RuneCountInString(text)
}

// Source says where a rule was read and when somebody last looked.
type Source struct {
	Rule    string `json:"rule"`    // in a few words
	Name    string `json:"name"`    // the page or law
	URL     string `json:"url"`     // "" where there is no stable page
	Checked string `json:"checked"` // date of the last look, 2006-01-02; "" when nobody has looked lately
	Status  string `json:"status"`  // "official" (the vendor's or the law's own words), "secondary", "measured", "own choice" or "unverified"
}

// Policy is what a platform, and the law of a country, demand of a reply.
type Policy struct {
	Platform   string   `json:"platform"`
	MaxLen     int      `json:"max_len"`     // 0 = no limit known
	Unit       Unit     `json:"unit"`        // of MaxLen
	Links      bool     `json:"links"`       // links are allowed at all
	Contact    bool     `json:"contact"`     // contact data of the business is allowed
	Quoting    bool     `json:"quoting"`     // the review may be quoted at length
	AskReviews bool     `json:"ask_reviews"` // asking everybody neutrally for a review is allowed
	Incentives bool     `json:"incentives"`  // never true so far; kept so that a reader finds the rule
	AskChange  bool     `json:"ask_change"`  // asking for a change of a review; never true so far
	Lists      bool     `json:"lists"`       // list formatting is allowed
	HumanOnly  bool     `json:"human_only"`  // the platform wants a person's approval
	StripHTML  bool     `json:"strip_html"`  // the platform strips mark-up before it counts
	UniqueText bool     `json:"unique_text"` // the platform refuses texts too similar to earlier ones
	Grounds    []string `json:"grounds"`     // on which the platform takes a review down, as a report names them; nil where unknown
	Sources    []Source `json:"sources"`
	Country    []Source `json:"-"` // rules of the country, filled in by PolicyFor
}

type policyFile struct {
	Default   Policy              `json:"default"`
	Platforms []Policy            `json:"platforms"`
	Aliases   map[string]string   `json:"aliases"`
	Countries map[string][]Source `json:"countries"`
	Regions   map[string][]string `json:"regions"`
}

var policies = sync.OnceValue(func() policyFile {
	raw, err := data.ReadFile("data/policies.json")
	if err != nil {
		panic(err)
	}
	var f policyFile
	if err := json.Unmarshal(raw, &f); err != nil {
		panic(err)
	}
	return f
})

// PolicyFor is the policy of a platform, with the rules of a country
// (ISO 3166 two-letter code, "" for unknown: then those of all are listed).
// A platform nobody described gets the careful default.
func PolicyFor(platform, country string) Policy {
	f := policies()
	name := strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(strings.TrimSpace(platform)))
	if a, ok := f.Aliases[name]; ok {
		name = a
	}
	p := f.Default
	p.Platform = name
	for _, q := range f.Platforms {
		if q.Platform == name {
			p = q
		}
	}
	p.Sources = append([]Source(nil), p.Sources...)
	p.Grounds = append([]string(nil), p.Grounds...)
	country = strings.ToUpper(strings.TrimSpace(country))
	for _, region := range sortedKeys(f.Countries) {
		if country == "" || region == country || inRegion(f.Regions[region], country) {
			p.Country = append(p.Country, f.Countries[region]...)
		}
	}
	return p
}

// Known tells whether a platform is described, under this name or another; one
// that is not gets the careful default.
func Known(platform string) bool {
	name := PolicyFor(platform, "").Platform
	return slices.ContainsFunc(policies().Platforms, func(p Policy) bool { return p.Platform == name })
}

// Platforms are the names of all that are described.
func Platforms() []string {
	var out []string
	for _, p := range policies().Platforms {
		out = append(out, p.Platform)
	}
	return out
}

func inRegion(members []string, country string) bool {
	for _, m := range members {
		if m == country {
			return true
		}
	}
	return false
}
