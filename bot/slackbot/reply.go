package slackbot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// target is who is to be told, where, and with what a form can be opened.
type target struct {
	address
	user    string
	trigger string // opens one view within 3 seconds
	inView  string // "modal" or "home" when it happened in a view
}

func (b *Bot) targetOf(p interaction) target {
	to := target{address: address{Channel: p.channel(), Thread: p.thread(), URL: p.ResponseURL}, user: p.User.ID, trigger: p.TriggerID}
	if p.Container.Type == "view" {
		to.inView = p.View.Type
	}
	return to
}

func opensForm(actionID string) bool { return strings.HasSuffix(actionID, formMark) }

// answers tell one person something that nobody else sees.
type answers struct{ bot *Bot }

// message draws an outcome.
func (a answers) message(ctx context.Context, out commands.Outcome) message {
	card := answerCard(out, a.cards(ctx, out.Show))
	return a.bot.fitted(card, card.Hash())
}

func (a answers) cards(ctx context.Context, id int64) []bot.Keyed {
	if id == 0 {
		return nil
	}
	cards, err := a.bot.desk.Cards(ctx, id)
	if err != nil {
		a.bot.log.Error("the current card could not be read", "case", id, "err", err)
	}
	return cards
}

// view is an outcome to read in a view.
func (a answers) view(ctx context.Context, out commands.Outcome) slack.ModalViewRequest {
	title := "evenkeel"
	if out.Refused {
		title = "Please note"
	}
	return noteOf(title, a.message(ctx, out).blocks)
}

// response is a message as response_url and a command's acknowledgement take it.
func (m message) response() ([]byte, error) {
	return m.encoded(func(e *encoder) {
		e.text("response_type", "ephemeral")
		e.truth("replace_original", false)
	})
}

// addressed is a message to a channel or a person.
func (m message) addressed(to, onlyFor, thread string) ([]byte, error) {
	return m.encoded(func(e *encoder) {
		e.text("channel", to)
		e.given("user", onlyFor)
		e.given("thread_ts", thread)
		e.truth("link_names", false)
	})
}

// send tells an outcome by the first way that works: in the view it happened
// in, beside the message, by the press's own address, or as a direct message.
func (a answers) send(ctx context.Context, to target, out commands.Outcome) {
	var ways []func() error
	m := a.message(ctx, out)
	ephemeral := func() error { return a.ephemeral(ctx, to, m) }
	respond := func() error { return a.respond(ctx, to.URL, m) }
	switch {
	case to.inView != "":
		ways = append(ways, func() error { return a.bot.open(ctx, to, a.view(ctx, out)) })
	case to.Thread != "":
		ways = append(ways, ephemeral, respond) // a response_url cannot answer in a thread
	default:
		ways = append(ways, respond, ephemeral)
	}
	ways = append(ways, func() error { return a.direct(ctx, to, m) })
	var errs []error
	for _, way := range ways {
		err := way()
		if err == nil {
			return
		}
		errs = append(errs, err)
	}
	a.bot.log.Warn("nobody could be told", "user", to.user, "err", errors.Join(errs...))
}

var errNoWay = errors.New("no address")

func (a answers) ephemeral(ctx context.Context, to target, m message) error {
	if to.Channel == "" || to.user == "" {
		return errNoWay
	}
	body, err := m.addressed(to.Channel, to.user, to.Thread)
	if err != nil {
		return err
	}
	return a.bot.call(ctx, "chat.postEphemeral", asJSON, body, new(status))
}

// direct writes to the person alone.
func (a answers) direct(ctx context.Context, to target, m message) error {
	if to.user == "" {
		return errNoWay
	}
	body, err := m.addressed(to.user, "", "")
	if err != nil {
		return err
	}
	return a.bot.call(ctx, "chat.postMessage", asJSON, body, new(status))
}

// respond answers by a response_url: five times, within half an hour.
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
func (a answers) respond(ctx context.Context, to string, m message) error {
	if !a.bot.mayAnswer(to) {
		return errNoWay
	}
	raw, err := m.response()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", asJSON)
	resp, err := a.bot.client.Do(req)
	if err != nil {
		return errors.New("answering by response_url failed") // its URL is a secret
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("response_url: %s %s", resp.Status, said)
	}
	return nil
}

// mayAnswer tells whether a response_url is Slack's own: nothing else is ever
// called because a request says so.
func (b *Bot) mayAnswer(to string) bool {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" {
		return false
	}
	if api, err := url.Parse(b.apiURL); err == nil && u.Host == api.Host && u.Scheme == api.Scheme {
		return true
	}
	return u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com")
}

// late says that a form could not be opened.
func (a answers) late(ctx context.Context, to target, err error) {
	a.bot.log.Warn("a form could not be opened", "user", to.user, "err", err)
	text := "Slack did not open the form. Please press the button again."
	if isSlack(err, "expired_trigger_id", "exchanged_trigger_id") {
		text = "That took longer than Slack allows for opening a form. Please press the button again."
	}
	to.inView = "" // the trigger is spent
	a.send(ctx, to, commands.Outcome{Refused: true, Text: text})
}

// open shows a view: on top of the one it happened in, or as the first.
func (b *Bot) open(ctx context.Context, to target, v slack.ModalViewRequest) error {
	_, err := b.opened(ctx, to, v)
	return err
}

// opened is open that gives the view's id.
func (b *Bot) opened(ctx context.Context, to target, v slack.ModalViewRequest) (string, error) {
	if err := checkModal(v); err != nil {
		b.log.Error("a form breaks a limit", "err", err)
		v = note("Please note", "This form does not fit into Slack. Please use the web console for it.")
	}
	call := b.api.OpenViewContext
	if to.inView == "modal" {
		call = b.api.PushViewContext
	}
	resp, err := call(ctx, to.trigger, v)
	if err != nil {
		return "", err
	}
	return resp.ID, nil
}

// refill replaces what a view shows.
func (b *Bot) refill(ctx context.Context, view string, v slack.ModalViewRequest) error {
	if err := checkModal(v); err != nil {
		b.log.Error("a form breaks a limit", "err", err)
		v = note("Please note", "This form does not fit into Slack. Please use the web console for it.")
	}
	_, err := b.api.UpdateViewContext(ctx, v, "", "", view)
	return err
}
