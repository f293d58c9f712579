package playbook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/evenkeel/evenkeel/review"
)

// MaxSize bounds a playbook's file, in bytes.
const MaxSize = 256 << 10

// loader reads one playbook.
type loader struct {
	reader
	rules     rulebook
	label     string
	root      *object
	channelOf map[string]named // the channel that a source asked for
}

// named is a name and where it stands.
type named struct {
	at   value
	name string
}

// Load reads the playbook in a file. Errors about its content are an [*Error];
// they name the file as path has it.
func Load(path string) (*Playbook, error) {
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the playbook cannot be opened: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("the playbook %s is a folder; name the file in it", path)
	case info.Size() > MaxSize:
		return nil, tooLarge(path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the playbook cannot be read: %w", err)
	}
	return Parse(path, data)
}

func tooLarge(file string, size int64) error {
	return asError([]Problem{{File: file, Message: fmt.Sprintf("the playbook has %d bytes; at most %d are taken", size, MaxSize)}})
}

// Parse reads a playbook; file is what problems call it. An empty one is
// [Default]. The error is an [*Error] with every problem that was found.
func Parse(file string, data []byte) (*Playbook, error) {
	l := &loader{reader: reader{file: file}, rules: defaults(), channelOf: make(map[string]named)}
	if len(data) > MaxSize {
		return nil, tooLarge(file, int64(len(data)))
	}
	if l.parse(data) {
		l.read()
		l.check()
	}
	if err := asError(l.problems); err != nil {
		return nil, err
	}
	return seal(l.rules.tidy(), l.label), nil
}

// tidy lets go of the file's tree and puts in order what the file may have in
// any order.
func (r rulebook) tidy() rulebook {
	for i := range r.Rules {
		r.Rules[i].at = value{}
	}
	for i := range r.Targets {
		r.Targets[i].at = value{}
	}
	for i := range r.Channels {
		r.Channels[i].at = value{}
	}
	slices.SortFunc(r.Sources, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Channels, func(a, b channel) int {
		return cmp.Or(strings.Compare(a.Chat, b.Chat), strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
	})
	return r
}

// parse turns bytes into the root block; what is not YAML is one problem.
func (l *loader) parse(data []byte) bool {
	if !utf8.Valid(data) {
		l.report(0, 0, "", "the playbook is not UTF-8; please save it as UTF-8 text")
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // Windows editors begin UTF-8 files with it
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		l.syntax(err)
		return false
	}
	var docs []value
	for _, d := range tree.Docs {
		if d.Body != nil {
			docs = append(docs, value{r: &l.reader, node: d.Body})
		}
	}
	if len(docs) > 1 {
		docs[1].fail("a second document begins here; keep the playbook in one, without the line of hyphens")
		return false
	}
	root := value{r: &l.reader}
	if len(docs) == 1 {
		root = docs[0]
	}
	l.root = root.object("")
	return true
}

// syntax reports what keeps the file from being YAML at all. The parser's own
// rendering quotes the file, which may hold a secret by mistake; its message
// does not.
func (l *loader) syntax(err error) {
	var e interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &e) {
		l.report(0, 0, "", "this is not YAML")
		return
	}
	line, column := tokenAt(e.GetToken())
	hint := "check the indentation and quotes here and in the line above"
	message := strings.ReplaceAll(e.GetMessage(), "\t", "tab")
	if strings.Contains(message, "tab") {
		hint = "indent with spaces, not with tabs"
	}
	l.report(line, column, "", "this is not YAML (%s); %s", message, hint)
}

// defaults are the rules without a file.
func defaults() rulebook {
	return rulebook{
		Team:      team{Language: "en", Zone: "UTC"},
		SoloCool:  5 * time.Minute,
		Rules:     builtin(),
		Second:    []review.Verdict{review.VerdictSilent},
		SilentFor: 30 * day,
		Verify:    30 * time.Second,
		Settle:    24 * time.Hour,
		Targets:   defaultTargets(),
		Drafting:  Drafting{TokensPerDay: 1_000_000, Variants: []string{"plainer", "shorter", "warmer"}},
		Incident:  Incident{Reviews: 5, Within: 24 * time.Hour},
	}
}

// read fills the rules section by section. Sections that others refer to come
// first: people before roles, sources before what names them.
func (l *loader) read() {
	l.root.line("version", &l.label)
	for _, s := range []struct {
		name string
		read func(value)
	}{
		{"people", l.readPeople}, {"sources", l.readSources},
		{"team", l.readTeam}, {"brand", l.readBrand}, {"roles", l.readRoles}, {"solo", l.readSolo},
		{"rules", l.readRules}, {"verdicts", l.readVerdicts}, {"publishing", l.readPublishing},
		{"contacts", l.readContacts}, {"facts", l.readFacts}, {"targets", l.readTargets},
		{"drafting", l.readDrafting}, {"incident", l.readIncident},
		{"causes", l.readCauses}, {"benefits", l.readBenefits}, {"handover", l.readHandover},
	} {
		if v, ok := l.root.at[s.name]; ok {
			s.read(v)
		}
	}
	// Not only when the key is there: a source may ask for a channel.
	l.readChannels(l.at("channels"))
	if v, ok := l.root.at["digests"]; ok {
		l.readDigests(v)
	}
	on := true
	l.root.boolean("console", &on)
	l.rules.ConsoleOff = !on
	l.root.boolean("privacy", &l.rules.Privacy)
	l.rules.Links = l.root.lines("link_domains", isDomain)
}

// at is a section, or an empty value in its place.
func (l *loader) at(section string) value {
	if v, ok := l.root.at[section]; ok {
		return v
	}
	return value{r: &l.reader, path: section}
}

// isSource checks the name of a source.
func (l *loader) isSource(v value, name string) bool {
	var known []string
	for _, s := range l.rules.Sources {
		if s.Name == name {
			return true
		}
		known = append(known, s.Name)
	}
	if len(known) == 0 {
		v.fail("there is no source called %s; add it under sources first", quote(name))
		return false
	}
	v.fail("there is no source called %s; %s", quote(name), suggest(name, known))
	return false
}
