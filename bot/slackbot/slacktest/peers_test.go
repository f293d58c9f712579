//go:build peers

package slacktest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/peers"
)

// bolt is Slack's own framework as a client of the fake.
type bolt struct {
	t    *testing.T
	peer *peers.Peer
}

// start runs the script until the test ends.
func start(t *testing.T, mode, port string, s *Server) *bolt {
	t.Helper()
	return &bolt{t, peers.Start(t, peers.Program{Dir: peers.NPM(t, filepath.Join("testdata", "peers")), Args: []string{"node", "bolt.mjs"}, Env: []string{
		"MODE=" + mode, "API=" + s.API, "BOT_TOKEN=" + BotToken, "APP_TOKEN=" + AppToken, "SIGNING_SECRET=" + SigningSecret,
		"CHANNEL=" + Channel, "USER_ID=" + ana, "PORT=" + port,
	}})}
}

// next waits for what Bolt understood.
func (b *bolt) next(what string) map[string]any {
	b.t.Helper()
	for {
		var line map[string]any
		b.peer.Says(&line)
		if line["what"] == "error" {
			b.t.Errorf("Bolt says: %v", line["message"])
		}
		if line["what"] == what {
			return line
		}
	}
}

func (b *bolt) want(line map[string]any, pairs ...any) {
	b.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := fmt.Sprint(line[pairs[i].(string)]); got != fmt.Sprint(pairs[i+1]) {
			b.t.Errorf("%s: Bolt read %s as %q, want %q", line["what"], pairs[i], got, pairs[i+1])
		}
	}
}

const ana = "U0ANA0000"

func TestBoltOverSocketMode(t *testing.T) {
	s := Start(Options{Warning: time.Second})
	defer s.Close()
	s.Join(Person{ID: ana, Name: "Ana"})
	b := start(t, "socket", "0", s)
	story(t, s, b)
	// Bolt, too, goes on after a connection that was announced to close.
	s.Warn("refresh_requested")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Wait(ctx, func() bool { return s.Lasting() >= 1 }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Type(ctx, ana, Channel, "/review", "again"); err != nil {
		t.Fatal(err)
	}
	b.want(b.next("command"), "text", "again")
}

func TestBoltOverSignedHTTP(t *testing.T) {
	port := peers.Port(t)
	s := Start(Options{HTTP: "http://127.0.0.1:" + port})
	defer s.Close()
	s.Join(Person{ID: ana, Name: "Ana"})
	b := start(t, "http", port, s)
	story(t, s, b)
	forged, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.opts.HTTP+"/slack/command", strings.NewReader("command=%2Freview"))
	if err != nil {
		t.Fatal(err)
	}
	Sign(forged, "another-secret", time.Now(), []byte("command=%2Freview"))
	resp, err := http.DefaultClient.Do(forged)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("Bolt answers a forged request with %s", resp.Status)
	}
}

// story brings one of everything and looks how Bolt understood it.
func story(t *testing.T, s *Server, b *bolt) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	calls := b.next("calls")
	b.want(calls, "place", "here", "text", "parent, edited", "replies", 2, "channel", "reviews", "who", "Ana",
		"errors", map[string]any{"channel": "channel_not_found", "blocks": "invalid_blocks", "long": "msg_too_long", "gone": "message_not_found", "token": "invalid_auth"})
	b.next("ready")
	m, ok := s.Message(Channel, calls["ts"].(string))
	if !ok {
		t.Fatal("Bolt's message does not stand there")
	}

	_, ack, err := s.Type(ctx, ana, Channel, "/review", "inbox <mine> & all")
	check(t, err)
	if !strings.Contains(string(ack.Body), "heard") {
		t.Errorf("the command was answered %s", ack.Body)
	}
	b.want(b.next("command"), "text", Escape("inbox <mine> & all"), "user", ana, "channel", Channel)

	elements := Elements(m.Blocks)
	_, _, err = s.Press(ctx, ana, m, elements[0], nil)
	check(t, err)
	b.want(b.next("press"), "value", "token", "id", "go", "user", ana, "message", m.TS, "container", "message", "twice", "exchanged_trigger_id")
	_, _, err = s.Press(ctx, ana, m, elements[1], elements[1].Options[0])
	check(t, err)
	b.want(b.next("choice"), "value", "one", "id", "pick")

	v, open := s.Modal(ana)
	if !open {
		t.Fatal("Bolt's form is not open")
	}
	errs, _, err := s.Submit(ctx, ana, v, map[string]map[string]any{"words": {"v": map[string]any{"type": "plain_text_input", "value": "bad"}}})
	check(t, err)
	if errs["words"] != "not these" {
		t.Errorf("the form's errors are %v", errs)
	}
	b.want(b.next("submission"), "words", "bad", "user", ana)
	_, _, err = s.Submit(ctx, ana, v, map[string]map[string]any{"words": {"v": map[string]any{"type": "plain_text_input", "value": "good"}}})
	check(t, err)
	b.want(b.next("submission"), "words", "good")
	if _, open := s.Modal(ana); open {
		t.Error("the form is still open")
	}

	_, err = s.Say(ctx, ana, Channel, m.TS, "shorter", true)
	check(t, err)
	b.want(b.next("mention"), "text", "<@"+BotUser+"> shorter", "thread", m.TS)
	_, err = s.Say(ctx, ana, Channel, m.TS, "fact: it <left>", false)
	check(t, err)
	for line := b.next("message"); line["text"] != Escape("fact: it <left>"); line = b.next("message") {
	}
	_, _, err = s.Shortcut(ctx, ana, "make_case", m)
	check(t, err)
	b.want(b.next("shortcut"), "text", "parent, edited", "type", "message_action")
	_, err = s.OpenHome(ctx, ana)
	check(t, err)
	b.want(b.next("home"), "user", ana)
	if _, ok := s.Home(ana); !ok {
		t.Error("Bolt's Home tab does not stand there")
	}
	for _, p := range s.Problems() {
		t.Errorf("Slack would complain of Bolt: %s", p)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
