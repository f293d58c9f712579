package torture

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hookSecret signs the deliveries of these tests.
const hookSecret = "only-for-these-tests-0123456789"

// delivery is one webhook call with its reviews, by id.
type delivery struct {
	ID      string
	Reviews []hookReview
	Times   int // how often it must be answered 2xx
}

// hookReview is a review in the shape of docs/webhook.md.
type hookReview struct {
	ID     string `json:"id"`
	Rating int    `json:"rating"`
	Body   string `json:"body"`
	Author string `json:"author"`
}

// sender posts deliveries as a shop's program would: again and again until it
// is told 2xx. Some are sent once more after that; the others show that what
// was answered is there without a second chance.
type sender struct {
	program *program
	source  string
	now     func() time.Time // the sender's clock; nil is time.Now
	excused func() bool      // whether a refusal is right at present; nil is never

	mu       sync.Mutex
	accepted map[string]bool // reviews of deliveries that were answered 2xx
	refusals []string        // answers that no sender should get
}

func newSender(p *program, source string) *sender {
	return &sender{program: p, source: source, accepted: map[string]bool{}}
}

// send brings a delivery to its 2xx, and repeats it if it is to be.
func (s *sender) send(ctx context.Context, d delivery) error {
	body, err := json.Marshal(map[string]any{"reviews": d.Reviews})
	if err != nil {
		return err
	}
	for sent := 0; sent < d.Times; {
		excused := s.excused != nil && s.excused()
		status, err := s.post(ctx, d.ID, body)
		excused = excused || s.excused != nil && s.excused()
		switch {
		case err == nil && status/100 == 2:
			sent++
			s.mu.Lock()
			for _, r := range d.Reviews {
				s.accepted[r.ID] = true
			}
			s.mu.Unlock()
			continue
		case err == nil && status != http.StatusServiceUnavailable && !(excused && status == http.StatusUnauthorized):
			s.mu.Lock()
			s.refusals = append(s.refusals, fmt.Sprintf("delivery %s was answered %d", d.ID, status))
			s.mu.Unlock()
		}
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("delivery %s was taken %d times of %d: %w", d.ID, sent, d.Times, err)
		}
	}
	return nil
}

func (s *sender) post(ctx context.Context, id string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.program.url("/hooks/"+s.source), strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	clock := time.Now
	if s.now != nil {
		clock = s.now
	}
	now := strconv.FormatInt(clock().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(id + "." + now + "." + string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", now)
	req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := s.program.client.Do(req)
	if err != nil {
		return 0, err
	}
	drained(resp.Body)
	return resp.StatusCode, nil
}

// rest waits a little, or not at all when ctx is over.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
