package discordbot

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is something that we send, with the shape by which Discord judges it.
type golden struct {
	name  string
	shape discordtest.Shape
	body  any
}

// goldens are everything that the bot can send.
func goldens(t *testing.T) []golden {
	t.Helper()
	at := bot.Place{Case: 7, Key: "parent"}
	var out []golden
	for _, f := range bottest.Fixtures() {
		p := drawn(f.Card, at.ID())
		p.Nonce, p.EnforceNonce = nonceOf(at), true
		out = append(out, golden{"card_" + f.Name, discordtest.ShapeMessage, p})
	}
	for _, h := range bottest.Hostile() {
		out = append(out, golden{"hostile_" + h.Name, discordtest.ShapeMessage, drawn(bottest.HostileCard(h.Text), at.ID())})
	}
	card := bottest.StoryCard(7)
	out = append(out,
		golden{"edit", discordtest.ShapeEdit, drawn(card, at.ID())},
		golden{"card_picture", discordtest.ShapeMessage, pictured(drawn(digested, digestAt.ID()), drawn1)},
		golden{"forum_picture", discordtest.ShapeForumPost, forumPost{Name: threadName(digested), AutoArchive: autoArchive, Message: pictured(drawn(digested, digestAt.ID()), drawn1)}},
		golden{"plain_words", discordtest.ShapeMessage, wordsOf(card, at.ID())},
		golden{"forum_post", discordtest.ShapeForumPost, forumPost{Name: threadName(card), AutoArchive: autoArchive, Tags: []string{"123456789012345678"}, Message: drawn(card, at.ID())}},
		golden{"thread", discordtest.ShapeThread, map[string]any{"name": threadName(card), "auto_archive_duration": autoArchive}},
		golden{"thread_closed", discordtest.ShapeThreadEdit, threadPatch{Archived: ptr(true), Tags: &[]string{"123456789012345678"}}},
		golden{"thread_woken", discordtest.ShapeThreadEdit, threadPatch{Archived: ptr(false), Locked: ptr(false)}},
		golden{"commands", discordtest.ShapeCommands, commandSet(bottest.NewFakeDesk().Commands())},
		golden{"answer_words", discordtest.ShapeCallback, response{sayNow, answerFor(commands.Outcome{Text: "Approved. It goes out in ten minutes."})}},
		golden{"answer_nothing", discordtest.ShapeCallback, response{sayNow, answerFor(commands.Outcome{})}},
		golden{"answer_list", discordtest.ShapeCallback, response{sayNow, answerFor(commands.Outcome{Text: "Two wait.", Items: []commands.Item{
			{Case: 11, Title: "★☆☆☆☆ Lamp", Note: "overdue since Monday"}, {Case: 12, Title: "★★★★★ Chair <@&1>", Note: "praise"}}})}},
		golden{"answer_later", discordtest.ShapeCallback, response{sayLater, map[string]int{"flags": ephemeral}}},
		golden{"answer_stale", discordtest.ShapeFollowUpEdit, drawn(answerCard(commands.Outcome{Refused: true, Text: "This has moved on.", Show: 7}, []bot.Keyed{{Key: "parent", Card: card}, {Key: "draft-2", Card: card}}), "")},
		golden{"completion", discordtest.ShapeCallback, response{choices, choiceList{[]appChoice{{"#42 Lamp", "42"}}}}},
		golden{"no_completion", discordtest.ShapeCallback, response{choices, choiceList{[]appChoice{}}}},
	)
	return append(out, formGoldens(t)...)
}

func formGoldens(t *testing.T) []golden {
	t.Helper()
	var out []golden
	for _, f := range goldenForms() {
		s, err := newSessions(time.Now).open("1", &f.form)
		if err != nil {
			t.Fatal(err)
		}
		for page := range s.pages {
			out = append(out, golden{fmt.Sprintf("form_%s_%d", f.name, page+1), discordtest.ShapeCallback, response{openModal, s.modal(page)}})
		}
		if len(s.pages) > 1 {
			p := words("Part 1 of 2 is kept, and nothing was done yet.", step(s, 1, "Go on", primaryButton), step(s, 0, "Change this part", secondaryButton))
			out = append(out, golden{"form_" + f.name + "_between", discordtest.ShapeCallback, response{sayNow, p}})
		}
	}
	return out
}

type namedForm struct {
	name string
	form commands.Form
}

func goldenForms() []namedForm {
	text := func(n int) commands.Field {
		return commands.Field{Name: "text", Label: "The reply", Kind: commands.Text, Value: bottest.Words("word", max(1, n)), Hint: "Readers will see this"}
	}
	token := bottest.Token("edit", 7, "")
	return []namedForm{
		{"bare", commands.Form{Title: "Sure", Submit: "Yes", Token: token}},
		{"short", commands.Form{Title: "Edit the reply", Submit: "Save", Token: token, Intro: "It is checked again. **Not bold** @everyone", Fields: []commands.Field{text(100)}}},
		{"at_limit", commands.Form{Title: strings.Repeat("t", 24), Submit: strings.Repeat("s", 24), Token: token, Fields: []commands.Field{text(maxInput)}}},
		{"one_over", commands.Form{Title: "Edit the reply", Submit: "Save", Token: token, Fields: []commands.Field{text(maxInput + 1)}}},
		{"longest", commands.Form{Title: "Edit the reply", Submit: "Save", Token: token, Fields: []commands.Field{text(bottest.LongDraft)}}},
		{"two_steps", commands.Form{Title: "Edit the reply", Submit: "Save", Token: token, Intro: "Read this first.", Fields: []commands.Field{text(bottest.LongDraft),
			{Name: "line", Label: "A line", Kind: commands.Line, Max: 300}, {Name: "number", Label: "A number", Kind: commands.Number, Optional: true},
			{Name: "day", Label: "Until when", Kind: commands.Date, Value: "2026-12-01"},
			{Name: "choice", Label: "A choice", Kind: commands.Choice, Value: "b", Options: []commands.Option{{Value: "a", Label: "First"}, {Value: "b", Label: "Second"}, {Label: "None"}}}}}},
	}
}

func answerFor(out commands.Outcome) payload {
	p := drawn(answerCard(out, nil), "")
	p.Flags = ephemeral
	return p
}

func ptr[T any](v T) *T { return &v }

// Everything that is sent stands in a golden file, and Discord's specification
// and rules accept it.
func TestGoldens(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			var buf bytes.Buffer
			e := json.NewEncoder(&buf)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(g.body); err != nil {
				t.Fatal(err)
			}
			if err := discordtest.Judge(g.shape, buf.Bytes()); err != nil {
				t.Errorf("Discord would refuse it: %v", err)
			}
			path := filepath.Join("testdata", "golden", g.name+".json")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; go test -run TestGoldens -update writes it", err)
			}
			if !bytes.Equal(want, buf.Bytes()) {
				t.Errorf("%s differs; if that is meant, go test -run TestGoldens -update", path)
			}
		})
	}
}

// Every row that people can type is registered, each once.
func TestEveryCommandIsRegistered(t *testing.T) {
	have := map[string]int{}
	var walk func(os []appOption)
	walk = func(os []appOption) {
		for _, o := range os {
			if o.Type == subcommand {
				have[o.Name]++
			}
			walk(o.Options)
		}
	}
	set := commandSet(commands.Rows())
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	if err := discordtest.Judge(discordtest.ShapeCommands, raw); err != nil {
		t.Errorf("Discord would refuse the commands: %v", err)
	}
	walk(set[0].Options)
	for _, r := range commands.Rows() {
		if !r.Hidden && have[r.Name] != 1 {
			t.Errorf("%s is registered %d times", r.Name, have[r.Name])
		}
	}
	total := 0
	var count func(os []appOption)
	count = func(os []appOption) {
		for _, o := range os {
			total += plaintext.Len(o.Name) + plaintext.Len(o.Description)
			for _, c := range o.Choices {
				total += plaintext.Len(c.Name) + plaintext.Len(c.Value)
			}
			count(o.Options)
		}
	}
	count(set[0].Options)
	if total > maxCommandTotal {
		t.Errorf("the command has %d characters, at most %d fit", total, maxCommandTotal)
	}
	t.Logf("%d subcommands, %d characters", len(have), total)
}

// What is at a limit passes whole, what is one over is shortened and says so;
// neither is ever refused.
func TestCardsAtTheirLimits(t *testing.T) {
	for _, over := range []int{0, 1} {
		for name, grow := range map[string]func(c *bot.Card){
			"title":   func(c *bot.Card) { c.Title = bottest.Words("t", maxTitle+over) },
			"button":  func(c *bot.Card) { c.Buttons[0].Label = strings.Repeat("b", maxButtonLabel+over) },
			"option":  func(c *bot.Card) { c.Selects[0].Options[0].Label = strings.Repeat("o", maxOptionLabel+over) },
			"choice":  func(c *bot.Card) { c.Selects[0].Label = strings.Repeat("p", maxPlaceholder+over) },
			"confirm": func(c *bot.Card) { c.Buttons[0].Confirm = strings.Repeat("q", maxFieldValue+over) },
			"url":     func(c *bot.Card) { c.Links[0].URL = "https://example.com/" + strings.Repeat("u", maxURL-20+over) },
			"buttons": func(c *bot.Card) {
				c.Selects, c.Buttons = nil, nil
				for n := range bottest.MostButtons + over {
					c.Buttons = append(c.Buttons, bot.Button{Label: fmt.Sprint(n), Token: bottest.Token("x", 7, fmt.Sprint(n))})
				}
			},
			"embeds": func(c *bot.Card) { c.Blocks = []bot.Block{{Kind: bot.Draft, Text: strings.Repeat("d", 5975+over*100)}} },
		} {
			t.Run(fmt.Sprintf("%s+%d", name, over), func(t *testing.T) {
				c := bottest.StoryCard(7)
				grow(&c)
				p := drawn(c, "case-7-parent")
				if err := checkMessage(p); err != nil {
					t.Error(err)
				}
				raw, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				if err := discordtest.Judge(discordtest.ShapeMessage, raw); err != nil {
					t.Error(err)
				}
				if name == "embeds" && over == 1 && (!strings.Contains(string(raw), "Shortened") || !strings.Contains(string(raw), plaintext.Ellipsis)) {
					t.Error("it was shortened and does not say so")
				}
			})
		}
	}
}

// Our own check refuses what the judge refuses.
func TestChecksHoldTheLimits(t *testing.T) {
	for name, spoil := range map[string]func(p *payload){
		"content":   func(p *payload) { p.Content = strings.Repeat("x", maxContent+1) },
		"rows":      func(p *payload) { p.Components = make([]component, maxRows+1) },
		"duplicate": func(p *payload) { p.Components[0].Components[1].CustomID = p.Components[0].Components[0].CustomID },
		"label":     func(p *payload) { p.Components[0].Components[0].Label = strings.Repeat("x", maxButtonLabel+1) },
		"id":        func(p *payload) { p.Components[0].Components[0].CustomID = strings.Repeat("x", maxCustomID+1) },
		"total":     func(p *payload) { p.Embeds[0].Description = strings.Repeat("x", maxEmbedTotal+1) },
		"nonce":     func(p *payload) { p.Nonce = strings.Repeat("x", maxNonce+1) },
	} {
		p := drawn(bottest.StoryCard(7), "case-7-parent")
		spoil(&p)
		raw, _ := json.Marshal(p)
		if checkMessage(p) == nil || discordtest.Judge(discordtest.ShapeMessage, raw) == nil {
			t.Errorf("%s: ours %v, the judge %v", name, checkMessage(p), discordtest.Judge(discordtest.ShapeMessage, raw))
		}
	}
}
