package slackbot

import "log/slog"

// Secret is a token that never prints: not in logs, errors, JSON or with %#v.
// The value is behind a pointer: fmt cannot call the methods of an unexported
// field and would print a string there.
type Secret struct{ value *string }

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{&value} }

// IsZero tells whether there is nothing to hide.
func (s Secret) IsZero() bool { return s.reveal() == "" }

const masked = "[hidden]"

// String is a mask.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return masked
}

// GoString is a mask.
func (s Secret) GoString() string { return s.String() }

// LogValue is a mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is a mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s Secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}
