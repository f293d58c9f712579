// Package secret is a value that never prints. Tokens, keys and passwords are
// carried as a [Value] from the setting to the one call that needs them, so that
// no log, error or page can show them by accident.
package secret

import (
	"fmt"
	"log/slog"
)

// hidden is what stands wherever a secret would.
const hidden = "(hidden)"

// Value never prints: not by fmt with any verb, not as JSON
// or text, not in a log. Only [Value.Reveal] gives it, at the one place that
// needs it. The value is behind a pointer, because fmt calls no methods on the
// unexported fields of a struct around it and would print a string there.
type Value struct{ value *string }

// New wraps a value.
func New(value string) Value { return Value{&value} }

// Reveal is the value itself. Call it where the secret is used, as late as
// possible, and keep what it returns nowhere.
func (s Value) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a value.
func (s Value) IsSet() bool { return s.Reveal() != "" }

// String is "(hidden)", or "" when there is no secret.
func (s Value) String() string {
	if !s.IsSet() {
		return ""
	}
	return hidden
}

// Format implements [fmt.Formatter], so that no verb, %#v and %x included,
// reaches the field.
func (s Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements [encoding.TextMarshaler], which JSON and YAML use too.
func (s Value) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements [slog.LogValuer].
func (s Value) LogValue() slog.Value { return slog.StringValue(s.String()) }

var (
	_ fmt.Formatter  = Value{}
	_ slog.LogValuer = Value{}
)
