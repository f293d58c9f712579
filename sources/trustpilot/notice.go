package trustpilot

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/webhook"
)

// Bounds of a notice.
const (
	maxNotice   = 256 << 10
	maxReviews  = 20 // that one notice may speak of; more are found by polling
	noticeTime  = 30 * time.Second
	pathSafe    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	serviceName = "service-review" // beginning of the names of events that concern us
)

// HookPath is the path below which notices are taken, "" for none. The address
// given to the platform is HookPath and the secret.
func (s *Source) HookPath() string {
	if s.set.Secret == "" {
		return ""
	}
	return "/hooks/" + s.set.Name + "/"
}

// ServeHTTP takes a notice of the platform that a review was written, edited or
// removed. Notices carry no signature, so the address is the secret, and nothing
// that a notice says is believed but the ids: each review is read from the
// platform. It is answered with 200 only when what was read is stored; polling
// stays on and finds what notices lose.
func (s *Source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := strings.TrimPrefix(r.URL.Path, s.HookPath())
	if s.set.Secret == "" || subtle.ConstantTimeCompare([]byte(given), []byte(s.set.Secret)) != 1 {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "post a notice here", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		http.Error(w, "the notice is too large or broke off", http.StatusRequestEntityTooLarge)
		return
	}
	ids, err := notice(body)
	if err != nil {
		http.Error(w, "this is not a notice in JSON", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), noticeTime)
	defer cancel()
	if err := s.fetch(ctx, ids); err != nil {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "not now; please send it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// notice gives the ids of the service reviews that it speaks of.
func notice(body []byte) ([]string, error) {
	var n struct {
		Events []struct {
			EventName string
			EventData struct{ ID string }
		}
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, err
	}
	var ids []string
	seen := map[string]bool{}
	for _, e := range n.Events {
		id := e.EventData.ID
		if !strings.HasPrefix(e.EventName, serviceName) || id == "" || len(id) > review.MaxKey || seen[id] || len(ids) == maxReviews {
			continue
		}
		// Trustpilot's ids are letters and digits; what else comes is not read.
		if strings.Trim(id, pathSafe) != "" {
			continue
		}
		seen[id] = true
		ids = append(ids, id)
	}
	return ids, nil
}

// fetch reads the reviews and hands them over. One that is gone is left to the
// desk, which counts a removal only when two looks agree.
func (s *Source) fetch(ctx context.Context, ids []string) error {
	d := webhook.Delivery{Source: s.set.Name}
	var words []string
	for _, id := range ids {
		r, err := s.Get(ctx, review.Key{Source: s.set.Name, ID: id})
		switch {
		case errors.Is(err, sources.ErrNotFound):
			continue
		case err != nil:
			return err
		}
		d.Reviews = append(d.Reviews, r)
		words = append(words, r.Key.String(), r.ContentHash().String(), r.Updated.String())
	}
	if len(d.Reviews) == 0 {
		return nil
	}
	// Two notices of the same words are one delivery.
	d.Body = review.DigestOf(words...)
	d.ID = d.Body.String()
	_, err := s.set.Intake.Accept(ctx, d)
	return err
}
