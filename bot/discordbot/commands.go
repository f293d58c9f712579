package discordbot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
)

// The slash command and the entries of the message menu.
const (
	slashCommand = "review"
	addEntry     = "Make this a review case"
	factEntry    = "Mark as fact"

	lineCommand = "line" // a subcommand that takes a whole line
	caseOption  = "case"
)

// Kinds of commands and of their options.
// https://docs.discord.com/developers/interactions/application-commands
const (
	chatCommand    = 1
	messageCommand = 3

	subcommand  = 1
	subgroup    = 2
	textOption  = 3
	wholeOption = 4
)

// appCommand is a command as Discord takes it.
type appCommand struct {
	Name        string      `json:"name"`
	Type        int         `json:"type"`
	Description string      `json:"description,omitempty"`
	Options     []appOption `json:"options,omitempty"`
	// Permissions that a member needs unless an administrator decides otherwise
	// under Server Settings, Integrations.
	Permissions string `json:"default_member_permissions"`
	Contexts    []int  `json:"contexts"` // 0: on servers only
}

type appOption struct {
	Type        int         `json:"type"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Complete    bool        `json:"autocomplete,omitempty"`
	Choices     []appChoice `json:"choices,omitempty"`
	MinValue    *int        `json:"min_value,omitempty"`
	MaxLength   int         `json:"max_length,omitempty"`
	Options     []appOption `json:"options,omitempty"`
	Required    bool        `json:"required,omitempty"`
}

type appChoice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// caseGroups hold the rows that are about a case: a command has room for 25
// subcommands, and there are more rows.
var caseGroups = []struct{ name, help string }{
	{"case", "What can be done with a case"},
	{"more", "More that can be done with a case"},
	{"rest", "Still more that can be done with a case"},
}

// Plain subcommands beyond these go into a group of their own.
const (
	maxPlain   = 18
	plainGroup = "also"
)

// commandSet is everything that is registered, from the desk's table.
func commandSet(rows []commands.Command) []appCommand {
	guard := strconv.FormatInt(manageMessages, 10)
	server := []int{0}
	review := appCommand{Name: slashCommand, Type: chatCommand, Description: "Reviews: what waits, what to do, help", Permissions: guard, Contexts: server}
	var onCase, also []appOption
	for _, r := range rows {
		switch {
		case r.Hidden || r.Name == lineCommand:
		case r.OnCase:
			onCase = append(onCase, subcommandOf(r))
		case len(review.Options) < maxPlain:
			review.Options = append(review.Options, subcommandOf(r))
		case len(also) < maxCommandOptions:
			also = append(also, subcommandOf(r))
		}
	}
	for n := 0; len(onCase) > 0 && n < len(caseGroups); n++ {
		k := min(len(onCase), maxCommandOptions)
		review.Options = append(review.Options, appOption{Type: subgroup, Name: caseGroups[n].name, Description: caseGroups[n].help, Options: onCase[:k]})
		onCase = onCase[k:]
	}
	if len(also) > 0 {
		review.Options = append(review.Options, appOption{Type: subgroup, Name: plainGroup, Description: "What else can be asked for", Options: also})
	}
	review.Options = append(review.Options, appOption{Type: subcommand, Name: lineCommand, Description: "Type a whole line: fact 42 The parcel left on Monday",
		Options: []appOption{{Type: textOption, Name: "text", Description: "The line; “help” explains all", Complete: true, Required: true, MaxLength: maxOptionLength}}})
	review.fit()
	return []appCommand{
		review,
		{Name: addEntry, Type: messageCommand, Permissions: guard, Contexts: server},
		{Name: factEntry, Type: messageCommand, Permissions: guard, Contexts: server},
	}
}

// fit shortens the longest descriptions until Discord takes the command, so that
// the table may grow.
func (c *appCommand) fit() {
	for most := maxCommandDescr; length(c.Options) > maxCommandTotal-plaintext.Len(c.Name+c.Description) && most > shortestDescr; most -= 5 {
		shorten(c.Options, most)
	}
}

// shortestDescr is where shortening ends: below it nobody is helped.
const shortestDescr = 20

func shorten(options []appOption, most int) {
	for i := range options {
		options[i].Description = label(options[i].Description, most)
		shorten(options[i].Options, most)
	}
}

// length is what Discord counts of a command's options.
func length(options []appOption) int {
	n := 0
	for _, o := range options {
		n += plaintext.Len(o.Name) + plaintext.Len(o.Description) + length(o.Options)
		for _, c := range o.Choices {
			n += plaintext.Len(c.Name) + plaintext.Len(c.Value)
		}
	}
	return n
}

func subcommandOf(r commands.Command) appOption {
	o := appOption{Type: subcommand, Name: r.Name, Description: label(r.Help, maxCommandDescr)}
	if r.OnCase {
		o.Options = append(o.Options, appOption{Type: textOption, Name: caseOption, Description: "The case; not needed in its thread", Complete: true, MaxLength: 12})
	}
	for _, f := range r.Fields {
		o.Options = append(o.Options, optionOf(f))
	}
	return o
}

func optionOf(f commands.Field) appOption {
	o := appOption{Type: textOption, Name: f.Name, Description: label(f.Label, maxCommandDescr)}
	switch f.Kind {
	case commands.Choice:
		for _, c := range f.Options[:min(len(f.Options), maxChoices)] {
			o.Choices = append(o.Choices, appChoice{label(c.Label, maxChoiceName), plaintext.Cut(c.Value, maxChoiceName)})
		}
	case commands.Number:
		zero := 0
		o.Type, o.MinValue = wholeOption, &zero
	default:
		o.MaxLength = maxOptionLength
		if f.Max > 0 {
			o.MaxLength = min(f.Max, maxOptionLength)
		}
	}
	return o
}

// register makes Discord know the commands of our server: all of them at once,
// so that doing it again changes nothing.
func (b *Bot) register(ctx context.Context) error {
	me, err := b.whoami(ctx)
	if err != nil {
		return err
	}
	guild, err := b.guild(ctx)
	if err != nil {
		return failure(b.cfg.Channel, err)
	}
	set := commandSet(b.desk.Commands())
	if err := b.rest.patiently(ctx, http.MethodPut, "/applications/"+me.ID+"/guilds/"+guild+"/commands", set, nil); err != nil {
		return failure(b.cfg.Channel, err)
	}
	return nil
}

// typed handles a command or an entry of the message menu.
func (a *action) typed(ctx context.Context) {
	if a.Data.Type == messageCommand {
		a.entry(ctx)
		return
	}
	name, args := a.Data.words()
	if name == lineCommand {
		a.typedLine(ctx, args["text"])
		return
	}
	rows := a.desk.Commands()
	n := slices.IndexFunc(rows, func(r commands.Command) bool { return r.Name == name && !r.Hidden })
	if a.Data.Name != slashCommand || n < 0 {
		a.say(ctx, words("I do not know this command; it may be from an older version. “/review help” lists all."))
		return
	}
	i := commands.Invocation{Command: name, Args: args, Chat: Name, ID: Name + ":" + a.ID}
	if rows[n].OnCase {
		id, err := a.caseMeant(ctx, args[caseOption])
		if err != nil {
			a.say(ctx, words(upper(err.Error())+"."))
			return
		}
		i.Case = id
		delete(i.Args, caseOption)
	}
	a.ask(ctx, i, "")
}

// caseMeant is the case that was named, or that of the thread.
func (a *action) caseMeant(ctx context.Context, ref string) (int64, error) {
	if ref = strings.TrimSpace(ref); ref != "" {
		return commands.ParseRef(ref)
	}
	if in := a.whereIs(ctx, a.interaction); in.isThread() {
		id, err := a.caseOf(ctx, in.ID)
		if err != nil {
			a.log.Warn("the case of a thread could not be found", "err", err)
		}
		return id, nil
	}
	return 0, nil // the desk says how to name it
}

// words are the subcommand's name and its options.
func (d commandData) words() (name string, args map[string]string) {
	args = map[string]string{}
	options := d.Options
	for range 2 { // group, subcommand
		if len(options) == 1 && (options[0].Type == subcommand || options[0].Type == subgroup) {
			name, options = options[0].Name, options[0].Options
		}
	}
	for _, o := range options {
		if v := o.text(); v != "" {
			args[o.Name] = v
		}
	}
	return name, args
}

func (a *action) typedLine(ctx context.Context, line string) {
	i, help := a.desk.Parse(line)
	if help != nil {
		a.say(ctx, a.answerOf(ctx, *help))
		return
	}
	i.Chat, i.ID = Name, Name+":"+a.ID
	a.ask(ctx, i, "")
}

// choiceList is the answer to somebody who is typing.
type choiceList struct {
	Choices []appChoice `json:"choices"`
}

// completing lists how the option that is being typed could go on.
func (a *action) completing(ctx context.Context) {
	list := choiceList{Choices: []appChoice{}}
	done := make(chan struct{})
	a.crew.busy.Go(func() {
		defer close(done)
		defer a.crew.recover("completion")
		ctx, cancel := context.WithTimeout(ctx, typesGrace)
		defer cancel()
		found := a.completions(ctx)
		list.Choices = append(list.Choices, found...)
	})
	<-done
	a.send(ctx, response{Type: choices, Data: list})
}

func (a *action) completions(ctx context.Context) (out []appChoice) {
	by := a.person(a.by, a.whereIs(ctx, a.interaction))
	name, _ := a.Data.words()
	focus := a.Data.focused()
	line, whole := focus.text(), focus.Name == "text" && name == lineCommand
	if !whole {
		line = name + " " + line
	}
	for _, o := range a.desk.Complete(ctx, line, by) {
		value := strings.TrimSpace(o.Value)
		if !whole {
			value = strings.TrimSpace(strings.TrimPrefix(value, name))
		}
		if value == "" || plaintext.Len(value) > maxChoiceName || len(out) == maxChoices {
			continue
		}
		shown := o.Label
		if !whole && !strings.Contains(shown, value) {
			shown = "#" + value + " " + shown
		}
		out = append(out, appChoice{label(shown, maxChoiceName), value})
	}
	return out
}

// focused is the option that is being typed.
func (d commandData) focused() argument {
	options := d.Options
	for len(options) > 0 {
		var deeper []argument
		for _, o := range options {
			if o.Focused {
				return o
			}
			deeper = append(deeper, o.Options...)
		}
		options = deeper
	}
	return argument{}
}

// entry handles an entry of the message menu. Discord hands over the message
// that it was used on, whatever the intents.
func (a *action) entry(ctx context.Context) {
	m, ok := a.Data.Resolved.Messages[a.Data.TargetID]
	text := strings.TrimSpace(m.Content)
	if !ok || text == "" {
		a.say(ctx, words("This message has no words that I can read."))
		return
	}
	id := Name + ":" + a.ID
	switch a.Data.Name {
	case addEntry:
		a.ask(ctx, commands.Invocation{Command: "add", Args: map[string]string{}, Chat: Name, ID: id}, text)
	case factEntry:
		a.markFact(ctx, text, id)
	default:
		a.say(ctx, words(damagedText))
	}
}

// markFact lets a person vouch for a message of a case's thread.
func (a *action) markFact(ctx context.Context, text, id string) {
	in := a.whereIs(ctx, a.interaction)
	var of int64
	var err error
	if in.isThread() {
		of, err = a.caseOf(ctx, in.ID)
	}
	if err != nil || of == 0 {
		a.say(ctx, words("This message is in no case's thread. Facts are marked in the thread below a review's card."))
		return
	}
	i, help := a.desk.Parse(fmt.Sprintf("fact %d %s", of, text))
	if help != nil {
		a.say(ctx, a.answerOf(ctx, *help))
		return
	}
	i.Chat, i.ID = Name, id
	a.run(ctx, i)
}
