package slackbot

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
)

var (
	digestAt = bot.Place{Key: "digest-daily@2026-09-01T09:00"}
	drawn1   = bot.Picture{Name: "digest.png", PNG: []byte("\x89PNG\r\n\x1a\n and so on"), Alt: "Mean rating: 3.9 of 5 & rising <fast>."}
	digested = bot.Card{Title: "Tuesday, 1 September", Summary: "Daily digest: 3 reviews", Blocks: []bot.Block{{Kind: bot.Para, Text: "Three came."}}}
)

// imageOf is the picture's block in a message.
func imageOf(t *testing.T, w *world, ref string) map[string]any {
	t.Helper()
	channel, ts, err := parseRef(ref)
	must(t, err)
	for _, m := range w.server.Messages(channel) {
		if m.TS != ts {
			continue
		}
		for _, b := range m.Blocks {
			if b["type"] == "image" {
				return b
			}
		}
	}
	return nil
}

// TestPicture posts a digest with its picture in one message, although Slack
// is busy with the file at first.
func TestPicture(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{Busy: 2})
	for range 2 {
		var ce *bot.ChatError
		if _, err := w.bot.PostPicture(t.Context(), digestAt, digested, drawn1); !errors.As(err, &ce) || !errors.Is(err, bot.ErrLimited) || ce.After <= 0 {
			t.Fatalf("while Slack works on the picture: %v", err)
		}
	}
	ref, err := w.bot.PostPicture(t.Context(), digestAt, digested, drawn1)
	must(t, err)
	b := imageOf(t, w, ref)
	if b == nil || b["alt_text"] != drawn1.Alt {
		t.Fatalf("the picture's block is %v", b)
	}
	id, _ := b["slack_file"].(map[string]any)["id"].(string)
	if !bytes.Equal(w.server.File(id), drawn1.PNG) {
		t.Errorf("the file %s holds %q", id, w.server.File(id))
	}
	if n := w.server.Calls("files.getUploadURLExternal"); n != 1 {
		t.Errorf("it was uploaded %d times", n)
	}
	if found, ok, err := w.bot.Find(t.Context(), digestAt); err != nil || !ok || found != ref {
		t.Errorf("found %q, %v, %v; want %q", found, ok, err, ref)
	}
}

// TestPictureThatCannotBe shows that the words do not wait for the picture.
func TestPictureThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*world){
		"no permission": func(w *world) { w.server.SetScopes("chat:write", "channels:read", "channels:history") },
		"never ready":   func(*world) {},
	} {
		w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{Busy: 1000, Burst: 40})
		spoil(w)
		var ref string
		var err error
		for range refusedMost + 1 {
			if ref, err = w.bot.PostPicture(t.Context(), digestAt, digested, drawn1); err == nil {
				break
			}
		}
		if err != nil || imageOf(t, w, ref) != nil {
			t.Errorf("%s: %q, %v", name, ref, err)
		}
	}
	if !strings.HasSuffix(altOf(strings.Repeat("a", 3000), maxImageAlt), "…") {
		t.Error("a long text is not cut")
	}
}
