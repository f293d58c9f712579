package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/secret"
)

var table = []Spec{
	{Name: "listen", Env: "T_LISTEN", Default: "127.0.0.1:1"},
	{Name: "database", Env: "T_DATABASE", Kind: Address},
	{Name: "model-key", Env: "T_MODEL_KEY", Kind: Private},
	{Name: "level", Env: "T_LEVEL", Default: "info", Check: func(s string) error {
		if s == "loud" {
			return errors.New("is one of debug, info")
		}
		return nil
	}},
}

func lookup(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { s, ok := m[name]; return s, ok }
}

func mustParse(t *testing.T, text string) File {
	t.Helper()
	f, err := ParseFile("evenkeel.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheFirstPlaceWins(t *testing.T) {
	file := "# ours\nlevel: debug\nlisten: \":3\"\n"
	cases := []struct {
		name        string
		flags, env  map[string]string
		file        string
		value, from string
	}{
		{name: "nothing given", value: "127.0.0.1:1", from: "default"},
		{name: "file", file: file, value: ":3", from: "evenkeel.yaml:3"},
		{name: "environment over file", env: map[string]string{"T_LISTEN": ":2"}, file: file, value: ":2", from: "environment T_LISTEN"},
		{name: "flag over all", flags: map[string]string{"listen": ":1"}, env: map[string]string{"T_LISTEN": ":2"}, file: file, value: ":1", from: "flag --listen"},
		{name: "an empty variable is not given", env: map[string]string{"T_LISTEN": ""}, value: "127.0.0.1:1", from: "default"},
		{name: "an empty flag is given", flags: map[string]string{"listen": ""}, value: "", from: "flag --listen"},
		{name: "a bare key is not given", file: "listen:\n", value: "127.0.0.1:1", from: "default"},
		{name: "a number is its text", file: "listen: 9000\n", value: "9000", from: "evenkeel.yaml:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, err := Find(table, Places{Flag: lookup(c.flags), Env: lookup(c.env), File: mustParse(t, c.file)})
			if err != nil {
				t.Fatal(err)
			}
			got := v.Where("listen")
			if v.Get("listen") != c.value || got.From != c.from {
				t.Errorf("got %q from %q, want %q from %q", v.Get("listen"), got.From, c.value, c.from)
			}
		})
	}
}

func TestSecretsFromFilesAndNowhereElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := Find(table, Places{Env: lookup(map[string]string{"T_MODEL_KEY_FILE": path})})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Secret("model-key").Reveal(); got != "s3cret" {
		t.Errorf("the line end must go: %q", got)
	}
	if from := v.Where("model-key").From; from != "file named by T_MODEL_KEY_FILE" {
		t.Errorf("from %q", from)
	}
	for name, p := range map[string]Places{
		"both":         {Env: lookup(map[string]string{"T_MODEL_KEY_FILE": path, "T_MODEL_KEY": "x"})},
		"missing file": {Env: lookup(map[string]string{"T_MODEL_KEY_FILE": filepath.Join(dir, "none")})},
		"a folder":     {Env: lookup(map[string]string{"T_MODEL_KEY_FILE": dir})},
		"empty":        {Env: lookup(map[string]string{"T_MODEL_KEY_FILE": empty})},
		"in the file":  {File: mustParse(t, "model-key: s3cret\n")},
	} {
		if _, err := Find(table, p); err == nil {
			t.Errorf("%s: taken without a word", name)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the secret stands in the error: %v", name, err)
		}
	}
	v, err = Find(table, Places{Flag: lookup(map[string]string{"model-key": "s3cret"})})
	if err != nil || v.Secret("model-key").IsSet() {
		t.Errorf("a secret was taken from the command line (%v)", err)
	}
}

func TestMistakesAreNamedAllAtOnce(t *testing.T) {
	_, err := Find(table, Places{
		Env:  lookup(map[string]string{"T_LEVEL": "loud"}),
		File: mustParse(t, "lissten: x\nquite-other: y\n"),
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"level (from environment T_LEVEL): is one of debug, info",
		`evenkeel.yaml:1: there is no setting "lissten"; did you mean listen?`,
		`evenkeel.yaml:2: there is no setting "quite-other"; the settings are database, level, listen, model-key`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

func TestFilesThatAreNoSettings(t *testing.T) {
	for _, text := range []string{"listen: [a, b]", "listen: {a: b}", "- a\n- b", "listen: a\nlisten: b", "just words", "a: b: c"} {
		if _, err := ParseFile("f.yaml", []byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		} else if !strings.Contains(err.Error(), "f.yaml") {
			t.Errorf("%q: the error does not name the file: %v", text, err)
		}
	}
	if f, err := FirstFile(filepath.Join(t.TempDir(), "none.yaml")); err != nil || f.Path() != "" {
		t.Errorf("a missing default file is fine: %v, %v", f, err)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	s := secret.New("canary-7261")
	type wrapped struct {
		Key  secret.Value
		deep struct{ key secret.Value }
	}
	w := wrapped{Key: s}
	w.deep.key = s
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", s, "all", w)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", s, "all", w)
	b, err := json.Marshal(map[string]any{"a": s, "b": w, "c": &s})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(b)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		shown += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &s) + fmt.Sprintf(verb, w) + fmt.Sprintf(verb, []secret.Value{s})
	}
	if strings.Contains(shown, "canary") || strings.Contains(shown, "7261") || strings.Contains(shown, fmt.Sprintf("%x", "canary")) {
		t.Errorf("the secret got out:\n%s", shown)
	}
	if !strings.Contains(shown, hidden) {
		t.Error("nothing says that something is hidden")
	}
	v, err := Find(table, Places{Env: lookup(map[string]string{"T_MODEL_KEY": "canary", "T_DATABASE": "postgres://u:canary@h/d"})})
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v", v, v, v.All()); strings.Contains(all, "canary") {
		t.Errorf("the list of settings prints a secret: %s", all)
	}
	for _, x := range v.All() {
		if strings.Contains(x.Shown(), "canary") {
			t.Errorf("%s shows %q", x.Name, x.Shown())
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://ana:pw@db:5432/k?sslmode=disable": "postgres://ana:xxxxx@db:5432/k?sslmode=disable",
		"postgres://db/k?password=pw&user=a":          "postgres://db/k?password=xxxxx&user=a",
		"sqlite:/var/lib/evenkeel.db":                 "sqlite:/var/lib/evenkeel.db",
		"sqlite:data.db":                              "sqlite:data.db",
		"/plain/path":                                 "/plain/path",
		"postgres://a:p%zz@h/d":                       hidden,
		"":                                            "",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	for _, s := range []string{"listen: x", "a: 1\nb: |\n  t\n", "? a\n: b", "&a b: *a", "---\n...\n---\nx: y", "\x00", "a:\t- b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := ParseFile("f", b)
		if err != nil {
			return
		}
		for name, e := range file.entries {
			if e.line < 1 {
				t.Errorf("%q has line %d", name, e.line)
			}
		}
	})
}
