package slackbot

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
)

// A picture is uploaded as a file that nobody sees yet, and shown by a block of
// the card: so the card is one message, found again like any other, and an
// upload that is repeated leaves nothing behind that people could see.
// https://docs.slack.dev/messaging/working-with-files#uploading_files

// uploads remembers the files of cards that are still to be posted. A file may
// be refused while Slack works on it; then the card waits a little.
type uploads struct {
	mu sync.Mutex
	of map[string]*upload
}

type upload struct {
	file    string
	refused int
}

const (
	uploadsKept  = 32
	refusedMost  = 4 // then the card goes without its picture
	processing   = 3 * time.Second
	maxImageAlt  = 2000 // https://docs.slack.dev/reference/block-kit/blocks/image-block
	picturePlace = 2    // blocks that may have to make room
)

func (u *uploads) get(place string) *upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.of == nil || len(u.of) > uploadsKept {
		u.of = make(map[string]*upload)
	}
	if u.of[place] == nil {
		u.of[place] = new(upload)
	}
	return u.of[place]
}

func (u *uploads) drop(place string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.of, place)
}

// PostPicture implements [bot.Pictures].
func (b *Bot) PostPicture(ctx context.Context, at bot.Place, card bot.Card, p bot.Picture) (string, error) {
	channel, thread, err := b.channelFor(at)
	if err != nil {
		return "", err
	}
	kept := b.uploads.get(at.ID())
	if kept.file == "" {
		if kept.file, err = b.upload(ctx, p); err != nil {
			b.log.Warn("a picture could not be uploaded; its card goes without it", "card", at.Key, "err", b.failure(ctx, "files.completeUploadExternal", channel, err))
			b.uploads.drop(at.ID())
			return b.Post(ctx, at, card)
		}
	}
	m := b.fitted(card, at.HashOf(card))
	if kept.refused >= refusedMost || len(m.blocks) > maxBlocks-picturePlace {
		b.uploads.drop(at.ID())
		return b.Post(ctx, at, card)
	}
	if err := b.ready(ctx, channel, at.ID()); err != nil {
		return "", err
	}
	m.blocks = append(m.blocks, slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: kept.file}, altOf(p.Alt, maxImageAlt), "", nil))
	ref, err := b.post(ctx, at, channel, thread, m)
	if isSlack(err, refusedBlocks...) {
		kept.refused++
		return "", &bot.ChatError{Kind: bot.ErrLimited, Chat: Name, After: processing, Reason: "Slack is still working on the picture", Err: err}
	}
	if err == nil {
		b.uploads.drop(at.ID())
	}
	return ref, err
}

// upload puts a picture into the workspace, where only the bot sees it.
func (b *Bot) upload(ctx context.Context, p bot.Picture) (string, error) {
	f, err := b.api.UploadFileContext(ctx, slack.UploadFileParameters{Filename: p.Name, FileSize: len(p.PNG), Reader: bytes.NewReader(p.PNG), Title: p.Name, AltTxt: altOf(p.Alt, 1000)})
	if err != nil {
		return "", err
	}
	if f.ID == "" {
		return "", fmt.Errorf("slack names no file")
	}
	return f.ID, nil
}

func altOf(s string, most int) string {
	if r := []rune(visible(s)); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return visible(s)
}
