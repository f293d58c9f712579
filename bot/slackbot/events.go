package slackbot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// wanted tells whether an event can concern the desk, by what it says itself:
// most messages of a channel do not.
func (b *Bot) wanted(e event) bool {
	ev := e.Event
	switch ev.Type {
	case "app_home_opened":
		return ev.Tab == "home" || ev.Tab == ""
	case "app_mention":
		return ev.BotID == ""
	case "message":
		byPerson := ev.BotID == "" && ev.User != "" && (ev.Subtype == "" || ev.Subtype == "thread_broadcast" || ev.Subtype == "file_share")
		return byPerson && ev.ThreadTS != "" && ev.ThreadTS != ev.TS
	}
	return false
}

// happened handles an event.
func (b *Bot) happened(ctx context.Context, e event) {
	if why := b.notOurs(ctx, e.from()); why != "" {
		b.log.Warn("an event is left alone", "type", e.Event.Type, "workspace", e.Team)
		return // the bot's token reaches nobody there
	}
	if e.Event.Type == "app_home_opened" {
		b.welcome(ctx, user{ID: e.Event.User})
		return
	}
	// A message that mentions the bot comes as two events.
	ev := e.Event
	key := "message:" + ev.Channel + ":" + ev.TS
	if !b.seen.first(key) {
		return
	}
	me, err := b.whoami(ctx)
	if err != nil {
		b.log.Error("a message could not be taken", "err", err)
		return
	}
	if ev.User == me.UserID {
		return
	}
	text, mentioned := written(ev.Text, me.UserID)
	mentioned = mentioned || ev.Type == "app_mention"
	to := target{address: address{Channel: ev.Channel, Thread: ev.ThreadTS}, user: ev.User}
	id, err := b.threadCase(ctx, ev.Channel, ev.ThreadTS)
	switch {
	case err != nil:
		b.log.Error("the case of a thread could not be found", "err", err)
		if mentioned {
			b.answer.send(ctx, to, commands.Outcome{Refused: true, Text: "I could not look up this thread just now. Please try again in a moment."})
		}
	case id != 0:
		by := b.person(ctx, user{ID: ev.User, Team: ev.Team}, ev.Channel)
		if out, heard := b.bring(ctx, id, by, text, mentioned, key); heard {
			b.answer.send(ctx, to, withoutForm(out))
		}
	case mentioned:
		b.addressed(ctx, to, user{ID: ev.User, Team: ev.Team}, text, key)
	}
}

// addressed takes a mention outside of any case as a typed command.
func (b *Bot) addressed(ctx context.Context, to target, who user, line, key string) {
	i, help := b.desk.Parse(line)
	if help != nil {
		b.answer.send(ctx, to, *help)
		return
	}
	i.Chat, i.ID = Name, Name+":"+key
	i.By = b.person(ctx, who, to.Channel)
	b.answer.send(ctx, to, withoutForm(b.desk.Run(ctx, i)))
}

// threadCase is caseOf with patience: the event is acknowledged, Slack will
// not bring it again.
func (b *Bot) threadCase(ctx context.Context, channel, thread string) (id int64, err error) {
	if thread == "" {
		return 0, nil
	}
	for try := range lookTries {
		if id, err = b.caseOf(ctx, channel, thread); err == nil {
			return id, nil
		}
		var ce *bot.ChatError
		if !errors.As(err, &ce) || errors.Is(err, bot.ErrMisconfigured) {
			return 0, err
		}
		t := time.NewTimer(min(max(ce.After, time.Duration(try+1)*lookPause), workTime/2))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return 0, err
		}
	}
	return 0, err
}

const (
	lookTries = 3
	lookPause = 500 * time.Millisecond
)

// shortcut handles the two entries of the message menu.
func (b *Bot) shortcut(ctx context.Context, p interaction, done ack) {
	done(nil)
	to := b.targetOf(p)
	me, _ := b.whoami(ctx)
	var own string
	if me != nil {
		own = me.UserID
	}
	text, _ := written(p.Message.Text, own)
	id := Name + ":" + p.key()
	switch p.CallbackID {
	case addShortcut:
		i := commands.Invocation{Command: "add", Args: map[string]string{}, Chat: Name, ID: id}
		b.form(ctx, to, p.User, i, text)
	case factShortcut:
		b.markFact(ctx, to, p, text, id)
	default:
		b.answer.send(ctx, to, commands.Outcome{Refused: true, Text: damagedText})
	}
}

// markFact lets a person vouch for a message of a case's thread.
func (b *Bot) markFact(ctx context.Context, to target, p interaction, text, key string) {
	thread := p.Message.ThreadTS
	if thread == "" {
		thread = p.Message.TS
	}
	id, err := b.threadCase(ctx, p.channel(), thread)
	if err != nil || id == 0 {
		b.answer.send(ctx, to, commands.Outcome{Refused: true, Text: "This message is in no case's thread. Facts are marked in the thread below a review's card."})
		return
	}
	i, help := b.desk.Parse(fmt.Sprintf("fact %d %s", id, text))
	if help != nil {
		b.answer.send(ctx, to, *help)
		return
	}
	i.Chat, i.ID, i.By = Name, key, b.person(ctx, p.User, p.channel())
	b.answer.send(ctx, to, withoutForm(b.desk.Run(ctx, i)))
}

// welcome draws a person's Home tab.
func (b *Bot) welcome(ctx context.Context, u user) {
	by := b.person(ctx, u, "")
	rows := map[string]bool{}
	for _, row := range b.desk.Commands() {
		rows[row.Name] = !row.Hidden
	}
	var lists []homeList
	for _, s := range homeSections {
		i, help := b.desk.Parse(s.line)
		if help != nil || !rows[i.Command] {
			continue
		}
		i.Chat, i.By = Name, by
		lists = append(lists, homeList{s.title, s.line, b.desk.Run(ctx, i)})
	}
	if err := b.publish(ctx, u.ID, home(by.Name, lists, b.cfg.Command)); err != nil {
		b.log.Warn("a Home tab could not be drawn", "user", u.ID, "err", b.failure(ctx, "views.publish", "", err))
	}
}
