package bot

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// Hash sums everything on the card: an equal card need not be drawn again. It
// is kept with what stands in the chats, so it is the same in every process.
func (c Card) Hash() review.Digest {
	var room [4096]byte // as much as most cards take
	s := summed(room[:0])
	s.number(c.Case)
	s.words(c.Title, string(c.Tone), c.Summary)
	s.number(int64(len(c.Blocks)))
	for _, b := range c.Blocks {
		s.block(b)
	}
	s.number(int64(len(c.Buttons)))
	for _, b := range c.Buttons {
		s.words(b.Label, string(b.Style), b.Hint, b.Confirm)
		s.token(b.Token)
		s.truth(b.Form)
	}
	s.number(int64(len(c.Selects)))
	for _, choice := range c.Selects {
		s.words(choice.Label)
		s.token(choice.Token)
		s.truth(choice.Form)
		s.number(int64(len(choice.Options)))
		for _, o := range choice.Options {
			s.words(o.Value, o.Label)
		}
	}
	s.number(int64(len(c.Links)))
	for _, l := range c.Links {
		s.words(l.Label, l.URL)
	}
	return sha256.Sum256(s)
}

// summed is what goes into a card's hash: each text with its length before it,
// so that no two cards come to the same bytes.
type summed []byte

func (s *summed) number(n int64) { *s = binary.AppendVarint(*s, n) }

func (s *summed) truth(b bool) {
	if b {
		s.number(1)
	} else {
		s.number(0)
	}
}

func (s *summed) words(texts ...string) {
	for _, text := range texts {
		s.number(int64(len(text)))
		*s = append(*s, text...)
	}
}

func (s *summed) token(t commands.Token) {
	s.words(t.Command, t.Text, t.Arg)
	s.number(t.Case)
	s.number(int64(t.Revision))
}

func (s *summed) block(b Block) {
	s.words(string(b.Kind), b.Heading, b.Text, b.Lang)
	s.number(int64(len(b.Items)))
	for _, l := range b.Items {
		s.words(string(l.Mark), l.Label, l.Text)
	}
	s.number(int64(len(b.Spans)))
	for _, p := range b.Spans {
		s.words(string(p.Kind), p.Text)
	}
}
