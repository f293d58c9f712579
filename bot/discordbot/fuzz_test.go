package discordbot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

const (
	fuzzGuild   = "100000000000000001"
	fuzzChannel = "100000000000000002"
	fuzzThread  = "100000000000000003"
)

// quietDiscord answers every call of the bot with the same few words.
type quietDiscord struct{}

func (quietDiscord) RoundTrip(r *http.Request) (*http.Response, error) {
	said := `{"id":"` + fuzzChannel + `","type":0,"guild_id":"` + fuzzGuild + `","user":{"id":"5"}}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/users/@me"):
		said = `{"id":"100000000000000009","username":"evenkeel"}`
	case strings.HasSuffix(r.URL.Path, "/channels/"+fuzzThread):
		said = `{"id":"` + fuzzThread + `","type":11,"parent_id":"` + fuzzChannel + `","guild_id":"` + fuzzGuild + `"}`
	case strings.HasSuffix(r.URL.Path, "/messages"):
		said = `[]`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(said))}, nil
}

// alone is a bot of the server fuzzGuild with a Discord that says little; its
// log goes into the buffer.
func alone(t testing.TB) (*Bot, *bottest.FakeDesk, *bytes.Buffer) {
	desk, log := bottest.NewFakeDesk(), &bytes.Buffer{}
	b, err := New(Config{
		Token: secret.New(discordtest.BotToken), Channel: fuzzChannel, Desk: desk, ReadThreads: true,
		HTTPClient: &http.Client{Transport: quietDiscord{}}, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, desk, log
}

// FuzzInteractions: whatever comes as an interaction, nothing panics (the bot
// would survive it, and log it), it is answered within Discord's limits, and
// the desk hears only of people who are named, on our own server.
func FuzzInteractions(f *testing.F) {
	const who = `"id":"1","token":"t","guild_id":"` + fuzzGuild + `","channel_id":"` + fuzzChannel + `","member":{"user":{"id":"5","username":"ana"},"roles":["7"],"permissions":"8192"}`
	token := bottest.Token("approve", 7, "").String()
	for _, seed := range []string{
		`{"type":3,` + who + `,"data":{"custom_id":"` + token + `"},"message":{"id":"2"}}`,
		`{"type":3,` + who + `,"data":{"custom_id":"` + token + `","values":["=x"]}}`,
		`{"type":3,` + who + `,"data":{"custom_id":"~more","values":["` + token + `"]}}`,
		`{"type":3,` + who + `,"data":{"custom_id":"` + cancelButton + `"}}`,
		`{"type":3,` + who + `,"data":{"custom_id":"` + stepPrefix + `k:1"}}`,
		`{"type":5,` + who + `,"data":{"custom_id":"form:k:0","components":[{"type":18,"component":{"type":4,"custom_id":"f:0:text","value":"Dear Jo"}}]}}`,
		`{"type":2,` + who + `,"data":{"name":"review","type":1,"options":[{"name":"show","type":1,"options":[{"name":"case","type":4,"value":7}]}]}}`,
		`{"type":2,` + who + `,"data":{"name":"` + factEntry + `","type":3,"target_id":"9","resolved":{"messages":{"9":{"id":"9","channel_id":"` + fuzzThread + `","content":"It left."}}}}}`,
		`{"type":4,` + who + `,"data":{"name":"review","type":1,"options":[{"name":"show","type":1,"options":[{"name":"case","type":4,"value":"7","focused":true}]}]}}`,
		`{"type":3,"id":"1","token":"t","guild_id":"9","user":{"id":"5"},"data":{"custom_id":"` + token + `"}}`,
		`{"type":3,"id":"1","token":"t","member":{"user":null},"message":{"embeds":[null],"components":[null,{"components":[null]}]}}`,
	} {
		f.Add([]byte(seed))
	}
	cards, err := filepath.Glob(filepath.Join("testdata", "golden", "card_*.json"))
	if err != nil || len(cards) == 0 {
		f.Fatalf("no goldens: %v", err)
	}
	for _, path := range cards {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(raw) < 4<<10 {
			f.Add(fmt.Appendf(nil, `{"type":3,%s,"data":{"custom_id":%q},"message":%s}`, who, token, raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, desk, log := alone(t)
		var mu sync.Mutex
		var said []response
		b.take(t.Context(), raw, func(interaction) reply {
			return func(_ context.Context, r response) error {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, r)
				return nil
			}
		})
		b.crew.wait()
		if strings.Contains(log.String(), "panicked") {
			t.Errorf("%q: %s", raw, log)
		}
		var i interaction
		if json.Unmarshal(raw, &i) != nil {
			return
		}
		for _, r := range said {
			if m, ok := r.Data.(modal); ok && checkModal(m) != nil {
				t.Errorf("%q is answered with a form that breaks a limit: %v", raw, checkModal(m))
			}
		}
		calls := desk.Calls()
		if who, ok := i.who(); len(calls) > 0 && (!ok || i.GuildID != fuzzGuild || calls[0].By.ID != review.PersonID(personPrefix+who.User.ID)) {
			t.Errorf("%q reached the desk: %+v", raw, calls)
		}
	})
}

// FuzzMessages: whatever comes as a message, nothing panics, and neither bots
// nor other servers are heard.
func FuzzMessages(f *testing.F) {
	const m = `"id":"1","channel_id":"` + fuzzThread + `","author":{"id":"5"},"content":"<@100000000000000009> fact: it left"`
	f.Add([]byte(`{` + m + `,"guild_id":"` + fuzzGuild + `"}`))
	f.Add([]byte(`{` + m + `,"guild_id":"9"}`))
	f.Add([]byte(`{` + m + `,"webhook_id":"3","member":{"roles":null}}`))
	f.Add([]byte(`{"id":"1","channel_id":"` + fuzzChannel + `","author":{"id":"5","bot":true},"content":"<@!100000000000000009> inbox","mentions":[{"id":"100000000000000009"}]}`))
	f.Add([]byte(`{"id":"1","channel_id":"` + fuzzChannel + `","author":{"id":"5"},"content":"<@!100000000000000009> inbox"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, desk, log := alone(t)
		b.takeMessage(t.Context(), raw)
		b.crew.wait()
		if strings.Contains(log.String(), "panicked") {
			t.Errorf("%q: %s", raw, log)
		}
		var m message
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		foreign := m.GuildID != "" && m.GuildID != fuzzGuild
		if n := len(desk.Calls()) + len(desk.Heards()); n > 0 && (foreign || m.WebhookID != "" || m.Author == nil || m.Author.Bot) {
			t.Errorf("%q was heard", raw)
		}
	})
}
