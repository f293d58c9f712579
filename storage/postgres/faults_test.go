package postgres

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// TestServerDies stops, kills and restarts the server and cuts its connections
// while reviews are committed: what was acknowledged is there once, and the
// store works again as soon as the server does.
func TestServerDies(t *testing.T) {
	server := pgtest.StartServer(t)
	st, err := Open(t.Context(), server.URL(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	load := storagetest.StartLoad(st, 0, io.Discard)
	defer load.Stop()
	harm := []func(){
		func() { server.Restart(t) },
		func() { server.Kill(t); server.Run(t) },
		func() {
			server.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'evenkeel'")
		},
	}
	for round := range 6 {
		await(t, load, 100)
		harm[round%len(harm)]()
	}
	await(t, load, 100)
	written, errs := load.Stop()
	t.Logf("%d reviews, %d commits failed meanwhile", len(written), len(errs))
	storagetest.CheckLoad(t, st, written)
}

// await lets the load write n more reviews.
func await(t *testing.T, load *storagetest.Load, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for want := load.Written() + n; load.Written() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_, errs := load.Stop()
			t.Fatalf("nothing is written any more; the last errors: %v", errs[max(0, len(errs)-3):])
		}
	}
}

func TestServerAway(t *testing.T) {
	server := pgtest.StartServer(t)
	st, err := Open(t.Context(), server.URL(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	server.Stop(t)
	c := storagetest.Accepted(t, storagetest.Review(1), false)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a commit without a server: %v", err)
	}
	if err := st.Ping(t.Context()); err == nil {
		t.Error("the ping says all is well")
	}
	if _, err := Open(t.Context(), server.URL(), Options{}); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("opening without a server: %v", err)
	}
	server.Run(t)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); err != nil {
		t.Errorf("the server is back: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	server := pgtest.StartServer(t)
	st, err := Open(t.Context(), server.URL(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c := storagetest.Put(t, st, storagetest.Review(1))
	server.Exec(t, "ALTER SYSTEM SET default_transaction_read_only = on")
	server.Restart(t)
	d := storagetest.Accepted(t, storagetest.Review(2), false)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &d}); err == nil || !strings.Contains(err.Error(), "takes no writes") {
		t.Errorf("a commit to a read-only server: %v", err)
	}
	if err := st.Ping(t.Context()); err == nil {
		t.Error("the ping says all is well")
	}
	if _, err := st.Case(t.Context(), c.ID); err != nil {
		t.Errorf("reading: %v", err)
	}
	server.Exec(t, "ALTER SYSTEM RESET default_transaction_read_only")
	server.Restart(t)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &d}); err != nil {
		t.Errorf("the server takes writes again: %v", err)
	}
}

// TestStoppedReplica lets a replica fall asleep with the audit head in its
// hand: the server throws it out, and the others go on.
func TestStoppedReplica(t *testing.T) {
	url := pgtest.Start(t)
	st, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	asleep, err := connect(url, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer asleep.Close()
	tx, err := asleep.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT seq FROM audit_head WHERE id = 1 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	storagetest.Put(t, st, storagetest.Review(1))
	if _, err := tx.ExecContext(t.Context(), "UPDATE audit_head SET seq = 77"); err == nil {
		t.Error("the sleeper woke up and wrote")
	}
	storagetest.CheckLoad(t, st, []int{1})
}

// TestLostAnswers cuts the connection at a chosen answer of the server, after
// the server has acted. The caller hears nothing of it.
func TestLostAnswers(t *testing.T) {
	wire := startWire(t, pgtest.Start(t))
	st, err := Open(t.Context(), wire.url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	numbers := []int{0}
	storagetest.Put(t, st, storagetest.Review(0))
	for i := range 20 {
		answer := "COMMIT\x00"
		if i%3 == 2 {
			answer = "INSERT 0 " // the first insertion of the group
		}
		wire.cutAt(answer)
		c := storagetest.Accepted(t, storagetest.Review(i+1), false)
		if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); err != nil {
			t.Errorf("commit %d, cut at %q: %v", i, answer, err)
		}
		if !wire.wasCut() {
			t.Errorf("commit %d was not cut at %q", i, answer)
		}
		if c.Case.ID == 0 {
			t.Errorf("commit %d has no number", i)
		}
		numbers = append(numbers, i+1)
	}
	storagetest.CheckLoad(t, st, numbers)
	if c, err := st.CaseOf(t.Context(), storagetest.Review(20).Key); err != nil || c.Status != review.New {
		t.Errorf("the last case is %+v, %v", c, err)
	}
}

// TestNeverAnswered keeps the server away after a lost answer: the caller is
// told that nobody knows, and trying again is refused as known.
func TestNeverAnswered(t *testing.T) {
	wire := startWire(t, pgtest.Start(t))
	short := dialect
	short.Patience = 300 * time.Millisecond
	st, err := openWith(t.Context(), wire.url, Options{}, short)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	storagetest.Put(t, st, storagetest.Review(0)) // opens the writer's connection
	wire.cutAt("COMMIT\x00")
	wire.refuse.Store(true)
	c := storagetest.Accepted(t, storagetest.Review(1), false)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); !errors.Is(err, storage.ErrUnsure) {
		t.Errorf("the error is %v, want %v", err, storage.ErrUnsure)
	}
	wire.refuse.Store(false)
	var exists *storage.ExistsError
	if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); !errors.As(err, &exists) {
		t.Errorf("the same again: %v", err)
	}
	storagetest.CheckLoad(t, st, []int{0, 1})
}

// wire is a PostgreSQL address whose connections a test can cut.
type wire struct {
	url             string
	network, server string
	refuse          atomic.Bool
	mu              sync.Mutex
	answer          []byte
	cut             bool
}

func startWire(t *testing.T, server string) *wire {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{network: "tcp", server: u.Host}
	if host := u.Query().Get("host"); host != "" {
		w.network, w.server = "unix", filepath.Join(host, ".s.PGSQL.5432")
	} else if u.Port() == "" {
		w.server = net.JoinHostPort(u.Hostname(), "5432")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	u.RawQuery, u.Host = "sslmode=disable", l.Addr().String()
	w.url = u.String()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(client)
		}
	}()
	return w
}

// cutAt arms the wire: the next answer with these bytes is not passed on, and
// its connection ends.
func (w *wire) cutAt(answer string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.cut = []byte(answer), false
}

func (w *wire) wasCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut
}

// last tells whether these bytes are the answer to be cut.
func (w *wire) last(b []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answer == nil || !bytes.Contains(b, w.answer) {
		return false
	}
	w.answer, w.cut = nil, true
	return true
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	if w.refuse.Load() {
		return
	}
	server, err := net.Dial(w.network, w.server)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil || w.last(buf[:n]) {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
