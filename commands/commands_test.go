package commands_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// TestTableIsWhole: every row teaches, has its words within what all chats can
// draw, and names a verb that people may use.
func TestTableIsWhole(t *testing.T) {
	for _, c := range commands.NewTable(commands.Rows()).All() {
		if c.Help == "" || c.Run == nil {
			t.Errorf("%s has no help or does nothing", c.Name)
		}
		if !c.Hidden && c.Example == "" {
			t.Errorf("%s shows no example", c.Name)
		}
		if c.Verb != "" {
			if _, ok := review.RoleFor(c.Verb); !ok || !c.OnCase {
				t.Errorf("%s: the verb %q is not one for people on a case", c.Name, c.Verb)
			}
		}
		if n := utf8.RuneCountInString(c.Help); n > 100 {
			t.Errorf("%s: its help has %d characters; Discord takes 100", c.Name, n)
		}
		if len(c.Fields) > 5 {
			t.Errorf("%s asks for %d things; a form holds 5", c.Name, len(c.Fields))
		}
		for _, f := range c.Fields {
			if utf8.RuneCountInString(f.Label) > 45 || utf8.RuneCountInString(f.Hint) > 100 {
				t.Errorf("%s: %s: label or hint is too long", c.Name, f.Name)
			}
		}
	}
}

// TestEveryPersonsVerbHasARow: what the rules let people do can be asked for.
func TestEveryPersonsVerbHasARow(t *testing.T) {
	rows := map[review.Verb]bool{}
	for _, c := range commands.Rows() {
		rows[c.Verb] = true
	}
	for _, v := range review.Verbs() {
		if _, ok := review.RoleFor(v); ok && !rows[v] {
			t.Errorf("people may %q, but no command does it", v)
		}
	}
}

func TestExamplesParse(t *testing.T) {
	table := commands.NewTable(commands.Rows())
	for _, c := range table.All() {
		if c.Hidden {
			continue
		}
		i, err := table.Parse(c.Example)
		if err != nil || i.Command != c.Name {
			t.Errorf("%s: the example %q does not parse: %v", c.Name, c.Example, err)
			continue
		}
		if c.OnCase && i.Case != 42 {
			t.Errorf("%s: the example names case %d", c.Name, i.Case)
		}
		for _, f := range c.Fields {
			if !f.Optional && i.Arg(f.Name) == "" && c.Name != "add" {
				t.Errorf("%s: the example leaves %s out", c.Name, f.Name)
			}
		}
	}
}

func TestParse(t *testing.T) {
	table := commands.NewTable(commands.Rows())
	tests := []struct{ line, command, arg, value string }{
		{"fact 42 The parcel left: on Monday", "fact", "text", "The parcel left: on Monday"},
		{"/fact #42 It left", "fact", "text", "It left"},
		{"", "help", "command", ""},
		{"inbox", "inbox", "which", ""},
		{"inbox mine", "inbox", "which", "mine"},
		{"verdict 42 private They asked us to call", "verdict", "reason", "They asked us to call"},
		{"draft 42", "draft", "wish", ""},
	}
	for _, tt := range tests {
		i, err := table.Parse(tt.line)
		if err != nil || i.Command != tt.command || i.Arg(tt.arg) != tt.value {
			t.Errorf("%q: %s %v, %v", tt.line, i.Command, i.Args, err)
		}
	}
	for line, says := range map[string]string{
		"aprove 42": "approve", "xyzzy": "help", "verdict 42 maybe": "reply", "redo 42": "there is no",
	} {
		if _, err := table.Parse(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v does not say %q", line, err, says)
		}
	}
}

// Whoever drops a letter of a command is asked whether they meant a command that
// is one slip away or begins so, not one that is further off and stands earlier.
func TestTheNearestIsMeant(t *testing.T) {
	table := commands.NewTable(commands.Rows())
	var names []string
	for _, r := range table.All() {
		if !r.Hidden {
			names = append(names, r.Name)
		}
	}
	for _, name := range names {
		for n := range name {
			slip := name[:n] + name[n+1:]
			_, err := table.Parse(slip)
			if _, known := table.Find(slip); known || slip == "" {
				continue
			}
			asks := slices.ContainsFunc(names, func(other string) bool {
				return (strings.HasPrefix(other, slip) || oneSlip(other, slip)) && strings.Contains(err.Error(), "mean “"+other+"”")
			})
			if !asks {
				t.Errorf("%q for %q: %v", slip, name, err)
			}
		}
	}
}

// oneSlip tells whether a letter that is dropped, added or changed makes one of
// the other.
func oneSlip(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	for n := range a {
		short := a[:n] + a[n+1:]
		if short == b || len(a) == len(b) && short == b[:n]+b[n+1:] {
			return true
		}
	}
	return false
}

func TestTokenComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := commands.Token{
			Command:  rapid.StringMatching(`[a-z_-]{1,20}`).Draw(t, "command"),
			Case:     rapid.Int64Range(0, 1<<50).Draw(t, "case"),
			Revision: rapid.IntRange(0, 9999).Draw(t, "revision"),
			Text:     rapid.StringMatching(`([0-9a-f]{32})?`).Draw(t, "text"),
			Arg:      rapid.StringMatching(`[a-z_0-9|]{0,10}`).Draw(t, "arg"),
		}
		s := token.String()
		if len(s) > 100 {
			t.Skip("longer than a chat takes")
		}
		got, err := commands.ParseToken(s)
		if err != nil || got != token {
			t.Fatalf("%q came back as %+v, %v", s, got, err)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	f.Add("approve|42|1|0123456789abcdef0123456789abcdef|")
	f.Add("verdict|7|2||reply")
	f.Add("||||")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := commands.ParseToken(s)
		if err == nil && token.String() != s {
			t.Errorf("%q has two spellings: %q", s, token)
		}
	})
}

func FuzzParse(f *testing.F) {
	table := commands.NewTable(commands.Rows())
	f.Add("fact 42 The parcel left")
	f.Add("verdict #1 silent \x00")
	f.Fuzz(func(t *testing.T, line string) {
		i, err := table.Parse(line)
		if err != nil {
			return
		}
		if _, ok := table.Find(i.Command); !ok || i.Case < 0 {
			t.Errorf("%q gives %+v", line, i)
		}
	})
}
