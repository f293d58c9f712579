//go:build peers

package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/peers"
)

// client is discord.js as a client of the fake.
type client struct {
	t    *testing.T
	peer *peers.Peer
	kept []object
}

// next waits for what discord.js understood of something; what it says of
// other things in between is kept.
func (c *client) next(what string) object {
	c.t.Helper()
	if at := slices.IndexFunc(c.kept, func(o object) bool { return o["what"] == what }); at >= 0 {
		out := c.kept[at]
		c.kept = slices.Delete(c.kept, at, at+1)
		return out
	}
	for {
		var line object
		c.peer.Says(&line)
		if line["what"] == "error" {
			c.t.Fatalf("discord.js says: %v", line["message"])
		}
		if line["what"] == what {
			return line
		}
		c.kept = append(c.kept, line)
	}
}

func (c *client) want(line object, pairs ...any) {
	c.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := fmt.Sprint(line[pairs[i].(string)]); got != fmt.Sprint(pairs[i+1]) {
			c.t.Errorf("%s: discord.js read %s as %q, want %q", line["what"], pairs[i], got, pairs[i+1])
		}
	}
}

// TestPeers asks the peers, all from one installation.
func TestPeers(t *testing.T) {
	dir := peers.NPM(t, filepath.Join("testdata", "peers"))
	for name, test := range map[string]func(*testing.T, string){
		"discord.js": discordJS, "builders": buildersJudgeAsWeDo, "signatures": signaturesBothWays,
	} {
		t.Run(name, func(t *testing.T) { test(t, dir) })
	}
}

// discordJS goes through one of everything and looks how discord.js
// understood it.
func discordJS(t *testing.T, dir string) {
	// discord.js beats the heart itself; an interval below its own default
	// sees to it that some beats happen while it is watched.
	s := New(t, Config{Heartbeat: 5 * time.Second})
	s.Join(Person{ID: ana, Name: "ana"})
	w := &world{Server: s, t: t}
	c := &client{t: t, peer: peers.Start(t, peers.Program{Dir: dir, Args: []string{"node", "client.mjs"},
		Env: []string{"API=" + s.API, "BOT_TOKEN=" + BotToken, "GUILD=" + Guild, "CHANNEL=" + Reviews, "FORUM=" + Forum, "USER_ID=" + ana}})}

	calls := c.next("calls")
	id := fmt.Sprint(calls["message"])
	c.want(calls, "bot", App, "guild", "Acme", "channel", "reviews", "kind", "GuildText", "same", true, "thread", id, "forum", "GuildForum", "member", "ana", "history", 2,
		"codes", object{"second thread": 160004, "archived": 50083, "long": 50035, "channel": 10003})
	c.want(c.next("thread"), "archived", true, "name", "the case")
	c.want(c.next("thread"), "archived", false)
	m := w.message(Reviews, id)
	if m.Content != "a card, edited" || len(s.Pings()) != 0 || s.Threads(Forum)[0].ID != calls["post"] {
		t.Errorf("what stands there: %+v, pings %v", m, s.Pings())
	}

	first, err := s.Press(w.context(), ana, m, "go")
	check(t, err)
	c.want(c.next("press"), "id", "go", "user", ana, "message", id, "guild", Guild, "label", "go")
	form, open := s.Modal(ana)
	if first.Type != OpenModal || !open {
		t.Fatalf("the form is not open after %+v", first)
	}
	_, err = s.Submit(w.context(), form, map[string]string{"words": "new"})
	check(t, err)
	c.want(c.next("submission"), "words", "new", "id", "form")
	if got := w.message(Reviews, id); got.Content != "has words" {
		t.Errorf("after the form: %q", got.Content)
	}

	offers, err := s.Autocomplete(w.context(), ana, Reviews, "review open", object{"case": "ca"}, "case")
	check(t, err)
	if len(offers) != 1 || offers[0].Name != "Case 1" {
		t.Errorf("offers: %v", offers)
	}
	c.want(c.next("autocomplete"), "focused", "ca", "sub", "open")
	_, err = s.Command(w.context(), ana, Reviews, "review open", object{"case": "case-1"})
	check(t, err)
	c.want(c.next("command"), "name", "review", "sub", "open", "case", "case-1", "user", ana)
	if got := s.Whispers(ana); len(got) != 2 || got[0].Content != "opened case-1" || got[1].Content != "and more" {
		t.Errorf("whispers: %+v", got)
	}

	said, err := s.Say(ana, Reviews, "not for the bot")
	check(t, err)
	c.want(c.next("message"), "text", "", "mentions", false, "author", "ana")
	_, err = s.Say(ana, id, "<@"+App+"> shorter")
	check(t, err)
	c.want(c.next("message"), "text", "<@"+App+"> shorter", "mentions", true)
	_, err = s.MessageCommand(w.context(), ana, "Make a case", said)
	check(t, err)
	c.want(c.next("menu"), "text", "not for the bot", "name", "Make a case")

	// A broken connection is resumed, and what was missed is replayed.
	s.Drop()
	check(t, s.Wait(w.context(), func() bool { return s.Sessions() == 0 }))
	_, err = s.Say(ana, Reviews, "<@"+App+"> while it was away")
	check(t, err)
	c.want(c.next("message"), "text", "<@"+App+"> while it was away")
	c.next("resumed")
	s.Reconnect()
	c.next("resumed")
	if n := s.Identified(); n != 1 {
		t.Errorf("%d sessions were started", n)
	}
	_, err = s.Press(w.context(), ana, w.message(Reviews, id), "later")
	check(t, err)
	c.want(c.next("update"), "id", "later")
	if got := w.message(Reviews, id); got.Content != "put off" || len(got.Components) != 0 {
		t.Errorf("after the update: %+v", got)
	}
	for _, p := range s.Problems() {
		t.Errorf("Discord would complain of discord.js: %s", p)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// builders is @discordjs/builders as a judge.
type builders struct {
	t    *testing.T
	peer *peers.Peer
}

func judges(t *testing.T, dir string) *builders {
	t.Helper()
	return &builders{t: t, peer: peers.Start(t, peers.Program{Dir: dir, Args: []string{"node", "judge.mjs"}})}
}

func (b *builders) judge(name string, shape Shape, body []byte) string {
	b.t.Helper()
	raw, err := json.Marshal(object{"name": name, "shape": shape, "body": json.RawMessage(body)})
	check(b.t, err)
	b.peer.Tell(string(raw))
	var got struct{ Name, Error string }
	b.peer.Says(&got)
	if got.Name != name {
		b.t.Fatalf("asked for %s, answered for %s", name, got.Name)
	}
	return got.Error
}

// buildersJudgeAsWeDo: what Judge takes the builders take, and each of
// these breaches both refuse.
func buildersJudgeAsWeDo(t *testing.T, dir string) {
	b := judges(t, dir)
	embeds := func(e ...object) object { return object{"embeds": e} }
	for _, c := range []struct {
		name      string
		shape     Shape
		good, bad any
	}{
		{"title", ShapeMessage, embeds(object{"title": strings.Repeat("x", 256)}), embeds(object{"title": strings.Repeat("x", 257)})},
		{"description", ShapeMessage, embeds(object{"description": strings.Repeat("x", 4096)}), embeds(object{"description": strings.Repeat("x", 4097)})},
		{"fields", ShapeMessage, embeds(object{"fields": many(25, func(int) object { return object{"name": "n", "value": "v"} })}),
			embeds(object{"fields": many(26, func(int) object { return object{"name": "n", "value": "v"} })})},
		{"total", ShapeMessage, embeds(object{"description": strings.Repeat("x", 4000)}, object{"description": strings.Repeat("x", 2000)}),
			embeds(object{"description": strings.Repeat("x", 4000)}, object{"description": strings.Repeat("x", 2001)})},
		{"custom_id", ShapeMessage, object{"components": buttons(strings.Repeat("i", 100))}, object{"components": buttons(strings.Repeat("i", 101))}},
		{"link", ShapeMessage, object{"components": link(object{"url": "https://example.test"})}, object{"components": link(nil)}},
		{"select", ShapeMessage, object{"components": selection(1, 1, "a")}, object{"components": selection(1, 1, strings.Repeat("v", 101))}},
		{"display", ShapeMessage, object{"flags": FlagV2, "components": []object{{"type": kindContainer, "components": []object{text(10)}}}},
			object{"flags": FlagV2, "components": []object{{"type": kindContainer, "components": []object{text(4001)}}}}},
		{"modal", ShapeModal, modal(input("a")), object{"custom_id": "m", "title": strings.Repeat("x", 46), "components": []object{input("a")}}},
		{"input", ShapeModal, modal(valued("v", 4000)), modal(valued("v", 4001))},
		{"name", ShapeCommands, chat("review"), chat("Review")},
		{"options", ShapeCommands, chat("a", many(25, func(i int) object { return option(fmt.Sprint("o", i), 3, nil) })...), chat("a", many(26, func(i int) object { return option(fmt.Sprint("o", i), 3, nil) })...)},
	} {
		good, bad := encode(t, c.good), encode(t, c.bad)
		if err := b.judge(c.name, c.shape, good); err != "" || Judge(c.shape, good) != nil {
			t.Errorf("%s: the good one is refused: builders %q, we %v", c.name, err, Judge(c.shape, good))
		}
		if b.judge(c.name, c.shape, bad) == "" || Judge(c.shape, bad) == nil {
			t.Errorf("%s: the bad one is taken: builders %q, we %v", c.name, b.judge(c.name, c.shape, bad), Judge(c.shape, bad))
		}
	}
}

func signaturesBothWays(t *testing.T, dir string) {
	port := peers.Port(t)
	url := "http://127.0.0.1:" + port
	s := New(t, Config{HTTP: url})
	s.Join(Person{ID: ana, Name: "ana"})
	w := &world{Server: s, t: t}
	p := peers.Start(t, peers.Program{Dir: dir, Args: []string{"node", "signatures.mjs"},
		Env: []string{"PUBLIC_KEY=" + s.PublicKey, "PORT=" + port}})
	var ready struct{ Ready bool }
	p.Says(&ready)
	ask := func(question object, into any) {
		t.Helper()
		raw, err := json.Marshal(question)
		check(t, err)
		p.Tell(string(raw))
		p.Says(into)
	}
	// What the fake signs, npm's library takes; what was changed it refuses.
	const body = `{"type":1,"text":"Straße 🙂"}`
	signature, stamp := s.Sign(time.Now(), []byte(body))
	for sent, want := range map[string]bool{body: true, body + " ": false} {
		var got struct{ Good bool }
		ask(object{"verify": object{"body": sent, "signature": signature, "stamp": stamp, "key": s.PublicKey}}, &got)
		if got.Good != want {
			t.Errorf("%q: %v, want %v", sent, got.Good, want)
		}
	}
	// What Node signs, Go takes.
	var made struct{ Signature, Key string }
	stamp = strconv.FormatInt(time.Now().Unix(), 10)
	ask(object{"sign": object{"body": body, "stamp": stamp}}, &made)
	key, err := hex.DecodeString(made.Key)
	check(t, err)
	raw, err := hex.DecodeString(made.Signature)
	check(t, err)
	if !ed25519.Verify(key, []byte(stamp+body), raw) || ed25519.Verify(key, []byte(stamp+body+" "), raw) {
		t.Error("Go and Node disagree about a signature")
	}
	// Its endpoint passes the probe and answers a press.
	check(t, s.Probe(w.context()))
	id := w.good("POST", inReviews+"/messages", object{"content": "card", "components": buttons("go")}).body["id"].(string)
	if first, err := s.Press(w.context(), ana, w.message(Reviews, id), "go"); err != nil || first.Type != Reply {
		t.Errorf("%+v %v", first, err)
	}
	if got := s.Whispers(ana); len(got) != 1 || got[0].Content != "pressed go" {
		t.Errorf("whispers: %+v", got)
	}
}
