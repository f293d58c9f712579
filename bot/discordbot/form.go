package discordbot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
)

// A Discord form has five parts of at most 4,000 characters. A longer text
// stands in several inputs, and a form with more parts is filled in in several
// steps: a sent form cannot be answered with another one, so there is a button
// between them. What was filled in is kept meanwhile, also when the desk
// refuses it, so that nobody writes anything twice.

// sessionTime is how long a form that is being filled in is remembered: as
// long as Discord lets it be answered, and a good while for the buttons below
// a refusal.
const (
	sessionTime = time.Hour
	maxSessions = 5000
	// maxPieces bounds the inputs of one text: 40,000 characters, more than any
	// platform takes.
	maxPieces = 10
)

// session is one person's filling-in of one form.
type session struct {
	key    string
	form   *commands.Form
	pages  [][]input // inputs by step
	values map[string]string
	seps   map[string][]string // what stands between the pieces of a long text, by field
	at     time.Time

	mu sync.Mutex // of values
}

// input is one part of a form: the n-th piece of a field.
type input struct {
	field commands.Field
	n, of int
	value string
}

func (i input) id() string { return "f:" + strconv.Itoa(i.n) + ":" + i.field.Name }

// sessions remembers forms while they are being filled in.
type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, by: map[string]*session{}}
}

// open begins a form for a person; the same form of the same person is begun
// anew.
func (s *sessions) open(who string, f *commands.Form) (*session, error) {
	one := &session{key: sessionKey(who, f.Token), form: f, values: map[string]string{}, seps: map[string][]string{}, at: s.now()}
	if err := one.layOut(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.by) >= maxSessions {
		for k, old := range s.by {
			if s.now().Sub(old.at) > sessionTime {
				delete(s.by, k)
			}
		}
		if len(s.by) >= maxSessions {
			clear(s.by)
		}
	}
	s.by[one.key] = one
	return one, nil
}

// sessionKey names a person's form.
func sessionKey(who string, t commands.Token) string {
	sum := sha256.Sum256([]byte(who + "\x00" + t.String()))
	return hex.EncodeToString(sum[:8])
}

func (s *sessions) get(key string) (*session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.by[key]
	if !ok || s.now().Sub(one.at) > sessionTime {
		return nil, false
	}
	return one, true
}

// tooLong says that a text does not fit into forms at all.
type tooLong struct{ field string }

func (e *tooLong) Error() string {
	return fmt.Sprintf("“%s” is longer than Discord's forms can hold", e.field)
}

// layOut puts the form's inputs on pages.
func (s *session) layOut() error {
	var inputs []input
	for _, f := range s.form.Fields {
		pieces := []string{f.Value}
		if f.Kind == commands.Text {
			var seps []string
			pieces, seps = plaintext.Split(f.Value, maxInput)
			roomy := f.Max == 0 || f.Max > len(pieces)*maxInput
			if roomy && plaintext.Len(pieces[len(pieces)-1]) > maxInput*2/3 {
				pieces = append(pieces, "")
			}
			s.seps[f.Name] = seps
		} else if plaintext.Len(f.Value) > maxInput {
			return &tooLong{f.Label}
		}
		if len(pieces) > maxPieces {
			return &tooLong{f.Label}
		}
		for n, p := range pieces {
			inputs = append(inputs, input{field: f, n: n, of: len(pieces), value: p})
		}
	}
	room := maxModalParts
	if s.form.Intro != "" {
		room--
	}
	for len(inputs) > 0 {
		k := min(len(inputs), room)
		s.pages = append(s.pages, inputs[:k])
		inputs, room = inputs[k:], maxModalParts
	}
	if len(s.pages) == 0 {
		s.pages = [][]input{nil}
	}
	return nil
}

// formPrefix begins the custom id of a form that needs what we remember; any
// other form's id is its token, and it outlives a restart.
const formPrefix = "~form:"

func (s *session) simple() bool {
	for _, page := range s.pages {
		for _, i := range page {
			if i.of > 1 {
				return false
			}
		}
	}
	return len(s.pages) == 1
}

// modal draws one step of the form, with what was filled in before.
func (s *session) modal(page int) modal {
	m := modal{CustomID: formPrefix + s.key + ":" + strconv.Itoa(page), Title: s.title(page)}
	if s.simple() {
		m.CustomID = s.form.Token.String()
	}
	if s.form.Intro != "" && page == 0 {
		m.Components = append(m.Components, component{Type: textDisplay, Content: escapeWithin(s.form.Intro, maxInput)})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.pages[page] {
		if v, ok := s.values[i.id()]; ok {
			i.value = v
		}
		m.Components = append(m.Components, i.draw())
	}
	if len(m.Components) == 0 {
		m.Components = []component{{Type: textDisplay, Content: escapeWithin(oneLine(s.form.Title)+"?", maxInput)}}
	}
	return m
}

// title says what the form is, what sending it does, as far as there is room
// (Discord's own button always says “Submit”), and which step this is.
func (s *session) title(page int) string {
	step := ""
	if len(s.pages) > 1 {
		step = fmt.Sprintf(" (%d of %d)", page+1, len(s.pages))
	}
	name := label(s.form.Title, maxModalTitle-len(step))
	if send := oneLine(plaintext.Visible(s.form.Submit)); send != "" && plaintext.Len(name+titleDot+send+step) <= maxModalTitle {
		name += titleDot + send
	}
	return name + step
}

const titleDot = " · "

// draw is one labelled input.
func (i input) draw() component {
	f := i.field
	required := !f.Optional && i.n == 0
	c := component{Type: textInput, CustomID: plaintext.Cut(i.id(), maxCustomID), Required: &required}
	title := f.Label
	if i.of > 1 {
		title = fmt.Sprintf("%s (%d of %d)", plaintext.Cut(f.Label, maxLabel-11), i.n+1, i.of)
	}
	switch f.Kind {
	case commands.Choice:
		c.Type = selectPart
		for _, o := range f.Options[:min(len(f.Options), maxOptions)] {
			c.Options = append(c.Options, option{Label: label(o.Label, maxOptionLabel), Value: optionValue(o), Default: o.Value == i.value && i.value != ""})
		}
		if len(c.Options) == 0 {
			c = component{Type: textInput, CustomID: c.CustomID, Style: shortInput, Required: &required}
		}
	case commands.Text:
		c.Style, c.Value, c.MaxLength = paragraph, i.value, maxInput
		if f.Max > 0 && i.of == 1 {
			c.MaxLength = min(maxInput, max(f.Max, plaintext.Len(i.value)))
		}
	default:
		c.Style, c.Value = shortInput, i.value
		c.MaxLength = maxInput
		if f.Max > 0 {
			c.MaxLength = min(maxInput, max(f.Max, plaintext.Len(i.value)))
		}
		if f.Kind == commands.Date {
			c.Placeholder = "2026-12-31"
		}
	}
	out := component{Type: labelPart, Label: label(title, maxLabel), Component: &c}
	if f.Hint != "" && i.n == 0 {
		out.Description = label(f.Hint, maxHint)
	}
	return out
}

// keep takes in what came back.
func (s *session) keep(values map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.values, values)
}

// args are all that was filled in, by field.
func (s *session) args() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return argsOf(s.values, s.seps)
}

// submitted reads the values of a form that came back, by input.
func submitted(parts []component) map[string]string {
	out := map[string]string{}
	var walk func(cs []component)
	walk = func(cs []component) {
		for _, c := range cs {
			if strings.HasPrefix(c.CustomID, "f:") {
				out[c.CustomID] = c.Value
				if c.Type == selectPart {
					out[c.CustomID] = ""
					if len(c.Values) > 0 {
						out[c.CustomID] = fromOption(c.Values[0])
					}
				}
			}
			walk(c.Components)
			if c.Component != nil {
				walk([]component{*c.Component})
			}
		}
	}
	walk(parts)
	return out
}

// argsOf puts inputs together to fields.
func argsOf(values map[string]string, seps map[string][]string) map[string]string {
	pieces := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(values)) {
		rest, _ := strings.CutPrefix(id, "f:")
		number, name, ok := strings.Cut(rest, ":")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n >= maxPieces {
			continue
		}
		for len(pieces[name]) <= n {
			pieces[name] = append(pieces[name], "")
		}
		pieces[name][n] = values[id]
	}
	args := make(map[string]string, len(pieces))
	for name, p := range pieces {
		args[name] = plaintext.Join(p, seps[name])
		if len(p) == 1 {
			args[name] = p[0]
		}
	}
	return args
}
