package apierror_test

import (
	"errors"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google/apierror"
)

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		after  time.Duration
	}{
		"quota":          {429, `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12.5s"}]}}`, sources.ErrRateLimited, 12500 * time.Millisecond},
		"older quota":    {403, `{"error":{"code":403,"message":"Daily Limit Exceeded","errors":[{"domain":"usageLimits","reason":"dailyLimitExceeded"}]}}`, sources.ErrRateLimited, 0},
		"API off":        {403, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}`, sources.ErrAuth, 0},
		"scope":          {403, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}`, sources.ErrAuth, 0},
		"one thing":      {403, `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`, sources.ErrRejected, 0},
		"aborted":        {409, `{"error":{"code":409,"message":"try again","status":"ABORTED"}}`, sources.ErrTransient, 0},
		"nothing to say": {404, `{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}`, nil, 0},
		"an odd delay":   {429, `{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"soon"}]}}`, sources.ErrRateLimited, 0},
		"not JSON":       {502, `<html>`, nil, 0},
	} {
		reason, kind := apierror.Explain(c.status, []byte(c.body))
		if !errors.Is(kind, c.kind) || errors.Is(kind, sources.ErrAuth) && reason == "" {
			t.Errorf("%s: %q, %v; want %v", name, reason, kind, c.kind)
		}
		if d := apierror.Delay([]byte(c.body)); d != c.after {
			t.Errorf("%s: wait %s; want %s", name, d, c.after)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add(403, []byte(`{"error":{"details":[{"reason":"SERVICE_DISABLED","retryDelay":"1s"}],"errors":[{"reason":"x"}]}}`))
	f.Fuzz(func(_ *testing.T, status int, body []byte) {
		_, _ = apierror.Explain(status, body)
		apierror.Delay(body)
	})
}
