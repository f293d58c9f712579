package playbook

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Handover is a program that is told what happens, by signed webhooks. It has
// no part in the version of the rules: who listens changes nothing about what
// was approved.
type Handover struct {
	Name   string
	URL    string
	Secret Ref      // of the key that signs
	Verbs  []string // of these verbs only; empty for all
	Words  bool     // with the words, not only ids and digests

	file string
	at   [2]int
}

// Problem is an [*Error] that points at the target.
func (h Handover) Problem(format string, args ...any) error {
	return &Error{Problems: []Problem{{File: h.file, Line: h.at[0], Column: h.at[1], Path: "handover." + h.Name, Message: fmt.Sprintf(format, args...)}}}
}

// Handover are the targets of outgoing webhooks, by name.
func (p *Playbook) Handover() []Handover { return slices.Clone(p.rules.Handover) }

var (
	handoverName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)
	verbName     = regexp.MustCompile(`^[a-z][a-z_-]{0,39}$`)
)

// readHandover reads the targets: a block of names.
func (l *loader) readHandover(v value) {
	for _, f := range v.fields() {
		o := f.object("handover")
		if !o.ok {
			continue
		}
		h := Handover{Name: f.name, file: l.file}
		h.at[0], h.at[1] = tokenAt(f.label.node.GetToken())
		if !handoverName.MatchString(f.name) {
			f.label.fail("%s is no name for a target; use a few small letters, digits and hyphens", quote(f.name))
		}
		o.line("url", &h.URL)
		if at, ok := o.at["url"]; !ok {
			f.label.fail("the target %s needs a url", quote(f.name))
		} else if u, err := url.Parse(h.URL); h.URL != "" && (err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http") {
			at.fail("this is no address to send to; write it whole, beginning with https://, and without a password")
		}
		var ref string
		o.line("secret", &ref)
		if at, ok := o.at["secret"]; !ok {
			f.label.fail("the target %s needs a secret to sign with; write ${NAME} for an environment variable, or file:PATH", quote(f.name))
		} else if h.Secret, ok = ParseRef(ref); !ok && ref != "" {
			at.refuseSecret()
		}
		h.Verbs = o.lines("verbs", func(v value, s string) bool {
			if !verbName.MatchString(s) {
				v.fail("%s is no verb; they are written as in the audit log, for example approve", quote(s))
				return false
			}
			return true
		})
		o.boolean("words", &h.Words)
		l.rules.Handover = append(l.rules.Handover, h)
	}
	slices.SortFunc(l.rules.Handover, func(a, b Handover) int { return strings.Compare(a.Name, b.Name) })
}
