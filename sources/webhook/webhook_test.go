package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/webhook"
)

const (
	oldSecret = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0"
	newSecret = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0"
	hubSecret = "bench-webhook-secret"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// shelf is an intake that keeps deliveries as the desk does: once by id.
type shelf struct {
	mu      sync.Mutex
	seen    map[string]review.Digest
	reviews []review.Review
	calls   int
	fail    error
}

func (s *shelf) Accept(_ context.Context, d webhook.Delivery) (webhook.Taken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		return webhook.Taken{}, s.fail
	}
	if body, ok := s.seen[d.ID]; ok {
		if body != d.Body {
			return webhook.Taken{}, webhook.ErrReused
		}
		return webhook.Taken{Duplicates: len(d.Reviews)}, nil
	}
	if s.seen == nil {
		s.seen = map[string]review.Digest{}
	}
	s.seen[d.ID] = d.Body
	s.reviews = append(s.reviews, d.Reviews...)
	return webhook.Taken{Accepted: len(d.Reviews)}, nil
}

func newHook(t testing.TB, change func(*webhook.Config)) (*webhook.Source, *shelf) {
	t.Helper()
	in := &shelf{}
	cfg := webhook.Config{
		Name: "shop", Secrets: []string{newSecret, oldSecret}, Intake: in,
		Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	h, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h, in
}

func hub(c *webhook.Config) {
	c.Signature, c.Secrets = webhook.HubSignature, []string{hubSecret}
}

func signed(secret, id string, at time.Time, body string) *http.Request {
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		panic(err)
	}
	sig, err := w.Sign(id, at, []byte(body))
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/shop", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("webhook-signature", sig)
	return r
}

func hubSigned(secret, body string) *http.Request {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	r := httptest.NewRequest(http.MethodPost, "/hooks/shop", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

type result struct {
	Accepted, Changed, Duplicates int
	Ignored                       []string
	Error                         struct{ Code, Field, Message string }
	status                        int
	header                        http.Header
}

func post(t testing.TB, h http.Handler, r *http.Request) result {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := result{status: w.Code, header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("status %d, answer %q is not JSON: %v", w.Code, w.Body, err)
	}
	return out
}

const one = `{"id":"r-1","rating":2,"body":"Late."}`

func TestDeliveryCountsOnce(t *testing.T) {
	h, in := newHook(t, nil)
	for i := range 100 {
		got := post(t, h, signed(newSecret, "msg-1", noon, one))
		if got.status != 200 || got.Accepted+got.Duplicates != 1 || (got.Accepted == 1) != (i == 0) {
			t.Fatalf("delivery %d: %+v", i, got)
		}
	}
	if len(in.reviews) != 1 {
		t.Fatalf("%d reviews stored; want 1", len(in.reviews))
	}
	if got := post(t, h, signed(newSecret, "msg-1", noon, `{"id":"r-1","rating":1}`)); got.status != 409 || got.Error.Code != "reused" {
		t.Fatalf("another body under the same id: %+v; want 409", got)
	}
}

func TestHubSignatureCountsOnceByBody(t *testing.T) {
	h, in := newHook(t, hub)
	for range 3 {
		if got := post(t, h, hubSigned(hubSecret, one)); got.status != 200 {
			t.Fatalf("%+v", got)
		}
	}
	if len(in.reviews) != 1 {
		t.Fatalf("%d reviews stored; want 1", len(in.reviews))
	}
	stale := hubSigned(hubSecret, one)
	stale.Header.Set("X-Webhook-Timestamp", fmt.Sprint(noon.Add(-6*time.Minute).Unix()))
	if got := post(t, h, stale); got.status != 401 {
		t.Fatalf("stale timestamp: %+v; want 401", got)
	}
}

// The body that a load generator sends by default.
func TestCommonSenderIsUnderstood(t *testing.T) {
	h, in := newHook(t, hub)
	body := `{"source":"bench","external_id":"bench-7","rating":2,"title":"Crashes when I open the camera","body":"Since the last update the app closes.","author":"Ana M.","locale":"en_GB","version":"4.12.1","created_at":"2026-11-01T10:00:00Z"}`
	got := post(t, h, hubSigned(hubSecret, body))
	if got.status != 200 || got.Accepted != 1 || strings.Join(got.Ignored, ",") != "version" {
		t.Fatalf("%+v", got)
	}
	r := in.reviews[0]
	want := review.Key{Source: "shop", Account: "bench", ID: "bench-7"}
	if r.Key != want || r.Language != "en-GB" || r.Author != "Ana M." || r.Rating != review.StarRating(2) ||
		!r.Created.Equal(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)) || r.Title != "Crashes when I open the camera" {
		t.Fatalf("%+v", r)
	}
	small := `{"id":"bench-8","source":"bench","rating":2,"author":"Ana","text":"Late."}`
	if got := post(t, h, hubSigned(hubSecret, small)); got.status != 200 || in.reviews[1].Body != "Late." {
		t.Fatalf("%+v", got)
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	h, in := newHook(t, nil)
	good := func() *http.Request { return signed(newSecret, "msg", noon, one) }
	cases := map[string]func() *http.Request{
		"no headers":     func() *http.Request { r := good(); r.Header.Del("webhook-signature"); return r },
		"another secret": func() *http.Request { return signed("whsec_c29tZWJvZHktZWxzZXMtc2VjcmV0", "msg", noon, one) },
		"another id":     func() *http.Request { r := good(); r.Header.Set("webhook-id", "msg-2"); return r },
		"another time": func() *http.Request {
			r := good()
			r.Header.Set("webhook-timestamp", fmt.Sprint(noon.Unix()+1))
			return r
		},
		"no time": func() *http.Request { r := good(); r.Header.Set("webhook-timestamp", "noon"); return r },
		"truncated": func() *http.Request {
			r := good()
			s := r.Header.Get("webhook-signature")
			r.Header.Set("webhook-signature", s[:len(s)-4])
			return r
		},
		"no version": func() *http.Request {
			r := good()
			s := r.Header.Get("webhook-signature")
			r.Header.Set("webhook-signature", s[3:])
			return r
		},
		"another version": func() *http.Request {
			r := good()
			s := r.Header.Get("webhook-signature")
			r.Header.Set("webhook-signature", "v2"+s[2:])
			return r
		},
		"other scheme":     func() *http.Request { return hubSigned(newSecret, one) },
		"stale":            func() *http.Request { return signed(newSecret, "msg", noon.Add(-5*time.Minute-time.Second), one) },
		"from the future":  func() *http.Request { return signed(newSecret, "msg", noon.Add(5*time.Minute+time.Second), one) },
		"another body":     func() *http.Request { r := good(); r.Body = http.NoBody; r.ContentLength = 0; return r },
		"id without end":   func() *http.Request { return signed(newSecret, strings.Repeat("x", 600), noon, one) },
		"empty signatures": func() *http.Request { r := good(); r.Header.Set("webhook-signature", "v1, v1,"); return r },
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			got := post(t, h, make())
			if got.status != 401 || got.Error.Code != "signature" || got.Error.Message == "" {
				t.Fatalf("%+v; want 401", got)
			}
			if strings.Contains(got.Error.Message, "c2VjcmV0") {
				t.Fatalf("the answer holds a secret: %q", got.Error.Message)
			}
		})
	}
	if in.calls != 0 {
		t.Fatalf("%d forged deliveries reached the intake", in.calls)
	}
}

func TestRandomForgeriesAreRefused(t *testing.T) {
	standard, in1 := newHook(t, nil)
	hubbed, in2 := newHook(t, hub)
	rapid.Check(t, func(t *rapid.T) {
		r := signed(newSecret, "msg", noon, one)
		if flip := rapid.IntRange(0, 2).Draw(t, "part"); flip == 0 {
			b := []byte(r.Header.Get("webhook-signature"))
			i := rapid.IntRange(0, len(b)-2).Draw(t, "at") // the last character's low bits are padding
			b[i] ^= byte(1 << rapid.IntRange(0, 6).Draw(t, "bit"))
			r.Header.Set("webhook-signature", string(b))
		} else if flip == 1 {
			r.Header.Set("webhook-id", rapid.StringMatching(`[a-z]{1,10}`).Filter(func(s string) bool { return s != "msg" }).Draw(t, "id"))
		} else {
			r.Header.Set("webhook-signature", rapid.String().Draw(t, "signature"))
		}
		w := httptest.NewRecorder()
		standard.ServeHTTP(w, r)
		if w.Code != 401 {
			t.Fatalf("status %d for %q", w.Code, r.Header)
		}
		r = hubSigned(hubSecret, one)
		b := []byte(r.Header.Get("X-Hub-Signature-256"))
		b[rapid.IntRange(0, len(b)-1).Draw(t, "hub at")] ^= 0x01
		r.Header.Set("X-Hub-Signature-256", string(b))
		w = httptest.NewRecorder()
		hubbed.ServeHTTP(w, r)
		if w.Code != 401 {
			t.Fatalf("hub: status %d for %q", w.Code, b)
		}
	})
	if in1.calls+in2.calls != 0 {
		t.Fatal("a forged delivery reached the intake")
	}
}

func TestSecretsRotate(t *testing.T) {
	h, _ := newHook(t, nil)
	for i, secret := range []string{oldSecret, newSecret} {
		if got := post(t, h, signed(secret, fmt.Sprint("msg-", i), noon, fmt.Sprintf(`{"id":"r-%d","rating":2}`, i))); got.status != 200 {
			t.Fatalf("secret %d: %+v", i, got)
		}
	}
	both := signed(oldSecret, "msg-3", noon, one)
	other := signed("whsec_c29tZWJvZHktZWxzZXMtc2VjcmV0", "msg-3", noon, one)
	both.Header.Set("webhook-signature", other.Header.Get("webhook-signature")+" "+both.Header.Get("webhook-signature"))
	if got := post(t, h, both); got.status != 200 {
		t.Fatalf("two signatures in one header: %+v", got)
	}
}

func TestSkewWithinTheWindowIsTaken(t *testing.T) {
	h, _ := newHook(t, nil)
	for _, d := range []time.Duration{-5 * time.Minute, -time.Minute, 0, time.Minute, 5 * time.Minute} {
		if got := post(t, h, signed(newSecret, d.String(), noon.Add(d), one)); got.status != 200 {
			t.Fatalf("skew %s: %+v", d, got)
		}
	}
}

func TestBadRequestsSayWhatIsWrong(t *testing.T) {
	deep := strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)
	many := `{"reviews":[` + strings.Repeat(one+",", 100) + one + `]}`
	cases := []struct{ name, body, field, says string }{
		{"not JSON", `{"id":`, "", "not JSON"},
		{"nothing", ``, "", "JSON object"},
		{"a list", `[]`, "", "JSON object"},
		{"null", `null`, "", "JSON object"},
		{"two values", `{} {}`, "", "more than one"},
		{"no id", `{"rating":2}`, "id", "missing"},
		{"id of a wrong type", `{"id":true,"rating":2}`, "id", "text or a whole number"},
		{"fractional id", `{"id":1.5,"rating":2}`, "id", "text or a whole number"},
		{"control characters in the id", `{"id":"a\u0000b","rating":2}`, "id", "control characters"},
		{"rating as text", `{"id":"1","rating":"two"}`, "rating", "number"},
		{"rating out of range", `{"id":"1","rating":6}`, "rating", "1 to 5"},
		{"no stars at all", `{"id":"1","rating":0}`, "rating", "1 to 5"},
		{"rating of an unknown kind", `{"id":"1","rating":{"value":1,"kind":"moons"}}`, "rating", "unknown kind"},
		{"rating without value", `{"id":"1","rating":{"max":5}}`, "rating.value", "missing"},
		{"body of a wrong type", `{"id":"1","body":{}}`, "body", "text"},
		{"neither text nor rating", `{"id":"1"}`, "", "neither text nor rating"},
		{"time without zone", `{"id":"1","rating":1,"created":"2026-11-01 10:00"}`, "created", "zone"},
		{"url that runs", `{"id":"1","rating":1,"url":"javascript:alert(1)"}`, "url", "https://"},
		{"subject's url that runs", `{"id":"1","rating":1,"subject":{"url":"data:text/html,x"}}`, "subject.url", "https://"},
		{"verified as text", `{"id":"1","rating":1,"verified":"yes"}`, "verified", "true or false"},
		{"author as a number", `{"id":"1","rating":1,"author":7}`, "author", "text or an object"},
		{"reply without text", `{"id":"1","rating":1,"reply":{}}`, "reply", "no text"},
		{"id twice", `{"id":"1","id":"2","rating":1}`, "id", "twice"},
		{"too deep", `{"id":"1","rating":1,"x":` + deep + `}`, "", "deeper"},
		{"too many", many, "reviews", "101"},
		{"none", `{"reviews":[]}`, "reviews", "empty"},
		{"reviews of a wrong type", `{"reviews":{}}`, "reviews", "list"},
		{"one is no object", `{"reviews":[7]}`, "reviews[0]", "object"},
		{"one is wrong", `{"reviews":[` + one + `,{"id":"2","rating":9}]}`, "reviews[1].rating", "1 to 5"},
		{"one twice with other words", `{"reviews":[` + one + `,{"id":"r-1","rating":1}]}`, "reviews[1].id", "twice"},
		{"body too long", `{"id":"1","body":"` + strings.Repeat("x", review.MaxBody+1) + `"}`, "", "at most"},
		{"not UTF-8", "{\"id\":\"1\",\"body\":\"\xff\"}", "", "UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h, in := newHook(t, nil)
			got := post(t, h, signed(newSecret, "msg", noon, c.body))
			if got.status != 400 || got.Error.Field != c.field || !strings.Contains(got.Error.Message, c.says) {
				t.Fatalf("%+v; want 400 for %q that says %q", got, c.field, c.says)
			}
			if in.calls != 0 {
				t.Fatal("the intake was asked although the delivery is wrong")
			}
		})
	}
}

func TestHeadersAreChecked(t *testing.T) {
	cases := []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"GET", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"form", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415},
		{"no type", func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		{"gzip", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415},
		{"charset", func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") }, 200},
		{"cloud event", func(r *http.Request) { r.Header.Set("Content-Type", "application/cloudevents+json") }, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h, _ := newHook(t, nil)
			r := signed(newSecret, "msg", noon, one)
			c.change(r)
			if got := post(t, h, r); got.status != c.status {
				t.Fatalf("%+v; want %d", got, c.status)
			}
		})
	}
}

// endless is a body that never ends, with or without saying so.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func TestBodiesAreBounded(t *testing.T) {
	h, _ := newHook(t, nil)
	for _, length := range []int64{-1, 10 << 20} {
		body := &endless{}
		r := httptest.NewRequest(http.MethodPost, "/", body)
		r.ContentLength = length
		r.Header.Set("Content-Type", "application/json")
		if got := post(t, h, r); got.status != 413 || got.Error.Code != "too_large" {
			t.Fatalf("length %d: %+v; want 413", length, got)
		}
		if body.read > 2*webhook.DefaultMaxBody {
			t.Fatalf("length %d: %d bytes were read", length, body.read)
		}
	}
	exact := `{"id":"1","rating":1,"x":"` + strings.Repeat("x", 100) + `"}`
	at, _ := newHook(t, func(c *webhook.Config) { c.MaxBody = int64(len(exact)) })
	if got := post(t, at, signed(newSecret, "m", noon, exact)); got.status != 200 {
		t.Fatalf("exactly at the bound: %+v", got)
	}
}

func TestTroubleOfTheIntakeMeansComeAgain(t *testing.T) {
	h, in := newHook(t, nil)
	in.fail = errors.New("dial tcp: password=hunter2")
	got := post(t, h, signed(newSecret, "msg", noon, one))
	if got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Fatalf("%+v; want 503 with Retry-After", got)
	}
	if strings.Contains(fmt.Sprint(got), "hunter2") {
		t.Fatalf("the answer tells of our inside: %+v", got)
	}
	in.fail = nil
	if got := post(t, h, signed(newSecret, "msg", noon, one)); got.status != 200 || got.Accepted != 1 {
		t.Fatalf("sent again: %+v", got)
	}
}

func TestHalfClosedSender(t *testing.T) {
	h, in := newHook(t, nil)
	srv := httptest.NewServer(h)
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(c)
	if !strings.Contains(answer.String(), " 400 ") {
		t.Fatalf("answer to half a body: %q; want 400", answer.String())
	}
	if in.calls != 0 {
		t.Fatal("half a body reached the intake")
	}
}

// Whatever is wrong, a connection on which nothing more comes is ended.
func TestSlowSendersAreSentAway(t *testing.T) {
	h, in := newHook(t, func(c *webhook.Config) { c.MaxTime = 30 * time.Millisecond })
	srv := httptest.NewServer(h)
	defer srv.Close()
	for head, want := range map[string]string{
		"Content-Type: application/json\r\nContent-Length: 100":                           " 408 ",
		"Content-Type: application/json\r\nTransfer-Encoding: chunked":                    " 408 ",
		"Content-Type: text/plain\r\nContent-Length: 100":                                 " 415 ",
		"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 100": " 415 ",
		"Content-Type: application/json\r\nContent-Length: 10000000":                      " 413 ",
	} {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n5\r\n{", head)
		var answer bytes.Buffer
		_, _ = answer.ReadFrom(c) // until the server hangs up
		_ = c.Close()
		if !strings.Contains(answer.String(), want) {
			t.Errorf("%q is answered with %q; want%s", head, answer.String(), want)
		}
	}
	if in.calls != 0 {
		t.Error("half a body reached the intake")
	}
}

func TestHostileTextIsKeptByteForByte(t *testing.T) {
	h, in := newHook(t, nil)
	text := "<!channel> <@U1> <http://evil.test|x> @everyone \u202e\u200b=cmd|' /C calc'!A0 \x1b[31m a\u0300\u0301 </script> %s"
	body, _ := json.Marshal(map[string]any{"id": "1", "body": text, "title": text, "author": text})
	if got := post(t, h, signed(newSecret, "msg", noon, string(body))); got.status != 200 {
		t.Fatalf("%+v", got)
	}
	if r := in.reviews[0]; r.Body != text || r.Title != text || r.Author != text {
		t.Fatalf("kept as %q, %q, %q", r.Body, r.Title, r.Author)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*webhook.Config){
		"no name":           func(c *webhook.Config) { c.Name = "" },
		"no secret":         func(c *webhook.Config) { c.Secrets = nil },
		"short secret":      func(c *webhook.Config) { c.Secrets = []string{"hunter2"} },
		"broken secret":     func(c *webhook.Config) { c.Secrets = []string{"whsec_***********************"} },
		"no intake":         func(c *webhook.Config) { c.Intake = nil },
		"unknown signature": func(c *webhook.Config) { c.Signature = "md5" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := webhook.Config{Name: "shop", Secrets: []string{newSecret}, Intake: &shelf{}}
			change(&cfg)
			_, err := webhook.New(cfg)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "***") {
				t.Fatalf("the error holds a secret: %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(one))
	f.Add([]byte(`{"reviews":[` + one + `,{"id":7,"rating":{"kind":"tri","value":-1},"reply":"x","author":{"name":"a","id":1}}],"x":1}`))
	f.Add([]byte(`{"external_id":"1","text":"a","locale":"pt_BR","verified":null,"created_at":"2026-11-01T10:00:00+01:00"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := webhook.Parse("shop", body)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Fatalf("an answer of %d bytes", len(err.Error()))
			}
			return
		}
		if len(p.Reviews) == 0 || len(p.Reviews) > webhook.MaxReviews {
			t.Fatalf("%d reviews without an error", len(p.Reviews))
		}
		for _, r := range p.Reviews {
			if err := r.Valid(); err != nil {
				t.Fatalf("passed on a review that is not valid: %v", err)
			}
			if r.Key.Source != "shop" {
				t.Fatalf("source %q", r.Key.Source)
			}
		}
	})
}
