package discordbot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
)

// verdicts says what Discord's codes mean for the desk and for people. %s is
// the channel.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
var verdicts = map[int]struct {
	kind   error
	reason string
}{
	10002:  {bot.ErrMisconfigured, "Discord does not know this application; copy the token again"},
	10003:  {bot.ErrMisconfigured, "there is no channel %s, or the bot cannot see it; check its id and give the bot View Channel there"},
	10004:  {bot.ErrMisconfigured, "the bot is not in this server; open the link of `evenkeel manifest discord`"},
	10008:  {bot.ErrGone, "the message was deleted"},
	20028:  {bot.ErrLimited, "the channel has reached its rate of writing"},
	30033:  {bot.ErrMisconfigured, "the server has reached its number of open threads; close some"},
	40001:  {bot.ErrMisconfigured, "Discord refuses the token; copy it again from the Bot page"},
	40067:  {bot.ErrMisconfigured, "the forum %s demands a tag; create the tags of docs/discord.md in it, or switch “Require tags” off"},
	50001:  {bot.ErrMisconfigured, "the bot may not see the channel %s; give its role View Channel there"},
	50008:  {bot.ErrMisconfigured, "cards cannot go to the channel %s; choose a text or forum channel"},
	50013:  {bot.ErrMisconfigured, "the bot lacks a permission in %s; `evenkeel doctor` names it"},
	50014:  {bot.ErrMisconfigured, "Discord refuses the token; copy it again from the Bot page"},
	50024:  {bot.ErrMisconfigured, "cards cannot go to the channel %s; choose a text or forum channel"},
	50005:  {bot.ErrGone, "the message is not the bot's own"},
	160005: {bot.ErrMisconfigured, "the thread is locked; unlock it or give the bot Manage Threads"},
}

// failure turns what went wrong in a call into what the desk and people can
// use. It holds no token.
func failure(room string, err error) error {
	out := &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Err: err}
	var e *callError
	if !errors.As(err, &e) {
		out.Reason = "the call could not be made"
		return out
	}
	switch {
	case e.status == 0 && neverSent(e.err):
		out.Kind, out.Reason = bot.ErrUnreachable, "Discord cannot be reached from here"
	case e.status == 0:
		out.Reason = "the connection to Discord broke off"
	case e.status == http.StatusTooManyRequests:
		out.Kind, out.After = bot.ErrLimited, e.after
		out.Reason = "Discord asks us to wait " + e.after.String()
	case e.status == http.StatusUnauthorized:
		out.Kind, out.Reason = bot.ErrMisconfigured, "Discord does not know the token; copy it again from the Bot page of the application and set EVENKEEL_DISCORD_TOKEN"
	case e.status >= 500, e.status == http.StatusRequestTimeout: // it may have acted, behind what answered
		out.Reason = fmt.Sprintf("Discord had trouble of its own (%d)", e.status)
	default:
		explain(out, e, room)
	}
	return out
}

// explain fills out from Discord's own code.
func explain(out *bot.ChatError, e *callError, room string) {
	v, known := verdicts[e.code]
	switch {
	case known:
		out.Kind, out.Reason = v.kind, v.reason
		if strings.Contains(v.reason, "%s") {
			out.Reason = fmt.Sprintf(v.reason, room)
		}
	case e.code == 0 && e.status == http.StatusForbidden:
		out.Kind, out.Reason = bot.ErrMisconfigured, "something between us and Discord refuses the call"
	default:
		out.Kind, out.Reason = bot.ErrMisconfigured, fmt.Sprintf("Discord refused it: %s (%d)", e.words, e.code)
	}
}

// neverSent tells that the request cannot have reached Discord.
func neverSent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// reasonOf is what people are told of an error.
func reasonOf(err error) string {
	var ce *bot.ChatError
	if errors.As(err, &ce) && ce.Reason != "" {
		return ce.Reason
	}
	return err.Error()
}

func gone(why string) error { return &bot.ChatError{Kind: bot.ErrGone, Chat: Name, Reason: why} }

func stopping(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "we are stopping", Err: ctx.Err()}
}
