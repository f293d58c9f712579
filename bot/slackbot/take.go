package slackbot

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// ack acknowledges one delivery, with a body where Slack takes one. Only the
// first call counts, and only that one gives true.
type ack func(body any) bool

// once makes an ack of send.
func once(send func(body []byte)) ack {
	var only sync.Once
	return func(body any) (first bool) {
		only.Do(func() {
			first = true
			if body == nil {
				send(nil)
				return
			}
			b, written := body.(json.RawMessage)
			var err error
			if !written {
				b, err = json.Marshal(body)
			}
			if err != nil || len(b) > maxAck {
				b = nil // a bare acknowledgement; Slack would drop this one
			}
			send(b)
		})
		return first
	}
}

// Deadlines. Slack shows an error after 3 seconds and a trigger is good for as
// long. https://docs.slack.dev/interactivity/handling-user-interaction
const (
	submitGrace = 2 * time.Second // a form's errors must travel in the acknowledgement
	latestAck   = 2500 * time.Millisecond
	formGrace   = 400 * time.Millisecond // then a form opens empty and is filled later
)

// takeInteraction handles a press, a shortcut or a submitted form. It returns
// at once; false means that it was not taken and must not be acknowledged.
func (b *Bot) takeInteraction(ctx context.Context, body []byte, done ack) bool {
	p, err := decode[interaction](body)
	if err != nil {
		b.log.Warn("an interaction could not be read", "err", err)
		done(nil)
		return true
	}
	var work func(context.Context, interaction, ack)
	switch p.Type {
	case "block_actions":
		work = b.press
	case "view_submission":
		work = b.submitted
	case "message_action":
		work = b.shortcut
	}
	if work == nil || p.Type == "block_actions" && len(p.Actions) == 0 {
		done(nil)
		return true
	}
	wait := max(0, b.cfg.Grace)
	if p.Type == "view_submission" {
		wait = latestAck
	}
	return b.single(ctx, p.key(), p.Type, wait, done, func(ctx context.Context, done ack) {
		if why := b.notOurs(ctx, p.from()); why != "" {
			b.sendAway(ctx, p, why, done)
			return
		}
		work(ctx, p, done)
	})
}

// maxHeld is how many acknowledgements may wait for the desk at once, so that
// what is acknowledged is stored. Beyond it the machine is busy, and people are
// not kept waiting for its sake: the delivery is verified and queued, and that
// is what is acknowledged. When even the queue is long they do wait, or it would
// grow without end.
const (
	maxHeld   = 64
	longQueue = 128
)

// leads tells whether this is the first delivery with its key, and gives its
// acknowledgement. Both in one step: a second one that comes in between would
// find no first whose answer it could have.
func (b *Bot) leads(key string, done ack) (ack, bool) {
	b.entering.Lock()
	defer b.entering.Unlock()
	if !b.seen.first(key) {
		return nil, false
	}
	return b.echoes.lead(key, done), true
}

// single does work for the first delivery with this key, and lets the others
// have its acknowledgement. That goes out when the work gives it, after wait at
// the latest, also when the work is still queueing.
func (b *Bot) single(ctx context.Context, key, what string, wait time.Duration, done ack, work func(context.Context, ack)) bool {
	first, leads := b.leads(key, done)
	if !leads {
		b.echoes.follow(key, done)
		return true
	}
	held := b.held.Add(1)
	done = func(body any) bool {
		mine := first(body)
		if mine {
			b.held.Add(-1)
		}
		return mine
	}
	taken := b.crew.do(ctx, what, func(ctx context.Context) {
		defer done(nil)
		work(ctx, done)
	})
	switch {
	case !taken:
		b.held.Add(-1)
		b.seen.forget(key)
	case wait == 0, wait <= b.cfg.Grace && held > maxHeld && len(b.crew.queue) < longQueue:
		done(nil)
	default:
		time.AfterFunc(wait, func() { done(nil) })
	}
	return taken
}

// takeCommand handles a typed command.
func (b *Bot) takeCommand(ctx context.Context, c slash, done ack) bool {
	return b.single(ctx, "command:"+c.TriggerID, "command", max(0, b.cfg.Grace), done, func(ctx context.Context, done ack) { b.typed(ctx, c, done) })
}

// takeEvent handles an event; it is acknowledged at once.
func (b *Bot) takeEvent(ctx context.Context, body []byte, done ack) bool {
	e, err := decode[event](body)
	if err != nil {
		b.log.Warn("an event could not be read", "err", err)
		done(nil)
		return true
	}
	if e.Type == "app_rate_limited" {
		b.log.Warn("Slack holds events back: more than 30,000 an hour")
	}
	if e.Type != "event_callback" || !b.wanted(e) || e.EventID != "" && !b.seen.first("event:"+e.EventID) {
		done(nil)
		return true
	}
	taken := b.crew.do(ctx, e.Event.Type, func(ctx context.Context) { b.happened(ctx, e) })
	if taken {
		done(nil)
	} else {
		b.seen.forget("event:" + e.EventID)
	}
	return taken
}

// task is something that the desk does while an acknowledgement may wait for
// it.
type task struct {
	done chan struct{}
	out  commands.Outcome
}

// begin starts work beside the caller.
func (b *Bot) begin(what string, work func() commands.Outcome) *task {
	t := &task{done: make(chan struct{})}
	b.crew.busy.Go(func() {
		defer close(t.done)
		t.out = b.guarded(what, work)
	})
	return t
}

// guarded does work. When it panics, its outcome is that we are in trouble.
func (b *Bot) guarded(what string, work func() commands.Outcome) (out commands.Outcome) {
	done := false
	defer func() {
		if !done {
			out = commands.Outcome{Refused: true, Text: troubleText}
		}
	}()
	defer b.crew.recover(what)
	out = work()
	done = true
	return out
}

// within waits for at most so long and tells whether the work is done.
func (t *task) within(grace time.Duration) bool {
	if grace <= 0 {
		return false
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-t.done:
		return true
	case <-timer.C:
		return false
	}
}

// outcome waits for the work to be done.
func (t *task) outcome() commands.Outcome {
	<-t.done
	return t.out
}

// troubleText is what a person reads when our own program failed.
const troubleText = "That did not work, and the trouble is on our side. Please look at the card, and try again in a moment."

// damagedText is the answer to a button that is not ours or of another time.
const damagedText = "I do not know this button; it may be from an older version. Nothing was changed. Please use the current card."

// press handles a button, a menu or a choice on a card or in a view.
func (b *Bot) press(ctx context.Context, p interaction, done ack) {
	to := b.targetOf(p)
	token, err := commands.ParseToken(p.value())
	if err != nil {
		done(nil)
		b.answer.send(ctx, to, commands.Outcome{Refused: true, Text: damagedText})
		return
	}
	i := commands.Invocation{Command: token.Command, Case: token.Case, Token: token, Args: map[string]string{}, Chat: Name, ID: Name + ":" + p.key()}
	if opensForm(p.Actions[0].ActionID) {
		done(nil)
		b.form(ctx, to, p.User, i, "")
		return
	}
	out := b.guarded("press", func() commands.Outcome {
		i.By = b.person(ctx, p.User, p.channel())
		return b.desk.Run(ctx, i)
	})
	done(nil)
	b.tell(ctx, to, i.By, out)
}

// tell shows an outcome: its form, or its words.
func (b *Bot) tell(ctx context.Context, to target, who review.Person, out commands.Outcome) {
	if out.Form == nil {
		b.answer.send(ctx, to, out)
		return
	}
	if err := b.open(ctx, to, b.formView(ctx, out.Form, who, to.address)); err != nil {
		b.answer.late(ctx, to, err)
	}
}

// typed handles a command: its words come in the acknowledgement when they are
// there in time, or else a moment later.
func (b *Bot) typed(ctx context.Context, c slash, done ack) {
	to := target{address: address{Channel: c.ChannelID, URL: c.ResponseURL}, user: c.UserID, trigger: c.TriggerID}
	if why := b.notOurs(ctx, workspace{c.Team, c.Enterprise}); why != "" {
		b.inline(ctx, to, commands.Outcome{Refused: true, Text: why}, done)
		return
	}
	line := unescape.Replace(c.Text)
	who := user{ID: c.UserID, Name: c.UserName, Team: c.Team}
	i, help := b.desk.Parse(line)
	if help != nil {
		b.inline(ctx, to, *help, done)
		return
	}
	i.Chat, i.ID = Name, Name+":command:"+c.TriggerID
	out := b.guarded("command", func() commands.Outcome {
		i.By = b.person(ctx, who, c.ChannelID)
		out := b.ask(ctx, i)
		fill(out.Form, i, "")
		return out
	})
	if out.Form == nil {
		b.inline(ctx, to, out, done)
		return
	}
	done(nil)
	b.tell(ctx, to, i.By, out)
}

// ask gets the form of what somebody wants, or does it when it has none.
func (b *Bot) ask(ctx context.Context, i commands.Invocation) commands.Outcome {
	f, out := b.desk.Form(ctx, i)
	switch {
	case f != nil:
		return commands.Outcome{Form: f}
	case isEmpty(out):
		return b.desk.Run(ctx, i)
	}
	return out
}

// inline answers a command in its acknowledgement.
func (b *Bot) inline(ctx context.Context, to target, out commands.Outcome, done ack) {
	if raw, err := b.answer.message(ctx, out).response(); err == nil && len(raw) <= maxAck && done(json.RawMessage(raw)) {
		return
	}
	done(nil)
	b.answer.send(ctx, to, out)
}

// form opens a form. When the desk answers quickly it opens filled; else it
// opens at once, for the trigger is short-lived, and is filled after. prefill
// goes into the form's first empty text.
func (b *Bot) form(ctx context.Context, to target, who user, i commands.Invocation, prefill string) {
	t := b.begin("form", func() commands.Outcome {
		i.By = b.person(ctx, who, to.Channel)
		out := b.ask(ctx, i)
		fill(out.Form, i, prefill)
		return out
	})
	var view string
	var err error
	if !t.within(formGrace) {
		view, err = b.opened(ctx, to, opening())
	}
	out := t.outcome()
	switch {
	case err != nil:
	case view != "" && out.Form != nil:
		err = b.refill(ctx, view, b.formView(ctx, out.Form, i.By, to.address))
	case view != "":
		err = b.refill(ctx, view, b.answer.view(ctx, out))
	case out.Form != nil:
		err = b.open(ctx, to, b.formView(ctx, out.Form, i.By, to.address))
	default:
		b.answer.send(ctx, to, out)
	}
	if err != nil {
		b.answer.late(ctx, to, err)
	}
}

// fill completes a form: its token names what is run, and a text that somebody
// pointed at goes into the first empty field.
func fill(f *commands.Form, i commands.Invocation, prefill string) {
	if f == nil {
		return
	}
	if f.Token.Command == "" {
		f.Token.Command, f.Token.Case = i.Command, i.Case
	}
	for n := range f.Fields {
		if f.Fields[n].Kind == commands.Text && f.Fields[n].Value == "" && prefill != "" {
			f.Fields[n].Value = prefill
			return
		}
	}
}

func isEmpty(o commands.Outcome) bool {
	return o.Text == "" && !o.Refused && len(o.Items) == 0 && o.Form == nil && o.Show == 0 && o.Link == ""
}

// bring gives a thread's message to the desk.
func (b *Bot) bring(ctx context.Context, id int64, by review.Person, text string, mentioned bool, key string) (commands.Outcome, bool) {
	return b.desk.Heard(ctx, bot.Heard{Case: id, By: by, Text: text, Mentioned: mentioned, ID: Name + ":" + key, Chat: Name})
}
