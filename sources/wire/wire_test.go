package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const secret = "s3cr3t-bearer"

func newClient(t testing.TB, address string, change ...func(*wire.Config)) *wire.Client {
	t.Helper()
	cfg := wire.Config{
		Source: "shop", Base: address, RetryWait: time.Millisecond, Secrets: []string{secret},
		Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+secret); return nil },
		Now:       func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := wire.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve answers with f and counts the requests.
func serve(t testing.TB, f http.HandlerFunc) (address string, calls *atomic.Int32) {
	t.Helper()
	calls = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		f(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, calls
}

func TestReadsAreRepeatedAndWritesAreNot(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		reads  int32
		read   error
		write  error
	}{
		"500":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 3, sources.ErrTransient, sources.ErrUnknown},
		"502":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, 3, sources.ErrTransient, sources.ErrUnknown},
		"503":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 3, sources.ErrTransient, sources.ErrUnknown},
		"503 and a time":       {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "60"); w.WriteHeader(503) }, 1, sources.ErrTransient, sources.ErrUnknown},
		"a cut connection":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, sources.ErrTransient, sources.ErrUnknown},
		"429":                  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "30"); w.WriteHeader(429) }, 1, sources.ErrRateLimited, sources.ErrRateLimited},
		"401":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, 1, sources.ErrAuth, sources.ErrAuth},
		"403":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, 1, sources.ErrAuth, sources.ErrAuth},
		"404":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, 1, sources.ErrNotFound, sources.ErrNotFound},
		"409":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409) }, 1, sources.ErrAlready, sources.ErrAlready},
		"422":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }, 1, sources.ErrRejected, sources.ErrRejected},
		"501":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(501) }, 1, sources.ErrUnsupported, sources.ErrUnsupported},
		"something unreadable": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, 1, sources.ErrTransient, sources.ErrUnknown},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			fmt.Fprint(w, "{")
		}, 1, sources.ErrTransient, sources.ErrUnknown},
		"an answer without end": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%1048576d", 1) }, 1, sources.ErrTransient, sources.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, c.answer)
			client := newClient(t, address, func(c *wire.Config) { c.MaxBody = 64 << 10 })
			var into map[string]any
			if err := client.Read(t.Context(), "list", "x", nil, &into); !errors.Is(err, c.read) {
				t.Errorf("read: %v; want %v", err, c.read)
			}
			if n := calls.Load(); n != c.reads {
				t.Errorf("a read took %d calls; want %d", n, c.reads)
			}
			calls.Store(0)
			// The header makes net/http replay requests on a connection that broke.
			header := http.Header{"Idempotency-Key": {"k1"}}
			if err := client.Write(t.Context(), "reply", http.MethodPut, "x", header, map[string]string{"text": "y"}, &into); !errors.Is(err, c.write) {
				t.Errorf("write: %v; want %v", err, c.write)
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("a write took %d calls", n)
			}
		})
	}
}

// TestWritesUseFreshConnections: a platform closes idle connections when it
// likes; a write must not become doubt by that.
func TestWritesUseFreshConnections(t *testing.T) {
	var addresses []string
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addresses = append(addresses, r.RemoteAddr)
		fmt.Fprint(w, "{}")
	})
	client := newClient(t, address)
	for range 3 {
		if err := client.Write(t.Context(), "reply", http.MethodPost, "x", nil, map[string]string{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if addresses[0] == addresses[1] || addresses[1] == addresses[2] {
		t.Errorf("writes shared a connection: %q", addresses)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, stolen := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	client := newClient(t, address)
	if err := client.Read(t.Context(), "list", "x", nil, nil); !errors.Is(err, sources.ErrRejected) {
		t.Errorf("read: %v; want ErrRejected", err)
	}
	if err := client.Write(t.Context(), "reply", http.MethodPut, "x", nil, map[string]string{}, nil); !errors.Is(err, sources.ErrRejected) {
		t.Errorf("write: %v; want ErrRejected", err)
	}
	if stolen.Load() != 0 {
		t.Error("credentials went elsewhere")
	}
}

func TestErrorsAreForPeopleAndKeepSecrets(t *testing.T) {
	long := strings.Repeat("word ", 1000)
	for body, want := range map[string]string{
		`{"error":{"code":400,"message":"The name is\nwrong"}}`: "shop: list: the platform refused this: The name is wrong",
		`{"message":"no ` + secret + ` here"}`:                  "shop: list: the platform refused this: no ••• here",
		`{"errors":[{"detail":"Too long"}]}`:                    "shop: list: the platform refused this: Too long",
		`{"error":"invalid","error_description":"Bad grant"}`:   "shop: list: the platform refused this: Bad grant",
		`{"error":"invalid"}`:                                   "shop: list: the platform refused this: invalid",
		`<html>\x1b[31m`:                                        "shop: list: the platform refused this: it answered 400 Bad Request",
		`{"message":"\u001b[31m\u202eevil\u200b"}`:              "shop: list: the platform refused this: [31mevil",
		`{"message":"` + long + `"}`:                            "",
	} {
		address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			fmt.Fprint(w, body)
		})
		err := newClient(t, address).Read(t.Context(), "list", "x", nil, nil)
		if err == nil || want != "" && err.Error() != want || len(err.Error()) > 1500 {
			t.Errorf("%.60s gives %q; want %q", body, err, want)
		}
	}
	// The address of a request may hold credentials too.
	client := newClient(t, "http://127.0.0.1:1/"+secret+"/")
	err := client.Read(t.Context(), "list", "x", map[string][]string{"key": {secret}}, nil)
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("a secret stands in %q", e)
		}
	}
	if !errors.Is(err, sources.ErrTransient) {
		t.Errorf("%v; want ErrTransient", err)
	}
}

func TestRefusedCredentialsAreAuth(t *testing.T) {
	address, calls := serve(t, func(http.ResponseWriter, *http.Request) {})
	client := newClient(t, address, func(c *wire.Config) {
		c.Authorize = func(*http.Request) error { return errors.New("the token has run out") }
	})
	err := client.Write(t.Context(), "reply", http.MethodPut, "x", nil, nil, nil)
	if !errors.Is(err, sources.ErrAuth) || !strings.Contains(err.Error(), "has run out") || calls.Load() != 0 {
		t.Errorf("%v, %d calls", err, calls.Load())
	}
}

func TestTimeIsUp(t *testing.T) {
	address, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := newClient(t, address, func(c *wire.Config) { c.Timeout = 20 * time.Millisecond })
	if err := client.Read(t.Context(), "list", "x", nil, nil); !errors.Is(err, sources.ErrTransient) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read: %v; want ErrTransient", err)
	}
	if err := client.Write(t.Context(), "reply", http.MethodPut, "x", nil, nil, nil); !errors.Is(err, sources.ErrUnknown) {
		t.Errorf("write: %v; want ErrUnknown", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"30":                            30 * time.Second,
		" 5 ":                           5 * time.Second,
		"0":                             0,
		"-5":                            0,
		"1.5":                           0,
		"soon":                          0,
		"99999999999999999999":          wire.MaxRetryAfter,
		"86401":                         wire.MaxRetryAfter,
		"000000000000030":               30 * time.Second,
		"Sun, 01 Nov 2026 12:01:00 GMT": time.Minute,
		"Sun, 01 Nov 2026 11:00:00 GMT": 0,
		"Sun, 01 Nov 2099 11:00:00 GMT": wire.MaxRetryAfter,
	} {
		if got := wire.RetryAfter(value, now); got != want {
			t.Errorf("%q: %s; want %s", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("30")
	f.Add("Sun, 01 Nov 2026 12:01:00 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if d := wire.RetryAfter(value, time.Unix(1793534400, 0)); d < 0 || d > wire.MaxRetryAfter {
			t.Fatalf("%q: %s", value, d)
		}
	})
}

func TestSettings(t *testing.T) {
	for _, base := range []string{"", "shop.example.test", "ftp://shop.example.test", "https://", "://"} {
		if _, err := wire.New(wire.Config{Source: "shop", Base: base}); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
}

func TestBodiesArriveAsSent(t *testing.T) {
	got := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		got <- in.Text
		w.WriteHeader(http.StatusNoContent)
	}))
	defer srv.Close()
	text := "Größe <b>&amp;</b> \u2028 日本 😀\r\n"
	if err := newClient(t, srv.URL).Write(t.Context(), "reply", http.MethodPut, "a b/ü", nil, map[string]string{"text": text}, nil); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != text {
		t.Errorf("arrived as %q", s)
	}
}

func TestQueriesAreReadsThatPost(t *testing.T) {
	var bodies atomic.Int32
	address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			bodies.Add(1)
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	var out any
	err := newClient(t, address).Query(t.Context(), "list", "v1/x:query", map[string]int{"size": 5}, &out)
	if !errors.Is(err, sources.ErrTransient) || calls.Load() != 3 || bodies.Load() != 3 {
		t.Errorf("%v after %d calls, %d of them posts; want ErrTransient after 3", err, calls.Load(), bodies.Load())
	}
}

func TestQueriesSendTheirBodyEachTime(t *testing.T) {
	var n atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); string(b) != `{"size":5}` {
			t.Errorf("the body was %q", b)
		}
		if n.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer srv.Close()
	var out struct{ OK bool }
	if err := newClient(t, srv.URL).Query(t.Context(), "list", "x", map[string]int{"size": 5}, &out); err != nil || !out.OK {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestTroubleWithTokensKeepsItsKind(t *testing.T) {
	address, calls := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := newClient(t, address, func(cfg *wire.Config) {
		cfg.Authorize = func(*http.Request) error {
			return fmt.Errorf("token: %w", &sources.Error{Kind: sources.ErrRateLimited, Reason: "too many " + secret, After: time.Minute})
		}
		cfg.Hide = func(s string) string { return strings.ReplaceAll(s, "many", "few") }
	})
	err := c.Read(t.Context(), "list", "x", nil, nil)
	if !errors.Is(err, sources.ErrRateLimited) || sources.Wait(err) != time.Minute || calls.Load() != 0 {
		t.Errorf("%v, wait %s, %d calls", err, sources.Wait(err), calls.Load())
	}
	if s := err.Error(); strings.Contains(s, secret) || strings.Contains(s, "many") || !strings.HasPrefix(s, "shop: list: ") {
		t.Errorf("it says %q", s)
	}
}

func TestDelayInTheBody(t *testing.T) {
	for header, want := range map[string]time.Duration{"": 7 * time.Second, "30": 30 * time.Second} {
		address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, "7s")
		})
		c := newClient(t, address, func(cfg *wire.Config) {
			cfg.Delay = func(body []byte) time.Duration { d, _ := time.ParseDuration(string(body)); return d }
		})
		if err := c.Read(t.Context(), "list", "x", nil, nil); sources.Wait(err) != want {
			t.Errorf("with the header %q it waits %s; want %s", header, sources.Wait(err), want)
		}
	}
}
