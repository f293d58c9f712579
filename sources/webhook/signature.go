package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/evenkeel/evenkeel/review"
)

// The headers of senders that sign the body alone.
const (
	HeaderHubSignature = "X-Hub-Signature-256"
	HeaderTimestamp    = "X-Webhook-Timestamp"
)

// secretPrefix marks a Standard Webhooks secret in base64.
const secretPrefix = "whsec_"

// verifier tells whether a request comes from somebody who knows a secret, and
// the id by which its delivery counts once. Errors are for the sender.
type verifier func(h http.Header, body []byte) (id string, err error)

var errSignature = errors.New("no signature here fits a secret that is known")

func newVerifier(cfg Config) (verifier, error) {
	var keys [][]byte
	for i, s := range cfg.Secrets {
		key := []byte(s)
		if rest, ok := strings.CutPrefix(s, secretPrefix); ok && cfg.Signature == StandardWebhooks {
			var err error
			if key, err = base64.StdEncoding.DecodeString(rest); err != nil {
				return nil, fmt.Errorf("secret %d begins with whsec_ but is not base64 after it", i+1)
			}
		}
		if len(key) < MinSecret {
			return nil, fmt.Errorf("secret %d has %d bytes; at least %d are needed. `openssl rand -base64 24` makes a good one", i+1, len(key), MinSecret)
		}
		keys = append(keys, key)
	}
	fresh := freshness{now: cfg.Now, tolerance: cfg.Tolerance}
	switch cfg.Signature {
	case StandardWebhooks:
		return standard(keys, fresh)
	case HubSignature:
		return hub(keys, fresh), nil
	}
	return nil, fmt.Errorf("signature %q is not known; %q and %q are", cfg.Signature, StandardWebhooks, HubSignature)
}

// standard verifies as https://github.com/standard-webhooks/standard-webhooks
// says. The library compares in constant time; freshness is checked here,
// because it knows only the machine's clock.
func standard(keys [][]byte, fresh freshness) (verifier, error) {
	var hooks []*standardwebhooks.Webhook
	for _, k := range keys {
		h, err := standardwebhooks.NewWebhookRaw(k)
		if err != nil {
			return nil, err
		}
		hooks = append(hooks, h)
	}
	return func(h http.Header, body []byte) (string, error) {
		id := h.Get(standardwebhooks.HeaderWebhookID)
		at := h.Get(standardwebhooks.HeaderWebhookTimestamp)
		if id == "" || at == "" || h.Get(standardwebhooks.HeaderWebhookSignature) == "" {
			return "", errors.New("the headers webhook-id, webhook-timestamp and webhook-signature are needed")
		}
		if len(id) > review.MaxKey {
			return "", fmt.Errorf("webhook-id is longer than %d bytes", review.MaxKey)
		}
		known := false
		for _, hook := range hooks {
			known = hook.VerifyIgnoringTimestamp(body, h) == nil || known
		}
		if !known {
			return "", errSignature
		}
		return id, fresh.check(at)
	}, nil
}

// hub verifies "sha256=" and the HMAC of the body in hexadecimal, see
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
func hub(keys [][]byte, fresh freshness) verifier {
	return func(h http.Header, body []byte) (string, error) {
		value, ok := strings.CutPrefix(h.Get(HeaderHubSignature), "sha256=")
		if !ok {
			return "", fmt.Errorf("the header %s: sha256=… is needed", HeaderHubSignature)
		}
		given, err := hex.DecodeString(value)
		if err != nil {
			return "", errSignature
		}
		known := false
		for _, key := range keys {
			mac := hmac.New(sha256.New, key)
			mac.Write(body)
			known = hmac.Equal(mac.Sum(nil), given) || known
		}
		if !known {
			return "", errSignature
		}
		if at := h.Get(HeaderTimestamp); at != "" {
			if err := fresh.check(at); err != nil {
				return "", err
			}
		}
		return review.DigestOf(string(body)).String(), nil
	}
}

// freshness refuses what was signed too long ago, or in the future.
type freshness struct {
	now       func() time.Time
	tolerance time.Duration
}

func (f freshness) check(stamp string) error {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("the timestamp is not a number of seconds since 1970")
	}
	switch age := f.now().Sub(time.Unix(seconds, 0)); {
	case age > f.tolerance:
		return fmt.Errorf("this was signed more than %s ago; please sign it anew", f.tolerance)
	case age < -f.tolerance:
		return fmt.Errorf("this was signed more than %s in the future; please check the clock", f.tolerance)
	}
	return nil
}
