package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// serving starts a server on a free port and stops it with the test.
func serving(t *testing.T) *server {
	t.Helper()
	s, err := listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.wait() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		if err := s.stop(ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func get(t *testing.T, s *server, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + s.address() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestNothingIsTakenBeforeReady(t *testing.T) {
	s := serving(t)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503, "/hooks/shop": 503} {
		if code, body := get(t, s, path); code != want {
			t.Errorf("%s while starting: %d %s, want %d", path, code, body, want)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/hooks/shop", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	s.open(mux, func(context.Context) error { return nil })
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/hooks/shop": 202, "/none": 404} {
		if code, body := get(t, s, path); code != want {
			t.Errorf("%s when ready: %d %s, want %d", path, code, body, want)
		}
	}
}

func TestNotReadyWithoutDatabase(t *testing.T) {
	s := serving(t)
	s.open(http.NewServeMux(), func(context.Context) error { return errors.New("password=canary refused") })
	code, body := get(t, s, "/readyz")
	if code != 503 || strings.Contains(body, "canary") {
		t.Errorf("%d %s", code, body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := serving(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/take", func(w http.ResponseWriter, r *http.Request) {
		var tooLarge *http.MaxBytesError
		if _, err := io.ReadAll(r.Body); errors.As(err, &tooLarge) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	s.open(mux, func(context.Context) error { return nil })
	resp, err := http.Post("http://"+s.address()+"/take", "text/plain", strings.NewReader(strings.Repeat("x", maxRequest+1)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the bound: %d", resp.StatusCode)
	}
}

// A page that listens for events must not hold the program when it is told to
// stop; a request that is being answered must be answered.
func TestDrainingFinishesRequestsAndEndsStreams(t *testing.T) {
	s, err := listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.wait() }()

	entered, release := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: hello\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s.open(mux, func(context.Context) error { return nil })

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address()+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	events, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	lines := bufio.NewReader(events.Body)
	if first, err := lines.ReadString('\n'); err != nil || first != "data: hello\n" {
		t.Fatalf("%q, %v", first, err)
	}

	slow := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + s.address() + "/slow")
		if err != nil {
			slow <- 0
			return
		}
		_ = resp.Body.Close()
		slow <- resp.StatusCode
	}()
	<-entered

	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		stopped <- s.stop(ctx)
	}()
	if _, err := io.ReadAll(lines); err != nil { // the stream ends although its page stays
		t.Errorf("the stream broke: %v", err)
	}
	select {
	case err := <-stopped:
		t.Errorf("stopped before the slow request was answered (%v)", err)
	default:
	}
	close(release)
	if code := <-slow; code != http.StatusAccepted {
		t.Errorf("the request under way got %d", code)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestAnAddressInUseIsSaidCalmly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listen(t.Context(), l.Addr().String(), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "--listen") || exitCode(err) != exitOutside {
		t.Errorf("%v", err)
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "127.9.9.9:80": true,
		":8467": false, "0.0.0.0:1": false, "192.0.2.1:1": false, "[::]:1": false, "nonsense": false,
	} {
		if isLoopback(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}
