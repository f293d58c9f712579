//go:build peers

package discordbot

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/internal/secret"
)

var peersDir = filepath.Join("discordtest", "testdata", "peers")

// @discordjs/builders takes everything that the bot sends.
func TestBuildersTakeTheGoldens(t *testing.T) {
	p := peers.Start(t, peers.Program{Dir: peers.NPM(t, peersDir), Args: []string{"node", "judge.mjs"}})
	judged := 0
	for _, g := range append(goldens(t), golden{"all_commands", discordtest.ShapeCommands, commandSet(commands.Rows())}) {
		if c, ok := g.body.(response); ok && c.Type == choices || ok && c.Type == sayLater {
			continue // builders know no completions
		}
		raw, err := json.Marshal(map[string]any{"name": g.name, "shape": g.shape, "body": g.body})
		if err != nil {
			t.Fatal(err)
		}
		p.Tell(string(raw))
		var got struct{ Name, Error string }
		p.Says(&got)
		if got.Name != g.name || got.Error != "" {
			t.Errorf("%s: %s", g.name, got.Error)
		}
		judged++
	}
	t.Logf("%d payloads", judged)
}

// The endpoint takes what npm's discord-interactions calls well signed, and
// nothing that was changed.
func TestTheEndpointTakesNodesSignatures(t *testing.T) {
	p := peers.Start(t, peers.Program{Dir: peers.NPM(t, peersDir), Args: []string{"node", "signatures.mjs"}, Env: []string{"PORT=" + peers.Port(t)}})
	var ready struct{ Ready bool }
	p.Says(&ready)
	const body = `{"type":1,"id":"1","text":"Straße 🙂"}`
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	question, _ := json.Marshal(map[string]any{"sign": map[string]string{"body": body, "stamp": stamp}})
	p.Tell(string(question))
	var made struct {
		Signature, Key string
		Self           bool
	}
	p.Says(&made)
	if !made.Self {
		t.Fatal("npm's library does not take its own signature")
	}
	b, err := New(Config{Token: secret.New(discordtest.BotToken), PublicKey: made.Key, Channel: discordtest.Reviews, Mode: HTTP, Desk: bottest.NewFakeDesk()})
	if err != nil {
		t.Fatal(err)
	}
	for sent, want := range map[string]int{body + " ": http.StatusUnauthorized, body: http.StatusOK} {
		r := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader([]byte(sent)))
		r.Header.Set(discordtest.SignatureHeader, made.Signature)
		r.Header.Set(discordtest.StampHeader, stamp)
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", sent, w.Code, want)
		}
	}
}
