package playbook

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// digests says when the team reads its digests, as spelt in the file; ""
// stands for the defaults.
type digests struct {
	Daily    string   `json:",omitempty"` // "09:00" or "never"
	Weekly   string   `json:",omitempty"` // "mon 09:00" or "never"
	Channels []string `json:",omitempty"` // names of channels
}

const (
	never         = "never"
	defaultDaily  = "09:00"
	defaultWeekly = "mon 09:00"
)

// readDigests reads when digests come, and where. Channels are read already.
func (l *loader) readDigests(v value) {
	o, d := v.object("digests"), &l.rules.Digests
	o.line("daily", &d.Daily)
	if at, ok := o.at["daily"]; ok && d.Daily != never {
		if _, ok := clockTime(d.Daily); !ok {
			at.fail("%s is no time of day; write for example \"09:00\", or never", quote(d.Daily))
		}
	}
	o.line("weekly", &d.Weekly)
	if at, ok := o.at["weekly"]; ok && d.Weekly != never {
		if _, _, ok := weekTime(d.Weekly); !ok {
			at.fail("%s is no day and time; write for example \"mon 09:00\", or never", quote(d.Weekly))
		}
	}
	d.Channels = o.lines("channels", func(v value, name string) bool {
		var known []string
		for _, c := range l.rules.Channels {
			if c.Name == name {
				return true
			}
			if c.Name != "" {
				known = append(known, c.Name)
			}
		}
		if len(known) == 0 {
			v.fail("there is no channel called %s; give one of the channels this name first", quote(name))
			return false
		}
		v.fail("there is no channel called %s; %s", quote(name), suggest(name, known))
		return false
	})
	slices.Sort(d.Channels)
}

// clockTime reads a time of day before midnight.
func clockTime(s string) (time.Duration, bool) {
	d, ok := timeOfDay(s)
	return d, ok && d < day
}

func weekTime(s string) (time.Weekday, time.Duration, bool) {
	name, at, _ := strings.Cut(strings.ToLower(s), " ")
	n := slices.Index(weekdays, name)
	d, ok := clockTime(at)
	return time.Weekday(n), d, ok && n >= 0
}

// DailyDigest is the time of day, by the team's wall clock, at which the daily
// digest comes: 09:00 unless the playbook says otherwise. ok is false when
// there is none.
func (p *Playbook) DailyDigest() (at time.Duration, ok bool) {
	return clockTime(cmp.Or(p.rules.Digests.Daily, defaultDaily))
}

// WeeklyDigest is the day and time of day at which the weekly digest comes:
// Monday, 09:00 unless the playbook says otherwise. ok is false when there is
// none.
func (p *Playbook) WeeklyDigest() (day time.Weekday, at time.Duration, ok bool) {
	return weekTime(cmp.Or(p.rules.Digests.Weekly, defaultWeekly))
}

// DigestRoutes are the places where digests stand, given the chats that are
// there: the channels that the playbook names for them or, failing that, one in
// each chat: the channel of all sources that have none of their own, else the
// first, else the chat's default.
func (p *Playbook) DigestRoutes(chats []string) []Route {
	var out []Route
	if names := p.rules.Digests.Channels; len(names) > 0 {
		for _, c := range p.rules.Channels {
			if slices.Contains(names, c.Name) && slices.Contains(chats, c.Chat) {
				out = append(out, Route{Chat: c.Chat, Channel: c.ID})
			}
		}
		return out
	}
	for _, chat := range chats {
		route := Route{Chat: chat}
		if c := p.rules.channelFor(chat, ""); c != nil {
			route.Channel = c.ID
		} else if i := slices.IndexFunc(p.rules.Channels, func(c channel) bool { return c.Chat == chat }); i >= 0 {
			route.Channel = p.rules.Channels[i].ID
		}
		out = append(out, route)
	}
	return out
}
