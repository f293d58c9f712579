package webconsole

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/storage"
)

// note is the body of a [storage.Note]: a card of the desk, or a person's
// words.
type note struct {
	Card  *bot.Card `json:"card,omitempty"`
	Quiet bool      `json:"quiet,omitempty"`
	Text  string    `json:"text,omitempty"`
	Asks  bool      `json:"asks,omitempty"` // the words were meant for the bot
	// Shows is the key of the note with the picture below the card; Alt says it
	// in words.
	Shows string `json:"shows,omitempty"`
	Alt   string `json:"alt,omitempty"`
	// PNG is a picture: a note of its own, so that lists of notes stay small.
	PNG []byte `json:"png,omitempty"`
}

func encode(n note) (json.RawMessage, error) {
	b, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	return visibleNULs(b), nil
}

// visibleNULs replaces the escape of U+0000, which PostgreSQL's jsonb refuses,
// by that of its picture, U+2400. An escaped backslash before it is left
// alone.
func visibleNULs(b []byte) []byte {
	if !bytes.Contains(b, []byte(`\u0000`)) {
		return b
	}
	for i := 0; i+5 < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if string(b[i+1:i+6]) == "u0000" {
			copy(b[i+2:], "2400")
		}
		i++ // whatever is escaped is passed
	}
	return b
}

func decode(n storage.Note) (note, error) {
	var out note
	if err := json.Unmarshal(n.Body, &out); err != nil {
		return note{}, fmt.Errorf("note %d cannot be read: %w", n.ID, err)
	}
	return out, nil
}

// address is how people call the bot in a message.
const address = "@evenkeel"

// addressed takes the bot's name out of a message and tells whether it was
// there.
func addressed(text string) (rest string, asks bool) {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a rare letter changes its length: positions would not match
		lower = text
	}
	at := strings.Index(lower, address)
	if at < 0 {
		return strings.TrimSpace(text), false
	}
	before, after := text[:at], strings.TrimLeft(text[at+len(address):], " \t,:")
	return strings.TrimSpace(before + after), true
}
