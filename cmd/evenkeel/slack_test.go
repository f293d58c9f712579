package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
)

func TestSlackPace(t *testing.T) {
	for s, want := range map[string]float64{"off": -1, "1": 1, "0.5": 0.5, "100": 100} {
		if err := checkPace(s); err != nil || slackPace(s).PerSecond != want {
			t.Errorf("%q is %v, %v; want %v", s, slackPace(s), err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "101", "NaN", "fast", "Inf"} {
		if checkPace(s) == nil {
			t.Errorf("%q is taken for a pace", s)
		}
	}
}

// TestANewcomerInSlack walks docs/slack.md in HTTP mode with the program as it
// is: doctor finds all well, the first card comes by `/review add`, and a
// button that it does not know is answered calmly.
func TestANewcomerInSlack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var desk *running
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := url.Parse(desk.url)
		if err != nil {
			t.Error(err)
			return
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	defer public.Close()
	s := slacktest.Start(slacktest.Options{HTTP: public.URL})
	defer s.Close()
	const ana = "U0ANA0000"
	s.Join(slacktest.Person{ID: ana, Name: "Ana", Admin: true})
	desk = start(t, map[string]string{
		"HOME": t.TempDir(), "EVENKEEL_SLACK_MODE": "http", "EVENKEEL_SLACK_API_URL": s.API,
		"EVENKEEL_SLACK_BOT_TOKEN": slacktest.BotToken, "EVENKEEL_SLACK_SIGNING_SECRET": slacktest.SigningSecret,
		"EVENKEEL_SLACK_CHANNEL": slacktest.Channel, "EVENKEEL_SLACK_COMMAND": "/reviews", "EVENKEEL_SLACK_PACE": "off",
	})
	said := desk.log
	var out bytes.Buffer
	desk.program(&out).run(ctx, []string{"doctor"})
	for _, want := range []string{"the bot token works", "scopes are there", "the bot may post in #reviews"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("doctor does not say %q:\n%s", want, out.String())
		}
	}

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	_, ack, err := s.Type(ctx, ana, slacktest.Channel, "/reviews", "help")
	must(err)
	if !strings.Contains(string(ack.Body), "inbox") {
		t.Errorf("help says %s", ack.Body)
	}
	_, _, err = s.Type(ctx, ana, slacktest.Channel, "/reviews", "add The lamp came with a broken foot <!channel>")
	must(err)
	var form slacktest.View
	must(s.Wait(ctx, func() bool {
		v, open := s.Modal(ana)
		form = v
		return len(s.Messages(slacktest.Channel)) > 0 || open && v.Body["callback_id"] == "form"
	}))
	if form.ID != "" {
		wrong, _, err := s.Submit(ctx, ana, form, fillIn(form, nil))
		must(err)
		if len(wrong) > 0 {
			t.Fatalf("the form says %v", wrong)
		}
	}
	must(s.Wait(ctx, func() bool { return len(s.Messages(slacktest.Channel)) > 0 }))
	card := s.Messages(slacktest.Channel)[0]
	if strings.Contains(card.Text, "<!channel>") || !strings.Contains(card.Text, "broken foot") {
		t.Errorf("the first card says %s", card.Text)
	}
	told := len(s.Whispers(ana))
	_, ack, err = s.Press(ctx, ana, card, slacktest.Element{Block: "other", Action: "triage", Type: "button", Value: "of another app"}, nil)
	must(err)
	if ack.After > time.Second {
		t.Errorf("a button that it does not know was acknowledged after %s", ack.After)
	}
	must(s.Wait(ctx, func() bool { return len(s.Whispers(ana)) > told }))
	for _, p := range s.Problems() {
		t.Errorf("Slack would complain: %s", p)
	}
}
