package bot

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/commands"
)

// troubles are the chats that need a person's attention, with what they say.
// They are this process's view and are found anew after a restart.
type troubles struct {
	mu   sync.Mutex
	said map[string]string // by chat
}

// troubled notes what a chat's call came to: a failure that a person must mend
// is kept until a call works again; the other failures pass by themselves.
func (d *Desk) troubled(chat string, err error) {
	t := &d.troubles
	t.mu.Lock()
	defer t.mu.Unlock()
	var ce *ChatError
	switch {
	case err == nil:
		delete(t.said, chat)
	case errors.As(err, &ce) && !errors.Is(ce, ErrMisconfigured):
	default:
		if t.said == nil {
			t.said = make(map[string]string)
		}
		t.said[chat] = sentence(err.Error())
	}
}

// Troubles lists the chats that need a person's attention, for a chat that
// still works to tell.
func (d *Desk) Troubles() []commands.Item {
	t := &d.troubles
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]commands.Item, 0, len(t.said))
	for chat, said := range t.said {
		out = append(out, commands.Item{Title: chat, Note: said})
	}
	slices.SortFunc(out, func(a, b commands.Item) int { return strings.Compare(a.Title, b.Title) })
	return out
}
