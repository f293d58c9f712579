package playbook

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Source is one configured connection to a review platform. Which kinds there
// are and which settings they take, the connectors know; they report what is
// wrong with [Source.Problem].
type Source struct {
	Name      string
	Kind      string // "webhook", "file", "manual", "google", …
	Account   string
	Location  string
	Poll      time.Duration // 0 for the connector's own
	Platform  string        // where a copy-and-open source stands: "yelp"
	Country   string        // ISO 3166 code, upper case, for the platform's rules; may be empty
	MaxLength int           // of a reply; 0 for the platform's own
	Settings  Settings

	file  string
	lines map[string][2]int // line and column of the source itself ("") and its settings
}

// Settings are what a connector wants to know besides, by name. Blocks within
// them are flattened: a "key" in a block "headers" is "headers.key". A value
// that is a list has several elements, every other one.
type Settings map[string][]string

// Get is the setting's value, "" without one, the first of a list.
func (s Settings) Get(name string) string {
	if v := s[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Problem is an [*Error] that points at a setting of s, or at s itself when
// the file has no such setting. The message is a sentence that says what to do
// and holds no secret.
func (s Source) Problem(setting, format string, args ...any) error {
	at, ok := s.lines[setting]
	if !ok {
		at = s.lines[""]
	}
	path := "sources." + s.Name
	if ok && setting != "" {
		path += "." + setting
	}
	return &Error{Problems: []Problem{{File: s.file, Line: at[0], Column: at[1], Path: path, Message: fmt.Sprintf(format, args...)}}}
}

func (s Source) clone() Source {
	settings := make(Settings, len(s.Settings))
	for k, v := range s.Settings {
		settings[k] = slices.Clone(v)
	}
	s.Settings, s.lines = settings, maps.Clone(s.lines)
	return s
}

var (
	sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	kindName   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	country    = regexp.MustCompile(`^[A-Z]{2}$`)
)

// readSources reads the connections. Channels are read later; channelOf keeps
// which one a source asked for.
func (l *loader) readSources(v value) {
	for _, f := range v.fields() {
		if !sourceName.MatchString(f.name) {
			f.label.fail("%s is no name for a source; use lower-case letters, digits, dots and hyphens, for example shop-berlin", quote(f.name))
			continue
		}
		s := Source{Name: f.name, Settings: Settings{}, file: l.file, lines: map[string][2]int{}}
		line, column := position(f.label.node)
		s.lines[""] = [2]int{line, column}
		o := f.object("sources")
		o.line("kind", &s.Kind)
		if kind, ok := o.at["kind"]; !ok {
			f.label.fail("the source %q has no kind; write for example `kind: webhook`", f.name)
		} else if s.Kind != "" && !kindName.MatchString(s.Kind) {
			kind.fail("%s is no kind of source; write one lower-case word, for example webhook, file, manual or google", quote(s.Kind))
		}
		o.line("account", &s.Account)
		o.line("location", &s.Location)
		o.line("platform", &s.Platform)
		o.line("country", &s.Country)
		if c, ok := o.at["country"]; ok && s.Country != "" && !country.MatchString(s.Country) {
			c.fail("%s is no country; write its two capital letters, for example DE, FR or JP", quote(s.Country))
		}
		o.duration("poll", &s.Poll, 10*time.Second, 7*day)
		o.integer("max_length", &s.MaxLength, 1, 32<<10)
		if c, ok := o.at["channel"]; ok {
			if name, ok := c.line(); ok {
				l.channelOf[f.name] = named{c, name}
			}
		}
		if set, ok := o.at["settings"]; ok {
			readSettings(set, "", &s, 0)
		}
		for _, name := range []string{"account", "location", "platform"} {
			if v, ok := o.at[name]; ok && looksSecret(s.field(name)) {
				v.refuseSecret()
			}
		}
		for name, v := range o.at {
			line, column := position(v.node)
			s.lines[name] = [2]int{line, column}
		}
		l.rules.Sources = append(l.rules.Sources, s)
	}
}

func (s Source) field(name string) string {
	return map[string]string{"account": s.Account, "location": s.Location, "platform": s.Platform}[name]
}

// maxDepth bounds blocks within settings.
const maxDepth = 8

// readSettings flattens a block of settings and refuses inline secrets.
func readSettings(v value, prefix string, s *Source, depth int) {
	if depth > maxDepth {
		v.fail("these settings are nested too deeply")
		return
	}
	for _, f := range v.fields() {
		name := prefix + f.name
		if isBlock(f.value) {
			readSettings(f.value, name+".", s, depth+1)
			continue
		}
		var values []string
		for _, e := range f.list() {
			t, ok := e.text()
			if !ok {
				continue
			}
			if (secretKey(name) || looksSecret(t)) && !IsRef(t) && strings.TrimSpace(t) != "" {
				e.refuseSecret()
				continue
			}
			values = append(values, t)
		}
		line, column := position(f.node)
		s.lines[name] = [2]int{line, column}
		s.Settings[name] = values
	}
}
