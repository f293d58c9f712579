package discordbot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/bot"
)

// A picture travels in the call that posts its card: one form, one message,
// with the nonce and the foot that every card has. So it is found again like
// any other, and nothing is left over when a call fails.
// https://docs.discord.com/developers/reference#uploading-files

// attachment tells Discord of a file of the same form.
type attachment struct {
	ID   string `json:"id"` // the n of files[n]
	Name string `json:"filename"`
	Alt  string `json:"description"`
}

// upload is a body with the one file that it speaks of.
type upload struct {
	payload any
	name    string
	png     []byte
}

// encoded is a body as it goes over the wire, nil for none.
func encoded(body any) (kind string, raw []byte, err error) {
	const plain = "application/json"
	switch body := body.(type) {
	case nil:
		return plain, nil, nil
	case upload:
		return discordgo.MultipartBodyWithJSON(body.payload, []*discordgo.File{{Name: body.name, ContentType: "image/png", Reader: bytes.NewReader(body.png)}})
	default:
		raw, err = json.Marshal(body)
		return plain, raw, err
	}
}

// with is the body for a call: what is to be sent, and p's picture if it has
// one. What is sent is p, or holds it.
func (p payload) with(what any) any {
	if p.picture == nil {
		return what
	}
	return upload{what, p.Attachments[0].Name, p.picture}
}

// pictured puts a picture below the words of a card. Discord shows the
// description to those who cannot see it.
func pictured(p payload, pic bot.Picture) payload {
	name := fileName(pic.Name)
	p.Attachments = []attachment{{ID: "0", Name: name, Alt: label(pic.Alt, maxAlt)}}
	p.picture = pic.PNG
	last := *p.Embeds[len(p.Embeds)-1] // a card that is posted has one: its foot stands there
	last.Image = &discordgo.MessageEmbedImage{URL: "attachment://" + name}
	p.Embeds[len(p.Embeds)-1] = &last
	return p
}

// fileName is a name by which an embed can speak of a file.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.TrimSuffix(s, ".png"))
	return s[:min(len(s), maxFileName)] + ".png"
}

// PostPicture implements [bot.Pictures].
func (b *Bot) PostPicture(ctx context.Context, at bot.Place, card bot.Card, pic bot.Picture) (string, error) {
	if err := stopping(ctx); err != nil {
		return "", err
	}
	ref, err := b.put(ctx, at, card, pictured(b.fitted(card, at.ID()), pic))
	if isRefused(err) {
		b.log.Warn("Discord does not take a picture; its card goes without it", "card", at.Key, "err", err)
		return b.Post(ctx, at, card)
	}
	if err != nil {
		return "", b.told(at, err)
	}
	return ref, nil
}

// isRefused tells of a card with a picture that certainly was not posted, and
// may be without it: no permission to attach files, too large, or a form that
// Discord does not like.
func isRefused(err error) bool {
	var e *callError
	return isCode(err, 50013, 40005, invalidForm) || asCall(err, &e) && e.status == http.StatusRequestEntityTooLarge
}
