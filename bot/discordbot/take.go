package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/commands"
)

// Discord shows an error after 3 seconds.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	formGrace  = 2200 * time.Millisecond // a form must be the first answer
	typesGrace = 1500 * time.Millisecond // completions are of no use later
)

// take handles an interaction. It returns at once. It handles each once,
// however often and on whichever way it arrives.
func (b *Bot) take(ctx context.Context, raw []byte, answer func(interaction) reply) {
	var i interaction
	if err := json.Unmarshal(raw, &i); err != nil {
		b.log.Warn("an interaction could not be read", "err", err)
		return
	}
	b.takeRead(ctx, i, answer)
}

// takeRead is take for an interaction that was read already.
func (b *Bot) takeRead(ctx context.Context, i interaction, answer func(interaction) reply) {
	if i.ID == "" || i.Token == "" || !b.seen.First("interaction:"+i.ID, struct{}{}) {
		return
	}
	taken := b.crew.do(ctx, "interaction", func(ctx context.Context) {
		a := &action{Bot: b, interaction: i, reply: answer(i)}
		defer a.rescue(ctx)
		a.handle(ctx)
	})
	if !taken {
		_ = answer(i)(ctx, response{Type: sayNow, Data: words("Too many things are waiting just now. Please try again in a minute.")})
	}
}

// action is one interaction being handled.
type action struct {
	*Bot
	interaction
	reply   reply
	by      *member
	said    bool // the first answer went out
	updates bool // the answer replaces the message of the press
}

// rescue answers when a handler panicked: the person is told, and the program
// goes on.
func (a *action) rescue(ctx context.Context) {
	if r := recover(); r != nil {
		func() {
			defer a.crew.recover("interaction")
			panic(r)
		}()
		a.say(ctx, words(troubleText))
	}
}

// handle finds out what it is.
func (a *action) handle(ctx context.Context) {
	who, ok := a.who()
	if !ok {
		a.log.Warn("an interaction names nobody", "id", a.ID)
		a.say(ctx, words(troubleText))
		return
	}
	a.by = who
	guild, err := a.guild(ctx)
	if err != nil {
		a.log.Warn("it is not known yet which server is ours", "err", err)
		a.say(ctx, words(troubleText))
		return
	}
	if a.GuildID != guild {
		if a.Type == typingAction {
			a.send(ctx, response{Type: choices, Data: choiceList{}})
			return
		}
		a.say(ctx, words(elsewhere))
		return
	}
	switch a.Type {
	case pressAction:
		a.pressed(ctx)
	case formAction:
		a.filled(ctx)
	case commandAction:
		a.typed(ctx)
	case typingAction:
		a.completing(ctx)
	}
}

// send sends the first answer.
func (a *action) send(ctx context.Context, r response) {
	a.said = true
	if err := a.reply(ctx, r); err != nil {
		a.log.Warn("a person could not be answered", "type", r.Type, "err", err)
	}
}

// say tells the person something: as the first answer, or in its place.
func (a *action) say(ctx context.Context, p payload) {
	if a.said {
		if err := a.finish(ctx, a.interaction, p); err != nil {
			a.log.Warn("a person could not be answered", "err", err)
		}
		return
	}
	kind := sayNow
	if a.updates {
		kind = updateMessage
	}
	a.send(ctx, response{Type: kind, Data: p})
}

// later says that the answer comes.
func (a *action) later(ctx context.Context) {
	if a.said {
		return
	}
	if a.updates {
		a.send(ctx, response{Type: updateLater})
		return
	}
	a.send(ctx, response{Type: sayLater, Data: map[string]int{"flags": ephemeral}})
}

// task is something that the desk does while an answer may wait for it.
type task struct {
	done chan struct{}
	out  commands.Outcome
}

// begin starts work. When it panics, its outcome is that we are in trouble.
func (b *Bot) begin(what string, work func() commands.Outcome) *task {
	t := &task{done: make(chan struct{})}
	b.crew.busy.Go(func() {
		defer close(t.done)
		defer b.crew.recover(what)
		t.out = commands.Outcome{Refused: true, Text: troubleText}
		t.out = work()
	})
	return t
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

// invocation is what the person asks for, without who asks.
func (a *action) invocation(t commands.Token) commands.Invocation {
	return commands.Invocation{Command: t.Command, Case: t.Case, Token: t, Args: map[string]string{}, Chat: Name, ID: Name + ":" + a.ID}
}

// pressed handles a button, a menu or a choice.
func (a *action) pressed(ctx context.Context) {
	id := a.Data.CustomID
	part, _ := a.Message.part(id)
	kind := kindOf(part.ID)
	if strings.HasPrefix(id, "~") && id != morePrefix {
		a.ownButton(ctx, id)
		return
	}
	value := ""
	if len(a.Data.Values) > 0 {
		value = a.Data.Values[0]
	}
	if id == morePrefix {
		id = value
	}
	token, err := commands.ParseToken(id)
	if err != nil {
		a.say(ctx, words(damagedText))
		return
	}
	if len(a.Data.Values) > 0 && a.Data.CustomID != morePrefix {
		token.Arg = fromOption(value)
		if token.Command == showCommand && token.Case == 0 {
			token.Case, _ = strconv.ParseInt(token.Arg, 10, 64)
			token.Arg = ""
		}
	}
	i := a.invocation(token)
	switch kind {
	case confirmKind:
		a.confirm(ctx, part)
	case plainKind, sureKind, noKind:
		a.updates = kind == sureKind
		a.run(ctx, i)
	default:
		a.ask(ctx, i, "")
	}
}

// confirm asks the question of a button, which stands on its card.
func (a *action) confirm(ctx context.Context, part component) {
	question, n := "", 0
	rows := []component{}
	_ = json.Unmarshal(a.Message.RawParts, &rows)
	for _, r := range rows {
		for _, c := range r.Components {
			if c.CustomID == part.CustomID {
				question = a.Message.field(n)
			}
			if kindOf(c.ID) == confirmKind {
				n++
			}
		}
	}
	if question == "" {
		question = "Are you sure?"
	}
	yes := component{Type: buttonPart, ID: sureKind * 1000, CustomID: part.CustomID, Style: part.Style, Label: label(part.Label, maxButtonLabel)}
	p := words("", yes, component{Type: buttonPart, CustomID: cancelButton, Style: secondaryButton, Label: "Cancel"})
	p.Content = question // escaped when the card was drawn
	a.say(ctx, p)
}

// field is the value of the n-th field on a message.
func (m *message) field(n int) string {
	for _, e := range m.embeds() {
		if e == nil {
			continue
		}
		if n < len(e.Fields) && e.Fields[n] != nil {
			return e.Fields[n].Value
		}
		n -= len(e.Fields)
	}
	return ""
}

// Custom ids of buttons of our own.
const (
	cancelButton = "~cancel"
	stepPrefix   = "~step:" // key and page of a form
)

// ownButton handles what stands between the parts of a form.
func (a *action) ownButton(ctx context.Context, id string) {
	switch {
	case id == cancelButton:
		a.updates = true
		p := words("Nothing was changed.")
		a.say(ctx, p)
	case strings.HasPrefix(id, stepPrefix):
		key, number, _ := strings.Cut(strings.TrimPrefix(id, stepPrefix), ":")
		page, err := strconv.Atoi(number)
		s, ok := a.forms.get(key)
		if err != nil || !ok || page < 0 || page >= len(s.pages) {
			a.say(ctx, words("This form is of an earlier time. Please open it again from the card."))
			return
		}
		a.show(ctx, s, page)
	default:
		a.say(ctx, words(damagedText))
	}
}

// run does what is asked. The answer comes with the acknowledgement when the
// desk is quick, else it follows.
func (a *action) run(ctx context.Context, i commands.Invocation) {
	t := a.begin("press", func() commands.Outcome {
		i.By = a.person(a.by, a.whereIs(ctx, a.interaction))
		return a.desk.Run(ctx, i)
	})
	if !t.within(a.cfg.Grace) {
		a.later(ctx)
	}
	a.tellOutcome(ctx, i, t.outcome(), "")
}

// ask gets the form of what somebody wants, or does it when it has none. A
// form must be the first answer, so nothing is said before the desk has spoken.
func (a *action) ask(ctx context.Context, i commands.Invocation, prefill string) {
	t := a.begin("form", func() commands.Outcome {
		i.By = a.person(a.by, a.whereIs(ctx, a.interaction))
		f, out := a.desk.Form(ctx, i)
		switch {
		case f != nil:
			return commands.Outcome{Form: f}
		case isEmpty(out):
			return a.desk.Run(ctx, i)
		}
		return out
	})
	if !t.within(formGrace) {
		a.later(ctx)
	}
	a.tellOutcome(ctx, i, t.outcome(), prefill)
}

// tellOutcome shows an outcome: its form, or its words.
func (a *action) tellOutcome(ctx context.Context, i commands.Invocation, out commands.Outcome, prefill string) {
	if out.Form == nil {
		a.say(ctx, a.answerOf(ctx, out))
		return
	}
	fill(out.Form, i, prefill)
	s, err := a.forms.open(a.by.User.ID, out.Form)
	var long *tooLong
	if errors.As(err, &long) {
		a.tooLong(ctx, out.Form, long)
		return
	}
	if err != nil {
		a.log.Error("a form cannot be drawn", "err", err)
		a.say(ctx, words(troubleText))
		return
	}
	a.show(ctx, s, 0)
}

// tooLong points to the console instead of cutting somebody's text.
func (a *action) tooLong(ctx context.Context, f *commands.Form, long *tooLong) {
	out := commands.Outcome{Refused: true, Text: upper(long.Error()) + ". Nothing was cut; please edit it on the case's page in the console."}
	if a.cfg.CaseURL != nil && f.Token.Case != 0 {
		out.Link = a.cfg.CaseURL(f.Token.Case)
	}
	a.say(ctx, a.answerOf(ctx, out))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// show opens a step of a form. When something was said already, or the answer
// is to a form, it can only be offered.
func (a *action) show(ctx context.Context, s *session, page int) {
	m := s.modal(page)
	if err := checkModal(m); err != nil {
		a.log.Error("a form breaks a limit", "err", err)
		a.say(ctx, words("This form does not fit into Discord. Please use the web console for it."))
		return
	}
	if a.said || a.Type == formAction {
		a.say(ctx, words("One more step: "+s.form.Title, step(s, page, "Open the form", primaryButton)))
		return
	}
	a.send(ctx, response{Type: openModal, Data: m})
}

func step(s *session, page int, name string, style int) component {
	return component{Type: buttonPart, CustomID: stepPrefix + s.key + ":" + strconv.Itoa(page), Style: style, Label: label(name, maxButtonLabel)}
}

// fill completes a form: its token names what is run, and a text that somebody
// pointed at goes into the first empty field.
func fill(f *commands.Form, i commands.Invocation, prefill string) {
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
