package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// problem is a refusal with its status.
type problem struct {
	status  int
	code    string
	field   string
	message string
}

func (p *problem) Error() string { return p.message }

// answer is what a sender gets.
type answer struct {
	Accepted   int            `json:"accepted"`
	Changed    int            `json:"changed"`
	Duplicates int            `json:"duplicates"`
	Ignored    []string       `json:"ignored,omitempty"` // names in the JSON that mean nothing here
	Error      *answeredError `json:"error,omitempty"`
}

type answeredError struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// ServeHTTP takes one delivery.
func (s *Source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.deliver(w, r)
	var p *problem
	switch {
	case err == nil:
		s.reply(w, http.StatusOK, out)
		return
	case !errors.As(err, &p):
		p = &problem{status: http.StatusServiceUnavailable, code: "unavailable", message: "it could not be stored now; please send it again"}
		s.cfg.Logger.ErrorContext(r.Context(), "webhook: a delivery could not be stored", "source", s.cfg.Name, "error", err)
	}
	switch p.status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusRequestTimeout, http.StatusRequestEntityTooLarge:
		w.Header().Set("Connection", "close")
	}
	s.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "webhook: refused",
		slog.String("source", s.cfg.Name), slog.Int("status", p.status), slog.String("code", p.code), slog.String("field", p.field))
	out.Error = &answeredError{Code: p.code, Field: p.field, Message: p.message}
	s.reply(w, p.status, out)
}

func (s *Source) reply(w http.ResponseWriter, status int, v answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a sender who left
}

// deliver judges a request and hands it to the intake.
func (s *Source) deliver(w http.ResponseWriter, r *http.Request) (answer, error) {
	// Deadlines are the operating system's, so this is not the injected clock.
	// A ResponseWriter without them (a test's recorder) reads from memory.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.cfg.MaxTime))
	if err := s.checkHeaders(r); err != nil {
		return answer{}, err
	}
	body, err := s.readBody(w, r)
	if err != nil {
		return answer{}, err
	}
	// Only now: the server reads on after a body that was not read to its end,
	// and without the deadline it would wait for ever.
	_ = control.SetReadDeadline(time.Time{})
	id, err := s.verify(r.Header, body)
	if err != nil {
		return answer{}, &problem{status: http.StatusUnauthorized, code: "signature", message: err.Error()}
	}
	parsed, err := Parse(s.cfg.Name, body)
	if err != nil {
		p := &problem{status: http.StatusBadRequest, code: "invalid", message: err.Error()}
		var f *FieldError
		if errors.As(err, &f) {
			p.field = f.Field
		}
		return answer{}, p
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
	defer cancel()
	taken, err := s.cfg.Intake.Accept(ctx, Delivery{
		Source: s.cfg.Name, ID: id, Body: review.DigestOf(string(body)), Reviews: parsed.Reviews,
	})
	out := answer{Accepted: taken.Accepted, Changed: taken.Changed, Duplicates: taken.Duplicates + parsed.Repeated, Ignored: parsed.Ignored}
	switch {
	case errors.Is(err, ErrReused):
		return answer{}, &problem{status: http.StatusConflict, code: "reused", message: "this webhook-id was used before for another body; a new delivery needs a new id"}
	case err != nil:
		return answer{}, err
	case len(taken.Problems) > 0:
		return out, &problem{status: http.StatusUnprocessableEntity, code: "refused", message: strings.Join(taken.Problems, "; ")}
	}
	return out, nil
}

func (s *Source) checkHeaders(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	switch {
	case r.Method != http.MethodPost:
		return &problem{status: http.StatusMethodNotAllowed, code: "method", message: "reviews are sent here by POST"}
	case err != nil || (kind != "application/json" && !strings.HasSuffix(kind, "+json")):
		return &problem{status: http.StatusUnsupportedMediaType, code: "content_type", message: "the Content-Type must be application/json"}
	case encoding != "" && encoding != "identity":
		return &problem{status: http.StatusUnsupportedMediaType, code: "content_encoding", message: "compressed bodies are not taken; please send it as it is"}
	case r.ContentLength > s.cfg.MaxBody:
		return s.tooLarge()
	}
	return nil
}

func (s *Source) tooLarge() error {
	return &problem{status: http.StatusRequestEntityTooLarge, code: "too_large",
		message: fmt.Sprintf("the body is larger than %d bytes; please send fewer reviews at once", s.cfg.MaxBody)}
}

// readBody takes a bounded body; the deadline is set.
func (s *Source) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxBody))
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &over):
		return nil, s.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &problem{status: http.StatusRequestTimeout, code: "too_slow", message: "the body did not arrive in time"}
	}
	return nil, &problem{status: http.StatusBadRequest, code: "broken", message: "the body broke off"}
}
