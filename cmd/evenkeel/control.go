package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The control socket lets the command line ask a running evenkeel for what
// needs the database, because one process alone holds a SQLite file. It stands
// in a folder beside the file that only its owner can enter, which is the
// whole of its protection: whoever can write the file could do as much.

// controlDir is the folder of the socket for a database file.
func controlDir(database string) string { return database + ".ctl" }

func controlSocket(database string) string { return filepath.Join(controlDir(database), "socket") }

const controlTimeout = 10 * time.Second

// controlLong bounds what has to go through the whole database.
const controlLong = 2 * time.Hour

// serveControl answers on the socket until the returned function is called. A
// database that is no file needs none.
func (s *station) serveControl(ctx context.Context, address string) (stop func(), err error) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return func() {}, nil
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(controlDir(path), 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	if err := os.Chmod(controlDir(path), 0o700); err != nil { //nolint:gosec // a folder needs the x
		return nil, err
	}
	// We hold the database, so a socket that is there belongs to nobody.
	if err := os.Remove(controlSocket(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", controlSocket(path))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invite", control(s.controlInvite))
	mux.HandleFunc("POST /backup", control(s.controlBackup))
	mux.HandleFunc("POST /erase", control(s.controlErase))
	all := http.NewServeMux()
	all.Handle("/", http.MaxBytesHandler(mux, maxHeader))
	all.HandleFunc("POST /import", s.controlImport) // as long as the file
	srv := &http.Server{Handler: all, ReadTimeout: controlTimeout, WriteTimeout: controlLong}
	go func() { _ = srv.Serve(l) }()
	return func() {
		_ = srv.Close()
		_ = os.RemoveAll(controlDir(path))
	}, nil
}

// controlAnswer is what the socket says.
type controlAnswer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// control makes a handler of what answers one kind of question.
func control[Q, A any](ask func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		var out controlAnswer
		err := json.NewDecoder(r.Body).Decode(&q)
		if err == nil {
			var a A
			if a, err = ask(r.Context(), q); err == nil {
				out.Result, err = json.Marshal(a)
			}
		}
		if err != nil {
			out.Error = err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // an asker who left
	}
}

func (s *station) controlInvite(ctx context.Context, i invitation) (string, error) {
	return s.invite(ctx, i)
}

// saveRequest says where a backup is to be written.
type saveRequest struct {
	Path string `json:"path"`
}

func (s *station) controlBackup(ctx context.Context, q saveRequest) (struct{}, error) {
	return struct{}{}, save(ctx, s.store, q.Path)
}

func (s *station) controlErase(ctx context.Context, q eraseRequest) (eraseAnswer, error) {
	return eraseIn(ctx, s.store, q, s.now)
}

// askControl asks the evenkeel that holds a database file. Its refusals count
// as the caller's: it said what to do.
func askControl(ctx context.Context, database, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, controlLong)
	defer cancel()
	resp, err := postControl(ctx, database, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var out controlAnswer
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxRequest)).Decode(&out); err != nil {
		return fmt.Errorf("the running evenkeel answered what cannot be read: %w", err)
	}
	if out.Error != "" {
		return usage(errors.New(out.Error))
	}
	return json.Unmarshal(out.Result, answer)
}

// postControl sends something to the evenkeel that holds a database file.
func postControl(ctx context.Context, database, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://evenkeel"+path, body)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: controlTimeout}
		return d.DialContext(ctx, "unix", controlSocket(database))
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("an evenkeel holds %s and does not answer; is it another user's? (%w)", database, err)
	}
	return resp, nil
}
