package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/storage"
)

// The doctor asks a model endpoint for its list and says what each answer means.
func TestDoctorLooksAtTheModel(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		state  health
		todo   string
	}{
		"there":          {models("m-1", "m-2"), well, ""},
		"not there":      {models("m-2"), attention, "EVENKEEL_MODEL"},
		"another key":    {status(http.StatusUnauthorized), attention, "EVENKEEL_MODEL_KEY"},
		"keeps its list": {status(http.StatusNotFound), remark, ""},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example.test/", http.StatusFound)
		}, remark, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			env := map[string]string{
				"HOME": t.TempDir(), "EVENKEEL_MODEL_URL": server.URL + "/v1", "EVENKEEL_MODEL": "m-1", "EVENKEEL_MODEL_KEY": "canary-key",
			}
			var out, log bytes.Buffer
			p := &program{in: strings.NewReader(""), out: &out, err: &log, now: time.Now,
				env: func(n string) (string, bool) { s, ok := env[n]; return s, ok }}
			p.run(t.Context(), []string{"doctor", "--json", "--listen", "127.0.0.1:0"})
			var found []finding
			if err := json.Unmarshal(out.Bytes(), &found); err != nil {
				t.Fatalf("%v\n%s\n%s", err, out.String(), log.String())
			}
			for _, f := range found {
				if f.Check == "model" && (f.State != c.state || !strings.Contains(f.Todo, c.todo)) {
					t.Errorf("%+v, want %s, %q", f, c.state, c.todo)
				}
			}
			if strings.Contains(out.String()+log.String(), "canary") {
				t.Error("the key stands in the report")
			}
		})
	}
}

func models(names ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/models" || r.Header.Get("Authorization") != "Bearer canary-key" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		type model struct {
			ID string `json:"id"`
		}
		var list struct {
			Data []model `json:"data"`
		}
		for _, n := range names {
			list.Data = append(list.Data, model{n})
		}
		_ = json.NewEncoder(w).Encode(list)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// counted is a database that only counts.
type counted struct{ sum storage.Spending }

func (c *counted) Spend(_ context.Context, _ string, add storage.Spending) (storage.Spending, error) {
	c.sum.Tokens += add.Tokens
	c.sum.Cost += add.Cost
	return c.sum, nil
}

// Money is kept in whole millionths: a thousand small sums are their sum.
func TestLedgerLosesNoMoney(t *testing.T) {
	l := ledger{&counted{}}
	var sum llm.Spending
	for range 1000 {
		var err error
		if sum, err = l.Spend(t.Context(), "2026-05-03", llm.Spending{Tokens: 7, Cost: 0.000123}); err != nil {
			t.Fatal(err)
		}
	}
	if sum.Tokens != 7000 || sum.Cost != 0.123 {
		t.Errorf("%+v", sum)
	}
}

// Every setting is explained where people look for it.
func TestSettingsAreDocumented(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range (&program{}).table() {
		if !bytes.Contains(b, []byte("`"+s.Name+"`")) || !bytes.Contains(b, []byte("`"+s.Env+"`")) {
			t.Errorf("docs/settings.md does not have %s (%s)", s.Name, s.Env)
		}
	}
}
