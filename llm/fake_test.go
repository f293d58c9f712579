package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
)

// seen is one request that the fake endpoint got.
type seen struct {
	Task   string
	System string
	User   string
	Auth   string
	Raw    string
}

func (s seen) canary() string { return regexp.MustCompile(`ek-[0-9a-f]{24}`).FindString(s.System) }

// behaviour answers the n-th request (from 1).
type behaviour func(w http.ResponseWriter, r *http.Request, s seen, n int)

// fake is an endpoint that speaks the chat API as its behaviour tells.
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func newFake(t testing.TB, b behaviour) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var req struct {
			Messages []struct{ Role, Content string }
			Format   struct {
				Type   string
				Schema struct {
					Name   string
					Strict bool
				} `json:"json_schema"`
			} `json:"response_format"`
		}
		if err := json.Unmarshal(raw, &req); err != nil || len(req.Messages) != 2 || req.Format.Type != "json_schema" || !req.Format.Schema.Strict {
			t.Errorf("the request is not as it should be (%v): %s", err, raw)
		}
		s := seen{Task: req.Format.Schema.Name, System: req.Messages[0].Content, User: req.Messages[1].Content, Auth: r.Header.Get("Authorization"), Raw: string(raw)}
		f.mu.Lock()
		f.seen = append(f.seen, s)
		n := len(f.seen)
		f.mu.Unlock()
		b(w, r, s, n)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

// client makes a client for the fakes, with time-outs made for tests.
func client(t testing.TB, change func(*Config), fakes ...*fake) *Client {
	t.Helper()
	cfg := Config{
		Deadline: 2 * time.Minute, TryTimeout: time.Minute, Backoff: time.Millisecond, MaxWait: 5 * time.Millisecond,
	}
	for i, f := range fakes {
		cfg.Endpoints = append(cfg.Endpoints, Endpoint{Name: fmt.Sprintf("e%d", i+1), BaseURL: f.URL + "/v1", Model: "test-model", Key: secret.New(testKey)})
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const testKey = "zq-canary-0f9e8d7c6b5a49382716-key"

// envelope is a chat completion around content.
func envelope(content, finish, refusal string) []byte {
	b, err := json.Marshal(map[string]any{
		"id": "x", "object": "chat.completion", "model": "test-model",
		"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": map[string]any{"role": "assistant", "content": content, "refusal": refusal}}},
		"usage":   map[string]int{"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
	})
	if err != nil {
		panic(err)
	}
	return b
}

func say(content string) behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ seen, _ int) { w.Write(envelope(content, "stop", "")) }
}

func finish(content, reason, refusal string) behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ seen, _ int) {
		w.Write(envelope(content, reason, refusal))
	}
}

func status(code int, body string, headers ...string) behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ seen, _ int) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// first does one thing for the first n requests and another afterwards.
func first(n int, a, b behaviour) behaviour {
	return func(w http.ResponseWriter, r *http.Request, s seen, i int) {
		if i <= n {
			a(w, r, s, i)
			return
		}
		b(w, r, s, i)
	}
}

// hang sends part of a good answer and then nothing until the client leaves.
func hang(part string) behaviour {
	return func(w http.ResponseWriter, r *http.Request, _ seen, _ int) {
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, part)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func silence(_ http.ResponseWriter, r *http.Request, _ seen, _ int) { <-r.Context().Done() }

// cutOff closes the connection after part of an answer.
func cutOff(part string) behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ seen, _ int) {
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, part)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

const goodDraft = `{"sentences":[
 {"text":"Thank you for telling us about the late parcel.","claims":[1],"source":"courtesy","ref":""},
 {"text":"We are sorry that you had to wait.","claims":[],"source":"courtesy","ref":""},
 {"text":"It was delivered on 3 May.","claims":[1],"source":"fact","ref":"1"},
 {"text":"You write that nobody answered your emails, and we are looking into that.","claims":[2],"source":"review","ref":"nobody answered my emails"},
 {"text":"Please write to us at help@example.test.","claims":[],"source":"courtesy","ref":""}]}`

// recorder builds a response without a network.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (r *recorder) Write(p []byte) (int, error) { r.body = append(r.body, p...); return len(p), nil }

func (r *recorder) response() *http.Response {
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body))}
}
