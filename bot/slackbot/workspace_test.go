package slackbot

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/review"
)

// What comes from another workspace reaches nobody, and whoever can be told is
// told calmly; the same from ours is done.
func TestAnotherWorkspaceGetsNowhere(t *testing.T) {
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, HTTP, slacktest.Options{})
	ctx, ref := serving(t, w)
	channel, ts, err := parseRef(ref)
	must(t, err)
	desk.Posted(Name, ref, 7)
	token := bottest.Token("approve", 7, "").String()
	n := 0
	send := func(kind, body string) string {
		n++
		r := signed(t, PathEvents, strings.ReplaceAll(body, "NTH", fmt.Sprint(n)), w.net.now(), slacktest.SigningSecret)
		r.Header.Set("Content-Type", kind)
		rec := httptest.NewRecorder()
		w.bot.Handler().ServeHTTP(rec, r)
		must(t, w.idle(ctx))
		if rec.Code != 200 {
			t.Errorf("%.60s is answered %d", body, rec.Code)
		}
		return rec.Body.String()
	}
	payload := func(team, rest string) string {
		return "payload=" + url.QueryEscape(fmt.Sprintf(`{"team":{"id":%q},"user":{"id":"UANA000","team_id":%q},"trigger_id":"tNTH",%s}`, team, team, rest))
	}
	const form, events = "application/x-www-form-urlencoded", "application/json"
	all := func(team string) map[string]string {
		return map[string]string{
			"press":   send(form, payload(team, fmt.Sprintf(`"type":"block_actions","channel":{"id":%q},"actions":[{"action_id":"a","action_ts":"NTH","value":%q}]`, channel, token))),
			"form":    send(form, payload(team, fmt.Sprintf(`"type":"view_submission","view":{"id":"V","hash":"NTH","callback_id":%q,"private_metadata":%q}`, formCallback, `{"t":"`+token+`"}`))),
			"entry":   send(form, payload(team, fmt.Sprintf(`"type":"message_action","callback_id":%q,"channel":{"id":%q},"message":{"ts":"NTH","thread_ts":%q,"text":"It left."}`, factShortcut, channel, ts))),
			"command": send(form, "command=%2Freview&text=inbox&trigger_id=tNTH&user_id=UANA000&channel_id="+channel+"&team_id="+team),
			"message": send(events, fmt.Sprintf(`{"type":"event_callback","event_id":"eNTH","team_id":%q,"event":{"type":"message","user":"UANA000","text":"fact: it left","channel":%q,"ts":"NTH","thread_ts":%q}}`, team, channel, ts)),
			"mention": send(events, fmt.Sprintf(`{"type":"event_callback","event_id":"eNTH","team_id":%q,"event":{"type":"app_mention","user":"UANA000","text":"<@%s> inbox","channel":%q,"ts":"NTH"}}`, team, slacktest.BotUser, channel)),
			"home":    send(events, fmt.Sprintf(`{"type":"event_callback","event_id":"eNTH","team_id":%q,"event":{"type":"app_home_opened","user":"UANA000","tab":"home"}}`, team)),
		}
	}
	answers := all("T0OTHER")
	if calls, heard := desk.Calls(), desk.Heards(); len(calls)+len(heard) != 0 {
		t.Errorf("the desk was reached: %v, %v", calls, heard)
	}
	for _, what := range []string{"form", "command"} {
		if !strings.Contains(answers[what], "another workspace") {
			t.Errorf("the %s is answered %q", what, answers[what])
		}
	}
	if told := w.server.Whispers("UANA000"); len(told) == 0 || !strings.Contains(read(told[0]).Text, "another workspace") {
		t.Errorf("the press is answered %v", told)
	}
	all(slacktest.Team)
	if len(desk.Calls()) < 4 || len(desk.Heards()) == 0 {
		t.Errorf("from our own workspace the desk was reached %d times, %d were heard", len(desk.Calls()), len(desk.Heards()))
	}
}

// Who is of another workspace looks on at most, also when Slack says nothing
// about them; a bot's words are nobody's.
func TestStrangersLookOn(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	w.server.Join(slacktest.Person{ID: "U1", Name: "Ana"})
	_, err := w.bot.whoami(t.Context())
	must(t, err)
	for name, who := range map[string]user{"whom Slack does not know": {ID: "U0NONE"}, "of another workspace": {ID: "U0FAR", Team: "T0OTHER"}} {
		if p := w.bot.person(t.Context(), who, slacktest.Channel); p.Role > review.Viewer {
			t.Errorf("somebody %s is %s", name, p.Role)
		}
	}
	if p := w.bot.person(t.Context(), user{ID: "U1", Team: slacktest.Team}, slacktest.Channel); p.Role <= review.Viewer {
		t.Errorf("Ana is %s", p.Role)
	}
	w.server.Revoke("internal_error")
	if p := w.bot.person(t.Context(), user{ID: "U0LATE", Team: "T0OTHER"}, slacktest.Channel); p.Role > review.Viewer {
		t.Errorf("while Slack is silent somebody of another workspace is %s", p.Role)
	}
	for _, e := range []string{
		`{"type":"event_callback","event":{"type":"app_mention","bot_id":"B1","user":"U1","text":"inbox"}}`,
		`{"type":"event_callback","event":{"type":"message","bot_id":"B1","user":"U1","text":"fact: x","ts":"2","thread_ts":"1"}}`,
		`{"type":"event_callback","event":{"type":"message","subtype":"bot_message","text":"fact: x","ts":"2","thread_ts":"1"}}`,
	} {
		if read, err := decode[event]([]byte(e)); err != nil || w.bot.wanted(read) {
			t.Errorf("%s is taken", e)
		}
	}
}
