package discordbot

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// filled handles a form that was sent. What the desk refuses is kept, with a
// button that opens the form again.
func (a *action) filled(ctx context.Context) {
	values := submitted(a.Data.Parts)
	id := a.Data.CustomID
	if rest, ok := strings.CutPrefix(id, formPrefix); ok {
		a.filledStep(ctx, rest, values)
		return
	}
	token, err := commands.ParseToken(id)
	if err != nil {
		a.say(ctx, words(damagedText))
		return
	}
	i := a.invocation(token)
	i.Args = argsOf(values, nil)
	s, known := a.remembered(token)
	if known {
		s.keep(values)
	}
	a.runForm(ctx, i, s)
}

// remembered is what is kept of this person's form with this token.
func (a *action) remembered(t commands.Token) (*session, bool) {
	return a.forms.get(sessionKey(a.by.User.ID, t))
}

// filledStep handles a form of several inputs or steps.
func (a *action) filledStep(ctx context.Context, rest string, values map[string]string) {
	key, number, _ := strings.Cut(rest, ":")
	page, err := strconv.Atoi(number)
	s, ok := a.forms.get(key)
	if err != nil || !ok || page < 0 || page >= len(s.pages) || key != sessionKey(a.by.User.ID, s.form.Token) {
		card := bot.Card{Blocks: []bot.Block{{Kind: bot.Para, Text: forgotten}}}
		for _, text := range argsOf(values, nil) {
			if text != "" {
				card.Blocks = append(card.Blocks, bot.Block{Kind: bot.Draft, Text: text})
			}
		}
		p := a.fitted(card, "")
		p.Flags = ephemeral
		a.say(ctx, p)
		return
	}
	s.keep(values)
	if page+1 < len(s.pages) {
		a.say(ctx, words(fmt.Sprintf("Part %d of %d is kept, and nothing was done yet.", page+1, len(s.pages)),
			step(s, page+1, "Go on", primaryButton), step(s, page, "Change this part", secondaryButton)))
		return
	}
	i := a.invocation(s.form.Token)
	i.Args = s.args()
	a.runForm(ctx, i, s)
}

// runForm does what a form asks for.
func (a *action) runForm(ctx context.Context, i commands.Invocation, s *session) {
	t := a.begin("submission", func() commands.Outcome {
		i.By = a.person(a.by, a.whereIs(ctx, a.interaction))
		return a.desk.Run(ctx, i)
	})
	if !t.within(a.cfg.Grace) {
		a.later(ctx)
	}
	out := t.outcome()
	if out.Refused && out.Form == nil && s != nil {
		p := a.answerOf(ctx, out)
		if len(p.Components) < maxRows {
			p.Components = append([]component{{Type: actionRow, Components: []component{step(s, 0, "Open the form again", primaryButton)}}}, p.Components...)
		}
		a.say(ctx, p)
		return
	}
	a.tellOutcome(ctx, i, out, "")
}
