package slackbot

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// A text that no form holds is not offered in one: the person gets a link to
// the console, and the desk hears of no text at all.
func TestATextTooLongIsEditedInTheConsole(t *testing.T) {
	for name, console := range map[string]bool{"with a console": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
			var asked review.Person
			cfg := w.config()
			if console {
				cfg.Page = func(_ context.Context, who review.Person, id int64) (Page, error) {
					asked = who
					return Page{Enter: "https://desk.example.test/enter?invite=one", Case: fmt.Sprint("https://desk.example.test/case/", id)}, nil
				}
			}
			var err error
			w.bot, err = New(cfg)
			must(t, err)
			f := everyForm()
			f.Fields[0].Value = bottest.Words("long", maxPieces*maxInput+1)
			w.desk.Opens("edit", f)
			ctx, ref := serving(t, w)
			a, err := w.Press(ctx, "Ana", ref, bottest.StoryCard(7).Buttons[1].Token.String())
			must(t, err)
			if a.Form != nil {
				t.Fatal("a form opened that does not hold the text")
			}
			if !strings.Contains(a.Text, "33,001 characters") || !strings.Contains(a.Text, "console") {
				t.Errorf("told %q", a.Text)
			}
			v, _ := w.server.Modal(userID("Ana"))
			if has := strings.Contains(fmt.Sprint(v.Blocks()), "/enter?invite=one"); has != console {
				t.Errorf("a link to the console: %v, want %v", has, console)
			}
			if console && asked.Name != "Ana" {
				t.Errorf("the link is for %+v", asked)
			}
		})
	}
}

// Whatever a form holds comes back as it was, when nobody touches it.
func TestWhatAFormHoldsComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(rapid.SampledFrom([]string{"word ", "a. ", "\n\n", "\n", "  ", "é̂", "👩‍🚀", "書", "<b>"}), rapid.String())
		text := strings.TrimSpace(strings.Repeat(strings.Join(rapid.SliceOfN(piece, 1, 40).Draw(t, "pieces"), ""), rapid.IntRange(1, 400).Draw(t, "times")))
		f := &commands.Form{Title: "Edit", Token: bottest.Token("edit", 7, "base"), Fields: []commands.Field{{Name: "text", Label: "Reply", Kind: commands.Text, Value: text}}}
		to := address{Channel: "C0REVIEWS", Thread: "1.2", URL: "https://hooks.slack.com/actions/T/1/x"}
		if !holds(f, to) {
			if runeLen(text) <= (maxPieces-1)*maxInput*2/3 {
				t.Fatalf("%d characters do not fit", runeLen(text))
			}
			return
		}
		v := modal(f, to)
		var raw slacktest.View
		raw.Body = map[string]any{"private_metadata": v.PrivateMetadata}
		state := map[string]map[string]inputState{}
		for _, b := range v.Blocks.BlockSet {
			if id := b.ID(); strings.HasPrefix(id, "f:") {
				state[id] = map[string]inputState{valueID: {Value: initial(b)}}
			}
		}
		args, _ := filled(state, metaOf(raw))
		if args["text"] != text {
			t.Fatalf("%d characters came back as %d", runeLen(text), runeLen(args["text"]))
		}
	})
}

// The Home tab shows what is late and what was promised as soon as the table
// has rows for them, and leaves them out when it does not.
func TestHomeFollowsTheTable(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.desk.Answers("overdue", commands.Outcome{Text: "Overdue:", Items: []commands.Item{{Case: 9, Title: "#9 Teapot", Note: "an answer was due on Monday"}}})
	w.desk.Answers("promises", commands.Outcome{Text: "Open promises:", Items: []commands.Item{{Case: 10, Title: "#10 Send a lid", Note: "Ana, by Friday"}}})
	ctx, _ := serving(t, w)
	for _, late := range []bool{false, true} {
		if late {
			w.bot.desk = longer{w.desk}
		}
		_, err := w.server.OpenHome(ctx, userID("Ana"))
		must(t, err)
		must(t, w.idle(ctx))
		v, _ := w.server.Home(userID("Ana"))
		var text strings.Builder
		for _, b := range v.Blocks() {
			text.WriteString(textOf(b) + "\n")
		}
		for _, words := range []string{"Overdue", "Open promises", "#9 Teapot", "#10 Send a lid"} {
			if strings.Contains(text.String(), words) != late {
				t.Errorf("with the rows: %v; it says %q: %v\n%s", late, words, !late, text.String())
			}
		}
		if strings.Contains(text.String(), "#9 #9") {
			t.Error("a case's number stands twice")
		}
	}
}

// longer is a desk whose table has the two rows.
type longer struct{ bot.Front }

func (l longer) Commands() []commands.Command {
	return append(l.Front.Commands(), commands.Command{Name: "overdue"}, commands.Command{Name: "promises"})
}

func (l longer) Parse(line string) (commands.Invocation, *commands.Outcome) {
	if line == "overdue" || line == "promises" {
		return commands.Invocation{Command: line}, nil
	}
	return l.Front.Parse(line)
}

// No card calls anybody: it mentions nobody, and no reply in a thread is
// repeated in the channel, be it quiet or not.
func TestNoCardCallsAnybody(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	for _, quiet := range []bool{false, true} {
		at := bot.Place{Case: 7, Key: fmt.Sprint("parent-", quiet), Quiet: quiet}
		ref, err := w.bot.Post(t.Context(), at, bottest.HostileCard(issueText))
		must(t, err)
		_, err = w.bot.Post(t.Context(), bot.Place{Case: 7, Key: fmt.Sprint("draft-", quiet), Quiet: quiet, Thread: ref}, bottest.HostileCard(issueText))
		must(t, err)
	}
	for _, m := range w.server.Messages(slacktest.Channel) {
		if m.Broadcast || len(pings(m)) > 0 {
			t.Errorf("%v calls people: broadcast %v, %v", m.Metadata, m.Broadcast, pings(m))
		}
	}
}

func TestNamedOnce(t *testing.T) {
	for words, want := range map[string]string{"#7 Kettle": "#7 Kettle", "Kettle": "#7 Kettle", "#70 Kettle": "#7 #70 Kettle", "#7": "#7"} {
		if got := named(7, words); got != want {
			t.Errorf("%q is %q, want %q", words, got, want)
		}
	}
	if got := named(0, "A source"); got != "A source" {
		t.Errorf("no case: %q", got)
	}
}

// initial is what stands in an input when it opens.
func initial(b slack.Block) string {
	e, _ := b.(*slack.InputBlock).Element.(*slack.PlainTextInputBlockElement)
	return e.InitialValue
}
