package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL in a temporary folder.
type server struct {
	dir   string // holds data, socket and log
	bin   string // folder of initdb and postgres
	as    *syscall.Credential
	watch *os.File // closing it lets the watchdog clean up
	pid   int
	gone  chan struct{} // closed when the process has ended
}

// launch makes a folder and starts a server in it.
func launch(settings ...string) (*server, error) {
	bin, err := find(debian)
	if err != nil {
		return nil, err
	}
	as, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "evenkeel-pg-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, bin: bin, as: as}
	if as != nil {
		err = os.Chown(dir, int(as.Uid), int(as.Gid))
	}
	if err == nil {
		err = s.guard()
	}
	if err == nil {
		err = s.create(settings)
	}
	if err == nil {
		err = s.begin()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// debian is where Debian and its like keep the programs of each version.
const debian = "/usr/lib/postgresql/*/bin"

// find looks for the folder with initdb and postgres: in PATH, then in the
// folders of the pattern, the newest version first.
func find(pattern string) (string, error) {
	var folders []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err := filepath.EvalSymlinks(p); err == nil {
			folders = append(folders, filepath.Dir(p))
		}
	}
	versions, _ := filepath.Glob(pattern)
	slices.SortFunc(versions, func(a, b string) int { return version(b) - version(a) })
	for _, f := range append(folders, versions...) {
		_, err := os.Stat(filepath.Join(f, "postgres"))
		_, err2 := os.Stat(filepath.Join(f, "initdb"))
		if err == nil && err2 == nil {
			return f, nil
		}
	}
	return "", errors.New("these tests need a PostgreSQL server and found none: install it (Debian, Ubuntu: apt-get install postgresql; " +
		"Fedora: dnf install postgresql-server; macOS: brew install postgresql), or set EVENKEEL_TEST_POSTGRES to the address of one " +
		"whose user may create databases")
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// account is who runs the server: PostgreSQL refuses to run as root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// command is one of PostgreSQL's programs, run as the right account.
func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return cmd
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// create makes the data folder. A test's server is not asked to survive the
// loss of power, only that of its processes.
func (s *server) create(settings []string) error {
	out, err := s.command("initdb", "-D", s.data(), "-U", "evenkeel", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	conf := append([]string{
		"listen_addresses = ''",
		"unix_socket_directories = '" + s.dir + "'",
		"max_connections = 200",
		"fsync = off",
		"full_page_writes = off",
		"max_wal_size = 2GB",
	}, settings...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(conf, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// begin starts the server and waits until it answers. After a kill the old
// server's processes may take a moment to notice; until then the new one
// refuses to start.
func (s *server) begin() error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := s.start()
		if err == nil || !bytes.Contains(s.lastWords(), []byte("pre-existing shared memory")) || time.Now().After(deadline) {
			return err
		}
		_ = os.Remove(filepath.Join(s.dir, "log"))
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *server) start() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command("postgres", "-D", s.data())
	cmd.Stdout, cmd.Stderr = log, log
	dieWithUs(cmd.SysProcAttr)
	s.gone = make(chan struct{})
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread ends that started the
		// process, so this one stays until the server is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(s.gone)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.pid = cmd.Process.Pid
	return s.ready()
}

// ready waits for the server to take connections.
func (s *server) ready() error {
	deadline := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			_ = conn.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-s.gone:
			return fmt.Errorf("PostgreSQL ended at once:\n%s", s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, s.lastWords())
		}
	}
}

// lastWords is the end of the server's log.
func (s *server) lastWords() []byte {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-20):], []byte("\n"))
}

// URL is the address of the server's first database.
func (s *server) URL() string {
	return "postgres://evenkeel@/postgres?host=" + s.dir
}

// stopping is a way to end the server.
type stopping int

const (
	stopFast stopping = iota
	stopKill
)

// end stops the server and waits until it is gone.
func (s *server) end(how stopping) error {
	if s.pid == 0 {
		return nil
	}
	sig := syscall.SIGINT // fast shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
	if how == stopKill {
		sig = syscall.SIGKILL // its children end when they notice
	}
	if err := syscall.Kill(s.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-s.gone:
	case <-time.After(30 * time.Second):
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
		<-s.gone
	}
	s.pid = 0
	return nil
}

// guard starts a watchdog that outlives this process: when the pipe closes,
// because the process ended in whatever way, it kills what runs in the folder
// and removes it.
func (s *server) guard() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	const script = `cat >/dev/null
pid=$(head -n1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "$0/data/postmaster.pid" ] || break; sleep 0.2; done
rm -rf "$0"`
	cmd := exec.Command("sh", "-c", script, s.dir)
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, w.Close())
	}
	s.watch = w
	return cmd.Process.Release()
}

// remove stops the server and removes its folder.
func (s *server) remove() {
	_ = s.end(stopFast)
	_ = os.RemoveAll(s.dir)
	if s.watch != nil {
		_ = s.watch.Close()
	}
}
