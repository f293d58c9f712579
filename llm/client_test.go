package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
)

func aCase() review.Case {
	r := review.Review{
		Key: review.Key{Source: "shop", ID: "7"}, Revision: 3, Rating: review.StarRating(1), Title: "Never again",
		Body: "My parcel arrived two weeks late and nobody answered my emails. Order shipped on 12 April.",
	}
	return review.Case{Review: r, Verdict: review.VerdictReply, FactsRevision: 2, Triaged: "rules", Language: "en", Claims: []review.Claim{
		{N: 1, Text: "parcel two weeks late", Words: "My parcel arrived two weeks late", Topic: "delivery"},
		{N: 2, Text: "no answer", Words: "nobody answered my emails", Topic: "support"},
	}}
}

func aRequest() Request {
	return Request{
		Case: aCase(), Facts: []review.Fact{{N: 1, Text: "The parcel was delivered on 3 May."}},
		Contact: "help@example.test", SignOff: "Ana, Example Parcels", Brand: "Example Parcels",
	}
}

func TestDraft(t *testing.T) {
	f := newFake(t, say(goodDraft))
	c := client(t, nil, f)
	res, err := c.Draft(context.Background(), aRequest())
	if err != nil {
		t.Fatal(err)
	}
	d := res.Draft
	if d.Origin != review.FromModel || d.Model != "test-model" || d.Prompt != prompts.Hash() || d.Language != "en" || d.Revision != 3 || d.Facts != 2 {
		t.Errorf("draft: %+v", d)
	}
	if want := Join("en", d.Sentences, "Ana, Example Parcels"); d.Text != want || !strings.HasSuffix(d.Text, "\n\nAna, Example Parcels") {
		t.Errorf("text %q, sentences join to %q", d.Text, want)
	}
	if s := d.Sentences[2]; s.Source != review.SourceFact || s.Ref != "1" {
		t.Errorf("fact sentence: %+v", s)
	}
	if s := d.Sentences[3]; s.Source != review.SourceReview || s.Ref != "nobody answered my emails" || len(s.Claims) != 1 {
		t.Errorf("review sentence: %+v", s)
	}
	if res.Usage.PromptTokens != 900 || res.Usage.CompletionTokens != 100 {
		t.Errorf("usage: %+v", res.Usage)
	}
	got := f.requests()
	if len(got) != 1 || got[0].Auth != "Bearer "+testKey {
		t.Fatalf("requests: %d", len(got))
	}
	for _, foreign := range []string{"two weeks late", "Never again", "nobody answered"} {
		if strings.Contains(got[0].System, foreign) {
			t.Errorf("the system message holds the customer's %q", foreign)
		}
	}
	if h := c.Health()[0]; h.Requests != 1 || h.Answers != 1 || h.Usage.PromptTokens != 900 {
		t.Errorf("health: %+v", h)
	}
}

// TestFailures is every way in which an endpoint can fail: the right kind,
// within the deadline, at most three requests, and nothing foreign in the
// sentence for the card.
func TestFailures(t *testing.T) {
	good := string(envelope(goodDraft, "stop", ""))
	leak := func(escape bool) behaviour {
		return func(w http.ResponseWriter, _ *http.Request, s seen, _ int) {
			mark := s.canary()
			if escape {
				mark = fmt.Sprintf(`\u00%02x%s`, mark[0], mark[1:])
			}
			w.Write(envelope(`{"sentences":[{"text":"My mark is `+mark+`.","claims":[],"source":"courtesy","ref":""}]}`, "stop", ""))
		}
	}
	short := func(c *Config) { c.TryTimeout = 700 * time.Millisecond; c.Deadline = 20 * time.Second }
	for _, tt := range []struct {
		name     string
		does     behaviour
		change   func(*Config)
		kind     Kind
		requests int
	}{
		{"500", status(500, "boom EVIL"), nil, Unreachable, 3},
		{"502 html", status(502, "<html>EVIL"), nil, Unreachable, 3},
		{"429 for an hour", status(429, `{"error":{"message":"EVIL slow down"}}`, "Retry-After", "3600"), nil, RateLimited, 1},
		{"429 without a time", status(429, `{"error":{"message":"EVIL slow down"}}`), nil, RateLimited, 3},
		{"503 for an hour", status(503, "EVIL", "Retry-After", "3600"), nil, Unreachable, 1},
		{"401", status(401, `{"error":{"message":"EVIL Incorrect API key provided: `+testKey+`","code":"invalid_api_key"}}`), nil, Denied, 1},
		{"403 with half the key", status(403, `{"error":{"message":"key `+testKey[:14]+`*** EVIL"}}`), nil, Denied, 1},
		{"404", status(404, `{"error":{"message":"EVIL model not found"}}`), nil, Rejected, 1},
		{"400 filter", status(400, `{"error":{"message":"EVIL filtered","code":"content_filter"}}`), nil, Refused, 1},
		{"redirect", status(302, "", "Location", "http://127.0.0.1:1/EVIL"), nil, Empty, 3},
		{"silence", silence, short, Timeout, 3},
		{"headers, then silence", hang(""), short, Timeout, 3},
		{"half a body, then silence", hang(good[:len(good)/2]), short, Timeout, 3},
		{"half a body, then gone", cutOff(good[:len(good)/2]), nil, Truncated, 3},
		{"no body", status(200, ""), nil, Empty, 3},
		{"no choices", status(200, `{"choices":[]}`), nil, Empty, 3},
		{"empty content", say(""), nil, Empty, 3},
		{"blank content", say(" \n\t "), nil, Empty, 3},
		{"html", status(200, "<html>EVIL</html>"), nil, Malformed, 3},
		{"prose", say("Sure! EVIL Here is your reply."), nil, Malformed, 3},
		{"fenced", say("```json\n" + goodDraft + "\n```"), nil, Malformed, 3},
		{"two values", say(goodDraft + goodDraft), nil, Malformed, 3},
		{"unknown field", say(`{"sentences":[{"text":"Hi.","claims":[],"source":"courtesy","ref":"","publish":true}]}`), nil, Malformed, 3},
		{"unknown source", say(`{"sentences":[{"text":"Hi.","claims":[],"source":"memory","ref":""}]}`), nil, Malformed, 3},
		{"missing field", say(`{"sentences":[{"text":"Hi.","claims":[],"source":"courtesy"}]}`), nil, Malformed, 3},
		{"wrong type", say(`{"sentences":"Hi"}`), nil, Malformed, 3},
		{"too long a sentence", say(`{"sentences":[{"text":"` + strings.Repeat("a", 1001) + `","claims":[],"source":"courtesy","ref":""}]}`), nil, Malformed, 3},
		{"null", say("null"), nil, Malformed, 3},
		{"invisible words only", say(`{"sentences":[{"text":"\u200b\u200b","claims":[],"source":"courtesy","ref":""}]}`), nil, Empty, 3},
		{"10 MB", status(200, `{"choices":[{"message":{"content":"`+strings.Repeat("EVIL", 10<<18)), nil, TooBig, 1},
		{"10 MB of error", status(400, strings.Repeat("EVIL", 10<<18)), nil, TooBig, 1},
		{"refusal", finish("", "stop", "I can't help with EVIL."), nil, Refused, 1},
		{"content filter", finish(goodDraft, "content_filter", ""), nil, Refused, 1},
		{"out of tokens", finish(goodDraft[:80], "length", ""), nil, Truncated, 3},
		{"whole text, out of tokens", finish(goodDraft, "length", ""), nil, Truncated, 3},
		{"no finish reason", finish(goodDraft, "", ""), nil, Truncated, 3},
		{"tool call", finish(goodDraft, "tool_calls", ""), nil, Malformed, 3},
		{"half the JSON", say(goodDraft[:80]), nil, Truncated, 3},
		{"canary", leak(false), nil, Leaked, 1},
		{"escaped canary", leak(true), nil, Leaked, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.does)
			var log bytes.Buffer
			c := client(t, func(c *Config) {
				c.Log = slog.New(slog.NewTextHandler(&log, nil))
				if tt.change != nil {
					tt.change(c)
				}
			}, f)
			res, err := c.Draft(context.Background(), aRequest())
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v and %q", err, res.Draft.Text)
			}
			if e.Kind != tt.kind || e.Tries != tt.requests || len(f.requests()) != tt.requests {
				t.Errorf("kind %s after %d tries, %d requests seen; want %s after %d. %s", e.Kind, e.Tries, len(f.requests()), tt.kind, tt.requests, e.LogString())
			}
			if strings.Contains(e.Error(), "EVIL") || len(e.Detail) > 400 {
				t.Errorf("the endpoint's words are in %q / %q", e.Error(), e.Detail)
			}
			if c.Health()[0].Failures[tt.kind] == 0 {
				t.Errorf("not counted: %+v", c.Health()[0])
			}
			for _, where := range []string{e.Error(), e.LogString(), fmt.Sprintf("%#v", e), log.String(), fmt.Sprintf("%+v", c.Health())} {
				for key := testKey; len(key) >= 8; key = key[1:] {
					if strings.Contains(where, key[:8]) {
						t.Fatalf("a part of the key is in %q", where)
					}
				}
			}
		})
	}
}

func TestErrorsHaveSentences(t *testing.T) {
	for _, k := range Kinds {
		s := (&Error{Kind: k}).Error()
		if !strings.Contains(s, "please") {
			t.Errorf("%s: %q does not say what to do", k, s)
		}
	}
}

func TestRecovery(t *testing.T) {
	for name, bad := range map[string]behaviour{
		"500":       status(500, ""),
		"429":       status(429, "", "Retry-After", "0"),
		"malformed": say("no JSON"),
		"empty":     say(""),
		"truncated": finish(goodDraft[:50], "length", ""),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, first(2, bad, say(goodDraft)))
			res, err := client(t, nil, f).Draft(context.Background(), aRequest())
			if err != nil || len(f.requests()) != 3 {
				t.Fatalf("%v after %d requests", err, len(f.requests()))
			}
			if res.Draft.Text == "" {
				t.Error("no text")
			}
		})
	}
}

func TestFallOver(t *testing.T) {
	for name, bad := range map[string]behaviour{
		"500": status(500, ""), "401": status(401, ""), "404": status(404, ""), "429": status(429, "", "Retry-After", "3600"),
		"refusal": finish("", "stop", "no"), "empty": say(""), "10 MB": status(200, strings.Repeat(" ", 2<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			one, two := newFake(t, bad), newFake(t, say(goodDraft))
			now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
			c := client(t, func(c *Config) {
				c.Now = func() time.Time { return now }
				c.Endpoints[1].Model = "second-model"
			}, one, two)
			res, err := c.Draft(context.Background(), aRequest())
			if err != nil || res.Draft.Model != "second-model" || len(two.requests()) != 1 {
				t.Fatalf("%v, %q, %d", err, res.Draft.Model, len(two.requests()))
			}
			before := len(one.requests())
			down := !c.Health()[0].DownUntil.IsZero()
			if _, err := c.Draft(context.Background(), aRequest()); err != nil {
				t.Fatal(err)
			}
			if asked := len(one.requests()) > before; asked == down {
				t.Errorf("the first endpoint is down: %v, and was asked again: %v", down, asked)
			}
			now = now.Add(time.Hour)
			before = len(one.requests())
			if _, err := c.Draft(context.Background(), aRequest()); err != nil || len(one.requests()) == before {
				t.Errorf("after its pause the first endpoint was not asked again (%v)", err)
			}
		})
	}
}

// roundTrip is a transport without a network, for tests in virtual time.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, n := time.Now(), 0
		c, err := New(Config{
			Endpoints: []Endpoint{{BaseURL: "http://model.example.test/v1", Model: "m"}},
			Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				n++
				w := &recorder{header: http.Header{}}
				if n == 1 {
					w.header.Set("Retry-After", "7")
					w.status = 429
				} else {
					w.status = 200
					_, _ = w.Write(envelope(goodDraft, "stop", ""))
				}
				return w.response(), nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Draft(t.Context(), aRequest()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("waited %v, was told 7s", waited)
		}
	})
}

func TestDeadlineHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c, err := New(Config{
			Endpoints: []Endpoint{{BaseURL: "http://a.example.test/v1", Model: "m"}, {BaseURL: "http://b.example.test/v1", Model: "m"}, {BaseURL: "http://c.example.test/v1", Model: "m"}},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Draft(t.Context(), aRequest())
		if !errors.Is(err, &Error{Kind: Timeout}) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v", took)
		}
		for _, h := range c.Health() {
			if h.Requests != 1 {
				t.Errorf("%s was asked %d times", h.Endpoint, h.Requests)
			}
		}
	})
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := newFake(t, func(_ http.ResponseWriter, r *http.Request, _ seen, _ int) { cancel(); <-r.Context().Done() })
	c := client(t, nil, f)
	if _, err := c.Draft(ctx, aRequest()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if h := c.Health()[0]; len(h.Failures) != 0 {
		t.Errorf("the endpoint is blamed: %+v", h)
	}
}

func TestBudgetDegrades(t *testing.T) {
	f := newFake(t, say(goodDraft))
	now := time.Date(2026, 5, 3, 23, 0, 0, 0, time.UTC)
	c := client(t, func(c *Config) { c.Budget.Tokens = 5000; c.Now = func() time.Time { return now } }, f)
	var origins []review.Origin
	for range 4 {
		res, err := c.Draft(context.Background(), aRequest())
		if err != nil {
			t.Fatal(err)
		}
		origins = append(origins, res.Draft.Origin)
	}
	spent, budget, err := c.Spent(context.Background())
	if err != nil || !spent.within(budget) || spent.Tokens != 1000*len(f.requests()) {
		t.Errorf("spent %v of %v in %d requests, %v", spent, budget, len(f.requests()), err)
	}
	if origins[0] != review.FromModel || origins[3] != review.FromOffline {
		t.Errorf("origins %v", origins)
	}
	req := aRequest()
	req.Language = "pl"
	if _, err := c.Draft(context.Background(), req); !errors.Is(err, &Error{Kind: Budget}) {
		t.Errorf("Polish without budget: %v", err)
	}
	now = now.Add(2 * time.Hour)
	if res, err := c.Draft(context.Background(), aRequest()); err != nil || res.Draft.Origin != review.FromModel {
		t.Errorf("the next day: %v, %v", res.Draft.Origin, err)
	}
}

func TestBudgetOfMoney(t *testing.T) {
	f := newFake(t, say(goodDraft))
	c := client(t, func(c *Config) {
		c.Budget.Cost = 0.05
		for i := range c.Endpoints {
			c.Endpoints[i].PromptPrice, c.Endpoints[i].CompletionPrice = 10, 20
		}
	}, f)
	var origins []review.Origin
	for range 4 {
		res, err := c.Draft(context.Background(), aRequest())
		if err != nil {
			t.Fatal(err)
		}
		if paid := res.Usage.Cost > 0; paid != (res.Draft.Origin == review.FromModel) {
			t.Errorf("a draft by %s cost %v", res.Draft.Origin, res.Usage.Cost)
		}
		origins = append(origins, res.Draft.Origin)
	}
	spent, budget, err := c.Spent(context.Background())
	if err != nil || !spent.within(budget) || spent.Cost <= 0 || origins[0] != review.FromModel || origins[3] != review.FromOffline {
		t.Errorf("spent %v of %v, %v; the drafts are by %v", spent, budget, err, origins)
	}
}

func TestTooLongIsSentBack(t *testing.T) {
	short := `{"sentences":[{"text":"Sorry about the late parcel.","claims":[1,2],"source":"courtesy","ref":""}]}`
	f := newFake(t, first(1, say(goodDraft), say(short)))
	req := aRequest()
	req.MaxLen, req.Unit = 80, "runes"
	res, err := client(t, nil, f).Draft(context.Background(), req)
	if err != nil || res.Draft.Text != "Sorry about the late parcel.\n\nAna, Example Parcels" {
		t.Fatalf("%q, %v", res.Draft.Text, err)
	}
	if got := f.requests(); !strings.Contains(got[1].User, "fewer words") || strings.Contains(got[1].System, "fewer words") {
		t.Errorf("second request: %s", got[1].User)
	}
	if res.Draft.Instruction != "" {
		t.Errorf("our own wish is on the draft: %q", res.Draft.Instruction)
	}
}

func TestWrongLanguage(t *testing.T) {
	french := `{"sentences":[{"text":"Nous sommes vraiment désolés que votre colis soit arrivé avec deux semaines de retard et que personne n'ait répondu.","claims":[1,2],"source":"courtesy","ref":""}]}`
	t.Run("once", func(t *testing.T) {
		f := newFake(t, first(1, say(french), say(goodDraft)))
		res, err := client(t, nil, f).Draft(context.Background(), aRequest())
		if err != nil || res.Draft.Language != "en" || len(res.Notes) != 0 {
			t.Errorf("%v, %+v", err, res)
		}
	})
	t.Run("always", func(t *testing.T) {
		f := newFake(t, say(french))
		res, err := client(t, nil, f).Draft(context.Background(), aRequest())
		if err != nil || res.Draft.Language != "fr" || len(res.Notes) != 1 || len(f.requests()) != 3 {
			t.Errorf("%v, %+v", err, res)
		}
	})
}

func TestBackTranslation(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, s seen, n int) {
		if s.Task == "translate" {
			say(`{"text":"Danke, dass Sie uns schreiben."}`)(w, r, s, n)
			return
		}
		say(goodDraft)(w, r, s, n)
	})
	req := aRequest()
	req.TeamLanguage = "de"
	res, err := client(t, nil, f).Draft(context.Background(), req)
	if err != nil || res.Draft.BackText != "Danke, dass Sie uns schreiben." || res.Usage.PromptTokens != 1800 {
		t.Errorf("%v, %+v", err, res)
	}
	f = newFake(t, func(w http.ResponseWriter, r *http.Request, s seen, n int) {
		if s.Task == "translate" {
			status(500, "")(w, r, s, n)
			return
		}
		say(goodDraft)(w, r, s, n)
	})
	res, err = client(t, nil, f).Draft(context.Background(), req)
	if err != nil || res.Draft.Text == "" || len(res.Notes) != 1 {
		t.Errorf("a missing back-translation cost the draft: %v, %+v", err, res)
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, e := range []Endpoint{{}, {BaseURL: "ftp://x/v1", Model: "m"}, {BaseURL: "https://user:" + testKey + "@x/v1", Model: "m"}, {BaseURL: "https://x/v1"}} {
		_, err := New(Config{Endpoints: []Endpoint{e}})
		if err == nil || strings.Contains(err.Error(), testKey) {
			t.Errorf("%v: %v", e, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("no endpoint, no error")
	}
}

func TestSecretNeverPrints(t *testing.T) {
	s := secret.New(testKey)
	e := Endpoint{Name: "x", Key: s}
	type hidden struct{ e Endpoint }
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", s, "endpoint", e)
	js, _ := json.Marshal(e)
	for _, out := range []string{
		fmt.Sprint(s, e, hidden{e}), fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), fmt.Sprintf("%+v %#v", e, &e), fmt.Sprintf("%+v %#v", hidden{e}, hidden{e}), log.String(), string(js),
	} {
		if strings.Contains(out, testKey) || strings.Contains(out, fmt.Sprintf("%x", testKey)) {
			t.Errorf("the key is in %q", out)
		}
	}
	if !s.IsSet() || (secret.Value{}).IsSet() {
		t.Error("IsSet")
	}
}
