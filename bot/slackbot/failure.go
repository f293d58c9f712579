package slackbot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
)

// verdicts says what Slack's error names mean for the desk and for people.
// %s is the channel. https://docs.slack.dev/reference/methods/chat.postMessage
var verdicts = map[string]struct {
	kind   error
	reason string
}{
	"channel_not_found":                        {bot.ErrMisconfigured, "there is no channel %s, or the bot was not invited to it; check its id, then type /invite @evenkeel in it"},
	"not_in_channel":                           {bot.ErrMisconfigured, "the bot is not in the channel %s; type /invite @evenkeel in it"},
	"is_archived":                              {bot.ErrMisconfigured, "the channel %s is archived; unarchive it or choose another one"},
	"restricted_action":                        {bot.ErrMisconfigured, "a workspace setting forbids the bot to post in %s; an admin can allow it"},
	"restricted_action_read_only_channel":      {bot.ErrMisconfigured, "the channel %s is read-only; an admin can let the bot post"},
	"restricted_action_thread_only_channel":    {bot.ErrMisconfigured, "in the channel %s only threads are allowed; an admin can let the bot post"},
	"restricted_action_thread_locked":          {bot.ErrMisconfigured, "the thread in %s is locked; an admin can unlock it"},
	"restricted_action_non_threadable_channel": {bot.ErrMisconfigured, "the channel %s has no threads; choose another one"},
	"ekm_access_denied":                        {bot.ErrMisconfigured, "an admin has suspended posting in this workspace"},
	"missing_scope":                            {bot.ErrMisconfigured, "a permission is missing; add it under OAuth & Permissions and install the app again"},
	"no_permission":                            {bot.ErrMisconfigured, "the app lacks a permission; install it again from the current manifest"},
	"invalid_auth":                             {bot.ErrMisconfigured, "Slack does not know the bot token; copy it again from OAuth & Permissions"},
	"not_authed":                               {bot.ErrMisconfigured, "Slack got no token; set the bot token"},
	"token_revoked":                            {bot.ErrMisconfigured, "the bot token was revoked; install the app again and set the new token"},
	"token_expired":                            {bot.ErrMisconfigured, "the bot token has expired; switch token rotation off or set the new token"},
	"account_inactive":                         {bot.ErrMisconfigured, "the app was removed from the workspace; install it again"},
	"access_denied":                            {bot.ErrMisconfigured, "Slack denies access; the app may need an admin's approval"},
	"org_login_required":                       {bot.ErrMisconfigured, "the workspace is being moved to an organisation; wait until it is done"},
	"two_factor_setup_required":                {bot.ErrMisconfigured, "Slack wants two-factor authentication to be set up for the bot's account"},
	"not_allowed_token_type":                   {bot.ErrMisconfigured, "this is not the bot token; it begins with xoxb-"},
	"messages_tab_disabled":                    {bot.ErrMisconfigured, "the app's messages tab is off; switch it on under App Home"},
	"not_enabled":                              {bot.ErrMisconfigured, "the app's Home tab is off; switch it on under App Home"},
	"team_access_not_granted":                  {bot.ErrMisconfigured, "the app is not installed in this workspace"},
	"message_not_found":                        {bot.ErrGone, "the message was deleted"},
	"thread_not_found":                         {bot.ErrGone, "the thread was deleted"},
	"cant_update_message":                      {bot.ErrGone, "the message is not the bot's own any more"},
	"edit_window_closed":                       {bot.ErrGone, "the workspace does not allow old messages to be changed"},
	"ratelimited":                              {bot.ErrLimited, "Slack asks us to wait"},
	"rate_limited":                             {bot.ErrLimited, "Slack asks us to wait"},
	"message_limit_exceeded":                   {bot.ErrMisconfigured, "the workspace has reached its message limit"},
	"service_unavailable":                      {bot.ErrUnreachable, "Slack is down for a while"},
	"team_added_to_org":                        {bot.ErrUnreachable, "the workspace is being moved to an organisation"},
	"request_timeout":                          {bot.ErrUnreachable, "the request did not reach Slack whole"},
	"internal_error":                           {bot.ErrUnknown, "Slack had trouble of its own"},
	"fatal_error":                              {bot.ErrUnknown, "Slack had trouble of its own"},
}

// defaultWait is how long to wait when Slack asks for it without a time.
const defaultWait = 30 * time.Second

// failure turns what went wrong in a call into what the desk and people can
// use. It holds no token: they travel in bodies and headers only.
func (b *Bot) failure(ctx context.Context, method, channel string, err error) error {
	e := &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Err: fmt.Errorf("%s: %w", method, err)}
	var limited *slack.RateLimitedError
	var code slack.StatusCodeError
	var said slack.SlackErrorResponse
	switch {
	case errors.As(err, &limited):
		e.Kind, e.After = bot.ErrLimited, limited.RetryAfter
		if e.After <= 0 {
			e.After = defaultWait
		}
		e.Reason = "Slack asks us to wait " + e.After.String()
	case errors.As(err, &code):
		if code.Code >= 500 || code.Code == http.StatusRequestTimeout { // it may have acted, behind what answered
			e.Reason = "Slack had trouble of its own (" + code.Status + ")"
		} else {
			e.Kind, e.Reason = bot.ErrMisconfigured, "Slack answered "+code.Status+"; is something between us and Slack?"
		}
	case errors.As(err, &said):
		b.explain(e, said, channel)
	case neverSent(err), ctx.Err() != nil && errors.Is(err, errNotSent):
		e.Kind, e.Reason = bot.ErrUnreachable, "Slack cannot be reached from here"
	case errors.Is(err, errNoAnswer):
		e.Reason = "Slack answered, but not what was asked; is something between us and Slack?"
	default:
		e.Reason = "the connection to Slack broke off"
	}
	return e
}

// waits is failure that lets a lane wait for as long as Slack asks to.
func (b *Bot) waits(ctx context.Context, method, lane, channel string, err error) error {
	e := b.failure(ctx, method, channel, err)
	var ce *bot.ChatError
	if errors.As(e, &ce) && errors.Is(e, bot.ErrLimited) {
		b.pace.limited(lane, ce.After)
	}
	return e
}

// explain fills e from Slack's own error name.
func (b *Bot) explain(e *bot.ChatError, said slack.SlackErrorResponse, channel string) {
	if channel == "" {
		channel = b.cfg.Channel
	}
	v, known := verdicts[said.Err]
	if !known {
		e.Kind, e.Reason = bot.ErrMisconfigured, "Slack refused it: "+said.Err
		return
	}
	e.Kind, e.Reason = v.kind, v.reason
	if strings.Contains(v.reason, "%s") {
		e.Reason = fmt.Sprintf(v.reason, channel)
	}
	if said.Err == "missing_scope" && said.Needed != "" {
		e.Reason = "the permission " + said.Needed + " is missing; add it under OAuth & Permissions and install the app again"
	}
	if errors.Is(v.kind, bot.ErrLimited) {
		e.After = defaultWait
	}
}

// errNotSent marks calls that were given up before anything was sent.
var errNotSent = errors.New("nothing was sent")

// neverSent tells that the request cannot have reached Slack.
func neverSent(err error) bool {
	if errors.Is(err, errNotSent) {
		return true
	}
	var dns *net.DNSError
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// isSlack tells whether err is Slack's refusal by one of these names.
func isSlack(err error, names ...string) bool {
	var said slack.SlackErrorResponse
	if !errors.As(err, &said) {
		return false
	}
	for _, n := range names {
		if said.Err == n {
			return true
		}
	}
	return false
}

// reasonOf is what people are told of an error.
func reasonOf(err error) string {
	var ce *bot.ChatError
	if errors.As(err, &ce) && ce.Reason != "" {
		return ce.Reason
	}
	return err.Error()
}
