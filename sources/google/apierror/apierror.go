// Package apierror reads what Google's APIs say when they refuse: the shape of
// https://cloud.google.com/apis/design/errors, and the older one with reasons in
// a list, in one place for the connectors to Google.
package apierror

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/sources"
)

type body struct {
	Error struct {
		Message string `json:"message"`
		Status  string `json:"status"`
		Details []struct {
			Reason     string `json:"reason"`     // google.rpc.ErrorInfo
			RetryDelay string `json:"retryDelay"` // google.rpc.RetryInfo
		} `json:"details"`
		Errors []struct {
			Reason string `json:"reason"`
		} `json:"errors"`
	} `json:"error"`
}

func parse(raw []byte) (b body, reasons []string) {
	if json.Unmarshal(raw, &b) != nil {
		return body{}, nil
	}
	for _, d := range b.Error.Details {
		reasons = append(reasons, d.Reason)
	}
	for _, e := range b.Error.Errors {
		reasons = append(reasons, e.Reason)
	}
	return b, reasons
}

// project are the refusals that concern the whole project or sign-in, with what
// a person can do.
var project = map[string]string{
	"SERVICE_DISABLED":                 "this API is not switched on for the cloud project; enable it in the cloud console, under APIs and services",
	"accessNotConfigured":              "this API is not switched on for the cloud project; enable it in the cloud console, under APIs and services",
	"ACCESS_TOKEN_SCOPE_INSUFFICIENT":  "the sign-in lacks the permission for this API; sign in again and allow it",
	"insufficientPermissions":          "the sign-in lacks the permission for this API; sign in again and allow it",
	"CONSUMER_SUSPENDED":               "the cloud project is suspended; look in the cloud console",
	"permissionDenied":                 "the account lacks the permission for this; give it to the account in the platform's console",
	"projectNotLinked":                 "the cloud project is not linked to this account; link it in the platform's console",
	"ACCESS_TOKEN_TYPE_UNSUPPORTED":    "the sign-in is of a kind that this API does not take",
	"ACCOUNT_STATE_INVALID":            "the account that signed in is not active; look at it in its console",
	"USER_PROJECT_DENIED":              "the account may not use this cloud project; add it to the project",
	"API_KEY_SERVICE_BLOCKED":          "the cloud project's keys are barred from this API; look in the cloud console",
	"SECURITY_POLICY_VIOLATED":         "a policy of the organisation bars this call; ask its administrator",
	"CREDENTIALS_MISSING":              "the call had no credentials; sign in again",
	"ACCESS_TOKEN_EXPIRED":             "the sign-in has ended; sign in again",
	"ACCOUNT_DELETED_OR_NOT_AVAILABLE": "the account that signed in is no longer there; sign in with another",
}

var quotas = []string{
	"RATE_LIMIT_EXCEEDED", "RESOURCE_QUOTA_EXCEEDED",
	"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded",
}

// Explain fits wire.Config.Explain.
func Explain(status int, raw []byte) (reason string, kind error) {
	b, reasons := parse(raw)
	for _, r := range reasons {
		if says, ok := project[r]; ok && (status == http.StatusForbidden || status == http.StatusUnauthorized) {
			return says, sources.ErrAuth
		}
		if slices.Contains(quotas, r) {
			return b.Error.Message, sources.ErrRateLimited
		}
	}
	switch {
	case b.Error.Status == "RESOURCE_EXHAUSTED":
		return b.Error.Message, sources.ErrRateLimited
	case b.Error.Status == "ABORTED":
		// Documented to leave nothing behind.
		return b.Error.Message, sources.ErrTransient
	case status == http.StatusForbidden && b.Error.Status == "PERMISSION_DENIED":
		// Of this one thing, and nothing of our credentials.
		return b.Error.Message, sources.ErrRejected
	}
	return b.Error.Message, nil
}

// Delay reads how long a refusal asks to wait; it fits wire.Config.Delay.
func Delay(raw []byte) time.Duration {
	b, _ := parse(raw)
	for _, d := range b.Error.Details {
		// A JSON duration is seconds with an s, and nothing else.
		if t, err := time.ParseDuration(d.RetryDelay); err == nil && strings.HasSuffix(d.RetryDelay, "s") {
			return t
		}
	}
	return 0
}
