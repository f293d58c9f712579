package slackbot

import (
	"context"
	"encoding/json"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/commands"
)

// submitted handles a form that was sent. A refusal that comes in time stands
// in the form, so that nobody loses what they wrote.
func (b *Bot) submitted(ctx context.Context, p interaction, done ack) {
	var meta formMeta
	if p.View.CallbackID != formCallback || json.Unmarshal([]byte(p.View.PrivateMetadata), &meta) != nil {
		done(nil)
		return
	}
	to := target{address: meta.address, user: p.User.ID, trigger: p.TriggerID}
	token, err := commands.ParseToken(meta.Token)
	if err != nil {
		done(slack.NewUpdateViewSubmissionResponse(ptr(note("Please note", damagedText))))
		return
	}
	args, errorBlock := filled(p.View.State.Values, meta)
	i := commands.Invocation{Command: token.Command, Case: token.Case, Token: token, Args: args, Chat: Name, ID: Name + ":" + p.key()}
	t := b.begin("submission", func() commands.Outcome {
		i.By = b.person(ctx, p.User, meta.Channel)
		return b.desk.Run(ctx, i)
	})
	if !t.within(submitGrace) {
		done(nil) // closes the form
		b.answer.send(ctx, to, withoutForm(t.outcome()))
		return
	}
	out := t.outcome()
	var body *slack.ViewSubmissionResponse
	switch {
	case out.Form != nil:
		fill(out.Form, i, "")
		body = slack.NewUpdateViewSubmissionResponse(ptr(b.formView(ctx, out.Form, i.By, meta.address)))
	case out.Refused && errorBlock != "" && out.Show == 0:
		body = slack.NewErrorsViewSubmissionResponse(map[string]string{errorBlock: cut(label(out.Text), maxInputLabel)})
	case out.Refused:
		body = slack.NewUpdateViewSubmissionResponse(ptr(b.refusal(ctx, out, args)))
	}
	if body == nil || !done(body) {
		done(nil)
		b.answer.send(ctx, to, withoutForm(out))
	}
}

// refusal is what stands where the form was when the case has moved on: why,
// the text that was written, to be copied, and the current card.
func (b *Bot) refusal(ctx context.Context, out commands.Outcome, args map[string]string) slack.ModalViewRequest {
	v := b.answer.view(ctx, out)
	if text := args["text"]; text != "" {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, paragraphs("What you wrote, to be copied:")...)
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, paragraphs(text)...)
	}
	return v
}

// withoutForm tells in words what a form would have asked, when there is
// nothing left to open it with.
func withoutForm(out commands.Outcome) commands.Outcome {
	if out.Form != nil {
		return commands.Outcome{Refused: true, Text: "One more step is needed: " + out.Form.Title + ". Please use the button on the card."}
	}
	return out
}

func ptr[T any](v T) *T { return &v }
