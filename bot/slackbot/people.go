package slackbot

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"github.com/evenkeel/evenkeel/review"
)

// People are "slack:U…", user groups "slack-group:S…", channels
// "slack-channel:C…": whoever acts in a channel is one of its people.
const (
	personPrefix  = "slack:"
	groupPrefix   = "slack-group:"
	channelPrefix = "slack-channel:"
)

// member is what the bot knows of a person.
type member struct {
	name     string
	admin    bool
	outsider bool // of another workspace, through a shared channel
}

// directory asks Slack who people are, and remembers the answers for a while.
type directory struct {
	api    *slack.Client
	groups []string
	now    func() time.Time
	log    *slog.Logger
	flight singleflight.Group

	mu      sync.Mutex
	members map[string]remembered[member]
	crowds  map[string]remembered[[]string] // user ids of a group
}

type remembered[T any] struct {
	value T
	at    time.Time
}

const (
	memberTrust = 10 * time.Minute // a new name or an admin's leave shows after this
	staleTrust  = time.Hour        // how long an old answer serves while Slack gives none
	maxMembers  = 10_000
)

func newDirectory(api *slack.Client, groups []string, now func() time.Time, log *slog.Logger) *directory {
	return &directory{api: api, groups: groups, now: now, log: log,
		members: map[string]remembered[member]{}, crowds: map[string]remembered[[]string]{}}
}

// member tells who somebody is. When Slack does not answer, what the delivery
// says has to do; then nobody is an admin, and who is of another workspace, or
// of none that our token knows, is an outsider.
func (d *directory) member(ctx context.Context, who user, team, enterprise string) member {
	user, known := who.ID, who.known()
	d.mu.Lock()
	m, ok := d.members[user]
	d.mu.Unlock()
	if ok && d.now().Sub(m.at) < memberTrust {
		return m.value
	}
	v, err, _ := d.flight.Do("user:"+user, func() (any, error) {
		u, err := d.api.GetUserInfoContext(ctx, user)
		if err != nil {
			return nil, err
		}
		fresh := member{name: nameOf(u), admin: u.IsAdmin || u.IsOwner || u.IsPrimaryOwner, outsider: foreign(u, team, enterprise)}
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.members) >= maxMembers {
			clear(d.members)
		}
		d.members[user] = remembered[member]{fresh, d.now()}
		return fresh, nil
	})
	switch {
	case err == nil:
		return v.(member)
	case ok && d.now().Sub(m.at) < staleTrust:
		return m.value
	}
	d.log.Warn("Slack does not say who this is", "user", user, "err", err)
	if known == "" {
		known = user
	}
	elsewhere := who.Team != "" && team != "" && who.Team != team
	return member{name: known, outsider: elsewhere || isSlack(err, "user_not_found", "user_not_visible")}
}

// nameOf is the name as Slack shows it.
func nameOf(u *slack.User) string {
	for _, s := range []string{u.Profile.DisplayName, u.RealName, u.Profile.RealName, u.Name} {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return u.ID
}

// foreign tells people of another company. An organisation's workspaces are
// one company.
func foreign(u *slack.User, team, enterprise string) bool {
	if u.IsStranger {
		return true
	}
	if team == "" || u.TeamID == "" || u.TeamID == team {
		return false
	}
	return enterprise == "" || u.Enterprise.EnterpriseID != enterprise
}

// groupsOf lists the configured groups that a user is in.
func (d *directory) groupsOf(ctx context.Context, user string) []review.PersonID {
	var in []review.PersonID
	for _, g := range d.groups {
		if slices.Contains(d.crowd(ctx, g), user) {
			in = append(in, review.PersonID(groupPrefix+g))
		}
	}
	return in
}

func (d *directory) crowd(ctx context.Context, group string) []string {
	d.mu.Lock()
	c, ok := d.crowds[group]
	d.mu.Unlock()
	if ok && d.now().Sub(c.at) < memberTrust {
		return c.value
	}
	v, err, _ := d.flight.Do("group:"+group, func() (any, error) {
		users, err := d.api.GetUserGroupMembersContext(ctx, group)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.crowds[group] = remembered[[]string]{users, d.now()}
		return users, nil
	})
	switch {
	case err == nil:
		return v.([]string)
	case ok && d.now().Sub(c.at) < staleTrust:
		return c.value
	}
	d.log.Warn("Slack does not say who is in a user group", "group", group, "err", err)
	return nil
}

// person resolves who acts, and where.
func (b *Bot) person(ctx context.Context, u user, channel string) review.Person {
	var team, enterprise string
	if me, err := b.whoami(ctx); err == nil {
		team, enterprise = me.TeamID, me.EnterpriseID
	}
	m := b.people.member(ctx, u, team, enterprise)
	groups := b.people.groupsOf(ctx, u.ID)
	if channel != "" && !m.outsider {
		groups = append(groups, review.PersonID(channelPrefix+channel))
	}
	p := b.desk.Person(review.PersonID(personPrefix+u.ID), m.name, groups, m.admin && !m.outsider)
	if m.outsider && p.Role > review.Viewer {
		p.Role = review.Viewer // guests of a shared channel look on
	}
	return p
}
