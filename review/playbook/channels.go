package playbook

import (
	"regexp"
	"slices"
)

// The chats that channels can stand in.
const (
	Console = "console"
	Slack   = "slack"
	Discord = "discord"
)

// Route is a place where a case shall stand.
type Route struct {
	Chat    string // Console, Slack or Discord
	Channel string // the chat's id of it; "" for the chat's default
	// Escalate is the channel of the second group, which is told what became
	// overdue here; "" for none.
	Escalate string
}

// channel is a place as the playbook has it.
type channel struct {
	Name     string
	Chat     string
	ID       string
	Escalate string   `json:",omitempty"` // where the second group is told what is overdue
	Quiet    string   // where praise and star-only reviews go; "" for the same
	Sources  []string // sorted; empty for all that no other channel of the chat names

	at value
}

// Routes are the places where a case of this source shall stand, at most one
// in each chat. A quiet case (see [review.Review.Quiet]) goes to the channel
// for praise where there is one. The console shows every source unless it is
// switched off.
func (p *Playbook) Routes(source string, quiet bool) []Route {
	var out []Route
	for _, chat := range []string{Console, Slack, Discord} {
		c := p.rules.channelFor(chat, source)
		switch {
		case c == nil && chat == Console && !p.rules.ConsoleOff:
			out = append(out, Route{Chat: Console})
		case c == nil:
		case quiet && c.Quiet != "":
			out = append(out, Route{chat, c.Quiet, c.Escalate})
		default:
			out = append(out, Route{chat, c.ID, c.Escalate})
		}
	}
	return out
}

// Chats are the chats that this playbook uses.
func (p *Playbook) Chats() []string {
	var out []string
	if !p.rules.ConsoleOff {
		out = append(out, Console)
	}
	for _, c := range p.rules.Channels {
		if !slices.Contains(out, c.Chat) {
			out = append(out, c.Chat)
		}
	}
	return out
}

// channelFor is the channel of a chat that names the source or, failing that,
// the one that names none.
func (r *rulebook) channelFor(chat, source string) *channel {
	var rest *channel
	for i := range r.Channels {
		c := &r.Channels[i]
		switch {
		case c.Chat != chat:
		case slices.Contains(c.Sources, source):
			return c
		case len(c.Sources) == 0 && rest == nil:
			rest = c
		}
	}
	return rest
}

var channelID = map[string]struct {
	shape *regexp.Regexp
	hint  string
}{
	Console: {regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`), "lower-case letters, digits, dots and hyphens, for example shop-reviews"},
	Slack:   {regexp.MustCompile(`^[CG][A-Z0-9]+$`), "the channel's id from its details in Slack, for example C0123ABCD"},
	Discord: {regexp.MustCompile(`^[0-9]{1,20}$`), "the channel's id (developer mode, then Copy Channel ID), a long number"},
}

// readChannels reads where cases stand and holds it against the sources.
func (l *loader) readChannels(v value) {
	byName := make(map[string]int)
	for _, e := range v.list() {
		o := e.object("channels")
		c := channel{at: e}
		o.line("name", &c.Name)
		if chat, ok := o.at["chat"]; !ok {
			if o.ok {
				e.fail("this channel says no chat; write `chat: slack`, `chat: discord` or `chat: console`")
			}
			continue
		} else if c.Chat, ok = chat.choice(Console, Slack, Discord); !ok {
			continue
		}
		if _, ok := o.at["id"]; !ok {
			e.fail("this channel has no id; write %s", channelID[c.Chat].hint)
		}
		c.Escalate = o.channelID("escalate", c.Chat)
		if c.Escalate != "" && o.at["id"].key() != "" && c.Escalate == o.channelID("id", c.Chat) {
			o.at["escalate"].fail("the second group is the same channel; name another one, or leave the key out")
		}
		c.ID, c.Quiet = o.channelID("id", c.Chat), o.channelID("quiet", c.Chat)
		c.Sources = o.lines("sources", l.isSource)
		if _, named := o.at["sources"]; named && len(c.Sources) == 0 {
			continue // wrong, and reported; it must not turn into a channel for all
		}
		if c.Name != "" {
			if _, twice := byName[c.Name]; twice {
				o.at["name"].fail("two channels are called %s; give each its own name", quote(c.Name))
			}
			byName[c.Name] = len(l.rules.Channels)
		}
		l.rules.Channels = append(l.rules.Channels, c)
	}
	for _, source := range names(l.channelOf) {
		asked := l.channelOf[source]
		i, ok := byName[asked.name]
		if !ok {
			asked.at.fail("there is no channel called %s; %s", quote(asked.name), suggest(asked.name, names(byName)))
			continue
		}
		if c := &l.rules.Channels[i]; !slices.Contains(c.Sources, source) {
			c.Sources = append(c.Sources, source)
			slices.Sort(c.Sources)
		}
	}
}

func (o *object) channelID(name, chat string) string {
	v, ok := o.at[name]
	if !ok {
		return ""
	}
	s, ok := v.line()
	if ok && !channelID[chat].shape.MatchString(s) {
		v.fail("%s is no channel of %s; write %s", quote(s), chat, channelID[chat].hint)
	}
	return s
}
