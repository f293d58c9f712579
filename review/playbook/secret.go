package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Ref says where a secret is kept; the playbook itself never holds one.
type Ref struct {
	Env  string // the name of an environment variable, or
	File string // the path of a file
}

var envRef = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// ParseRef reads "${NAME}" or "file:PATH".
func ParseRef(s string) (Ref, bool) {
	s = strings.TrimSpace(s)
	if m := envRef.FindStringSubmatch(s); m != nil {
		return Ref{Env: m[1]}, true
	}
	if path, ok := strings.CutPrefix(s, "file:"); ok && strings.TrimSpace(path) != "" {
		return Ref{File: strings.TrimSpace(path)}, true
	}
	return Ref{}, false
}

// IsRef tells whether s says where a secret is kept.
func IsRef(s string) bool { _, ok := ParseRef(s); return ok }

// String is the reference as the playbook has it. It is no secret.
func (r Ref) String() string {
	if r.Env != "" {
		return "${" + r.Env + "}"
	}
	return "file:" + r.File
}

// Resolve fetches the secret with the functions given, os.LookupEnv and
// os.ReadFile for the program. Space around it is cut. The error says what to
// do; it holds neither the secret nor the file's content.
func (r Ref) Resolve(env func(string) (string, bool), read func(string) ([]byte, error)) (string, error) {
	if r.Env != "" {
		s, ok := env(r.Env)
		if s = strings.TrimSpace(s); !ok || s == "" {
			return "", fmt.Errorf("the environment variable %s is not set", r.Env)
		}
		return s, nil
	}
	b, err := read(r.File)
	if err != nil {
		return "", fmt.Errorf("the secret's file cannot be read: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", fmt.Errorf("the secret's file %s is empty", r.File)
	}
	return s, nil
}

// secretWords end the names of settings that hold secrets: api_key,
// clientSecret, headers.access-token. A name that goes on, such as key_id or
// token_url, is none.
var secretWords = []string{"token", "tokens", "secret", "secrets", "key", "keys", "password", "passwords",
	"passwd", "passphrase", "credential", "credentials", "apikey", "pem", "authorization"}

// secretKey tells a setting whose value is a secret by its name.
func secretKey(name string) bool {
	words := strings.FieldsFunc(snake(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' })
	n := len(words)
	if n == 0 || n > 1 && words[n-2] == "public" {
		return false
	}
	return slices.Contains(secretWords, words[n-1])
}

// snake is clientSecret as client_secret.
func snake(s string) string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return b.String()
}

// secretShape knows the tokens that issuers mark as such, private keys, and
// addresses with a password in them.
var secretShape = regexp.MustCompile(`xox[abeprs]-|xapp-[0-9]|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[opsu]_[A-Za-z0-9]{20}|\bgithub_pat_|\bsk-[A-Za-z0-9_-]{16}|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30}|\bwhsec_|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}|[a-z]://[^/\s:@]*:[^/\s@$][^/\s@]*@|\b[ck][ks]_[0-9a-f]{30}`)

// looksSecret tells a value that is a secret whatever its key is called.
func looksSecret(s string) bool { return secretShape.MatchString(s) }

func (v value) refuseSecret() {
	v.fail("%s holds a secret, and secrets do not belong in this file; write ${NAME} for an environment variable or file:PATH, and if the file was shared, replace the secret", v.name())
}
