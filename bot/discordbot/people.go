package discordbot

import (
	"context"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/review"
)

// People are "discord:ID", roles "discord-role:ID", both Discord's numbers.
const (
	personPrefix = "discord:"
	rolePrefix   = "discord-role:"
)

const (
	administrator  = int64(discordgo.PermissionAdministrator)
	manageGuild    = int64(discordgo.PermissionManageGuild) // "Manage Server"
	manageMessages = int64(discordgo.PermissionManageMessages)
)

// nameOf is the name as Discord shows it.
func (m *member) nameOf() string {
	for _, s := range []string{m.Nick, m.User.GlobalName, m.User.Username} {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return m.User.ID
}

func (m *member) permissions() int64 {
	bits, err := strconv.ParseInt(m.Permissions, 10, 64)
	if err != nil {
		return 0
	}
	return bits
}

// person resolves who acts, and where. Discord has let everybody act who sees
// the command or the card; here it is checked again. Outside of the channels
// for reviews only those act who moderate: anybody on the server may be there.
func (b *Bot) person(m *member, in channel) review.Person {
	groups := make([]review.PersonID, 0, len(m.Roles))
	for _, r := range m.Roles {
		groups = append(groups, review.PersonID(rolePrefix+r))
	}
	bits := m.permissions()
	p := b.desk.Person(review.PersonID(personPrefix+m.User.ID), m.nameOf(), groups, bits&(administrator|manageGuild) != 0)
	if !b.ours(in) && bits&(administrator|manageGuild|manageMessages) == 0 {
		p.Role = review.Nobody
	}
	return p
}

// place is the channel where an interaction happened, as far as it says.
func (i interaction) place() channel {
	if i.Channel != nil {
		c := *i.Channel
		if c.ID == "" {
			c.ID = i.ChannelID
		}
		return c
	}
	return channel{ID: i.ChannelID}
}

// whereIs is place, asked of Discord when the interaction does not say it.
func (b *Bot) whereIs(ctx context.Context, i interaction) channel {
	c := i.place()
	if b.ours(c) || i.Channel != nil && (c.ParentID != "" || !c.isThread()) {
		return c
	}
	if known, err := b.room(ctx, c.ID); err == nil {
		return known
	}
	return c
}
