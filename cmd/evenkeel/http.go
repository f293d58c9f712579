package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/crowd"
)

// The bounds of the server. Whoever sends slowly, much or without end gets an
// error, not memory.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	maxRequest    = 1 << 20 // of a body; a review's text is far smaller
	maxWaiting    = 256     // connections without a whole request
	maxUnfinished = 2 << 20 // bytes of all bodies that are not whole
	drainTimeout  = 10 * time.Second
	pingTimeout   = 2 * time.Second
)

// state is where the server stands in its life.
type state int32

const (
	starting state = iota // nothing is taken yet
	ready
	draining // what began is finished, nothing new is taken
)

// server answers HTTP. It listens from the first moment, so that an address in
// use is noticed before anything else happens, and says 503 to everything but
// its health until the desk is there.
type server struct {
	http     http.Server
	listener net.Listener
	state    atomic.Int32
	mux      atomic.Pointer[http.Handler]
	ping     func(context.Context) error // of the database; set before ready
	log      *slog.Logger
	served   chan error
	draining context.Context // ends when draining begins
	drain    context.CancelFunc
	dropped  atomic.Uint64 // connections hung up on to keep others served
}

// listen opens the address and answers there. Nothing but health is served
// until open is called; the caller stops or closes the server in the end.
func listen(ctx context.Context, address string, log *slog.Logger) (*server, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, listenProblem(address, err)
	}
	s := &server{listener: l, log: log}
	s.draining, s.drain = context.WithCancel(context.Background())
	s.http = http.Server{
		Handler:           http.MaxBytesHandler(http.HandlerFunc(s.serve), maxRequest),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	crowd.New(crowd.Limits{Waiting: maxWaiting, Bytes: maxUnfinished}, s.hungUp).Around(&s.http)
	s.served = make(chan error, 1)
	go func() { s.served <- s.http.Serve(l) }()
	return s, nil
}

// hungUp notes a sender for whom there was no room. Once in a while is enough:
// whoever attacks must not fill the log.
func (s *server) hungUp() {
	if n := s.dropped.Add(1); n&(n-1) == 0 {
		s.log.Warn("many senders do not finish their requests; those who take longest are hung up on", slog.Uint64("so_far", n))
	}
}

// close drops everything at once.
func (s *server) close() { _ = s.http.Close() }

// address is where the server really listens: port 0 picks a free one.
func (s *server) address() string { return s.listener.Addr().String() }

// open lets requests through to mux.
func (s *server) open(mux http.Handler, ping func(context.Context) error) {
	s.ping = ping
	s.mux.Store(&mux)
	s.state.Store(int32(ready))
}

// wait returns when the server was stopped, or cannot go on.
func (s *server) wait() error {
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stop takes no more requests and waits for those under way, at most until ctx ends.
func (s *server) stop(ctx context.Context) error {
	s.state.Store(int32(draining))
	s.drain()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
		answer(w, http.StatusOK, "alive")
		return
	case "/readyz":
		s.readyz(w, r)
		return
	}
	mux := s.mux.Load()
	if state(s.state.Load()) != ready || mux == nil {
		w.Header().Set("Retry-After", "2")
		answer(w, http.StatusServiceUnavailable, s.stateWords())
		return
	}
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		s.stream(*mux, w, r)
		return
	}
	(*mux).ServeHTTP(w, r)
}

// stream serves a request whose answer has no end: the time-outs for ordinary
// ones do not hold for it, and it ends when draining begins.
func (s *server) stream(mux http.Handler, w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(time.Time{})
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.draining, cancel)()
	mux.ServeHTTP(w, r.WithContext(ctx))
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	if state(s.state.Load()) != ready {
		answer(w, http.StatusServiceUnavailable, s.stateWords())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()
	if err := s.ping(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready: the database does not answer", slog.Any("error", err))
		answer(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	answer(w, http.StatusOK, "ready")
}

func (s *server) stateWords() string {
	switch state(s.state.Load()) {
	case draining:
		return "stopping"
	case ready:
		return "ready"
	}
	return "starting"
}

func answer(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status})
}

// isLoopback tells whether only this machine can reach an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// listenProblem says what to do about an address that cannot be opened.
func listenProblem(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use; is evenkeel running already? Choose another address with --listen, such as --listen 127.0.0.1:0 for any free port", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be opened by this user; choose a port above 1023 with --listen", address)
	}
	return fmt.Errorf("cannot listen on %s (%w); choose another address with --listen", address, err)
}
