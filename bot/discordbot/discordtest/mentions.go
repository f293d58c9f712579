package discordtest

import (
	"regexp"
	"slices"
)

// allowed is the allowed_mentions object. Left out, everything pings that the
// author may ping.
// https://docs.discord.com/developers/resources/message#allowed-mentions-object
type allowed struct {
	Parse       []string `json:"parse"`
	Users       []string `json:"users"`
	Roles       []string `json:"roles"`
	RepliedUser bool     `json:"replied_user"`
}

var mention = regexp.MustCompile(`@(everyone|here)|<@!?([0-9]+)>|<@&([0-9]+)>`)

// kind tells whether a kind of mention pings with these ids listed.
func (a *allowed) kind(kind string, ids []string, id string) bool {
	return a == nil || slices.Contains(a.Parse, kind) || slices.Contains(ids, id)
}

// pings are whom the message would ping: those named in its texts, and the
// author that it replies to. Embeds do not ping, texts of components do. With
// the lock held.
func (s *Server) pings(m *Message, r *room, a *allowed, reply bool) []string {
	everyone := s.may(m.Author, r)&MentionEveryone != 0
	var out []string
	add := func(who string) {
		if !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	texts := append([]string{m.Content}, displayed(m.Components)...)
	for _, text := range texts {
		for _, hit := range mention.FindAllStringSubmatch(text, -1) {
			word, user, role := hit[1], hit[2], hit[3]
			switch {
			case word != "" && everyone && a.kind("everyone", nil, ""):
				add(word)
			case user != "" && s.people[user] != nil && (a == nil || a.kind("users", a.Users, user)):
				add("user:" + user)
			case role != "" && s.roles[role] != nil && (everyone || s.roles[role].Mentionable) && (a == nil || a.kind("roles", a.Roles, role)):
				add("role:" + role)
			}
		}
	}
	if to := r.find(m.ReplyTo); reply && to != nil && to.Author != m.Author && (a == nil || a.RepliedUser) {
		add("user:" + to.Author)
	}
	return out
}

// displayed are the texts of text displays, nested ones too.
func displayed(components []map[string]any) []string {
	var out []string
	for _, c := range walk(components) {
		if text, ok := c["content"].(string); ok && number(c["type"]) == kindTextDisplay {
			out = append(out, text)
		}
	}
	return out
}
