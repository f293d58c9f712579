package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/sources/oauth"
)

// heard is a server that refuses everybody, repeats what it was sent, and
// remembers whom it heard and what they said.
type heard struct {
	mu     sync.Mutex
	paths  strings.Builder
	bodies strings.Builder
}

func (h *heard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	fmt.Fprintln(&h.paths, r.URL.Path)
	h.bodies.Write(body)
	h.mu.Unlock()
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = fmt.Fprintf(w, `{"message":"invalid credentials %s"}`, r.Header.Get("Authorization"))
}

func (h *heard) said() (paths, bodies string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.paths.String(), h.bodies.String()
}

func listening(t *testing.T) (*heard, string) {
	h := &heard{}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return h, srv.URL
}

// TestNoSecretOfTheDeskAnywhere: secrets that are no settings, or come from
// files: those of connectors and of other programs in the playbook, and tokens
// that are sealed in the database. Every one of them is used and refused by
// somebody who repeats it; none is in logs, pages, metrics, reports, errors,
// traces, the database's files or a backup.
func TestNoSecretOfTheDeskAnywhere(t *testing.T) {
	const canary = "canary-"
	env := shopEnv(t)
	dir := env["HOME"]
	inFile := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(canary+name+strings.Repeat("x", 32)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	platform, refused := listening(t)
	collector, otlp := listening(t)
	rules := shopRules + fmt.Sprintf(`  wc:
    kind: woocommerce
    settings: {url: %q, user: desk, password: "${WC_PASSWORD}"}
  md:
    kind: medusa
    settings: {url: %q, key: "file:%s"}
handover:
  crm: {url: "%s/crm", secret: "file:%s", words: true}
`, refused, refused, inFile("medusa.key"), refused, inFile("crm.key"))
	if err := os.WriteFile(env["EVENKEEL_PLAYBOOK"], []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	env["WC_PASSWORD"] = canary + "wc-password"
	env["EVENKEEL_KEY_FILE"], env["EVENKEEL_MODEL_KEY_FILE"] = inFile("seal"), inFile("model")
	env["EVENKEEL_MODEL_URL"], env["EVENKEEL_MODEL"] = refused+"/v1", "m"
	env["EVENKEEL_HANDOVER_ALLOW"] = "127.0.0.1"
	env["OTEL_EXPORTER_OTLP_ENDPOINT"], env["OTEL_EXPORTER_OTLP_HEADERS"] = otlp, "authorization="+canary+"otel"
	env["EVENKEEL_LOG_LEVEL"] = "debug"
	sealed(t, env, canary+"access-token", canary+"refresh-token")

	said := map[string]string{}
	r := start(t, env)
	if code, body := r.deliver(env["SHOP_SECRET"], late); code != http.StatusOK {
		t.Fatal(code, body)
	}
	used := []string{"/wp-json/", "/admin/product-reviews", "/crm", "/v1/"}
	until := time.After(20 * time.Second)
	for _, path := range used {
		for p, _ := platform.said(); !strings.Contains(p, path); p, _ = platform.said() {
			select {
			case <-r.log.c:
			case <-time.After(20 * time.Millisecond):
			case <-until:
				t.Fatalf("nobody asked for %s, only for\n%s", path, p)
			}
		}
	}
	for _, path := range []string{"/", "/case/1", "/case/1/record", "/sources", "/help", "/metrics", "/readyz"} {
		_, said[path] = r.read(path, nil)
	}
	copied := filepath.Join(dir, "copy.db")
	for _, args := range [][]string{{"config"}, {"config", "--json"}, {"doctor"}, {"doctor", "--json"}, {"source", "test", "wc"}, {"source", "test", "md"},
		{"export"}, {"export", "audit"}, {"audit", "verify"}, {"backup", copied}} {
		one := &running{t: t, log: newBuffer(), env: env}
		var out bytes.Buffer
		one.program(&out).run(t.Context(), args)
		said[fmt.Sprint(args)] = out.String() + one.log.String()
	}
	if !strings.Contains(said["[source test wc]"], "invalid credentials Basic •••") {
		t.Errorf("what the platform repeated is not struck out but %q", said["[source test wc]"])
	}
	r.end() // sends the traces that wait
	said["the log"] = r.log.String()
	if _, said["traces"] = collector.said(); said["traces"] == "" {
		t.Error("no trace was sent")
	}
	files, err := filepath.Glob(filepath.Join(dir, "new", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, path := range append(files, copied) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		said[filepath.Base(path)] = string(raw)
	}
	medusa, err := os.ReadFile(filepath.Join(dir, "medusa.key"))
	if err != nil {
		t.Fatal(err)
	}
	marks := []string{canary}
	for _, pair := range []string{"desk:" + env["WC_PASSWORD"], strings.TrimSpace(string(medusa)) + ":"} {
		marks = append(marks, base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	for where, text := range said {
		for _, mark := range marks {
			if at := strings.Index(text, mark); at >= 0 {
				t.Errorf("%s: a secret stands in %.120q", where, text[max(0, at-80):])
			}
		}
	}
	t.Logf("%d outputs", len(said))
}

// sealed keeps a token in the database as a sign-in does.
func sealed(t *testing.T, env map[string]string, access, refresh string) {
	t.Helper()
	p := (&running{t: t, log: newBuffer(), env: env}).program(io.Discard)
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
	token := oauth.Token{Access: secret.New(access), Refresh: secret.New(refresh), Expiry: time.Now().Add(time.Hour)}
	if err := k.keeper("maps").Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if got, err := k.keeper("maps").Load(t.Context()); err != nil || got.Refresh.Reveal() != refresh {
		t.Fatalf("nothing is kept: %v", err)
	}
}
