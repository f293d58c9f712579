package discordbot

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
)

var (
	digestAt = bot.Place{Key: "digest-daily@2026-09-01T09:00", Quiet: true}
	drawn1   = bot.Picture{Name: "digest-2026-09-01.png", PNG: []byte("\x89PNG\r\n\x1a\n and so on\r\n--"), Alt: "Mean rating: 3.9 of 5 & rising <@1>."}
	digested = bot.Card{Title: "Tuesday, 1 September", Summary: "Daily digest: 3 reviews", Blocks: []bot.Block{{Kind: bot.Para, Text: "Three came."}}}
)

// pictureOf is the file of the message at ref, and what its embed shows.
func pictureOf(t *testing.T, w *world, ref string) (discordtest.File, string) {
	t.Helper()
	m, err := w.message(ref)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != 1 {
		t.Fatalf("the card at %s has the files %v", ref, m.Files)
	}
	shown, _ := m.Embeds[len(m.Embeds)-1]["image"].(map[string]any)
	url, _ := shown["url"].(string)
	return m.Files[0], url
}

// TestPicture posts a digest with its picture as the desk does, whatever befalls
// the call: after an unknown end it looks before it posts again. There is one
// message, and the picture stands in it.
func TestPicture(t *testing.T) {
	for room, channel := range map[string]string{"text": discordtest.Reviews, "forum": discordtest.Forum} {
		for name, faults := range map[string][]discordtest.Fault{
			"calm":         nil,
			"lost":         {discordtest.Lost},
			"done, 502":    {discordtest.Done502},
			"not done":     {discordtest.BadGateway},
			"broken":       {discordtest.Broken, discordtest.Unavailable},
			"limited":      {discordtest.Limit, discordtest.GlobalLimit},
			"lost at last": {discordtest.Broken, discordtest.Limit, discordtest.Lost},
		} {
			t.Run(room+" "+name, func(t *testing.T) {
				w := newWorld(t, bottest.NewFakeDesk(), setup{channel: channel})
				w.server.Fail(faults...)
				ref, err := "", error(nil)
				for range len(faults) + 1 {
					var found bool
					if ref, found, err = w.bot.Find(t.Context(), digestAt); found || err != nil {
						break
					}
					if ref, err = w.bot.PostPicture(t.Context(), digestAt, digested, drawn1); err == nil {
						break
					}
					var ce *bot.ChatError
					if !errors.As(err, &ce) {
						t.Fatalf("the desk cannot read %v", err)
					}
					w.net.ahead.Add(int64(ce.After))
				}
				if err != nil {
					t.Fatal(err)
				}
				if standing, err := w.Standing(t.Context(), digestAt); err != nil || len(standing) != 1 || standing[0] != ref {
					t.Fatalf("it stands at %v, %v; posted %q", standing, err, ref)
				}
				f, shown := pictureOf(t, w, ref)
				if f.Name != drawn1.Name || f.Alt != drawn1.Alt || !bytes.Equal(f.Data, drawn1.PNG) || shown != "attachment://"+drawn1.Name {
					t.Errorf("the picture is %+v, shown by %q", f, shown)
				}
				if m, err := w.message(ref); err != nil || m.Flags&discordtest.FlagSilent == 0 || !strings.Contains(m.Content, digested.Title) {
					t.Errorf("the card is %+v, %v", m, err)
				}
			})
		}
	}
}

// TestPictureTwice posts the same picture again without looking, as a process
// would that died in between: Discord knows the nonce.
func TestPictureTwice(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	first, err := w.bot.PostPicture(t.Context(), digestAt, digested, drawn1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.bot.PostPicture(t.Context(), digestAt, digested, drawn1)
	if err != nil || again != first || len(w.server.Messages(discordtest.Reviews)) != 1 {
		t.Errorf("the second is %q, %v; the first %q", again, err, first)
	}
}

// TestPictureThatCannotBe shows that the words do not wait for the picture.
func TestPictureThatCannotBe(t *testing.T) {
	large := drawn1
	large.PNG = make([]byte, 21<<20)
	for name, c := range map[string]struct {
		may int64
		pic bot.Picture
	}{
		"no permission": {needed() &^ discordtest.AttachFiles, drawn1},
		"too large":     {needed(), large},
	} {
		for room, channel := range map[string]string{"text": discordtest.Reviews, "forum": discordtest.Forum} {
			w := newWorld(t, bottest.NewFakeDesk(), setup{channel: channel})
			w.server.BotMay(c.may)
			ref, err := w.bot.PostPicture(t.Context(), digestAt, digested, c.pic)
			if err != nil {
				t.Errorf("%s, %s: %v", name, room, err)
				continue
			}
			if m, err := w.message(ref); err != nil || len(m.Files) != 0 || !strings.Contains(m.Content, digested.Title) {
				t.Errorf("%s, %s: %+v, %v", name, room, m, err)
			}
			if standing, err := w.Standing(t.Context(), digestAt); err != nil || len(standing) != 1 {
				t.Errorf("%s, %s: it stands at %v, %v", name, room, standing, err)
			}
		}
	}
	// What keeps the words away as well is told.
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	w.server.BotMay(needed() &^ discordtest.SendMessages)
	if _, err := w.bot.PostPicture(t.Context(), digestAt, digested, drawn1); !errors.Is(err, bot.ErrMisconfigured) {
		t.Errorf("without Send Messages: %v", err)
	}
}

// TestPictureOfAnybody draws names and texts that were not made for Discord.
func TestPictureOfAnybody(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	fit := regexp.MustCompile(`^[\w-]{0,100}\.png$`)
	for i, pic := range []bot.Picture{
		{Name: "", Alt: ""},
		{Name: "../a\"; name=\"files[1]\r\n\r\n.png", Alt: "\u202e\x00@everyone \u200b"},
		{Name: strings.Repeat("é", 500), Alt: strings.Repeat("a", 3000)},
	} {
		pic.PNG = drawn1.PNG
		at := digestAt
		at.Key += strings.Repeat("x", i)
		ref, err := w.bot.PostPicture(t.Context(), at, digested, pic)
		if err != nil {
			t.Errorf("%q: %v", pic.Name, err)
			continue
		}
		if f, _ := pictureOf(t, w, ref); !fit.MatchString(f.Name) || f.Alt == "" || len([]rune(f.Alt)) > maxAlt || strings.ContainsAny(f.Alt, "\x00\u202e\u200b") {
			t.Errorf("%q became %q with %q", pic.Name, f.Name, f.Alt)
		}
	}
}
