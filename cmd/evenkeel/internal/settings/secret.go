package settings

import (
	"fmt"
	"log/slog"
	"net/url"
)

// hidden is what stands wherever a secret would.
const hidden = "(hidden)"

// Secret is a value that never prints: not by fmt with any verb, not as JSON
// or text, not in a log. Only [Secret.Reveal] gives it, at the one place that
// needs it. The value is behind a pointer, because fmt calls no methods on the
// unexported fields of a struct around it and would print a string there.
type Secret struct{ value *string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal is the value itself. Call it where the secret is used, as late as
// possible, and keep what it returns nowhere.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// String is "(hidden)", or "" when there is no secret.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return hidden
}

// Format implements [fmt.Formatter], so that no verb, %#v and %x included,
// reaches the field.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements [encoding.TextMarshaler], which JSON and YAML use too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// Redact is an address with its password hidden. What cannot be read as an
// address is hidden whole, because nobody can tell where its password stands.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return hidden
	}
	if u.Opaque == "" && u.Host == "" && u.Path != "" && u.Scheme == "" {
		return address // a plain path
	}
	q := u.Query()
	for _, name := range []string{"password", "sslpassword"} { // libpq takes them as parameters too
		if q.Has(name) {
			q.Set(name, "xxxxx")
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}
