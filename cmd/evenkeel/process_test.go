package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/settings"
	"github.com/evenkeel/evenkeel/sources/webhook"
)

// process is the program as a process of its own.
type process struct {
	*running
	cmd *exec.Cmd
}

// spawn starts `evenkeel serve` as a process and waits until it is ready.
func spawn(t testing.TB, env map[string]string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{running: &running{t: t, log: newBuffer(), env: env}, cmd: exec.Command(self)}
	p.cmd.Args = []string{"evenkeel", "serve", "--listen", "127.0.0.1:0", "--log-format", "json"} // see TestMain
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	for k, v := range env {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	for p.url == "" {
		<-p.log.c
		for line := range strings.Lines(p.log.String()) {
			var entry struct{ Msg, Console string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "evenkeel is open" {
				p.url = entry.Console
			}
		}
	}
	p.awaitReady()
	return p
}

// memory is what the process holds, in bytes.
func (p *process) memory() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	switch {
	case err != nil && runtime.GOOS == "linux":
		p.t.Fatalf("the process is gone: %v", err)
	case err != nil:
		p.t.Skipf("memory is not measured here: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			n, _ := strconv.Atoi(f[1])
			return n << 10
		}
	}
	p.t.Fatal("no VmRSS")
	return 0
}

// settled is what the process holds once what it let go of is back with the
// system: the collector takes its time for that, after a burst some seconds.
func (p *process) settled(enough int) int {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	now := p.memory()
	for n := 0; now > enough && n < 40; n++ {
		<-look.C
		now = p.memory()
	}
	return now
}

// catchUp waits until no work is due.
func (p *process) catchUp() {
	for late := true; late; {
		select {
		case <-p.t.Context().Done():
			p.t.Fatal("it never caught up")
		case <-time.After(50 * time.Millisecond):
		}
		_, said := p.read("/metrics", nil)
		late = false
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "evenkeel_work_late_seconds{") && !strings.HasSuffix(line, " 0\n") {
				late = true
			}
		}
	}
}

func (p *process) dial() net.Conn {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw posts bytes as they are and gives the answer's code.
func (p *process) raw(body io.Reader, header map[string]string) int {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/hooks/shop", body)
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return http.StatusRequestEntityTooLarge // it hung up while we were still sending
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestHostileSenders: large, compressed, deep, slow and half-closed requests
// are refused; memory stays bounded; everybody else is served meanwhile.
func TestHostileSenders(t *testing.T) {
	p := spawn(t, shopEnv(t))
	secret := p.env["SHOP_SECRET"]
	for n := range 300 { // memory as it is at work, before anybody is hostile
		p.deliver(secret, strings.ReplaceAll(late, "r-1", "warm-"+strconv.Itoa(n)))
	}
	p.catchUp()
	before := p.memory()

	var slow []net.Conn
	for n := range 1000 {
		c := p.dial()
		head := "POST /hooks/shop HTTP/1.1\r\nHost: x\r\n"
		if n%2 == 1 { // the headers come, the body does not
			head += "Content-Length: 1000\r\n\r\n"
		}
		_, _ = io.WriteString(c, head)
		slow = append(slow, c)
	}
	halves := make([]net.Conn, 50)
	for i := range halves {
		halves[i] = p.dial()
		_, _ = io.WriteString(halves[i], "POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
		_ = halves[i].(*net.TCPConn).CloseWrite()
	}
	for _, c := range halves {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil && resp.StatusCode/100 != 4 {
			t.Errorf("half a request was answered %d", resp.StatusCode)
		}
	}

	// Large bodies that never end: each is within its bound, together they are not.
	almost := strings.Repeat("x", webhook.DefaultMaxBody-1000)
	for range 200 {
		c := p.dial()
		_, _ = fmt.Fprintf(c, "POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", webhook.DefaultMaxBody-1, almost)
		slow = append(slow, c)
	}

	bomb := gzipBomb()
	for range 5 {
		for name, code := range map[string]int{
			"10 MiB":    p.raw(io.LimitReader(zeros{}, 10<<20), nil),
			"gzip bomb": p.raw(bytes.NewReader(bomb), map[string]string{"Content-Encoding": "gzip", "Content-Type": "application/json"}),
		} {
			if code/100 != 4 {
				t.Errorf("%s: %d", name, code)
			}
		}
		for name, body := range map[string]string{
			"deep arrays":  strings.Repeat("[", 500_000),
			"deep objects": strings.Repeat(`{"a":`, 150_000),
			"not JSON":     "\x00\xff",
		} {
			if code, _ := p.deliver(secret, body); code/100 != 4 {
				t.Errorf("%s: %d", name, code)
			}
		}
	}
	// Everybody else is served.
	var took []time.Duration
	for n := range 50 {
		began := time.Now()
		if code, body := p.deliver(secret, strings.ReplaceAll(late, "r-1", "other-"+strconv.Itoa(n))); code != http.StatusOK {
			t.Fatal(code, body)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	grown := p.settled(before+growthBound) - before
	t.Logf("memory grew by %.1f MiB; a delivery meanwhile took %v, at most %v", float64(grown)/(1<<20), took[25], took[49])
	if grown > growthBound {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	// Those who send no headers are let go of.
	for _, c := range slow {
		_ = c.SetReadDeadline(time.Now().Add(2 * readTimeout))
	}
	for i := 0; i < len(slow); i += 2 {
		if _, err := io.Copy(io.Discard, slow[i]); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("a sender that is not done still holds its connection: %v", err)
		}
	}
}

// gzipBomb is half a gibibyte of zeros: members of a gzip file follow one
// another (https://www.rfc-editor.org/rfc/rfc1952#section-2.2), so only the
// first is computed.
func gzipBomb() []byte {
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	_, _ = io.CopyN(z, zeros{}, 4<<20)
	_ = z.Close()
	return bytes.Repeat(member.Bytes(), 128)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestShutdownUnderFire: whatever was answered 2xx up to the end is there
// afterwards, and the end comes in time.
func TestShutdownUnderFire(t *testing.T) {
	p := spawn(t, shopEnv(t))
	taken := make(chan string, 100_000)
	var g sync.WaitGroup
	for w := range 8 {
		g.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("fire-%d-%d", w, n)
				switch code := p.send(strings.ReplaceAll(late, "r-1", id)); code {
				case http.StatusOK:
					taken <- id
				case http.StatusServiceUnavailable: // it is stopping
				case 0:
					return // it is gone
				default:
					t.Errorf("%s: %d", id, code)
					return
				}
			}
		})
	}
	ids := make([]string, 0, 200)
	for len(ids) < 200 {
		ids = append(ids, <-taken)
	}
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, p.log)
	}
	if took := time.Since(began); took > drainTimeout+5*time.Second {
		t.Errorf("stopping took %v", took)
	}
	g.Wait()
	close(taken)
	for id := range taken {
		ids = append(ids, id)
	}
	out := p.call(0, "export")
	for _, id := range ids {
		if !strings.Contains(out, `"`+id+`"`) {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	t.Logf("%d acknowledged, none lost", len(ids))
}

// send posts a signed review; 0 when nobody answered.
func (p *process) send(body string) int {
	mac := hmac.New(sha256.New, []byte(p.env["SHOP_SECRET"]))
	mac.Write([]byte(body))
	req, err := http.NewRequest(http.MethodPost, p.url+"/hooks/shop", strings.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestNoSecretAnywhere: every secret of the settings is a canary, and none is in
// anything that the program says: logs, pages, metrics, answers, doctor,
// config, errors, and the dump of a crash.
func TestNoSecretAnywhere(t *testing.T) {
	refused := httptestRefuser(t)
	env := shopEnv(t)
	const canary = "canary-"
	var names []string
	for _, s := range (&program{}).table() {
		if s.Kind == settings.Private {
			env[s.Env] = canary + strings.ToLower(s.Env) + strings.Repeat("x", 32)
			names = append(names, s.Env)
		}
	}
	if len(names) < 6 {
		t.Fatalf("only %v are secret", names)
	}
	delete(env, "EVENKEEL_DISCORD_TOKEN") // its gateway wants a real one; the doctor below has it
	env["EVENKEEL_SLACK_BOT_TOKEN"], env["EVENKEEL_SLACK_APP_TOKEN"] = "xoxb-"+canary+"bot", "xapp-"+canary+"app"
	env["EVENKEEL_SLACK_API_URL"], env["EVENKEEL_SLACK_CHANNEL"] = refused+"/api/", "C123"
	env["EVENKEEL_MODEL_URL"], env["EVENKEEL_MODEL"] = refused+"/v1", "m"
	env["EVENKEEL_SPARE_MODEL_URL"], env["EVENKEEL_SPARE_MODEL"] = refused+"/v2", "n"
	env["OTEL_EXPORTER_OTLP_ENDPOINT"] = refused
	env["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=" + canary + "otel"
	env["EVENKEEL_LOG_LEVEL"] = "debug"

	said := map[string]string{}
	p := spawn(t, env)
	if code, body := p.deliver(p.env["SHOP_SECRET"], late); code != http.StatusOK {
		t.Fatal(code, body)
	}
	_, said["a forged delivery"] = p.deliver("wrong", late)
	for _, path := range []string{"/", "/case/1", "/case/1/record", "/help", "/metrics", "/none", "/readyz", "/healthz"} {
		_, said[path] = p.read(path, nil)
	}
	_, said["/metrics with the token"] = p.read("/metrics", map[string]string{"Authorization": "Bearer " + env["EVENKEEL_METRICS_TOKEN"]})
	until := time.After(10 * time.Second) // refused by models and chats, it says so
	for more := true; more && !strings.Contains(p.log.String(), "failed"); {
		select {
		case <-p.log.c:
		case <-until:
			more = false
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT) // the runtime dumps every goroutine
	_ = p.cmd.Wait()
	said["the log and a crash's dump"] = p.log.String()
	if !strings.Contains(said["the log and a crash's dump"], "goroutine") {
		t.Error("there was no dump")
	}

	env["EVENKEEL_DISCORD_TOKEN"], env["EVENKEEL_DISCORD_API_URL"], env["EVENKEEL_DISCORD_CHANNEL"] = canary+"discord", refused+"/api/v10", "1"
	for _, wrong := range []map[string]string{
		{}, {"EVENKEEL_DATABASE": "postgres://evenkeel:" + canary + "password@127.0.0.1:1/none"},
		{"EVENKEEL_DATABASE": canary + "nonsense"}, {"EVENKEEL_SLACK_BOT_TOKEN": canary + "wrong"}, {"EVENKEEL_KEY": canary},
	} {
		changed := map[string]string{}
		for _, from := range []map[string]string{env, wrong} {
			for k, v := range from {
				changed[k] = v
			}
		}
		for _, args := range [][]string{{"config"}, {"config", "--json"}, {"doctor"}, {"doctor", "--json"}, {"serve", "--listen", "256.0.0.1:1"}, {"audit", "verify"}, {"backup", filepath.Join(t.TempDir(), "b.db")}, {"version"}} {
			r := &running{t: t, log: newBuffer(), env: changed}
			var out bytes.Buffer
			r.program(&out).run(t.Context(), args)
			said[fmt.Sprint(args, " ", len(said))] = out.String() + r.log.String()
		}
	}
	for where, text := range said {
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) && !strings.Contains(line, canary+"nonsense") {
				t.Errorf("%s: a secret stands in %.300q", where, line)
			}
		}
	}
	t.Logf("%d outputs, %d secrets", len(said), len(names)+5)
}

// httptestRefuser is a server that refuses everybody, and repeats what it was
// sent, as careless ones do.
func httptestRefuser(t *testing.T) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"ok":false,"error":{"message":"invalid key %s"}}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
