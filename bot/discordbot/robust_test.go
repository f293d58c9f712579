package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

var parent = bot.Place{Case: 7, Key: parentKey}

// serving starts the bot and gives how it ends.
func (w *world) serving() <-chan error {
	w.t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		done <- w.bot.Serve(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return done
}

// ready is a world with the bot connected, a card and two people.
func ready(t *testing.T, s setup) (w *world, desk *bottest.FakeDesk, ref string) {
	t.Helper()
	desk = bottest.NewFakeDesk()
	w = newWorld(t, desk, s)
	w.serving()
	for _, name := range []string{"Ana", "Bo"} {
		desk.Grant(name, review.Approver)
		if err := w.Join(t.Context(), name, review.Approver); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	ref, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	return w, desk, ref
}

func (w *world) works(ref string) {
	w.t.Helper()
	a, err := w.Press(w.t.Context(), "Ana", ref, bottest.StoryCard(7).Buttons[2].Token.String())
	if err != nil || !strings.Contains(a.Text, "Ana did discard on #7.") {
		w.t.Errorf("a press was answered %q, %v", a.Text, err)
	}
}

// Events as Discord sends them tomorrow, or by mistake: nothing panics, and
// the next press works.
func TestStrangeEvents(t *testing.T) {
	w, _, ref := ready(t, setup{})
	for _, e := range []struct {
		kind string
		data any
	}{
		{"MESSAGE_CREATE", map[string]any{"id": "1", "channel_id": "2", "content": "x"}}, // no author
		{"MESSAGE_CREATE", map[string]any{"id": "1", "channel_id": "2", "content": "x", "author": nil, "member": nil}},
		{"MESSAGE_CREATE", "a text"},
		{"MESSAGE_CREATE", map[string]any{"id": 5, "author": []int{1}}},
		{"MESSAGE_CREATE", map[string]any{"id": "9", "channel_id": discordtest.Reviews, "content": "hm", "author": map[string]any{"id": "77"}, "components": []any{map[string]any{"type": 99, "new": true}}}},
		{"INTERACTION_CREATE", nil},
		{"INTERACTION_CREATE", map[string]any{"id": "1", "token": "t", "type": 3}}, // nobody
		{"INTERACTION_CREATE", map[string]any{"id": "2", "token": "t", "type": 3, "guild_id": discordtest.Guild, "member": map[string]any{"user": nil}}},
		{"INTERACTION_CREATE", map[string]any{"id": "3", "token": "t", "type": 3, "guild_id": discordtest.Guild, "member": map[string]any{"user": map[string]any{"id": "5"}}, "data": map[string]any{"custom_id": "x"}, "message": nil}},
		{"INTERACTION_CREATE", map[string]any{"id": "4", "token": "t", "type": 77, "guild_id": discordtest.Guild, "member": map[string]any{"user": map[string]any{"id": "5"}}}},
		{"INTERACTION_CREATE", map[string]any{"id": "5", "token": "t", "type": 2, "guild_id": discordtest.Guild, "member": map[string]any{"user": map[string]any{"id": "5"}}, "data": map[string]any{"name": "review", "type": 3}}},
		{"READY", map[string]any{}},
		{"A_NEW_EVENT", map[string]any{"x": 1}},
	} {
		w.server.Inject(e.kind, e.data)
	}
	w.works(ref)
}

// panicking is a desk that fails on every other call.
type panicking struct {
	bot.Front
	calls int
}

func (p *panicking) Run(ctx context.Context, i commands.Invocation) commands.Outcome {
	if p.calls++; p.calls == 1 {
		panic("a programmer's mistake")
	}
	return p.Front.Run(ctx, i)
}

func TestAPanicIsToldAndSurvived(t *testing.T) {
	w, desk, ref := ready(t, setup{})
	w.bot.desk = &panicking{Front: desk}
	token := bottest.StoryCard(7).Buttons[2].Token.String()
	a, err := w.Press(t.Context(), "Ana", ref, token)
	if err != nil || !strings.Contains(a.Text, "the trouble is on our side") {
		t.Errorf("a panic was told as %q, %v", a.Text, err)
	}
	w.works(ref)
}

// Connections break, are asked to come back, fall silent, or lose their
// session: the press that follows works, and one that was on its way is done
// once.
func TestTheGatewayComesBack(t *testing.T) {
	for name, befall := range map[string]func(s *discordtest.Server){
		"drop":       func(s *discordtest.Server) { s.Drop() },
		"reconnect":  func(s *discordtest.Server) { s.Reconnect() },
		"resumable":  func(s *discordtest.Server) { s.Invalidate(true) },
		"new":        func(s *discordtest.Server) { s.Invalidate(false) },
		"timed out":  func(s *discordtest.Server) { s.CloseGateway(4009) },
		"going away": func(s *discordtest.Server) { s.CloseGateway(1001) },
		"bad seq":    func(s *discordtest.Server) { s.CloseGateway(4007) },
		"beat":       func(s *discordtest.Server) { s.AskBeat() },
	} {
		t.Run(name, func(t *testing.T) {
			w, _, ref := ready(t, setup{})
			w.works(ref)
			w.lossy = true
			befall(w.server)
			again(t, w, ref)
		})
	}
}

// again presses until the connection stands, as a person does.
func again(t *testing.T, w *world, ref string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if err := w.connected(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		a, err := w.Press(ctx, "Ana", ref, bottest.StoryCard(7).Buttons[2].Token.String())
		cancel()
		if err == nil && strings.Contains(a.Text, "Ana did discard on #7.") {
			return
		}
	}
	t.Error("no press worked again")
}

// A press that was on its way when the connection broke comes with the resume.
func TestAPressInFlightIsReplayed(t *testing.T) {
	w, desk, ref := ready(t, setup{})
	sessions := w.server.Identified()
	w.server.BreakAt(discordtest.Before)
	w.works(ref)
	if n := len(desk.Calls()); n != 1 {
		t.Errorf("the press reached the desk %d times", n)
	}
	if w.server.Identified() != sessions {
		t.Error("the session was not resumed")
	}
}

// A connection that answers no heartbeat is ended and made anew.
func TestAHalfDeadConnectionIsLeft(t *testing.T) {
	w, _, ref := ready(t, setup{config: discordtest.Config{Heartbeat: 100 * time.Millisecond}})
	w.server.Mute(true)
	if err := w.server.Wait(t.Context(), func() bool { return w.server.Sessions() == 0 }); err != nil {
		t.Fatal(err)
	}
	w.server.Mute(false)
	again(t, w, ref)
}

// Fatal close codes end Serve with a sentence that helps.
func TestFatalCloseCodes(t *testing.T) {
	for code := range fatal {
		w := newWorld(t, bottest.NewFakeDesk(), setup{})
		w.server.RefuseGateway(code)
		done := w.serving()
		select {
		case err := <-done:
			var ce *bot.ChatError
			if !errors.As(err, &ce) || !errors.Is(err, bot.ErrMisconfigured) || ce.Reason != fatal[code] {
				t.Errorf("%d ends with %v", code, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%d is tried again for ever", code)
		}
	}
}

func TestABadTokenEndsServe(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	w.server.Revoke()
	if err := <-w.serving(); !errors.Is(err, bot.ErrMisconfigured) || !strings.Contains(err.Error(), "EVENKEEL_DISCORD_TOKEN") {
		t.Errorf("Serve ended with %v", err)
	}
}

// 502 or 503 on a post that was made, or was not: the desk is told that nobody knows,
// looks, and one card stands.
func TestUnclearPostsAreLookedFor(t *testing.T) {
	for _, f := range []discordtest.Fault{discordtest.Lost, discordtest.Done502, discordtest.BadGateway, discordtest.Broken, discordtest.Unavailable} {
		w := newWorld(t, bottest.NewFakeDesk(), setup{})
		w.server.Fail(f)
		_, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
		if !errors.Is(err, bot.ErrUnknown) {
			t.Errorf("%s: %v", f, err)
		}
		if n := w.server.Calls("POST /channels/{channel}/messages"); n != 1 {
			t.Errorf("%s: posted %d times", f, n)
		}
		if _, found, err := w.bot.Find(t.Context(), parent); err != nil {
			t.Error(err)
		} else if !found {
			if _, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7)); err != nil {
				t.Error(err)
			}
		}
		if refs, _ := w.Standing(t.Context(), parent); len(refs) != 1 {
			t.Errorf("%s: %d cards stand", f, len(refs))
		}
	}
}

// Even without looking, the nonce gives the card that is there.
func TestTheNonceKeepsOneCard(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	one, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7)); err != nil || two != one {
		t.Errorf("posted again: %s, %v; want %s", two, err, one)
	}
}

// A wait that Discord asks for is the desk's to wait, within its context.
func TestRateLimits(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{config: discordtest.Config{Limit: 5, Global: -1}})
	for n := range 8 {
		at := bot.Place{Case: int64(n + 1), Key: parentKey}
		began := time.Now()
		_, err := w.bot.Post(t.Context(), at, bottest.StoryCard(at.Case))
		var ce *bot.ChatError
		if err != nil && (!errors.As(err, &ce) || !errors.Is(err, bot.ErrLimited) || ce.After <= 0) {
			t.Fatalf("post %d: %v", n, err)
		}
		if n >= 5 && err == nil {
			t.Errorf("post %d was made although the lane is closed", n)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("post %d slept for %s", n, took)
		}
	}
	if n := w.server.Calls("POST /channels/{channel}/messages"); n > 6 {
		t.Errorf("%d calls were made into a closed lane", n)
	}
}

// Archived and locked threads are woken, closed with their case, and opened
// again.
func TestThreadsFollowTheirCase(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	ctx := t.Context()
	ref, err := w.bot.Post(ctx, parent, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	thread, _ := threadOf(ref)
	below := bot.Place{Case: 7, Key: "draft-1", Thread: ref}
	draft, err := w.bot.Post(ctx, below, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	keep := func(closed bool) {
		t.Helper()
		if err := w.bot.KeepThread(ctx, parent, ref, bot.ThreadState{Status: "closed", Stars: 2, Closed: closed}); err != nil {
			t.Fatal(err)
		}
		if r, _ := w.server.Room(thread); r.Archived != closed {
			t.Errorf("the thread is archived: %v, want %v", r.Archived, closed)
		}
	}
	keep(true)
	for range 2 {
		w.server.Lock(thread, true)
		if err := w.bot.Update(ctx, below, draft, bottest.StoryCard(7)); err != nil {
			t.Fatalf("an edit in a closed thread: %v", err)
		}
		keep(true)
	}
	if _, err := w.bot.Post(ctx, bot.Place{Case: 7, Key: "draft-2", Thread: ref}, bottest.StoryCard(7)); err != nil {
		t.Fatalf("a post in a closed thread: %v", err)
	}
	keep(false)
	w.server.RemoveRoom(thread)
	if err := w.bot.KeepThread(ctx, parent, ref, bot.ThreadState{Closed: true}); err != nil {
		t.Errorf("a thread that was deleted: %v", err)
	}
	if _, err := w.bot.Post(ctx, bot.Place{Case: 7, Key: "draft-3", Thread: ref}, bottest.StoryCard(7)); err != nil {
		t.Errorf("the thread is not opened again: %v", err)
	}
}

func TestForumTags(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{channel: discordtest.Forum})
	w.server.AddRoom(discordtest.Room{ID: discordtest.Forum, Name: "posts", Type: discordtest.ForumChannel, RequireTag: true, Tags: []discordtest.Tag{
		{ID: "500000000000000001", Name: "Open"}, {ID: "500000000000000002", Name: "closed"}, {ID: "500000000000000003", Name: "★★"}, {ID: "500000000000000004", Name: "VIP"}}})
	ref, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	thread, _ := threadOf(ref)
	for _, s := range []bot.ThreadState{{Status: "open", Stars: 2}, {Status: "closed", Stars: 2, Closed: true}, {Status: "open", Stars: 2}} {
		if err := w.bot.KeepThread(t.Context(), parent, ref, s); err != nil {
			t.Fatal(err)
		}
		r, _ := w.server.Room(thread)
		want := map[string]string{"open": "500000000000000001", "closed": "500000000000000002"}[s.Status]
		if len(r.Applied) != 2 || r.Applied[0] != want || r.Applied[1] != "500000000000000003" || r.Archived != s.Closed {
			t.Errorf("%+v is shown as %v, archived %v", s, r.Applied, r.Archived)
		}
	}
}

// The endpoint takes only what Discord signed, lately, and once.
func TestTheEndpoint(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{mode: HTTP})
	if err := w.server.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type": 1, "id": "1"}`)
	now := w.net.now()
	for name, at := range map[string]time.Time{"old": now.Add(-freshness - time.Minute), "future": now.Add(freshness + time.Minute), "1970": time.Unix(5, 0)} {
		signature, stamp := w.server.Sign(at, body)
		if status, _, err := w.server.Post(t.Context(), body, signature, stamp); err != nil || status != http.StatusUnauthorized {
			t.Errorf("%s: %d, %v", name, status, err)
		}
	}
	signature, stamp := w.server.Sign(now, body)
	for n, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		if status, _, err := w.server.Post(t.Context(), body, signature, stamp); err != nil || status != want {
			t.Errorf("time %d: %d, %v", n+1, status, err)
		}
	}
	if status, _, _ := w.server.Post(t.Context(), body, strings.ToUpper(signature), stamp); status != http.StatusUnauthorized {
		t.Errorf("the same in capitals: %d", status)
	}
	for name, bad := range map[string][2]string{"none": {"", ""}, "short": {"00", stamp}, "no hex": {strings.Repeat("z", 128), stamp}, "no time": {signature, "x"}} {
		if status, _, _ := w.server.Post(t.Context(), body, bad[0], bad[1]); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	huge := append([]byte(`{"type": 1, "x": "`), append(make([]byte, maxAsked), `"}`...)...)
	signature, stamp = w.server.Sign(now, huge)
	if status, _, _ := w.server.Post(t.Context(), huge, signature, stamp); status != http.StatusUnauthorized && status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", status)
	}
}

// What people wrote while nobody listened is read after the start.
func TestWhatWasWrittenMeanwhile(t *testing.T) {
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, setup{})
	desk.Replies("shorter", commands.Outcome{Text: "Another draft is on its way."})
	_ = w.Join(t.Context(), "Ana", review.Approver)
	ref, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	if err != nil {
		t.Fatal(err)
	}
	thread, _ := threadOf(ref)
	if _, err := w.server.Say(w.id("Ana"), thread, "<@"+discordtest.App+"> shorter"); err != nil {
		t.Fatal(err)
	}
	w.serving()
	if err := desk.Wait(t.Context(), func() bool { return len(desk.Heards()) == 1 }); err != nil {
		t.Fatal(err)
	}
	if h := desk.Heards()[0]; h.Case != 7 || h.Text != "shorter" || !h.Mentioned {
		t.Errorf("it was heard as %+v", h)
	}
}

func TestTheMessageMenu(t *testing.T) {
	w, desk, ref := ready(t, setup{})
	thread, _ := threadOf(ref)
	m, err := w.server.Say(w.id("Ana"), thread, "The parcel left on Monday")
	if err != nil {
		t.Fatal(err)
	}
	first, err := w.server.MessageCommand(t.Context(), w.id("Ana"), factEntry, m)
	a, err := w.answer(t.Context(), "Ana", first, err)
	if err != nil || !strings.Contains(a.Text, "Ana did fact on #7.") {
		t.Errorf("marked as fact: %q, %v", a.Text, err)
	}
	desk.Opens("add", &commands.Form{Title: "Add a review", Fields: []commands.Field{{Name: "text", Label: "The review", Kind: commands.Text}}})
	first, err = w.server.MessageCommand(t.Context(), w.id("Ana"), addEntry, m)
	if a, err = w.answer(t.Context(), "Ana", first, err); err != nil || a.Form == nil || a.Form.Fields[0].Value != "The parcel left on Monday" {
		t.Errorf("made a case: %+v, %v", a, err)
	}
}

// What the desk refuses is not lost: the form opens again with every word.
func TestARefusedFormKeepsItsWords(t *testing.T) {
	w, desk, ref := ready(t, setup{})
	desk.Opens("edit", &commands.Form{Title: "Edit", Submit: "Save", Token: bottest.Token("edit", 7, ""), Fields: []commands.Field{{Name: "text", Label: "Reply", Kind: commands.Text}}})
	desk.Answers("edit", commands.Outcome{Refused: true, Text: "This promises too much."})
	desk.Grant("Ana", review.Approver)
	m, _ := w.message(ref)
	if _, err := w.server.Press(t.Context(), w.id("Ana"), m, bottest.StoryCard(7).Buttons[1].Token.String()); err != nil {
		t.Fatal(err)
	}
	open, ok := w.server.Modal(w.id("Ana"))
	if !ok {
		t.Fatal("no form opened")
	}
	if _, err := w.server.Submit(t.Context(), open, map[string]string{"f:0:text": "We will give you the world."}); err != nil {
		t.Fatal(err)
	}
	if err := w.idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, err := w.stepOf(t.Context(), w.id("Ana"), "Open the form again")
	if err != nil {
		t.Fatal(err)
	}
	if v := kept(next)["f:0:text"]; v != "We will give you the world." {
		t.Errorf("the words came back as %q", v)
	}
}

// Somebody elsewhere on the server, who only got hold of the command, gets
// nowhere.
func TestOutsidersGetNowhere(t *testing.T) {
	w, desk, _ := ready(t, setup{})
	outside := channel{ID: "900000000000000000"}
	m := &member{User: &user{ID: "5", Username: "Eve"}, Permissions: "0"}
	if p := w.bot.person(m, outside); p.Role != review.Nobody {
		t.Errorf("the role elsewhere is %s", p.Role)
	}
	if p := w.bot.person(m, channel{ID: discordtest.Reviews}); p.Role != review.Responder {
		t.Errorf("the role in the channel is %s", p.Role)
	}
	raw, _ := json.Marshal(map[string]any{"id": "77", "token": "t", "type": 3, "guild_id": "999999999999999999", "channel_id": discordtest.Reviews,
		"member": map[string]any{"user": map[string]any{"id": "5"}, "permissions": "8"}, "data": map[string]any{"custom_id": bottest.Token("approve", 7, "").String()}})
	said := make(chan response, 1)
	w.bot.take(t.Context(), raw, func(interaction) reply {
		return func(_ context.Context, r response) error { said <- r; return nil }
	})
	if p, ok := (<-said).Data.(payload); !ok || !strings.Contains(p.Content, "another server") {
		t.Errorf("another server was answered %+v", p)
	}
	if n := len(desk.Calls()); n != 0 {
		t.Errorf("the desk was reached %d times", n)
	}
}

func TestTheDoctor(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), setup{})
	bad := func() (out []string) {
		w.bot.rooms = recent.NewTrusted[string, channel](roomsKept, roomTrust, w.net.now)
		for _, f := range w.bot.Check(t.Context()) {
			if !f.OK {
				out = append(out, f.What+" → "+f.Do)
				if f.Do == "" {
					t.Errorf("nothing says what to do about %q", f.What)
				}
			}
		}
		return out
	}
	for _, f := range bad() {
		if !strings.Contains(f, "Public Bot") {
			t.Errorf("all is well, and the doctor says %q", f)
		}
	}
	expect := func(want string) {
		t.Helper()
		if got := strings.Join(bad(), "\n"); !strings.Contains(got, want) {
			t.Errorf("the doctor does not see %q: %s", want, got)
		}
	}
	w.server.BotMay(needed() &^ Permissions[6].Bit)
	expect("Send Messages in Threads")
	w.server.BotMay(needed() &^ Permissions[3].Bit)
	expect("Attach Files (for the picture of a digest)")
	w.server.BotMay(needed())
	w.server.Overwrite(discordtest.Reviews, discordtest.BotRole, 0, Permissions[2].Bit)
	expect("Embed Links")
	w.server.Overwrite(discordtest.Reviews, discordtest.BotRole, 0, 0)
	w.server.AddRoom(discordtest.Room{ID: discordtest.Reviews, Name: "talk", Type: discordtest.Voice})
	expect("no text or forum channel")
	w.server.RemoveRoom(discordtest.Reviews)
	expect("no channel " + discordtest.Reviews)
	w.server.Revoke()
	expect("token")
}

// Only a list says that a card is not there. A search that is answered
// otherwise leaves the doubt as it was, and posts nothing a second time.
func TestASearchMustBeAnswered(t *testing.T) {
	const channel, me = "222222222222222222", "111111111111111111"
	threads := fmt.Sprintf(`{"threads":[{"id":"333333333333333333","parent_id":%q,"owner_id":%q,"name":"#7 a review","type":11}]}`, channel, me)
	for _, test := range []struct {
		kind          int
		list, message string
		want          error
	}{
		{textChannel, `[]`, ``, nil},
		{textChannel, `null`, ``, bot.ErrUnknown},
		{textChannel, `{}`, ``, bot.ErrUnknown},
		{forumChannel, `{"threads":[],"has_more":false}`, ``, nil},
		{forumChannel, `{}`, ``, bot.ErrUnknown},
		{forumChannel, `null`, ``, bot.ErrUnknown},
		{forumChannel, threads, `{}`, bot.ErrUnknown},
		{forumChannel, threads, `{"id":"333333333333333333","author":{"id":"444444444444444444"}}`, nil},
	} {
		b, err := New(Config{Token: secret.New(discordtest.BotToken), Channel: channel, Desk: bottest.NewFakeDesk(), HTTPClient: &http.Client{Transport: answering(func(path string) string {
			switch {
			case strings.HasSuffix(path, "/users/@me"):
				return fmt.Sprintf(`{"id":%q,"username":"evenkeel","bot":true}`, me)
			case strings.HasSuffix(path, "/channels/"+channel):
				return fmt.Sprintf(`{"id":%q,"type":%d,"guild_id":"555555555555555555"}`, channel, test.kind)
			case strings.HasSuffix(path, "/messages/333333333333333333"):
				return test.message
			}
			return test.list
		})}})
		if err != nil {
			t.Fatal(err)
		}
		if _, found, err := b.Find(t.Context(), parent); found || !errors.Is(err, test.want) {
			t.Errorf("%d, %s %s: found %v, %v; want %v", test.kind, test.list, test.message, found, err, test.want)
		}
	}
}

// answering is a Discord that answers by the path.
type answering func(path string) string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a(r.URL.Path)))}, nil
}
