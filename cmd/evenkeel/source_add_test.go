package main

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/oauth/oauthtest"
)

// TestInterviewKnowsEveryKind: what can be configured can be added, every
// setting that is asked for exists, and a stanza of the examples works.
func TestInterviewKnowsEveryKind(t *testing.T) {
	all := interview()
	if got, want := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(kinds())); !slices.Equal(got, want) {
		t.Fatalf("questions for %v, kinds are %v", got, want)
	}
	for kind, about := range all {
		s := stanza{name: "x", kind: kind}
		for _, q := range about.questions {
			if !top[q.setting] && !slices.Contains(kinds()[kind].settings, q.setting) {
				t.Errorf("%s is asked for %s, which it does not have", kind, q.setting)
			}
			switch {
			case q.secret:
				s.put(q, []string{"${" + variable("x", q.setting) + "}"})
			case q.example == "":
				t.Errorf("%s: %s has no example", kind, q.setting)
			case q.list:
				s.put(q, strings.Split(q.example, ", "))
			default:
				s.put(q, []string{strings.Split(q.example, ", ")[0]})
			}
		}
		if about.page != "" {
			if _, err := os.Stat(filepath.Join("..", "..", "docs", "platforms", about.page)); err != nil {
				t.Error(err)
			}
		}
		text, err := s.insert("p.yaml", nil)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		k := exampleKit()
		box := call{program: &program{now: time.Now}}
		k.env = func(name string) (string, bool) { return exampleSecret(kind, name), true }
		k.vault = &vault{now: box.now}
		rules, err := playbook.Parse("p.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := makeSources(k, rules); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, text)
		}
	}
}

func exampleSecret(kind, name string) string {
	for variable, key := range exampleKeys() {
		if kind == "google-play" && strings.Contains(variable, "PLAY") || kind == "app-store" && strings.Contains(variable, "APP") {
			return key
		}
	}
	return "an-example-for-" + name
}

// TestInsertKeepsEverything: the lines of a playbook are still there, in order,
// and what comes out reads as a playbook with one source more.
func TestInsertKeepsEverything(t *testing.T) {
	pieces := []string{"# a comment", "", "team:", "  name: Harbour", "contacts:", "  - {email: care@example.test}", "  # indented words", "   "}
	rapid.Check(t, func(r *rapid.T) {
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "eol")
		step := rapid.SampledFrom([]string{"  ", "    "}).Draw(r, "step")
		var text []string
		for range rapid.IntRange(0, 3).Draw(r, "before") {
			text = append(text, rapid.SampledFrom(pieces[:2]).Draw(r, "line"))
		}
		if rapid.Bool().Draw(r, "team") {
			text = append(text, pieces[2], pieces[3])
		}
		seen := rapid.Bool().Draw(r, "sources")
		if seen {
			text = append(text, "sources: # ours", step+"one:", step+step+"kind: manual", step+step+"platform: other")
			text = append(text, rapid.SliceOfN(rapid.SampledFrom([]string{"", "   ", step + "# a note"}), 0, 3).Draw(r, "tail")...)
		}
		if rapid.Bool().Draw(r, "after") {
			text = append(text, pieces[4], pieces[5])
		}
		before := strings.Join(text, eol)
		if before != "" && rapid.Bool().Draw(r, "ends") {
			before += eol
		}
		value := rapid.StringN(1, 30, -1).Filter(func(s string) bool {
			return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(c rune) bool {
				return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == '\ufffd'
			})
		}).Draw(r, "value")
		s := stanza{name: "new", kind: "simulator", settings: []entry{{name: "url", values: []string{value}}}}
		after, err := s.insert("p.yaml", []byte(before))
		if err != nil {
			r.Fatalf("%v\n%s", err, before)
		}
		if !strings.Contains(before, eol) {
			eol = "\n" // a single line tells nothing of how lines end
		}
		left := strings.Split(string(after), eol)
		for _, line := range strings.Split(strings.TrimSuffix(before, eol), eol) {
			at := slices.Index(left, line)
			if before != "" && at < 0 {
				r.Fatalf("the line %q is gone or moved:\n%s", line, after)
			}
			left = left[at+1:]
		}
		rules, err := playbook.Parse("p.yaml", after)
		if err != nil {
			r.Fatal(err)
		}
		got, _ := rules.Source("new")
		if got.Settings.Get("url") != value {
			r.Fatalf("%q became %q", value, got.Settings.Get("url"))
		}
		if _, ok := rules.Source("one"); ok != seen {
			r.Fatal("another source changed")
		}
	})
	for _, whole := range []string{"sources: {a: {kind: manual}}\n", "\"sources\":\n  a: {kind: manual}\n"} {
		if _, err := (stanza{name: "new", kind: "manual"}).insert("p.yaml", []byte(whole)); err == nil {
			t.Errorf("%s was added to", whole)
		}
	}
}

// elsewhere sends every call to a fake.
type elsewhere struct{ at *url.URL }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = e.at.Scheme, e.at.Host, "/token"
	return http.DefaultTransport.RoundTrip(r)
}

// TestSignIn: a person is asked, signs in with the browser, and the refresh
// token is kept encrypted: not in the playbook, not in the database in clear,
// not on the terminal. A new key takes over what the old one encrypted.
func TestSignIn(t *testing.T) {
	server := oauthtest.New(t, time.Now)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	env := map[string]string{"HOME": t.TempDir(), "EVENKEEL_KEY": strings.Repeat("k", 40), "GOOGLE_SECRET": oauthtest.ClientSecret}
	answers := "google\nmaps\n123\n456 Harbour Street, 789\n" + oauthtest.ClientID + "\nGOOGLE_SECRET\n"
	log, out := newBuffer(), &bytes.Buffer{}
	p := &program{in: strings.NewReader(answers), out: out, err: log, now: time.Now, terminal: true, via: elsewhere{at},
		env: func(n string) (string, bool) { s, ok := env[n]; return s, ok }}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	code := make(chan int, 1)
	go func() { code <- p.run(ctx, []string{"source", "add", "--no-test"}) }()
	if c := <-code; c != exitOK {
		t.Fatalf("add ended with %d:\n%s", c, log)
	}
	go func() { code <- p.run(ctx, []string{"source", "sign-in", "maps"}) }()
	link := regexp.MustCompile(`https://accounts\.google\.com/\S+`)
	for link.FindString(log.String()) == "" {
		select {
		case <-log.c:
		case c := <-code:
			t.Fatalf("sign-in ended with %d:\n%s", c, log)
		}
	}
	// The person's browser: Google's page sends it back here with a code.
	asked, err := url.Parse(link.FindString(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	asked.Scheme, asked.Host, asked.Path = at.Scheme, at.Host, "/auth"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if c := <-code; c != exitOK {
		t.Fatalf("sign-in ended with %d:\n%s", c, log)
	}
	refresh := keptToken(t, p, env)
	text, err := os.ReadFile("playbook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(env["HOME"], ".local/share/evenkeel/*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	places := map[string]string{"the playbook": string(text), "the terminal": log.String() + out.String()}
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil {
			places[f] = string(b)
		}
	}
	for where, words := range places {
		for _, s := range []string{refresh, oauthtest.ClientSecret, env["EVENKEEL_KEY"]} {
			if strings.Contains(words, s) {
				t.Errorf("a secret stands in %s", where)
			}
		}
	}
	env["EVENKEEL_KEY"] = strings.Repeat("n", 40) + "," + env["EVENKEEL_KEY"]
	if got := keptToken(t, p, env); got != refresh {
		t.Error("the new key does not open what the old one sealed")
	}
	env["EVENKEEL_KEY"] = strings.Repeat("n", 40)
	if got := keptToken(t, p, env); got != refresh {
		t.Error("the sign-in was not sealed anew under the new key")
	}
}

// keptToken opens the vault as the program does and reads the refresh token.
func keptToken(t *testing.T, p *program, env map[string]string) string {
	t.Helper()
	values, err := p.settings(p.root())
	if err != nil {
		t.Fatal(err)
	}
	c := &call{program: p, cmd: p.root(), values: values, log: p.logger("error", "text")}
	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	k := c.kit(&reception{})
	k.vault.open(store)
	token, err := k.keeper("maps").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !token.Refresh.IsSet() {
		t.Fatalf("nothing is kept for maps; the key has %d characters", len(env["EVENKEEL_KEY"]))
	}
	return token.Refresh.Reveal()
}
