package slackbot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

// serving starts the bot's Serve and lets Ana in; the card of case 7 stands.
func serving(t *testing.T, w *world) (ctx context.Context, ref string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	serve, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.bot.Serve(serve) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
		cancel()
	})
	must(t, w.Join(ctx, "Ana", review.Approver))
	must(t, w.connected(ctx))
	ref, err := w.bot.Post(ctx, bot.Place{Case: 7, Key: "parent"}, bottest.StoryCard(7))
	must(t, err)
	return ctx, ref
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func approveToken() string { return bottest.StoryCard(7).Buttons[0].Token.String() }

func runs(d *bottest.FakeDesk) []bottest.Call {
	var out []bottest.Call
	for _, c := range d.Calls() {
		if !c.Form {
			out = append(out, c)
		}
	}
	return out
}

// A press that Slack sends on a connection which it has announced to close is
// handled and acknowledged there, while a new connection is opened beside it.
func TestNoPressIsLostInTheWarningWindow(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested"} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{Warning: 300 * time.Millisecond})
			ctx, ref := serving(t, w)
			w.server.Warn(reason)
			must(t, w.server.Wait(ctx, func() bool { return w.server.Connections() == connections+1 }))
			for range 5 { // the fake prefers the announced connection
				_, err := w.Press(ctx, "Ana", ref, approveToken())
				must(t, err)
			}
			must(t, w.server.Wait(ctx, func() bool { return w.server.Connections() == connections }))
			_, err := w.Press(ctx, "Ana", ref, approveToken())
			must(t, err)
			if n := len(runs(w.desk)); n != 6 {
				t.Errorf("6 presses reached the desk %d times", n)
			}
		})
	}
}

// Connections break and are announced to close while people press: every
// press that Slack could bring is run once.
func TestPressesSurviveTrouble(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{Twice: true, Shuffled: true, Warning: time.Second})
	ctx, ref := serving(t, w)
	var wg sync.WaitGroup
	const people, presses = 8, 10
	for p := range people {
		name := fmt.Sprintf("Person%d", p)
		must(t, w.Join(ctx, name, review.Approver))
		wg.Go(func() {
			for range presses {
				if _, err := w.Press(ctx, name, ref, approveToken()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	for n := range 6 {
		if n%2 == 0 {
			w.server.Warn("warning")
		} else {
			w.server.Warn("refresh_requested")
		}
		must(t, w.server.Wait(ctx, func() bool { return w.server.Lasting() >= connections }))
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, c := range runs(w.desk) {
		if ids[c.ID] {
			t.Errorf("%s ran twice", c.ID)
		}
		ids[c.ID] = true
	}
	if len(ids) != people*presses {
		t.Errorf("%d presses ran as %d", people*presses, len(ids))
	}
}

// A connection that breaks while a press is being done: the press is done
// once, and its acknowledgement goes out on the other connection.
func TestDropInMidPress(t *testing.T) {
	desk := newSlowDesk()
	w := newWorld(t, desk.FakeDesk, Socket, slacktest.Options{})
	w.bot.desk = desk
	w.bot.cfg.Grace = 2 * time.Second
	ctx, ref := serving(t, w)
	go func() {
		<-desk.entered
		w.server.Drop()
		if err := w.server.Wait(ctx, func() bool { return w.server.Connections() < connections }); err != nil {
			t.Error(err)
		}
		close(desk.leave)
	}()
	_, err := w.Press(ctx, "Ana", ref, approveToken())
	must(t, err)
	if n := len(runs(desk.FakeDesk)); n != 1 {
		t.Errorf("the press ran %d times", n)
	}
	must(t, w.server.Wait(ctx, func() bool { return w.server.Connections() == connections }))
	_, err = w.Press(ctx, "Ana", ref, approveToken())
	must(t, err)
}

// slowDesk holds each run and form until it may leave.
type slowDesk struct {
	*bottest.FakeDesk
	entered chan struct{}
	once    sync.Once
	leave   chan struct{}
}

func (d *slowDesk) hold() {
	d.once.Do(func() { close(d.entered) })
	<-d.leave
}

func newSlowDesk() *slowDesk {
	return &slowDesk{FakeDesk: bottest.NewFakeDesk(), entered: make(chan struct{}), leave: make(chan struct{})}
}

func (d *slowDesk) Run(ctx context.Context, i commands.Invocation) commands.Outcome {
	d.hold()
	return d.FakeDesk.Run(ctx, i)
}

func (d *slowDesk) Form(ctx context.Context, i commands.Invocation) (*commands.Form, commands.Outcome) {
	d.hold()
	return d.FakeDesk.Form(ctx, i)
}

// A desk that is slow, or stuck, costs nobody a warning sign.
func TestSlowDeskIsAcknowledgedInTime(t *testing.T) {
	for _, mode := range []Mode{Socket, HTTP} {
		t.Run(string(mode), func(t *testing.T) {
			desk := newSlowDesk()
			w := newWorld(t, desk.FakeDesk, mode, slacktest.Options{})
			w.bot.desk = desk
			ctx, ref := serving(t, w)
			m, err := w.message(ref)
			must(t, err)
			e := slacktest.Elements(m.Blocks)[0]
			_, _, err = w.server.Press(ctx, userID("Ana"), m, e, nil)
			must(t, err)
			_, _, err = w.server.Type(ctx, userID("Ana"), slacktest.Channel, "/review", "inbox")
			must(t, err)
			if told := w.server.Whispers(userID("Ana")); len(told) != 0 {
				t.Errorf("told before anything was done: %v", told)
			}
			close(desk.leave)
			must(t, w.server.Wait(ctx, func() bool { return len(w.server.Whispers(userID("Ana"))) == 2 }))
		})
	}
}

// Whoever is acknowledged is known to the desk, also when many press together:
// a kill right after must not take what people were told was taken.
func TestManyPressesWaitForTheDesk(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	w.bot.cfg.Grace = time.Hour
	const together = 32
	var acked, stored atomic.Int32
	store := make(chan struct{})
	for n := range together {
		taken := w.bot.single(t.Context(), fmt.Sprint("press ", n), "press", w.bot.cfg.Grace, func(any) bool {
			if acked.Add(1) > stored.Load() {
				t.Error("a press was acknowledged that the desk does not have")
			}
			return true
		}, func(_ context.Context, done ack) {
			<-store
			stored.Add(1)
			done(nil)
		})
		if !taken {
			t.Fatalf("press %d was not taken", n)
		}
	}
	close(store)
	w.bot.crew.wait()
	if n := acked.Load(); n != together {
		t.Errorf("%d presses were acknowledged %d times", together, n)
	}
}

// A form whose desk is slow opens at once and is filled after; one whose desk
// says no shows why.
func TestSlowFormOpensAtOnce(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprint(refused), func(t *testing.T) {
			desk := newSlowDesk()
			if refused {
				desk.Answers("edit", commands.Outcome{Refused: true, Text: "Ben is editing it."})
			} else {
				desk.Opens("edit", everyForm())
			}
			w := newWorld(t, desk.FakeDesk, Socket, slacktest.Options{})
			w.bot.desk = desk
			ctx, ref := serving(t, w)
			m, err := w.message(ref)
			must(t, err)
			_, _, err = w.server.Press(ctx, userID("Ana"), m, slacktest.Elements(m.Blocks)[1], nil)
			must(t, err)
			must(t, w.server.Wait(ctx, func() bool { v, open := w.server.Modal(userID("Ana")); return open && title(v) == "One moment" }))
			close(desk.leave)
			want := "Edit the reply"
			if refused {
				want = "Please note"
			}
			must(t, w.server.Wait(ctx, func() bool { v, _ := w.server.Modal(userID("Ana")); return title(v) == want }))
		})
	}
}

func title(v slacktest.View) string { return plainText(v.Body["title"]) }

// A panic in the desk stops nothing and is told calmly.
func TestPanicIsContained(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.bot.desk = panicDesk{w.desk}
	ctx, ref := serving(t, w)
	for range 3 {
		a, err := w.Press(ctx, "Ana", ref, approveToken())
		must(t, err)
		if !strings.Contains(a.Text, "our side") {
			t.Errorf("the person was told %q", a.Text)
		}
	}
	a, err := w.Type(ctx, "Ana", "inbox")
	must(t, err)
	if !strings.Contains(a.Text, "our side") {
		t.Errorf("the person was told %q", a.Text)
	}
}

type panicDesk struct{ *bottest.FakeDesk }

func (panicDesk) Run(context.Context, commands.Invocation) commands.Outcome { panic("no") }

func (panicDesk) Form(context.Context, commands.Invocation) (*commands.Form, commands.Outcome) {
	panic("no")
}

// Tokens that Slack will never take end Serve with a sentence that helps.
func TestFatalTokensStop(t *testing.T) {
	for code, want := range map[string]string{
		"invalid_auth": "app token", "token_revoked": "app token", "missing_scope": "connections:write",
	} {
		w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
		w.server.RefuseSockets(code)
		err := w.bot.Serve(t.Context())
		var ce *bot.ChatError
		if !errors.As(err, &ce) || !errors.Is(err, bot.ErrMisconfigured) || !strings.Contains(ce.Reason, want) {
			t.Errorf("%s ends Serve with %v", code, err)
		}
	}
}

// Anything else is tried again until it works.
func TestOtherTroubleIsTriedAgain(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.server.RefuseSockets("internal_error")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.bot.Serve(ctx) }()
	must(t, w.server.Wait(ctx, func() bool {
		if w.server.Calls("apps.connections.open") >= 2 {
			w.server.RefuseSockets("")
		}
		return w.server.Connections() == connections
	}))
	cancel()
	must(t, <-done)
}

// signed is a request as Slack signs it.
func signed(t *testing.T, url, body string, at time.Time, secret string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	slacktest.Sign(r, secret, at, []byte(body))
	return r
}

func TestSignatures(t *testing.T) {
	const old, fresh = "the-old-secret", "the-new-secret"
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	now := time.Unix(1_760_000_000, 0)
	w.bot.now = func() time.Time { return now }
	w.bot.cfg.SigningSecrets = []secret.Value{secret.New(fresh), secret.New(old)}
	handler := w.bot.Handler()
	n := 0
	send := func(r *http.Request) *http.Response {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec.Result()
	}
	body := func() string { n++; return fmt.Sprintf("command=%%2Freview&text=help&trigger_id=%d&user_id=U1", n) }
	for name, test := range map[string]struct {
		change func(*http.Request)
		at     time.Duration
		secret string
		want   int
	}{
		"good":             {nil, 0, fresh, 200},
		"the other secret": {nil, 0, old, 200},
		"five minutes old": {nil, -5 * time.Minute, fresh, 200},
		"a second older":   {nil, -5*time.Minute - time.Second, fresh, 401},
		"from the future":  {nil, 5*time.Minute + time.Second, fresh, 401},
		"another secret":   {nil, 0, "guess", 401},
		"no signature":     {func(r *http.Request) { r.Header.Del("X-Slack-Signature") }, 0, fresh, 401},
		"no time":          {func(r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, 0, fresh, 401},
		"another version": {func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", strings.Replace(r.Header.Get("X-Slack-Signature"), "v0", "v1", 1))
		}, 0, fresh, 401},
		"another time":     {func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "1760000001") }, 0, fresh, 401},
		"another body":     {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("command=%2Freview&text=approve")) }, 0, fresh, 401},
		"half a signature": {func(r *http.Request) { r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[:40]) }, 0, fresh, 401},
		"an upper-case prefix": {func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", strings.ToUpper(r.Header.Get("X-Slack-Signature")))
		}, 0, fresh, 401},
	} {
		r := signed(t, PathCommand, body(), now.Add(test.at), test.secret)
		if test.change != nil {
			test.change(r)
		}
		resp := send(r)
		if resp.StatusCode != test.want {
			t.Errorf("%s is answered %d, want %d", name, resp.StatusCode, test.want)
		}
		if test.want != 200 && resp.Header.Get("X-Slack-No-Retry") != "1" {
			t.Errorf("%s: Slack would try again", name)
		}
	}
	again := body()
	for i, want := range []int{200, 401} {
		if got := send(signed(t, PathEvents, again, now, fresh)).StatusCode; got != want {
			t.Errorf("delivery %d of one request is answered %d, want %d", i+1, got, want)
		}
	}
	must(t, w.idle(t.Context()))
	if got := send(signed(t, PathCommand, strings.Repeat("x", maxBody+1), now, fresh)).StatusCode; got != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body is answered %d", got)
	}
	if got := send(httptest.NewRequest(http.MethodGet, PathCommand, nil)).StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered %d", got)
	}
}

// The vendor's own example of a signature.
func TestOfficialSignature(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	w.bot.now = func() time.Time { return time.Unix(1531420618, 0) }
	w.bot.cfg.SigningSecrets = []secret.Value{secret.New("8f742231b10e8888abcd99yyyzzz85a5")}
	h := &webhook{bot: w.bot, signatures: newSeen(w.bot.now)}
	header := http.Header{}
	header.Set("X-Slack-Request-Timestamp", "1531420618")
	header.Set("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	must(t, h.verify(header, []byte(body)))
	if err := h.verify(header, append([]byte(body), 'x')); !errors.Is(err, errUnsigned) {
		t.Errorf("a changed body: %v", err)
	}
}

func TestChallengeAndNoise(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	handler := w.bot.Handler()
	post := func(kind, body string) (int, string) {
		r := signed(t, PathEvents, body, w.net.now(), slacktest.SigningSecret)
		r.Header.Set("Content-Type", kind)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec.Code, rec.Body.String()
	}
	if code, body := post("application/json", `{"type":"url_verification","challenge":"abc"}`); code != 200 || body != "abc" {
		t.Errorf("the challenge is answered %d %q", code, body)
	}
	for n, noise := range []string{`{`, `[]`, `{"type":"event_callback"}`, `{"type":"app_rate_limited"}`, `{"type":"event_callback","event":{"type":"message","subtype":"bot_message"}}`} {
		if code, body := post("application/json", noise+strings.Repeat(" ", n)); code != 200 || body != "" {
			t.Errorf("%s is answered %d %q", noise, code, body)
		}
	}
	for _, noise := range []string{"payload=%7B", "payload=%5B%5D", "payload=%7B%22type%22%3A%22block_actions%22%7D", "payload=%7B%22type%22%3A%22block_suggestion%22%7D", "ssl_check=1", "x=y"} {
		if code, _ := post("application/x-www-form-urlencoded", noise); code != 200 {
			t.Errorf("%s is answered %d", noise, code)
		}
	}
	if calls := w.desk.Calls(); len(calls) != 0 {
		t.Errorf("noise reached the desk: %v", calls)
	}
}

// Another program's button, as the benchmark presses it, is acknowledged
// quickly and answered calmly.
func TestUnknownButton(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	ctx, ref := serving(t, w)
	m, err := w.message(ref)
	must(t, err)
	d, _, err := w.server.Press(ctx, userID("Ana"), m, slacktest.Element{Block: "triage", Action: "triage", Type: "button", Value: "bench"}, nil)
	a, err := w.answer(ctx, "Ana", d, err)
	must(t, err)
	if !strings.Contains(a.Text, "do not know this button") || len(w.desk.Calls()) != 0 {
		t.Errorf("the person was told %q", a.Text)
	}
}

// An answer never goes to an address that is not Slack's.
func TestResponseURLMustBeSlacks(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), HTTP, slacktest.Options{})
	for url, want := range map[string]bool{
		"https://hooks.slack.com/actions/T/1/x": true, "https://hooks.slack-gov.com/x": true, w.server.URL + "/response/R1": true,
		"http://hooks.slack.com/x": false, "https://hooks.slack.com.example.com/x": false, "https://example.com/hooks.slack.com": false,
		"http://127.0.0.1:9/none": false, "": false, "file:///etc/passwd": false, "https://hooks.slack.com:444/x": false, "https://u@hooks.slack.com.evil.example.com/": false,
	} {
		if got := w.bot.mayAnswer(url); got != want {
			t.Errorf("%q may be called: %v", url, got)
		}
	}
}

// Secrets stand in no log, error or page.
func TestNoSecretLeaks(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	cfg := w.config()
	text := fmt.Sprintf("%v %+v %#v %s", cfg.BotToken, cfg, cfg.AppToken, cfg.SigningSecrets)
	log.WriteString(text)
	for _, f := range []slacktest.Fault{slacktest.Lost, slacktest.Limit, slacktest.Archived, slacktest.Broken} {
		w.server.Fail(f)
		_, err := w.bot.Post(t.Context(), bot.Place{Case: 7, Key: string(f)}, bottest.StoryCard(7))
		fmt.Fprintln(&log, err)
		w.net.ahead.Add(int64(time.Minute))
	}
	w.server.Revoke("invalid_auth")
	fmt.Fprintln(&log, w.bot.Check(t.Context()))
	for _, secret := range []string{slacktest.BotToken, slacktest.AppToken, slacktest.SigningSecret} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s leaks", secret)
		}
	}
}
