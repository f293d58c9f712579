// Package pgtest gives tests a real PostgreSQL. It starts a private server
// from the programs that are installed, one for each test binary, in a
// temporary folder and on a unix socket, and stops it when the binary ends,
// however that happens. Every test gets a database of its own.
//
// With EVENKEEL_TEST_POSTGRES set to an address whose user may create
// databases, that server is used instead. Where there is neither, the test
// fails and says what to install; it never skips.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server of this test binary, started by the first test.
var shared = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("EVENKEEL_TEST_POSTGRES"); address != "" {
		return address, nil
	}
	s, err := launch()
	if err != nil {
		return "", err
	}
	return s.URL(), nil
})

var made atomic.Int64

// Start creates an empty database for tb and returns its address. It is
// dropped when tb ends.
func Start(tb testing.TB) string {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("evenkeel_test_%d_%d", os.Getpid(), made.Add(1))
	if err := admin(server, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("creating a database for the test: %v", err)
	}
	tb.Cleanup(func() {
		if err := admin(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("dropping the test's database: %v", err)
		}
	})
	return database(server, name)
}

// database is the server's address with another database in it.
func database(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}

func admin(server, query string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, query)
	return err
}

// Server is a PostgreSQL of one test's own, to be stopped and killed.
type Server struct{ *server }

// StartServer starts a server for tb alone and stops it when tb ends. Use it
// to restart or kill the server; [Start] is faster for everything else.
// Settings are lines of postgresql.conf such as "fsync = on".
func StartServer(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := launch(settings...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.remove)
	return &Server{s}
}

// Restart stops the server as an administrator would, and starts it again.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	s.Stop(tb)
	s.Run(tb)
}

// Stop ends the server; open connections are cut.
func (s *Server) Stop(tb testing.TB) { s.stop(tb, stopFast) }

// Kill ends the server with SIGKILL; its processes follow when they notice.
func (s *Server) Kill(tb testing.TB) { s.stop(tb, stopKill) }

func (s *Server) stop(tb testing.TB, how stopping) {
	tb.Helper()
	if err := s.end(how); err != nil {
		tb.Fatalf("stopping PostgreSQL: %v", err)
	}
}

// Run starts a stopped server.
func (s *Server) Run(tb testing.TB) {
	tb.Helper()
	if err := s.begin(); err != nil {
		tb.Fatalf("starting PostgreSQL: %v", err)
	}
}

// Exec runs a statement as the server's owner, outside any store.
func (s *Server) Exec(tb testing.TB, query string) {
	tb.Helper()
	if err := admin(s.URL(), query); err != nil && !strings.Contains(err.Error(), "terminating connection") {
		tb.Fatalf("%s: %v", query, err)
	}
}
