package sourcetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// FuzzAnswers fuzzes what a platform answers: whatever it is, reading ends, with
// an error of the taxonomy or with reviews that can be kept, and a list can be
// read on from where it stood. The bench stands on a [Stage]; what that answers
// of itself are the seeds.
func FuzzAnswers(f *testing.F, b Bench) {
	stage, ok := b.Platform.(*Stage)
	if !ok {
		f.Fatalf("the bench stands on a %T", b.Platform)
	}
	stage.direct = true
	b.Source = b.Again(f)
	for _, seed := range stage.answers(f, b) {
		f.Add(seed)
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"` + "\u202e" + `":[]}`))
	var answer atomic.Pointer[[]byte]
	stage.Voice = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*answer.Load())
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		answer.Store(&body)
		key := review.Key{Source: b.Source.Name(), ID: "1"}
		if p, ok := b.Source.(sources.Poller); ok {
			page, err := p.Poll(t.Context(), nil)
			checkError(t, b, err)
			for _, r := range page.Reviews {
				keepable(t, b, r)
				key = r.Key
			}
			if err == nil {
				page, err = p.Poll(t.Context(), page.Next)
				checkError(t, b, err)
				if err == nil && !json.Valid(page.Next) {
					t.Errorf("%q leaves the cursor %q", body, page.Next)
				}
			}
		}
		if s, ok := b.Source.(sources.Reader); ok {
			r, err := s.Get(t.Context(), key)
			checkError(t, b, err)
			if err == nil {
				keepable(t, b, r)
				if r.Key != key {
					t.Errorf("asked for %v, got %v", key, r.Key)
				}
			}
		}
	})
}

// Transport is for the wire of the source under test: nil for the network, and
// while answers are fuzzed a shorter way, on which the same bytes always take
// the same steps.
func (s *Stage) Transport() http.RoundTripper {
	if !s.direct {
		return nil
	}
	return voiced{s}
}

// voiced carries requests to a stage's voice without a network.
type voiced struct{ stage *Stage }

func (v voiced) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	v.stage.Voice.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// answers are the bodies with which the stage answers lists and reads of a few
// reviews, one of them with a reply.
func (s *Stage) answers(f *testing.F, b Bench) [][]byte {
	var mu sync.Mutex
	var heard [][]byte
	voice := s.Voice
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		voice.ServeHTTP(rec, r)
		mu.Lock()
		heard = append(heard, rec.Body.Bytes())
		mu.Unlock()
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
	first := s.Add(f, Post{Stars: 2, Title: "Late", Body: "The teapot came late & broken.", Author: "Jo"})
	s.AnswerOnSite(f, first.Key, "We are sorry.")
	s.Add(f, Post{Stars: 5, Body: "<b>Lovely</b> \u202e", Author: "Nia"})
	if p, ok := b.Source.(sources.Poller); ok {
		if _, err := p.Poll(f.Context(), nil); err != nil {
			f.Fatal(err)
		}
	}
	if r, ok := b.Source.(sources.Reader); ok {
		if _, err := r.Get(f.Context(), first.Key); err != nil {
			f.Fatal(err)
		}
	}
	return heard
}

// keepable: a review names itself and its source, has a rating on its scale or
// none, and times that can be written down.
func keepable(t *testing.T, b Bench, r review.Review) {
	t.Helper()
	if r.Key.Source != b.Source.Name() || r.Key.ID == "" {
		t.Errorf("a review is called %+v", r.Key)
	}
	if err := r.Rating.Valid(); err != nil {
		t.Error(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("%v cannot be written down: %v", r.Key, err)
	}
}
