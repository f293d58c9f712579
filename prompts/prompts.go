// Package prompts holds the words that evenkeel says to a language model: one
// pair of templates per task (triage, draft, judge, translate), embedded in the
// program and versioned by [Hash], which is stored with every draft.
//
// What customers wrote is data, never an instruction. So each task has two
// messages. The system message is made of our own words and the playbook's. The
// user message carries everything that people outside the team could have
// written: cleaned ([Clean]), bounded, as JSON, between delimiters that nobody
// can guess because they are drawn for every call ([Seal]). The system message
// also carries a canary; a model that writes it has been talked into leaking.
//
// The package renders and knows no model, network or clock.
package prompts

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var files embed.FS

// Messages is one rendered prompt.
type Messages struct {
	System string
	User   string
}

// Seal is what makes one call's prompt unguessable. Both values are drawn anew
// for every call.
type Seal struct {
	Nonce  string // part of the delimiters around foreign text
	Canary string // stands in the system message and must not come back
}

// NewSeal draws a seal from random, in practice [crypto/rand.Reader].
func NewSeal(random io.Reader) (Seal, error) {
	var b [32]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return Seal{}, fmt.Errorf("drawing the prompt's delimiters: %w", err)
	}
	s := hex.EncodeToString(b[:])
	return Seal{Nonce: s[:24], Canary: "ek-" + s[24:48]}, nil
}

// Leaked tells that text repeats what only the prompt's frame contains.
func (s Seal) Leaked(text string) bool {
	text = strings.ToLower(text)
	return s.Canary != "" && strings.Contains(text, strings.ToLower(s.Canary)) ||
		s.Nonce != "" && strings.Contains(text, strings.ToLower(s.Nonce))
}

// ErrSeal means that the seal is missing, or that its nonce occurs in the
// foreign text: draw another one.
var ErrSeal = errors.New("the prompt's delimiters cannot be used")

// Hash sums all templates. A draft that carries another hash was written with
// other words.
func Hash() string {
	h := sha256.New()
	entries, _ := fs.ReadDir(files, "templates") // embedded: cannot fail
	for _, e := range entries {
		b, _ := files.ReadFile("templates/" + e.Name())
		fmt.Fprintf(h, "%s\x00%d\x00", e.Name(), len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// frame is what the templates see: the task's own input and the seal.
type frame struct {
	In   any
	Seal Seal
}

// block is foreign text between delimiters. A block's name is ours.
type block struct {
	name string
	data any
}

// render fills the two templates of a task. The blocks become the user
// message, in order; the user template goes before them and says what they
// are.
func render(task string, in any, seal Seal, blocks []block) (Messages, error) {
	if seal.Nonce == "" || seal.Canary == "" {
		return Messages{}, fmt.Errorf("%w: it has no nonce or canary", ErrSeal)
	}
	system, err := fill(task+".system.tmpl", frame{in, seal})
	if err != nil {
		return Messages{}, err
	}
	user, err := fill(task+".user.tmpl", frame{in, seal})
	if err != nil {
		return Messages{}, err
	}
	var b strings.Builder
	b.WriteString(user)
	for _, bl := range blocks {
		data, err := encode(bl.data)
		if err != nil {
			return Messages{}, fmt.Errorf("prompt %s: block %s: %w", task, bl.name, err)
		}
		if strings.Contains(data, seal.Nonce) || strings.Contains(data, seal.Canary) {
			return Messages{}, fmt.Errorf("%w: they occur in the text", ErrSeal)
		}
		fmt.Fprintf(&b, "\n<<<%s %s>>>\n%s\n<<<end %s %s>>>\n", bl.name, seal.Nonce, data, bl.name, seal.Nonce)
	}
	return Messages{System: system, User: b.String()}, nil
}

func fill(name string, f frame) (string, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"language": languageName,
		"one":      oneLine,
	}).ParseFS(files, "templates/"+name)
	if err != nil {
		return "", fmt.Errorf("prompt template %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, f); err != nil {
		return "", fmt.Errorf("prompt template %s: %w", name, err)
	}
	return strings.TrimSpace(b.String()) + "\n", nil
}

// encode writes data as JSON with readable letters; `<`, `>` and `&` stay
// escaped, so that no text can look like a delimiter.
func encode(data any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(data); err != nil {
		return "", err
	}
	return strings.TrimSpace(b.String()), nil
}
