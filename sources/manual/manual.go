// Package manual is the source for reviews that people bring and replies that
// people post: a review is pasted into a form or a command, and the approved
// reply is copied and posted by hand on a site that has no API for it
// ("copy-and-open"). It is made by settings alone.
//
// What is known of each site (length, link, grounds for a report) is data, see
// profiles.yaml. A site that nobody described is "other".
//
// A pasted review is known by its link or, without one, by its words, so
// pasting it twice makes one case.
package manual

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// DefaultMaxReply holds where no length is documented.
const DefaultMaxReply = 1000

// Settings make a Source.
type Settings struct {
	Name     string // from the playbook
	Platform string // a profile's name; "" = the pasted review says it, else "other"
	MaxReply int    // 0 = the profile's
	Open     string // link offered with an approved text, {url} being the review's; "" = the profile's

	// A site that no profile describes is described here; all may be left out.
	Label    string           // for people
	Unit     sources.Unit     // in which MaxReply counts; "" = runes
	Report   string           // link where the site takes reports; "" = the profile's
	Grounds  []sources.Ground // for which it takes them; none = the profile's
	OneReply bool             // there is one reply, and it stays
}

// Source is a site where people post. It keeps nothing.
type Source struct {
	set     Settings
	profile Profile
}

var _ sources.Source = (*Source)(nil)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	if set.Name == "" {
		return nil, errors.New("a source for posting by hand needs a name")
	}
	p := ProfileFor(set.Platform)
	if set.Open != "" {
		if rest := strings.ReplaceAll(set.Open, "{url}", ""); rest != "" && !isLink(strings.ReplaceAll(set.Open, "{url}", "x")) {
			return nil, fmt.Errorf("source %s: the link %q does not begin with https://", set.Name, set.Open)
		}
		p.Open = set.Open
	}
	if err := describe(&p, set); err != nil {
		return nil, fmt.Errorf("source %s: %w", set.Name, err)
	}
	return &Source{set: set, profile: p}, nil
}

// describe changes a profile by what the settings say of the site.
func describe(p *Profile, set Settings) error {
	switch set.Unit {
	case "", sources.Runes, sources.Bytes, sources.UTF16:
	default:
		return fmt.Errorf("the unit %q is unknown; it is runes, bytes or utf16", set.Unit)
	}
	if set.Report != "" && !isLink(strings.ReplaceAll(set.Report, "{url}", "https://x")) {
		return fmt.Errorf("the link %q does not begin with https://", set.Report)
	}
	if set.MaxReply > 0 {
		p.MaxReply, p.Unit = set.MaxReply, cmp.Or(set.Unit, sources.Runes)
	} else if set.Unit != "" {
		return errors.New("a unit needs the length that it counts; add max_length")
	}
	p.Label, p.Report = cmp.Or(set.Label, p.Label), cmp.Or(set.Report, p.Report)
	if len(set.Grounds) > 0 {
		p.Grounds = set.Grounds
	}
	p.OneReply = p.OneReply || set.OneReply
	return nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is the profile's name.
func (s *Source) Platform() string { return s.profile.Name }

// Profile is what is known of the site.
func (s *Source) Profile() Profile { return s.profile }

// Capabilities are a person's: nothing is called, nothing is seen.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		OneReply: s.profile.OneReply,
		Grounds:  s.profile.Grounds,
		MaxReply: s.profile.MaxReply,
		Unit:     s.profile.Unit,
		Similar:  s.profile.Similar,
	}
}

// OpenLink is where a person posts the reply to r, "" when nobody knows.
func (s *Source) OpenLink(r review.Review) string { return fill(s.profile.Open, r) }

// ReportLink is where a person reports r to the site, "" when nobody knows.
func (s *Source) ReportLink(r review.Review) string { return s.profile.ReportLink(r) }

// Form is what a person fills in. All is text as it was typed.
type Form struct {
	Text, Title, Stars, Author, URL, Language, Platform string
}

// Build makes a review of a form. Errors are [*review.InputError].
func (s *Source) Build(f Form) (review.Review, error) {
	platform := s.profile.Name
	if s.set.Platform == "" && strings.TrimSpace(f.Platform) != "" {
		platform = ProfileFor(f.Platform).Name
	}
	r := review.Review{
		Key:    review.Key{Source: s.set.Name, Account: platform},
		Rating: review.Rating{Kind: review.Unrated},
		Title:  f.Title, Body: f.Text,
		Author: strings.TrimSpace(f.Author),
		URL:    strings.TrimSpace(f.URL),
	}
	var err error
	if r.Rating, err = stars(f.Stars); err != nil {
		return review.Review{}, err
	}
	if r.Language, err = tag(f.Language); err != nil {
		return review.Review{}, err
	}
	if r.URL != "" && !isLink(r.URL) {
		return review.Review{}, &review.InputError{Field: "link", Problem: "must begin with https:// or http://"}
	}
	if r.StarOnly() && r.Rating.Kind == review.Unrated {
		return review.Review{}, &review.InputError{Field: "review", Problem: "is empty: paste what the customer wrote, or give its stars"}
	}
	r.Key.ID = ID(r)
	r.ReplyURL = s.OpenLink(r)
	if err := r.Valid(); err != nil {
		return review.Review{}, &review.InputError{Field: "review", Problem: "cannot be taken: " + err.Error()}
	}
	return r, nil
}

// ID names a pasted review by its link, without what only tracks the visitor,
// or else by its words and author.
func ID(r review.Review) string {
	if r.URL != "" {
		return review.DigestOf(canonical(r.URL)).Short()
	}
	return review.DigestOf(r.ContentHash().String(), r.Author).Short()
}

// canonical is a link without fragment and tracking parameters.
func canonical(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	u.Host, u.Fragment = strings.ToLower(u.Host), ""
	q := u.Query()
	changed := false
	for name := range q {
		if strings.HasPrefix(name, "utm_") || name == "gclid" || name == "fbclid" {
			q.Del(name)
			changed = true
		}
	}
	if changed {
		u.RawQuery = q.Encode()
	}
	return u.String()
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= 4<<10
}
