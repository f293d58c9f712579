package slackbot

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// BenchmarkPost is what putting a complaint's first card into Slack costs, from
// the neutral card to Slack's answer, and BenchmarkUpdate what redrawing it does.
// The Slack that answers costs next to nothing and allocates nothing.
func BenchmarkPost(b *testing.B) {
	app, answered := benchSlack(b)
	at, card := bot.Place{Case: 1042, Key: "parent", Review: "r-1042"}, complaintCard()
	at.Hash = card.Hash()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := app.Post(b.Context(), at, card); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(answered.Load()), "body-bytes")
}

func BenchmarkUpdate(b *testing.B) {
	app, answered := benchSlack(b)
	at, card := bot.Place{Case: 1042, Key: "parent", Review: "r-1042"}, complaintCard()
	at.Hash = card.Hash()
	b.ReportAllocs()
	for b.Loop() {
		if err := app.Update(b.Context(), at, "C0REVIEWS:1.1", card); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(answered.Load()), "body-bytes")
}

// benchSlack is a bot with a Slack that says yes to everything at once, and the
// size of the last body that it was sent.
func benchSlack(b *testing.B) (*Bot, *atomic.Int64) {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	size := new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go sayYes(c, size)
		}
	}()
	app, err := New(Config{BotToken: secret.New("xoxb-bench"), SigningSecrets: []secret.Value{secret.New("s")}, Mode: HTTP,
		Channel: "C0REVIEWS", Desk: bottest.NewFakeDesk(), Pace: Pace{PerSecond: -1}, APIURL: fmt.Sprintf("http://%s/api/", l.Addr())})
	if err != nil {
		b.Fatal(err)
	}
	return app, size
}

// sayYes answers the calls of one connection.
func sayYes(c net.Conn, size *atomic.Int64) {
	defer c.Close()
	const said = `{"ok":true,"channel":"C0REVIEWS","ts":"1760000000.000100","message":{"text":"card","ts":"1760000000.000100","bot_id":"B0BOT"}}`
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " + strconv.Itoa(len(said)) + "\r\n\r\n" + said)
	in, length := bufio.NewReaderSize(c, 32<<10), []byte("content-length:")
	for n := 0; ; {
		line, err := in.ReadSlice('\n')
		switch line = bytes.TrimSpace(line); {
		case err != nil:
			return
		case len(line) > len(length) && bytes.EqualFold(line[:len(length)], length):
			for _, digit := range bytes.TrimSpace(line[len(length):]) {
				n = n*10 + int(digit-'0')
			}
		case len(line) == 0:
			if _, err := io.CopyN(io.Discard, in, int64(n)); err != nil {
				return
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
			size.Store(int64(n))
			n = 0
		}
	}
}

// complaintCard is the card that opens the thread of a critical review, as the
// desk draws it.
func complaintCard() bot.Card {
	token := func(command, arg string) commands.Token {
		return commands.Token{Command: command, Case: 1042, Revision: 1, Arg: arg}
	}
	return bot.Card{
		Case: 1042, Tone: bot.Neutral, Title: "★★☆☆☆  Crashes when I open the camera",
		Summary: "#1042: ★★☆☆☆  Crashes when I open the camera, open; waits for a verdict. Since the last update the app closes every time I try to add a photo to my order. I tried to reinstall it twice…",
		Blocks: []bot.Block{
			{Kind: bot.Quote, Lang: "en", Text: "Crashes when I open the camera\n\nSince the last update the app closes every time I try to add a photo to my order. I tried to reinstall it twice and restarted my phone, nothing helps. Please fix this soon, I really liked the app before."},
			{Kind: bot.Fields, Items: []bot.Line{
				{Label: "Status", Text: "open; waits for a verdict"}, {Label: "By", Text: "Jo"}, {Label: "On", Text: "shop"}, {Label: "Written", Text: "2 Mar 2026, 08:00"},
				{Label: "Owner", Text: "nobody yet"}, {Label: "Answer by", Text: "3 Mar 2026, 09:00"}, {Label: "Cause", Text: "app"}}},
			{Kind: bot.List, Heading: "The points made", Items: []bot.Line{
				{Mark: bot.Todo, Text: "1. Crashes when I open the camera"}, {Mark: bot.Todo, Text: "2. Since the last update the app closes every time I try to add a photo to my order"},
				{Mark: bot.Todo, Text: "3. I tried to reinstall it twice and restarted my phone, nothing helps"}, {Mark: bot.Todo, Text: "4. Please fix this soon, I really liked the app before"}}},
			{Kind: bot.List, Heading: "Not to be guessed", Items: []bot.Line{{Mark: bot.Todo, Text: "Is this fault known, and in which version?"}}},
			{Kind: bot.Small, Text: "Suggested: reply · Read by rules"},
		},
		Buttons: []bot.Button{
			{Label: "Reply", Style: bot.Primary, Token: token("verdict", "reply"), Hint: "Decide what to do: reply, thank, private, report, silent, hold or none."},
			{Label: "Write it myself", Form: true, Token: token("edit", ""), Hint: "Write or change the text yourself."},
			{Label: "Ask for a fact", Form: true, Token: token("ask", ""), Hint: "Put a question to the thread that must not be guessed."},
			{Label: "Add a fact", Form: true, Token: token("fact", ""), Hint: "Vouch for a statement; drafts may use it, with your name in the record."},
			{Label: "Take it", Token: token("take", ""), Hint: "Make yourself the owner of a case."},
			{Label: "This is spreading", Token: token("spreading", ""), Hint: "Raise the priority: others are picking this review up."},
		},
		Selects: []bot.Select{
			{Label: "Another verdict…", Form: true, Token: token("verdict", ""), Options: commands.VerdictOptions()},
			{Label: "What should the answer achieve first?", Token: token("goal", ""), Options: commands.GoalOptions()},
			{Label: "More…", Form: true, Token: token("more", ""), Options: commands.MoreOptions()},
		},
		Links: []bot.Link{{Label: "Case page", URL: "https://desk.example.test/case/1042"}, {Label: "The review", URL: "https://shop.example.test/reviews/1042"}},
	}
}
