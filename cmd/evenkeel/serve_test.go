package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer is a log that a test can wait on.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
	c  chan struct{} // pulses when something was written
}

func newBuffer() *buffer { return &buffer{c: make(chan struct{}, 1)} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.c <- struct{}{}:
	default:
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// running is a program that serves, in this process.
type running struct {
	t    testing.TB
	log  *buffer
	url  string
	stop context.CancelFunc
	code chan int
	env  map[string]string
}

// start runs `evenkeel serve` with a database and a playbook of its own, and
// waits until it says that it is open.
func start(t *testing.T, env map[string]string, args ...string) *running {
	t.Helper()
	r := &running{t: t, log: newBuffer(), code: make(chan int, 1), env: env}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	p := r.program(r.log)
	go func() {
		r.code <- p.run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...))
	}()
	t.Cleanup(r.end)
	for {
		for line := range strings.Lines(r.log.String()) {
			var entry struct{ Msg, Console string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "evenkeel is open" {
				r.url = entry.Console
				r.awaitReady()
				return r
			}
		}
		select {
		case <-r.log.c:
		case code := <-r.code:
			r.code <- code
			t.Fatalf("it ended with %d:\n%s", code, r.log)
		}
	}
}

// program is the program with this test's surroundings.
func (r *running) program(out io.Writer) *program {
	env := func(name string) (string, bool) { s, ok := r.env[name]; return s, ok }
	return &program{in: strings.NewReader(""), out: out, err: r.log, env: env, now: time.Now}
}

func (r *running) awaitReady() {
	for r.t.Context().Err() == nil {
		resp, err := http.Get(r.url + "/readyz")
		if err != nil {
			r.t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
}

// end stops the program as SIGTERM does, and expects a clean end.
func (r *running) end() {
	r.stop()
	if code := <-r.code; code != 0 {
		r.t.Errorf("it ended with %d:\n%s", code, r.log)
	}
	r.code <- 0
}

// deliver posts a signed webhook.
func (r *running) deliver(secret, body string) (int, string) {
	r.t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/hooks/shop", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

const shopRules = `
sources:
  shop:
    kind: webhook
    settings:
      secret: ${SHOP_SECRET}
      signature: hub
`

func shopEnv(t testing.TB) map[string]string {
	t.Helper()
	dir := t.TempDir()
	rules := filepath.Join(dir, "playbook.yaml")
	if err := os.WriteFile(rules, []byte(shopRules), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"HOME": dir, "EVENKEEL_DATABASE": "sqlite:" + filepath.Join(dir, "new", "desk.db"),
		"EVENKEEL_PLAYBOOK": rules, "SHOP_SECRET": "canary-secret-of-the-shop",
	}
}

const late = `{"id":"r-1","rating":1,"body":"Eleven days late, and the zip is stuck.","author":"Jo"}`

// A review that a shop sends becomes a case on the page, once; it is there
// after a restart.
func TestServeTakesAWebhookToThePage(t *testing.T) {
	env := shopEnv(t)
	env["EVENKEEL_MODEL_KEY"] = "canary-model-key"
	r := start(t, env)
	if code, body := r.deliver("not the secret at all", late); code != http.StatusUnauthorized {
		t.Errorf("a forged delivery: %d %s", code, body)
	}
	for range 2 {
		if code, body := r.deliver(env["SHOP_SECRET"], late); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	r.end()

	var out bytes.Buffer
	if code := r.program(&out).run(t.Context(), []string{"export"}); code != 0 {
		t.Fatalf("export: %d\n%s", code, r.log)
	}
	if got := strings.Count(out.String(), "\n"); got != 1 {
		t.Errorf("%d cases, want one:\n%s", got, out.String())
	}

	r = start(t, env)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := (&http.Client{Jar: jar}).Get(r.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	b, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	if page.StatusCode != http.StatusOK || !strings.Contains(string(b), "the zip is stuck") {
		t.Errorf("the page (%d) does not show the review:\n%s", page.StatusCode, b)
	}
	for where, text := range map[string]string{"log": r.log.String(), "page": string(b), "export": out.String()} {
		if strings.Contains(text, "canary") {
			t.Errorf("a secret stands in the %s:\n%s", where, text)
		}
	}
}

// One process holds the database file; an invitation is made all the same, by
// asking it, and works once.
func TestInviteWhileServing(t *testing.T) {
	r := start(t, shopEnv(t))
	var out bytes.Buffer
	if code := r.program(&out).run(t.Context(), []string{"invite", "Bo", "--role", "approver"}); code != 0 {
		t.Fatalf("invite: %d\n%s", code, r.log)
	}
	link := strings.TrimSpace(out.String())
	if !strings.HasPrefix(link, r.url+"/enter?invite=") {
		t.Fatalf("the link %q does not lead to %s", link, r.url)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(b), "Bo") {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
	if info, err := os.Stat(controlDir(strings.TrimPrefix(r.env["EVENKEEL_DATABASE"], "sqlite:"))); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the control socket's folder is open to others: %v, %v", info, err)
	}
	if code := r.program(io.Discard).run(t.Context(), []string{"export"}); code != exitOutside {
		t.Errorf("export beside a running desk: %d", code)
	}
	if code := r.program(io.Discard).run(t.Context(), []string{"doctor", "--listen", strings.TrimPrefix(r.url, "http://")}); code != exitOK {
		t.Errorf("doctor beside a running desk: %d\n%s", code, r.log)
	}
	if code := r.program(io.Discard).run(t.Context(), []string{"healthcheck", "--listen", strings.TrimPrefix(r.url, "http://")}); code != exitOK {
		t.Errorf("healthcheck: %d", code)
	}
}

// A second one says calmly that the database is in use, and does not touch it.
func TestTwoDesksOnOneFile(t *testing.T) {
	r := start(t, shopEnv(t))
	if code := r.program(io.Discard).run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0"}); code != exitOutside {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(r.log.String(), "in use by another evenkeel") {
		t.Errorf("it does not say why:\n%s", r.log)
	}
}
