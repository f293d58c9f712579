package llm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// drip is a body that gives a blank a second for ever, until the request is
// given up.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (drip) Close() error { return nil }

// stuck are servers that keep a client waiting, each in its way.
var stuck = map[string]roundTrip{
	"silence": func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	},
	"a body without end": func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: drip{r.Context()}}, nil
	},
	"a body that begins and stops": func(r *http.Request) (*http.Response, error) {
		begun, stop := io.Pipe()
		go func() {
			_, _ = stop.Write([]byte(`{"choices":[{"message":{"content":"{\"sen`))
			<-r.Context().Done()
			stop.CloseWithError(r.Context().Err())
		}()
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: begun}, nil
	},
	"please wait, always": func(*http.Request) (*http.Response, error) {
		w := &recorder{header: http.Header{"Retry-After": {"9"}}, status: http.StatusTooManyRequests}
		return w.response(), nil
	},
	"slow and broken": func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(20 * time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		w := &recorder{header: http.Header{}, status: http.StatusBadGateway}
		return w.response(), nil
	},
}

// TestEveryTaskKeepsItsDeadline: whoever keeps a client waiting, each of the
// four tasks ends within a minute of virtual time, with one endpoint and with
// three, and the failure is counted.
func TestEveryTaskKeepsItsDeadline(t *testing.T) {
	tasks := map[string]func(context.Context, *Client) error{
		"draft": func(ctx context.Context, c *Client) error {
			_, err := c.Draft(ctx, aRequest())
			return err
		},
		"judge": func(ctx context.Context, c *Client) error {
			_, _, err := c.Judge(ctx, JudgeRequest{Text: "We are sorry.", Language: "en", Claims: aCase().Claims})
			return err
		},
		"back-translation": func(ctx context.Context, c *Client) error {
			_, _, err := c.Translate(ctx, "Guten Tag", "de", "en")
			return err
		},
		"triage": func(ctx context.Context, c *Client) error {
			got, err := c.Triage(ctx, TriageRequest{Review: aCase().Review})
			if err != nil || got.By != "rules" || len(got.Claims) == 0 {
				t.Errorf("triage without a model: %+v, %v", got, err)
			}
			return &Error{Kind: Timeout} // as the others: it never fails itself
		},
	}
	for way, transport := range stuck {
		for name, task := range tasks {
			for _, endpoints := range []int{1, 3} {
				t.Run(way+"/"+name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						cfg := Config{Transport: transport}
						for range endpoints {
							cfg.Endpoints = append(cfg.Endpoints, Endpoint{BaseURL: "http://model.example.test/v1", Model: "m"})
						}
						c, err := New(cfg)
						if err != nil {
							t.Fatal(err)
						}
						start := time.Now()
						var failed *Error
						if err := task(t.Context(), c); !errors.As(err, &failed) {
							t.Errorf("it ends with %v", err)
						}
						if took := time.Since(start); took > time.Minute {
							t.Errorf("it took %v", took)
						}
						requests, failures := int64(0), int64(0)
						for _, h := range c.Health() {
							requests, failures = requests+h.Requests, failures+h.Failed()
						}
						if requests < 1 || requests > 3 || failures == 0 {
							t.Errorf("%d requests, %d failures counted", requests, failures)
						}
					})
				})
			}
		}
	}
}

// TestADraftAndItsTranslationShareTheDeadline: a draft that came late leaves its
// back-translation what is left of the minute, and stands without one.
func TestADraftAndItsTranslationShareTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c, err := New(Config{
			Endpoints: []Endpoint{{BaseURL: "http://model.example.test/v1", Model: "m"}},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if n++; n > 1 {
					return stuck["silence"](r)
				}
				time.Sleep(20 * time.Second)
				w := &recorder{header: http.Header{}, status: http.StatusOK}
				_, _ = w.Write(envelope(goodDraft, "stop", ""))
				return w.response(), nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		req := aRequest()
		req.TeamLanguage = "de"
		start := time.Now()
		res, err := c.Draft(t.Context(), req)
		if err != nil || res.Draft.Origin != review.FromModel || res.Draft.BackText != "" || len(res.Notes) != 1 {
			t.Errorf("%+v, %v", res, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
