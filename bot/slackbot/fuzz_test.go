package slackbot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// quietSlack answers every call of the bot with the same few words.
type quietSlack struct{}

func (quietSlack) RoundTrip(r *http.Request) (*http.Response, error) {
	const said = `{"ok":true,"team_id":"T0ACME","user_id":"U0BOT","bot_id":"B0BOT","ts":"1.1","channel":"C0REVIEWS",
"user":{"id":"U1","team_id":"T0ACME","name":"ana"},"view":{"id":"V1","hash":"h"},"messages":[{"ts":"1.1"}]}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(said))}, nil
}

// alone is a bot of the workspace T0ACME with a Slack that says little; its log
// goes into the buffer.
func alone(t testing.TB) (*Bot, *bottest.FakeDesk, *bytes.Buffer) {
	desk, log := bottest.NewFakeDesk(), &bytes.Buffer{}
	desk.Posted(Name, "C0REVIEWS/1.1", 7)
	b, err := New(Config{
		BotToken: secret.New(slacktest.BotToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)}, Mode: HTTP,
		Channel: "C0REVIEWS", Desk: desk, Grace: -1, HTTPClient: &http.Client{Transport: quietSlack{}},
		Pace: Pace{Burst: 500}, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, desk, log
}

// FuzzDeliveries: whatever comes under Slack's signature, as an event, an
// interaction or a command, it is answered, nothing panics, and the desk hears
// only of people who are named, and not of another workspace.
func FuzzDeliveries(f *testing.F) {
	for _, s := range deliveries(f) {
		f.Add(s.kind, s.body)
	}
	f.Fuzz(func(t *testing.T, kind uint8, body string) {
		b, desk, log := alone(t)
		h := &webhook{bot: b, signatures: b.signatures}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, PathEvents, nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		raw := body
		var from workspace
		switch kind % 3 {
		case 0:
			r.Header.Set("Content-Type", "application/json")
			if e, err := decode[event]([]byte(body)); err == nil {
				from = e.from()
			}
		case 1:
			raw = "payload=" + url.QueryEscape(body)
			if p, err := decode[interaction]([]byte(body)); err == nil {
				from = p.from()
			}
		case 2:
			if v, err := url.ParseQuery(body); err == nil && v.Get("payload") == "" {
				from = workspace{v.Get("team_id"), v.Get("enterprise_id")}
			}
		}
		rec := httptest.NewRecorder()
		h.take(rec, r, []byte(raw))
		b.crew.wait()
		if rec.Code != http.StatusOK && rec.Code != http.StatusBadRequest {
			t.Errorf("%q is answered %d", body, rec.Code)
		}
		if strings.Contains(log.String(), "panicked") {
			t.Errorf("%q: %s", body, log)
		}
		if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") && !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%q is answered %q", body, rec.Body)
		}
		calls, heard := desk.Calls(), desk.Heards()
		for _, c := range calls {
			if c.By.ID == personPrefix {
				t.Errorf("%q: somebody without a name asked for %s", body, c.Command)
			}
		}
		if from.team != "" && from.team != "T0ACME" && len(calls)+len(heard) > 0 {
			t.Errorf("%q of another workspace reached the desk", body)
		}
	})
}

type delivery struct {
	kind uint8
	body string
}

// deliveries are the seeds: what the golden views and cards would send back.
func deliveries(f *testing.F) []delivery {
	token := bottest.Token("approve", 7, "").String()
	const who = `"team":{"id":"T0ACME"},"user":{"id":"U1","team_id":"T0ACME"},"trigger_id":"1.2","channel":{"id":"C0REVIEWS"},"response_url":"https://hooks.slack.com/actions/T/1/x"`
	out := []delivery{
		{0, `{"type":"url_verification","challenge":"abc"}`},
		{0, `{"type":"event_callback","event_id":"E1","team_id":"T0ACME","event":{"type":"message","user":"U1","text":"fact: &lt;b&gt; <@U0BOT|x> <!channel>","channel":"C0REVIEWS","ts":"2.2","thread_ts":"1.1"}}`},
		{0, `{"type":"event_callback","event_id":"E2","event":{"type":"app_mention","user":"U1","text":"<@U0BOT> inbox","channel":"C1","ts":"3.3"}}`},
		{0, `{"type":"event_callback","event_id":"E3","team_id":"T0OTHER","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`},
		{1, `{"type":"block_actions",` + who + `,"actions":[{"action_id":"a","action_ts":"1","value":"` + token + `"}]}`},
		{1, `{"type":"block_actions",` + who + `,"actions":[{"action_id":"a:form","action_ts":"2","selected_option":{"value":"` + token + `"}}],"container":{"type":"view"},"view":{"type":"home"}}`},
		{1, `{"type":"view_submission",` + who + `,"view":{"id":"V","callback_id":"form","private_metadata":"{\"t\":\"` + token + `\",\"s\":{\"text\":[\"\\n\"]}}","state":{"values":{"f:0:text":{"v":{"value":"Dear"}},"f:1:text":{"v":{"value":"Jo"}},"f:10:text":{"v":null}}}}}`},
		{1, `{"type":"message_action","callback_id":"mark_fact",` + who + `,"message":{"ts":"2.2","thread_ts":"1.1","text":"It left."}}`},
		{1, `{"type":"message_action","callback_id":"make_case",` + who + `,"message":{"text":"Late!"}}`},
		{1, `{"type":"block_actions","team":null,"user":null,"actions":[null]}`},
		{2, "command=%2Freview&text=inbox&trigger_id=1&user_id=U1&channel_id=C0REVIEWS&team_id=T0ACME&response_url=https%3A%2F%2Fhooks.slack.com%2Fx"},
		{2, "command=%2Freview&text=help&team_id=T0OTHER&user_id=U1"},
		{2, "ssl_check=1"},
	}
	views, err := filepath.Glob(filepath.Join("testdata", "golden", "*.json"))
	if err != nil || len(views) == 0 {
		f.Fatalf("no goldens: %v", err)
	}
	for _, path := range views {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(raw) < 4<<10 {
			out = append(out, delivery{1, fmt.Sprintf(`{"type":"view_submission",%s,"view":%s}`, who, raw)})
		}
	}
	return out
}
