package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/internal/metrics"
	"github.com/evenkeel/evenkeel/storage/open"
)

func deployed(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDeployFiles: they are YAML, and every variable in them is a setting.
func TestDeployFiles(t *testing.T) {
	known := map[string]bool{"EVENKEEL_CONFIG": true}
	for _, s := range (&program{}).table() {
		known[s.Env], known[s.Env+"_FILE"] = true, true
	}
	for _, path := range []string{"deploy/compose/compose.yaml", "deploy/kubernetes/evenkeel.yaml", "deploy/systemd/evenkeel.service", "Dockerfile", "docs/operations.md"} {
		text := deployed(t, path)
		if strings.HasSuffix(path, ".yaml") {
			d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
			documents := 0
			for {
				var v map[string]any
				if err := d.Decode(&v); err != nil {
					if err.Error() != "EOF" {
						t.Errorf("%s: %v", path, err)
					}
					break
				}
				documents++
			}
			if documents == 0 {
				t.Errorf("%s is empty", path)
			}
		}
		for _, name := range regexp.MustCompile(`EVENKEEL_[A-Z_]*[A-Z]`).FindAllString(text, -1) {
			if !known[name] {
				t.Errorf("%s: there is no setting %s", path, name)
			}
		}
	}
}

// TestDashboard: every metric of its queries, and of the docs, is one that the
// program has.
func TestDashboard(t *testing.T) {
	store, err := open.Database(t.Context(), newFile(t), open.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	seen := newTelemetry(nil)
	seen.set.Gather((&counts{store: store, names: []string{"crm"}}).families)
	seen.set.Gather(modelFamilies(sickModel{}))
	have := map[string]metrics.Kind{"evenkeel_trace_spans_total": metrics.CounterKind}
	for _, f := range seen.set.Families(t.Context()) {
		have[f.Name] = f.Kind
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(deployed(t, "deploy/grafana/evenkeel.json")), &board); err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\b(?:evenkeel|go|process)_[a-z_]+`)
	queries := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range names.FindAllString(target.Expr, -1) {
				queries++
				base := name
				for _, suffix := range []string{"_bucket", "_sum", "_count"} {
					if cut, ok := strings.CutSuffix(name, suffix); ok && (have[cut] == metrics.HistogramKind || have[cut] == metrics.SummaryKind) {
						base = cut
					}
				}
				if _, ok := have[base]; !ok {
					t.Errorf("%q asks for %s, which is no metric", p.Title, name)
				}
			}
		}
	}
	if queries < 20 {
		t.Errorf("only %d metrics are asked for", queries)
	}
	docs := deployed(t, "docs/operations.md")
	for name := range have {
		short := name[strings.LastIndex(strings.TrimSuffix(strings.TrimSuffix(name, "_total"), "_seconds"), "_")+1:]
		if strings.HasPrefix(name, "evenkeel_") && !strings.Contains(docs, name) && !strings.Contains(docs, "_"+short) {
			t.Errorf("docs/operations.md does not have %s", name)
		}
	}
}

// TestMigrationsOnlyAdd: the program of the release before goes on working with
// the new schema: nothing is taken away or renamed, and no new column must be given.
func TestMigrationsOnlyAdd(t *testing.T) {
	takes := regexp.MustCompile(`(?i)\b(DROP\s+(TABLE|COLUMN|CONSTRAINT)|RENAME|SET\s+NOT\s+NULL|ALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE|DROP\s+DEFAULT)\b`)
	adds := regexp.MustCompile(`(?is)ADD\s+COLUMN\s+[^;]*;`)
	files, err := filepath.Glob("../../storage/*/migrations/*.sql")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if strings.Contains(f, "00001_") {
			continue
		}
		text := regexp.MustCompile(`--[^\n]*`).ReplaceAllString(deployed(t, strings.TrimPrefix(filepath.ToSlash(f), "../../")), "")
		if found := takes.FindString(text); found != "" {
			t.Errorf("%s: %s would stop the program of the release before", filepath.Base(f), found)
		}
		for _, add := range adds.FindAllString(text, -1) {
			if strings.Contains(strings.ToUpper(add), "NOT NULL") && !strings.Contains(strings.ToUpper(add), "DEFAULT") {
				t.Errorf("%s: %s must be given by the program of the release before", filepath.Base(f), strings.Join(strings.Fields(add), " "))
			}
		}
	}
}
