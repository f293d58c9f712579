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
	var room [4096]byte // as much as most cards take; on the stack
	s := summed(room[:0]).number(c.Case).words(c.Title, string(c.Tone), c.Summary)
	s = s.number(int64(len(c.Blocks)))
	for _, b := range c.Blocks {
		s = s.block(b)
	}
	s = s.number(int64(len(c.Buttons)))
	for _, b := range c.Buttons {
		s = s.words(b.Label, string(b.Style), b.Hint, b.Confirm).token(b.Token).truth(b.Form)
	}
	s = s.number(int64(len(c.Selects)))
	for _, choice := range c.Selects {
		s = s.words(choice.Label).token(choice.Token).truth(choice.Form).number(int64(len(choice.Options)))
		for _, o := range choice.Options {
			s = s.words(o.Value, o.Label)
		}
	}
	s = s.number(int64(len(c.Links)))
	for _, l := range c.Links {
		s = s.words(l.Label, l.URL)
	}
	return sha256.Sum256(s)
}

// summed is what goes into a card's hash: each text with its length before it,
// so that no two cards come to the same bytes.
type summed []byte

func (s summed) number(n int64) summed { return binary.AppendVarint(s, n) }

func (s summed) truth(b bool) summed {
	if b {
		return s.number(1)
	}
	return s.number(0)
}

func (s summed) words(texts ...string) summed {
	for _, text := range texts {
		s = append(s.number(int64(len(text))), text...)
	}
	return s
}

func (s summed) token(t commands.Token) summed {
	return s.words(t.Command, t.Text, t.Arg).number(t.Case).number(int64(t.Revision))
}

func (s summed) block(b Block) summed {
	s = s.words(string(b.Kind), b.Heading, b.Text, b.Lang).number(int64(len(b.Items)))
	for _, l := range b.Items {
		s = s.words(string(l.Mark), l.Label, l.Text)
	}
	s = s.number(int64(len(b.Spans)))
	for _, p := range b.Spans {
		s = s.words(string(p.Kind), p.Text)
	}
	return s
}
