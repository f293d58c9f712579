package discordbot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Finding is what a check saw: something that works, or something to do.
type Finding struct {
	OK   bool
	What string
	Do   string // what helps, "" when OK
}

// Check asks Discord whether the bot is set up, with calls that change
// nothing.
func (b *Bot) Check(ctx context.Context) []Finding {
	var out []Finding
	good := func(format string, args ...any) {
		out = append(out, Finding{OK: true, What: fmt.Sprintf(format, args...)})
	}
	bad := func(do, format string, args ...any) {
		out = append(out, Finding{What: fmt.Sprintf(format, args...), Do: do})
	}
	me, err := b.whoami(ctx)
	if err != nil {
		bad(reasonOf(err), "the token does not open Discord")
		return out
	}
	good("the token is that of %s", me.Username)
	b.checkIntents(ctx, good, bad)
	var gate struct {
		Limit struct {
			Total     int `json:"total"`
			Remaining int `json:"remaining"`
		} `json:"session_start_limit"`
	}
	switch err := b.rest.patiently(ctx, http.MethodGet, "/gateway/bot", nil, &gate); {
	case err != nil:
		bad(reasonOf(failure("", err)), "the gateway does not answer")
	case gate.Limit.Total > 0 && gate.Limit.Remaining < 10:
		bad("see what restarts evenkeel all the time; the number is full again within a day", "only %d of %d sessions are left today", gate.Limit.Remaining, gate.Limit.Total)
	default:
		good("the gateway answers")
	}
	for _, id := range b.channels() {
		out = append(out, b.checkChannel(ctx, me, id)...)
	}
	return out
}

// Flags of an application: the intent Message Content, approved or small.
// https://docs.discord.com/developers/resources/application#application-object-application-flags
const contentIntent = 1<<18 | 1<<19

func (b *Bot) checkIntents(ctx context.Context, good func(string, ...any), bad func(string, string, ...any)) {
	var app struct {
		Flags    int    `json:"flags"`
		Endpoint string `json:"interactions_endpoint_url"`
		Key      string `json:"verify_key"`
		Public   *bool  `json:"bot_public"`
	}
	if err := b.rest.patiently(ctx, http.MethodGet, "/applications/@me", nil, &app); err != nil {
		bad(reasonOf(failure("", err)), "the application's settings cannot be read")
		return
	}
	switch {
	case b.cfg.ReadThreads && app.Flags&contentIntent == 0:
		bad("switch Message Content Intent on on the application's Bot page, or set EVENKEEL_DISCORD_READ_THREADS=no", "texts in threads cannot be read")
	case b.cfg.ReadThreads:
		good("texts in threads can be read")
	default:
		good("no privileged intent is needed; texts in threads count where the bot is mentioned")
	}
	switch {
	case b.cfg.Mode == Gateway && app.Endpoint != "":
		bad("clear Interactions Endpoint URL on the General Information page, or set EVENKEEL_DISCORD_MODE=http", "Discord sends presses to %s and not here", app.Endpoint)
	case b.cfg.Mode == HTTP && app.Endpoint == "":
		bad("enter the address ending in "+Path+" as Interactions Endpoint URL while evenkeel runs", "Discord does not know where to send presses")
	case b.cfg.Mode == HTTP && app.Key != "" && !strings.EqualFold(app.Key, b.cfg.PublicKey):
		bad("copy Public Key from the General Information page into EVENKEEL_DISCORD_PUBLIC_KEY", "the public key is that of another application")
	}
	if app.Public != nil && *app.Public {
		bad("switch Public Bot off on the Bot page", "anybody can invite this bot to servers of their own")
	}
}

// guildInfo is what permissions are computed from.
type guildInfo struct {
	Name  string `json:"name"`
	Owner string `json:"owner_id"`
	Roles []struct {
		ID          string `json:"id"`
		Permissions int64  `json:"permissions,string"`
	} `json:"roles"`
}

func (b *Bot) checkChannel(ctx context.Context, me user, id string) []Finding {
	var c channel
	if err := b.rest.patiently(ctx, http.MethodGet, "/channels/"+id, nil, &c); err != nil {
		return []Finding{{What: fmt.Sprintf("the channel %s cannot be seen", id), Do: reasonOf(failure(id, err))}}
	}
	if c.Type != textChannel && c.Type != forumChannel && c.Type != newsChannel {
		return []Finding{{What: fmt.Sprintf("#%s is no text or forum channel", c.Name), Do: "choose a text channel (a thread for each review) or a forum channel (a post for each review)"}}
	}
	var g guildInfo
	var as member
	err := b.rest.patiently(ctx, http.MethodGet, "/guilds/"+c.GuildID, nil, &g)
	if err == nil {
		err = b.rest.patiently(ctx, http.MethodGet, "/guilds/"+c.GuildID+"/members/"+me.ID, nil, &as)
	}
	if err != nil {
		return []Finding{{What: fmt.Sprintf("the server of #%s cannot be read", c.Name), Do: reasonOf(failure(id, err))}}
	}
	if home, err := b.guild(ctx); err == nil && home != c.GuildID {
		return []Finding{{What: fmt.Sprintf("#%s is on another server than the default channel", c.Name), Do: "choose channels of one server; another server needs an installation of its own"}}
	}
	var out []Finding
	have := permissionsIn(c, g, as.Roles, me.ID)
	var missing []string
	for _, p := range Permissions {
		if have&p.Bit == 0 {
			missing = append(missing, p.Name+" (for "+p.For+")")
		}
	}
	if len(missing) > 0 {
		out = append(out, Finding{What: fmt.Sprintf("in #%s the bot lacks %s", c.Name, strings.Join(missing, ", ")),
			Do: "give the bot's role these under Edit Channel, Permissions, or open the link of `evenkeel manifest discord` again"})
	} else {
		out = append(out, Finding{OK: true, What: fmt.Sprintf("the bot may do all it needs in #%s of %s", c.Name, g.Name)})
	}
	if c.Type == forumChannel {
		out = append(out, checkTags(c))
	}
	return out
}

// permissionsIn is what a member may in a channel and its threads.
// https://docs.discord.com/developers/topics/permissions#permission-overwrites
func permissionsIn(c channel, g guildInfo, roles []string, user string) int64 {
	var bits int64
	for _, r := range g.Roles {
		if r.ID == c.GuildID || slices.Contains(roles, r.ID) {
			bits |= r.Permissions
		}
	}
	if g.Owner == user || bits&administrator != 0 {
		return -1
	}
	var allow, deny int64
	for _, o := range c.Overwrites {
		switch {
		case o.ID == c.GuildID:
			bits = bits&^o.Deny | o.Allow
		case slices.Contains(roles, o.ID):
			allow, deny = allow|o.Allow, deny|o.Deny
		}
	}
	bits = bits&^deny | allow
	for _, o := range c.Overwrites {
		if o.ID == user {
			bits = bits&^o.Deny | o.Allow
		}
	}
	return bits
}

// checkTags looks which of our tags a forum offers; none must be there, but
// one that demands a tag must have one that the bot may set.
func checkTags(c channel) Finding {
	n := 0
	for _, t := range c.Tags {
		if isOurTag(strings.ToLower(strings.TrimSpace(t.Name))) {
			n++
		}
	}
	switch {
	case c.Flags&requireTag != 0 && len(anyTag(c)) == 0:
		return Finding{What: fmt.Sprintf("the forum #%s demands a tag and has none that the bot could set", c.Name), Do: "create the tags of docs/discord.md, or switch “Require people to select tags” off"}
	case n == 0:
		return Finding{OK: true, What: fmt.Sprintf("the forum #%s has no tags for status or stars; docs/discord.md lists the names that the bot would set", c.Name)}
	}
	return Finding{OK: true, What: "the forum #" + c.Name + " has " + strconv.Itoa(n) + " tags that the bot sets"}
}
