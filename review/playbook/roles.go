package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// The kinds of ids that the role lists take, and what follows the colon. The
// part before the slash is the chat's workspace and may be left out.
var idShapes = map[string]struct {
	shape *regexp.Regexp
	group bool   // stands for many people
	hint  string // what an id looks like and where to find it
}{
	"console":       {regexp.MustCompile(`^[^\s:/]{1,64}$`), false, "a name as in `evenkeel invite NAME`: console:ana"},
	"slack":         {regexp.MustCompile(`^([TE][A-Z0-9]+/)?[UW][A-Z0-9]+$`), false, "a member id from the person's Slack profile: slack:U0123ABCD"},
	"slack-group":   {regexp.MustCompile(`^([TE][A-Z0-9]+/)?S[A-Z0-9]+$`), true, "a user group's id: slack-group:S0123ABCD"},
	"slack-channel": {regexp.MustCompile(`^([TE][A-Z0-9]+/)?[CG][A-Z0-9]+$`), true, "a channel's id: slack-channel:C0123ABCD"},
	"discord":       {regexp.MustCompile(`^([0-9]{1,20}/)?[0-9]{1,20}$`), false, "a user id (developer mode, then Copy User ID): discord:80351110224678912"},
	"discord-role":  {regexp.MustCompile(`^([0-9]{1,20}/)?[0-9]{1,20}$`), true, "a role's id (developer mode, then Copy Role ID): discord-role:41771983423143936"},
}

// isGroup tells an id that stands for many people.
func isGroup(id review.PersonID) bool {
	chat, _, _ := strings.Cut(string(id), ":")
	return idShapes[chat].group
}

// withoutWorkspace is "slack:U42" of "slack:T1/U42". Only ids that their chat
// hands out are cut: a name that somebody chose, as in the console, stays
// whole, or "x/ana" would be ana.
func withoutWorkspace(id review.PersonID) review.PersonID {
	chat, rest, ok := strings.Cut(string(id), ":")
	if !ok || !strings.HasPrefix(chat, Slack) && !strings.HasPrefix(chat, Discord) {
		return id
	}
	return review.PersonID(chat + ":" + rest[strings.LastIndexByte(rest, '/')+1:])
}

// personID reads an id and says what is wrong with it.
func personID(s string) (review.PersonID, error) {
	chat, rest, ok := strings.Cut(s, ":")
	if !ok {
		return "", fmt.Errorf("%s is no id of a person; write the chat and the id, for example console:ana or slack:U0123ABCD", quote(s))
	}
	kind, known := idShapes[chat]
	if !known {
		return "", fmt.Errorf("%s names no chat; %s", quote(s), suggest(chat, names(idShapes)))
	}
	if !kind.shape.MatchString(rest) {
		return "", fmt.Errorf("%s is no id; write %s", quote(s), kind.hint)
	}
	return review.PersonID(s), nil
}

// RoleOf is the highest role that the playbook gives to any of ids: a person's
// own and those of the groups the person is in. When it configures no roles at
// all, configured is false and the chat decides. Once it does, whoever is not
// named is a viewer.
func (p *Playbook) RoleOf(ids ...review.PersonID) (role review.Role, configured bool) {
	if len(p.roles) == 0 {
		return review.Nobody, false
	}
	role = review.Viewer
	for _, id := range ids {
		have, _ := lookup(p.roles, id)
		own, _ := lookup(p.roles, p.Canonical(id))
		role = max(role, have, own)
	}
	return role, true
}

// Named are the ids of one kind ("slack-group") to which the playbook gives a
// role, without the kind, sorted: the groups whose members a chat must look up.
func (p *Playbook) Named(kind string) []string {
	var out []string
	for id := range p.roles {
		if k, rest, ok := strings.Cut(string(id), ":"); ok && k == kind {
			out = append(out, rest[strings.LastIndexByte(rest, '/')+1:])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Canonical is the one id under which a person with several chats acts, so that
// nobody is two people in a quorum: the first of the ids listed for the person
// under `people`. Who is not listed there keeps the id.
func (p *Playbook) Canonical(id review.PersonID) review.PersonID {
	if first, ok := lookup(p.people, id); ok {
		return first
	}
	return id
}

// readPeople reads the ids of people who have several.
func (l *loader) readPeople(v value) {
	l.rules.People = make(map[string][]review.PersonID)
	owner := make(map[review.PersonID]string)
	for _, f := range v.fields() {
		if strings.Contains(f.name, ":") {
			f.label.fail("a person's name here has no colon; write for example `ana: [console:ana, slack:U0123ABCD]`")
			continue
		}
		var ids []review.PersonID
		for _, e := range f.list() {
			s, ok := e.line()
			if !ok {
				continue
			}
			id, err := personID(s)
			switch {
			case err != nil:
				e.fail("%v", err)
			case isGroup(id):
				e.fail("%s is a group; list the ids of one person here", quote(s))
			case owner[id] != "":
				e.fail("%s is already %s; one id is one person's", quote(s), owner[id])
			default:
				owner[id] = f.name
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			l.rules.People[f.name] = ids
		}
	}
}

// person reads one id, or the name of somebody listed under people.
func (l *loader) person(v value, s string) ([]review.PersonID, bool) {
	if ids, ok := l.rules.People[s]; ok {
		return ids, true
	}
	id, err := personID(s)
	if err == nil {
		return []review.PersonID{id}, true
	}
	if near := nearest(s, names(l.rules.People)); near != "" && !strings.Contains(s, ":") {
		err = fmt.Errorf("%s is not listed under people; did you mean %q?", quote(s), near)
	}
	v.fail("%v", err)
	return nil, false
}

// readRoles reads who may do what.
func (l *loader) readRoles(v value) {
	o := v.object("roles")
	l.rules.Roles = make(map[string][]review.PersonID)
	for _, role := range keys["roles"] {
		list, ok := o.at[role]
		if !ok {
			continue
		}
		var all []review.PersonID
		for _, e := range list.list() {
			if s, ok := e.line(); ok {
				ids, _ := l.person(e, s)
				all = append(all, ids...)
			}
		}
		slices.Sort(all)
		if all = slices.Compact(all); len(all) > 0 {
			l.rules.Roles[role] = all
		}
	}
}
