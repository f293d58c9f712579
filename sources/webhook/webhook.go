// Package webhook takes reviews that another program sends by HTTP. A [Source]
// is both: a source by name, so that its cases have a platform and rules, and
// the [net/http.Handler] to which the sender posts.
//
// A delivery is judged in this order, and what fails first is answered first:
// method and headers, size, signature, freshness, JSON, every single review.
// Only then is it given to the [Intake], and only when the intake has stored it
// is it answered with 2xx: an unsure sender simply sends again. All reviews of
// a delivery are taken or none.
//
// # Signatures
//
// By default a sender signs as Standard Webhooks says (webhook-id,
// webhook-timestamp, webhook-signature; https://www.standardwebhooks.com). The
// timestamp is part of what is signed, so an old delivery cannot be sent again
// later; within the window the id makes it count once.
//
// Senders that only know X-Hub-Signature-256 (the HMAC of the body alone) are
// taken with [HubSignature]. Their deliveries carry no signed time, so a copy
// can be sent again at any time; it has no effect because a delivery is known
// by the digest of its body. An X-Webhook-Timestamp is checked when there is
// one.
//
// The JSON is described at [Parse]; docs/webhook.md shows it to people.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// Delivery is one verified request.
type Delivery struct {
	Source  string
	ID      string        // the sender's webhook-id, or the digest of the body
	Body    review.Digest // of the raw body: the same id with another body is a mistake
	Reviews []review.Review
}

// Taken is what became of a delivery's reviews.
type Taken struct {
	Accepted   int
	Changed    int // known, with other words
	Duplicates int
	Problems   []string // reviews that were refused, in words for the sender
}

// Errors of an [Intake]. Any other error is answered with "come again".
var (
	// ErrReused: the delivery's id was used before with another body.
	ErrReused = errors.New("this id was used before for another body")
)

// Intake stores deliveries. When Accept returns nil the delivery is durable; it
// returns nil too for one that was stored before.
type Intake interface {
	Accept(ctx context.Context, d Delivery) (Taken, error)
}

// Signature is how a sender signs.
type Signature string

// The signatures.
const (
	StandardWebhooks Signature = "standard"
	HubSignature     Signature = "hub"
)

// Limits and defaults of [Config].
const (
	DefaultMaxBody   = 256 << 10
	DefaultTolerance = 5 * time.Minute
	DefaultMaxTime   = 10 * time.Second
	MaxReviews       = 100 // in one delivery
	MinSecret        = 16  // bytes
	storeTimeout     = 30 * time.Second
)

// Config makes a Source.
type Config struct {
	Name     string // from the playbook
	Platform string // where the reviews stand, for rules and words; "" = "webhook"
	MaxReply int    // length of a reply that people post by hand; 0 = no known limit

	// Secrets are those that a sender may sign with, "whsec_…" in base64 or
	// plain text. Several are valid at once while a secret is being changed.
	Secrets   []string
	Signature Signature     // "" = StandardWebhooks
	Tolerance time.Duration // how far a delivery's time may lie from ours; 0 = DefaultTolerance
	MaxBody   int64         // bytes; 0 = DefaultMaxBody
	MaxTime   time.Duration // in which a body must arrive; 0 = DefaultMaxTime
	Intake    Intake
	Now       func() time.Time // nil = time.Now
	Logger    *slog.Logger     // nil = slog.Default()
}

// Source is a webhook. It is safe for concurrent use.
type Source struct {
	cfg    Config
	verify verifier
}

var (
	_ sources.Source = (*Source)(nil)
	_ http.Handler   = (*Source)(nil)
)

// New makes a webhook; the error names a setting and holds no secret.
func New(cfg Config) (*Source, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("a webhook needs a name")
	case cfg.Intake == nil:
		return nil, fmt.Errorf("webhook %s: there is nobody to take its deliveries", cfg.Name)
	case len(cfg.Secrets) == 0:
		return nil, fmt.Errorf("webhook %s: it needs a secret that its sender signs with", cfg.Name)
	}
	if cfg.Platform == "" {
		cfg.Platform = "webhook"
	}
	if cfg.Signature == "" {
		cfg.Signature = StandardWebhooks
	}
	if cfg.Tolerance <= 0 {
		cfg.Tolerance = DefaultTolerance
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.MaxTime <= 0 {
		cfg.MaxTime = DefaultMaxTime
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	v, err := newVerifier(cfg)
	if err != nil {
		return nil, fmt.Errorf("webhook %s: %w", cfg.Name, err)
	}
	return &Source{cfg: cfg, verify: v}, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.cfg.Name }

// Platform is where the reviews stand.
func (s *Source) Platform() string { return s.cfg.Platform }

// Capabilities are none: reviews come by themselves, replies are posted by hand.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{MaxReply: s.cfg.MaxReply, Unit: sources.Runes, SeesEdits: true}
}
