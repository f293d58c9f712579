package bot

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
)

// This file is where the playbook's rules and a source's abilities become what
// the domain, the drafter and the checks want to know of one case.

// policy is what the playbook and the source say for a case now.
func (d *Desk) policy(c review.Case) review.Policy {
	return d.Playbook.Policy(c, d.traits(c.Review.Key))
}

// traits is what the rules need to know of a review's source. A source that is
// not configured, or takes no replies, means posting by hand.
func (d *Desk) traits(k review.Key) playbook.SourceTraits {
	t := playbook.SourceTraits{Account: k.Source + "/" + k.Account + "/" + k.Location}
	s, ok := d.sources[k.Source]
	if !ok {
		return t
	}
	caps := s.Capabilities()
	_, replier := s.(sources.Replier)
	_, reader := s.(sources.Reader)
	t.CanReply = caps.Reply && replier
	t.CanReadBack = caps.ReadBack && reader
	return t
}

// capabilities are those of a review's source; a source that is not
// configured can do nothing.
func (d *Desk) capabilities(k review.Key) sources.Capabilities {
	caps := sources.Capabilities{Unit: sources.Runes}
	if s, ok := d.sources[k.Source]; ok {
		caps = s.Capabilities()
	}
	if s, ok := d.Playbook.Source(k.Source); ok && s.MaxLength > 0 {
		caps.MaxReply = s.MaxLength
	}
	return caps
}

// platform names the platform of a review for the rules. A pasted review names
// it as its account.
func (d *Desk) platform(k review.Key) string {
	if s, ok := d.Playbook.Source(k.Source); ok && s.Platform != "" {
		return s.Platform
	}
	if s, ok := d.sources[k.Source]; ok && s.Platform() != "manual" {
		return s.Platform()
	}
	return k.Account
}

// routes are the places where a case stands: those of the playbook whose chat
// is attached, and the default channel of every attached chat of which the
// playbook does not speak.
func (d *Desk) routes(c review.Case) []playbook.Route {
	return d.routesOf(c.Review.Key.Source, c.Review.Quiet())
}

func (d *Desk) routesOf(source string, quiet bool) []playbook.Route {
	routes := slices.DeleteFunc(d.Playbook.Routes(source, quiet), func(r playbook.Route) bool {
		return !slices.ContainsFunc(d.chats, func(chat Chat) bool { return chat.Name() == r.Chat })
	})
	for _, chat := range d.chats {
		if !slices.Contains(d.Playbook.Chats(), chat.Name()) {
			routes = append(routes, playbook.Route{Chat: chat.Name()})
		}
	}
	return routes
}

// channel is where a case stands in one chat.
func (d *Desk) channel(chat string, c review.Case) string {
	for _, r := range d.routes(c) {
		if r.Chat == chat {
			return r.Channel
		}
	}
	return ""
}

// brief is where a case's reply will stand and whose rules hold there.
func (d *Desk) brief(c review.Case) llm.Brief {
	caps := d.capabilities(c.Review.Key)
	return llm.Brief{Playbook: d.Playbook, Platform: d.platform(c.Review.Key), Country: d.country(c.Review.Key), MaxLen: caps.MaxReply, Unit: string(caps.Unit)}
}

func (d *Desk) country(k review.Key) string {
	s, _ := d.Playbook.Source(k.Source)
	return s.Country
}

// How often a source is asked, and a review looked at again, where nothing
// else is configured.
const (
	pollDefault    = 2 * time.Minute
	lookEvery      = 12 * time.Hour
	lookAgainAfter = 10 * time.Minute
)

func (d *Desk) pollInterval(source string) time.Duration {
	if s, ok := d.Playbook.Source(source); ok && s.Poll > 0 {
		return s.Poll
	}
	return pollDefault
}
