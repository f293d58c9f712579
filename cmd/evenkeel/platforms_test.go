package main

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review/playbook"
)

// untried are the pages of platforms that nobody could try for real.
var untried = []string{
	"copy-and-open.md", "ebay.md", "ecwid.md", "etsy.md", "facebook.md", "judge-me.md", "trusted-shops.md", "trustpilot.md", "yelp.md",
}

// TestPlatformPages: every page about a platform shows a stanza that works as it
// stands, and no example holds a setting that the program does not know.
func TestPlatformPages(t *testing.T) {
	pages, err := filepath.Glob("../../docs/platforms/*.md")
	if err != nil || len(pages) < 9 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(sources:.*?)```")
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			if name := filepath.Base(page); slices.Contains(untried, name) && !strings.Contains(string(text), "## Not verified") {
				t.Error("the page does not say what nobody verified")
			}
			found := block.FindAllSubmatch(text, -1)
			if len(found) == 0 {
				t.Fatal("the page shows no stanza")
			}
			for _, stanza := range found {
				rules, err := playbook.Parse(page, stanza[1])
				if err != nil {
					t.Fatal(err)
				}
				made, err := makeSources(exampleKit(), rules)
				if err != nil {
					t.Fatalf("%v\n%s", err, stanza[1])
				}
				for _, s := range made {
					if c := s.Capabilities(); c.List && c.MinPoll <= 0 {
						t.Errorf("%s can be polled without a pause", s.Name())
					}
				}
			}
		})
	}
}

// exampleKit has a secret for every name.
func exampleKit() kit {
	return kit{
		env: func(name string) (string, bool) {
			if key, ok := exampleKeys()[name]; ok {
				return key, true
			}
			return "an-example-for-" + name, true
		},
		now:    time.Now,
		log:    slog.New(slog.DiscardHandler),
		intake: &reception{},
	}
}

// TestKindsSayWhatIsMissing: each setting that a source cannot do without is
// asked for by name, and no error holds a secret.
func TestKindsSayWhatIsMissing(t *testing.T) {
	whole := map[string]map[string]string{
		"trustpilot":    {"business_unit": "u", "client_id": "k", "client_secret": "${S}"},
		"ebay":          {"user": "u", "client_id": "c", "client_secret": "${S}", "refresh_token": "${S}"},
		"trusted-shops": {"client_id": "c", "client_secret": "${S}"},
		"judge-me":      {"shop": "s", "token": "${S}"},
		"etsy":          {"shop": "1", "key": "${S}"},
		"ecwid":         {"store": "1", "token": "${S}"},
		"yelp":          {"business": "b", "key": "${S}"},
		"facebook":      {"page": "1", "token": "${S}"},
	}
	for kind, settings := range whole {
		for _, missing := range append(slices.Sorted(maps.Keys(settings)), "") {
			var yaml strings.Builder
			yaml.WriteString("sources:\n  x:\n    kind: " + kind + "\n    settings:\n      # nothing more\n")
			for name, value := range settings {
				if name != missing {
					yaml.WriteString("      " + name + ": \"" + value + "\"\n")
				}
			}
			rules, err := playbook.Parse("p.yaml", []byte(yaml.String()))
			if err != nil {
				t.Fatalf("%v\n%s", err, yaml.String())
			}
			made, err := makeSources(exampleKit(), rules)
			switch {
			case missing == "" && (err != nil || len(made) != 1):
				t.Errorf("%s: %v", kind, err)
			case missing != "" && (err == nil || !strings.Contains(err.Error(), missing)):
				t.Errorf("%s without %s: %v", kind, missing, err)
			case err != nil && strings.Contains(err.Error(), "an-example-for-"):
				t.Errorf("a secret stands in %v", err)
			}
		}
	}
}

// TestHintedSources: notices are taken at the secret address and nowhere else,
// and only where the playbook names a secret.
func TestHintedSources(t *testing.T) {
	rules, err := playbook.Parse("p.yaml", []byte(`sources:
  tp: {kind: trustpilot, settings: {business_unit: u, client_id: k, client_secret: "${S}", hook_secret: "${HOOK}"}}
  quiet: {kind: trustpilot, settings: {business_unit: u, client_id: k, client_secret: "${S}"}}
  shop: {kind: webhook, settings: {secret: "${S}"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	made, err := makeSources(exampleKit(), rules)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mountHooks(mux, made)
	for path, want := range map[string]int{
		"/hooks/tp/an-example-for-HOOK":    http.StatusMethodNotAllowed, // there, and wants a POST
		"/hooks/tp/an-example-for-OTHER":   http.StatusNotFound,
		"/hooks/quiet/an-example-for-HOOK": http.StatusNotFound,
		"/hooks/quiet/":                    http.StatusNotFound,
		"/hooks/shop":                      http.StatusMethodNotAllowed,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
