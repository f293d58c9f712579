package manual

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

//go:embed profiles.yaml
var profilesYAML []byte

// Profile is what is known of a site where replies are posted by hand.
type Profile struct {
	Name     string           `yaml:"name"`
	Label    string           `yaml:"label"` // for people
	MaxReply int              `yaml:"max_reply"`
	Unit     sources.Unit     `yaml:"unit"`
	OneReply bool             `yaml:"one_reply"`
	Similar  bool             `yaml:"similar"` // texts like an earlier one are refused
	Open     string           `yaml:"open"`    // link offered with an approved text
	Report   string           `yaml:"report"`  // link where people report an unfair review
	Notes    []string         `yaml:"notes"`   // for the person who posts
	Grounds  []sources.Ground `yaml:"grounds"` // for which the site takes reports
	Sources  []Reference      `yaml:"sources"`
}

// Reference says where a fact of a profile was read, and when somebody last
// looked.
type Reference struct {
	Rule    string `yaml:"rule"`
	URL     string `yaml:"url"`
	Checked string `yaml:"checked"` // 2006-01-02
	Status  string `yaml:"status"`  // "official", "secondary" or "unverified"
}

var profiles = sync.OnceValue(func() []Profile {
	var out []Profile
	if err := yaml.UnmarshalWithOptions(profilesYAML, &out, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("the profiles that the program carries: %v", err)) // a test reads them
	}
	for i := range out {
		if out[i].MaxReply == 0 {
			out[i].MaxReply = DefaultMaxReply
		}
		if out[i].Unit == "" {
			out[i].Unit = sources.Runes
		}
	}
	return out
})

// Profiles lists all profiles; "other" is the last.
func Profiles() []Profile { return append([]Profile(nil), profiles()...) }

// ProfileFor is the profile of a site by name or label; one that nobody
// described is "other".
func ProfileFor(name string) Profile {
	plain := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
	all := profiles()
	for _, p := range all {
		if p.Name == plain || strings.EqualFold(p.Label, strings.TrimSpace(name)) {
			return p
		}
	}
	return all[len(all)-1]
}

// ReportLink is where a person reports r to the site, "" when nobody knows.
func (p Profile) ReportLink(r review.Review) string { return fill(p.Report, r) }

// fill puts the review's link into a template.
func fill(template string, r review.Review) string {
	if strings.Contains(template, "{url}") && r.URL == "" {
		return ""
	}
	link := strings.ReplaceAll(template, "{url}", r.URL)
	if !isLink(link) {
		return ""
	}
	return link
}
