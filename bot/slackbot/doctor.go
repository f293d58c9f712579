package slackbot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// Finding is one line of the doctor's report.
type Finding struct {
	OK   bool
	What string // "the bot token works: evenkeel in Acme"
	Do   string // what a person should do; "" when OK
}

// Check looks at everything that must be right in Slack: tokens, scopes,
// channels and whether the bot may post there. It posts nothing.
func (b *Bot) Check(ctx context.Context) []Finding {
	var out []Finding
	good := func(format string, args ...any) {
		out = append(out, Finding{OK: true, What: fmt.Sprintf(format, args...)})
	}
	bad := func(do, format string, args ...any) {
		out = append(out, Finding{What: fmt.Sprintf(format, args...), Do: do})
	}
	me, err := b.api.AuthTestContext(ctx)
	if err != nil {
		bad(b.reason(ctx, "auth.test", "", err), "the bot token does not work")
		return out
	}
	good("the bot token works: %s in %s", me.User, me.Team)
	has := strings.FieldsFunc(me.Header.Get("X-Oauth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	missing := 0
	for _, s := range Scopes {
		if len(has) > 0 && !slices.Contains(has, s.Name) {
			missing++
			bad("add "+s.Name+" under OAuth & Permissions and install the app again", "the scope %s is missing; it is needed for %s", s.Name, s.For)
		}
	}
	switch {
	case len(has) == 0:
		bad("", "Slack does not say which scopes the token has")
	case missing == 0:
		good("all %d scopes are there", len(Scopes))
	}
	if b.cfg.Mode == Socket {
		if _, _, err := b.api.StartSocketModeContext(ctx); err != nil {
			do := b.reason(ctx, "apps.connections.open", "", err)
			if fatal := b.fatal(ctx, err); fatal != nil {
				do = reasonOf(fatal)
			}
			bad(do, "Socket Mode does not open")
		} else {
			good("Socket Mode opens")
		}
	} else {
		good("requests are verified with %d signing secret(s)", len(b.cfg.SigningSecrets))
	}
	for _, c := range b.channels() {
		out = append(out, b.checkChannel(ctx, c))
	}
	return out
}

// channels are all that cards may go to, the default first.
func (b *Bot) channels() []string {
	out := []string{b.channel("")}
	for _, c := range b.cfg.Channels {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out[1:])
	return out
}

func (b *Bot) checkChannel(ctx context.Context, channel string) Finding {
	if !looksLikeID(channel) {
		return Finding{What: fmt.Sprintf("the channel %s is given by name", channel),
			Do: "give its id (C…): it stands at the foot of the channel's details, and stays when the channel is renamed"}
	}
	c, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	switch {
	case err != nil:
		return Finding{What: fmt.Sprintf("the channel %s cannot be seen", channel), Do: b.reason(ctx, "conversations.info", channel, err)}
	case c.IsArchived:
		return Finding{What: fmt.Sprintf("the channel #%s is archived", c.Name), Do: "unarchive it or choose another one"}
	case !c.IsMember:
		return Finding{What: fmt.Sprintf("the bot is not in #%s", c.Name), Do: "type /invite @evenkeel in it"}
	}
	if c.IsReadOnly {
		return Finding{What: fmt.Sprintf("#%s is read-only", c.Name), Do: "an admin can let the bot post, or choose another channel"}
	}
	return Finding{OK: true, What: fmt.Sprintf("the bot may post in #%s", c.Name)}
}

// looksLikeID tells C024BE91L from a name.
func looksLikeID(s string) bool {
	return len(s) >= 9 && (s[0] == 'C' || s[0] == 'G') && strings.ToUpper(s) == s
}

func (b *Bot) reason(ctx context.Context, method, channel string, err error) string {
	return reasonOf(b.failure(ctx, method, channel, err))
}
