package torture

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that should come soon. Nothing is
// measured by it: it is far longer than a busy machine needs.
const patience = 90 * time.Second

// scratch is the folder of this test run; TestMain removes it.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "evenkeel-torture-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	if sideways := flag.Lookup("test.parallel"); sideways.Value.String() == sideways.DefValue {
		// These tests mostly wait: for leases, for back-off, for people.
		if err := sideways.Value.Set("8"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// plain and raced are the program with its crash points, built once for all
// tests, the second with the race detector, which makes it several times as
// slow: the short random run uses it, where people, senders and kills are many
// at once. SQLite itself is left out, as in the Makefile.
var (
	plain = sync.OnceValues(func() (string, error) { return build("evenkeel") })
	raced = sync.OnceValues(func() (string, error) { return build("evenkeel-race", "-race", "-gcflags=modernc.org/...=-race=false") })
)

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(scratch, name)
	cmd := exec.Command("go", slices.Concat([]string{"build", "-tags", "crashpoints", "-o", path}, flags, []string{"./cmd/evenkeel"})...)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
}

// program is a database with the process that runs on it, one life at a time.
type program struct {
	t        *testing.T
	path     string
	dir      string
	database string
	env      []string
	secrets  []string
	address  string // host:port, the same in every life
	front    string // host:port at which people and senders call
	log      *os.File
	client   *http.Client

	mu   sync.Mutex
	life *life // the present one, nil between lives
}

// life is one run of the process.
type life struct {
	pid  int
	at   string        // the point at which it is to die, "" for none
	gone chan struct{} // closed when it is over
	err  error         // how it ended; read after gone
}

// newProgram prepares a program in a folder, "" for a temporary one; nothing
// runs yet.
func newProgram(t *testing.T, path, dir, database, playbook string, env ...string) *program {
	t.Helper()
	p := &program{t: t, path: path, dir: dir, database: database, address: freeAddress(t), secrets: env,
		client: &http.Client{Timeout: 20 * time.Second}}
	if p.dir == "" {
		p.dir = t.TempDir()
	}
	p.front = p.address
	if p.database == "" {
		p.database = "sqlite:" + filepath.Join(p.dir, "evenkeel.db")
	}
	rules := filepath.Join(p.dir, "playbook.yaml")
	err := os.WriteFile(rules, []byte(playbook), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of the surroundings reaches the program but this.
	p.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TZ=UTC", "GORACE=halt_on_error=1",
		"EVENKEEL_DATABASE=" + p.database, "EVENKEEL_PLAYBOOK=" + rules, "EVENKEEL_LISTEN=" + p.address,
	}, env...)
	if p.log, err = os.Create(filepath.Join(t.TempDir(), "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		p.report()
		_ = p.log.Close()
	})
	return p
}

// reword changes the playbook for the lives that come.
func (p *program) reword(old, now string) error {
	path := filepath.Join(p.dir, "playbook.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(b, []byte(old)) {
		return fmt.Errorf("the playbook does not say %q", old)
	}
	return os.WriteFile(path, bytes.Replace(b, []byte(old), []byte(now), 1), 0o600)
}

// replica is another process on the same database, in a folder of its own.
func (p *program) replica() *program {
	p.t.Helper()
	rules, err := os.ReadFile(filepath.Join(p.dir, "playbook.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	return newProgram(p.t, p.path, "", p.database, string(rules), p.secrets...)
}

// report keeps the log, or shows its end when the test failed.
func (p *program) report() {
	b, err := os.ReadFile(p.log.Name())
	if err != nil {
		return
	}
	if bytes.Contains(b, []byte("DATA RACE")) {
		p.t.Errorf("the race detector found something in the program")
	}
	if keep := os.Getenv("EVENKEEL_TORTURE_KEEP"); keep != "" {
		_ = os.WriteFile(filepath.Join(keep, strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+filepath.Base(filepath.Dir(p.log.Name()))+".log"), b, 0o600)
	}
	if p.t.Failed() {
		const last = 6000
		p.t.Logf("the end of the program's log:\n%s", b[max(0, len(b)-last):])
	}
}

var ports atomic.Int64

// freeAddress is a loopback address that stays free between two lives: its
// port lies below those that the system hands out by itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 2000 {
		address := fmt.Sprintf("127.0.0.1:%d", 18000+(int64(os.Getpid())*131+ports.Add(1))%12000)
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		_ = l.Close()
		return address
	}
	t.Fatal("no free port")
	return ""
}

// url is a page as people reach it.
func (p *program) url(path string) string { return "http://" + p.front + path }

// start begins a life that ends at a crash point, "" for none.
func (p *program) start(at string) (*life, error) {
	cmd := exec.Command(p.path, "serve")
	cmd.Dir, cmd.Env = p.dir, append(p.env[:len(p.env):len(p.env)], "EVENKEEL_CRASH_AT="+at)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	// A test that dies takes its child with it. The kernel means the thread
	// that started the child, so that one stays.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	l := &life{at: at, gone: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			l.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			l.err = cmd.Wait()
			close(l.gone)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.life = l
	p.mu.Unlock()
	return l, nil
}

// signal sends a signal to the present life and returns it; nil without one.
func (p *program) signal(s syscall.Signal) *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.life
	if l == nil {
		return nil
	}
	select {
	case <-l.gone:
		return nil
	default:
	}
	_ = syscall.Kill(l.pid, s)
	return l
}

// calm gives a program whose present life is to die at some point, and may not
// have come to it, one that goes on.
func (p *program) calm(ctx context.Context) {
	p.t.Helper()
	p.mu.Lock()
	armed := p.life != nil && p.life.at != ""
	p.mu.Unlock()
	if !armed {
		return
	}
	p.kill()
	l, err := p.start("")
	if err == nil {
		err = p.ready(ctx, l)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) kill() {
	if l := p.signal(syscall.SIGKILL); l != nil {
		<-l.gone
	}
}

// stop ends the program as an administrator does; it must leave by itself,
// with code 0, and within the time that it promises.
func (p *program) stop() (took time.Duration) {
	began := time.Now()
	l := p.signal(syscall.SIGTERM)
	if l == nil {
		return 0 // it is over already; whoever watches it says why
	}
	select {
	case <-l.gone:
	case <-time.After(patience):
		p.kill()
		p.t.Error("the program did not stop when it was told to")
	}
	if l.err != nil {
		p.t.Errorf("the program was told to stop and ended with %v", l.err)
	}
	return time.Since(began)
}

// killed tells a life that ended by SIGKILL, its own or ours.
func (l *life) killed() bool {
	var e *exec.ExitError
	if !errors.As(l.err, &e) {
		return false
	}
	s, ok := e.Sys().(syscall.WaitStatus)
	return ok && s.Signaled() && s.Signal() == syscall.SIGKILL
}

// ready waits until the program takes requests, or its life is over.
func (p *program) ready(ctx context.Context, l *life) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := p.client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-l.gone:
			return fmt.Errorf("the program ended before it was ready: %w", l.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// run runs another command of the program and returns what it printed.
func (p *program) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = p.dir, p.env, &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("evenkeel %s: %w\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return out, err
}

// crashes counts the lives that ended at a point, by what they wrote last.
func (p *program) crashes() map[string]int {
	b, err := os.ReadFile(p.log.Name())
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]int{}
	for line := range bytes.Lines(b) {
		if point, ok := bytes.CutPrefix(line, []byte("crash: ")); ok {
			out[string(bytes.TrimSpace(point))]++
		}
	}
	return out
}

// drained reads a body to its end so that the connection can be used again.
func drained(r io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	_ = r.Close()
}
