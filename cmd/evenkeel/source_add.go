package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/playbook"
)

// addition is what the flags of source add say.
type addition struct {
	name   string
	set    []string // setting=value
	noTest bool
	device bool
}

func (p *program) sourceAddCommand() *cobra.Command {
	var o addition
	cmd := &cobra.Command{
		Use:   "add [KIND]",
		Short: "Add a source to the playbook, by questions or flags, and test it",
		Long: `Add a source to the playbook. On a terminal what is missing is asked for; in a
script everything comes with --set. What people wrote in the playbook stays as
it is; the new lines go to the end of its sources.

Secrets never stand in the playbook. For a secret, say where it is kept: the
NAME of an environment variable, or file:PATH.

Then one harmless call is made, and the newest review is shown. The kinds:

` + kindLines(),
		Example: `  evenkeel source add
  evenkeel source add woocommerce --name shop
  evenkeel source add woocommerce --name shop --set url=https://shop.example.com \
      --set user=care --set password=SHOP_PASSWORD`,
		Args:      wants(0, 1, "at most one kind of source"),
		ValidArgs: slices.Sorted(maps.Keys(interview())),
		RunE:      p.with(func(ctx context.Context, c *call, args []string) error { return c.addSource(ctx, o, args) }),
	}
	cmd.Flags().StringVar(&o.name, "name", "", "what to call it (default: the kind)")
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "a setting as name=value; may be given many times, and repeated for a list")
	cmd.Flags().BoolVar(&o.noTest, "no-test", false, "write it and call nobody")
	cmd.Flags().BoolVar(&o.device, "device", false, "sign in with a browser elsewhere, by typing a code, where the platform allows it")
	addServeFlags(cmd)
	return cmd
}

func kindLines() string {
	var b strings.Builder
	all := interview()
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "  %-14s %s\n", kind, all[kind].what)
	}
	return strings.TrimRight(b.String(), "\n")
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func (c *call) addSource(ctx context.Context, o addition, args []string) error {
	path := c.playbookPath()
	if path == "" {
		path = "playbook.yaml"
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	rules, err := playbook.Parse(path, text)
	if err != nil {
		return usage(err)
	}
	in := &inquiry{call: c, lines: bufio.NewScanner(c.in)}
	s, err := in.stanza(o, args, rules)
	if err != nil {
		return err
	}
	after, err := s.insert(path, text)
	if err != nil {
		return usage(err)
	}
	if err := writePlaybook(path, after); err != nil {
		return fmt.Errorf("the playbook cannot be written: %w", err)
	}
	c.note("%s has the source %s now.", path, s.name)
	if page := interview()[s.kind].page; page != "" {
		c.note("What it needs and can do: docs/platforms/%s", page)
	}
	if o.noTest {
		return nil
	}
	return c.trySource(ctx, path, s.name, o.device)
}

// trySource signs in where a person has to, and tests the new source.
func (c *call) trySource(ctx context.Context, path, name string, device bool) error {
	rules, err := playbook.Load(path)
	if err != nil {
		return usage(err)
	}
	s, _ := rules.Source(name)
	if s.Kind == "google" && s.Settings.Get("refresh_token") == "" {
		if err := c.signInTo(ctx, s, device); err != nil {
			return err
		}
	}
	return c.testSource(ctx, rules, name)
}

// inquiry asks a person, or takes what the flags say.
type inquiry struct {
	*call
	lines *bufio.Scanner
}

// stanza collects what the new source consists of.
func (in *inquiry) stanza(o addition, args []string, rules *playbook.Playbook) (stanza, error) {
	s, all := stanza{name: o.name}, interview()
	if len(args) > 0 {
		s.kind = args[0]
	} else {
		for _, kind := range slices.Sorted(maps.Keys(all)) {
			in.prompt("  %-14s %s", kind, all[kind].what)
		}
		var err error
		if s.kind, err = in.ask("Where do the reviews come from?", "a kind of source, such as `evenkeel source add woocommerce`"); err != nil {
			return s, err
		}
	}
	about, ok := all[s.kind]
	if !ok {
		return s, usagef("there is no kind of source %q; the kinds are %s", s.kind, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	if s.name == "" {
		s.name = s.kind
		if in.terminal {
			if got, err := in.answer("What shall it be called? [" + s.kind + "]"); err != nil {
				return s, err
			} else if got != "" {
				s.name = got
			}
		}
	}
	if !sourceName.MatchString(s.name) {
		return s, usagef("a source's name is short and plain: small letters, digits, - and _, such as shop-berlin; %q is not", s.name)
	}
	if _, taken := rules.Source(s.name); taken {
		return s, usagef("the playbook has a source %s already; choose another name with --name", s.name)
	}
	given, err := parseSet(o.set, s.kind)
	if err != nil {
		return s, err
	}
	for _, q := range about.questions {
		values, err := in.values(s, q, given)
		if err != nil {
			return s, err
		}
		delete(given, q.setting)
		s.put(q, values)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) { // settings that nobody is asked about
		s.put(question{setting: name, list: len(given[name]) > 1}, given[name])
	}
	return s, nil
}

func (s *stanza) put(q question, values []string) {
	if len(values) == 0 {
		return
	}
	a := entry{name: q.setting, values: values, list: q.list}
	if top[q.setting] {
		s.top = append(s.top, a)
	} else {
		s.settings = append(s.settings, a)
	}
}

// parseSet reads --set name=value.
func parseSet(set []string, kindName string) (map[string][]string, error) {
	known := append(slices.Clone(kinds()[kindName].settings), slices.Sorted(maps.Keys(top))...)
	given := make(map[string][]string)
	for _, pair := range set {
		name, value, ok := strings.Cut(pair, "=")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !ok || name == "" || value == "" {
			return nil, usagef("--set takes name=value; %q is not", name)
		}
		if !slices.Contains(known, name) {
			return nil, usagef("a source of kind %s has no setting %q; it has %s", kindName, name, strings.Join(known, ", "))
		}
		given[name] = append(given[name], value)
	}
	return given, nil
}

// values are the answers to one question.
func (in *inquiry) values(s stanza, q question, given map[string][]string) ([]string, error) {
	values, ok := given[q.setting]
	switch {
	case !ok && q.optional && !in.terminal:
		return nil, nil
	case !ok && !in.terminal && q.secret:
		values = []string{variable(s.name, q.setting)}
	case !ok:
		got, err := in.asked(s, q)
		if err != nil || got == "" {
			return nil, err
		}
		values = []string{got}
	}
	if q.list && len(values) == 1 {
		values = strings.Split(values[0], ",")
	}
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		if q.secret {
			ref, err := reference(v)
			if err != nil {
				return nil, usagef("%s: %w", q.setting, err)
			}
			v = ref
		}
		out = append(out, v)
	}
	return out, nil
}

// asked puts one question until it is answered.
func (in *inquiry) asked(s stanza, q question) (string, error) {
	for {
		got, err := in.ask(q.words(s.name), "--set "+q.setting+"=…")
		switch {
		case err != nil:
			return "", err
		case got == "" && q.optional:
			return "", nil
		case got == "" && q.secret:
			return variable(s.name, q.setting), nil
		case got == "":
			in.prompt("This one is needed.")
			continue
		}
		if q.secret {
			if _, err := reference(got); err != nil {
				in.prompt("%v", err)
				continue
			}
		}
		return got, nil
	}
}

var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// reference is where a secret is kept, as the playbook has it. What looks like
// the secret itself is refused, and not repeated.
func reference(v string) (string, error) {
	if ref, ok := playbook.ParseRef(v); ok {
		return ref.String(), nil
	}
	if variableName.MatchString(v) && len(v) <= 64 {
		return "${" + v + "}", nil
	}
	return "", errors.New("a secret does not stand in the playbook; give the NAME of an environment variable in capitals, or file:PATH")
}

// ask needs an answer, which in a script comes with a flag.
func (in *inquiry) ask(words, flag string) (string, error) {
	if !in.terminal {
		return "", usagef("this needs %s", flag)
	}
	return in.answer(words)
}

func (in *inquiry) prompt(format string, args ...any) { in.note(format, args...) }

func (in *inquiry) answer(words string) (string, error) {
	in.prompt("%s", words)
	if !in.lines.Scan() {
		return "", usagef("the answers ended; nothing was written")
	}
	return strings.TrimSpace(in.lines.Text()), nil
}
