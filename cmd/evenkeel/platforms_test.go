package main

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
)

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
			if !regexp.MustCompile(`(?i)verified`).Match(text) {
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

// TestHintedSources: where notices are taken.
func TestHintedSources(t *testing.T) {
	rules, err := playbook.Parse("p.yaml", []byte("sources:\n  tp:\n    kind: trustpilot\n    settings: {business_unit: u, client_id: k, client_secret: \"${S}\", hook_secret: \"${HOOK}\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := makeSources(exampleKit(), rules)
	if err != nil {
		t.Fatal(err)
	}
	var s sources.Source = made[0]
	if h, ok := s.(hinted); !ok || h.HookPath() != "/hooks/tp/" {
		t.Errorf("%T takes no notices", s)
	}
}
