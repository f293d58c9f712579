package discordtest

import (
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// closes wants the connection to end with a code.
func (l *line) closes(code int) {
	l.w.t.Helper()
	for {
		f := l.next()
		if f.code != 0 {
			if f.code != code {
				l.w.t.Errorf("closed with %d, want %d", f.code, code)
			}
			return
		}
		if f.Op == 0 && f.Type == "" {
			l.w.t.Errorf("broken without a code, want %d", code)
			return
		}
	}
}

// broken wants the connection to end without a word.
func (l *line) broken() {
	l.w.t.Helper()
	for {
		f := l.next()
		if f.code != 0 && f.code != websocket.CloseAbnormalClosure {
			l.w.t.Errorf("closed with %d, want a break", f.code)
			return
		}
		if f.code != 0 || f.Op == 0 && f.Type == "" {
			return
		}
	}
}

func (l *line) resume(session string, seq int64) {
	l.send(opResume, object{"token": l.token, "session_id": session, "seq": seq})
}

func TestReady(t *testing.T) {
	w := open(t, Config{})
	l := w.dial()
	l.identify(usualIntents)
	ready := l.until("READY").object()
	if ready["session_id"] == "" || ready["resume_gateway_url"] != w.gatewayURL("resume") || ready["user"].(object)["id"] != App {
		t.Errorf("READY: %v", ready)
	}
	guild := l.until("GUILD_CREATE").object()
	if guild["id"] != Guild || len(guild["channels"].([]any)) != 2 {
		t.Errorf("GUILD_CREATE: %v", guild)
	}
	l.send(opHeartbeat, l.seq)
	if f := l.next(); f.Op != opAck {
		t.Errorf("a heartbeat was answered %+v", f)
	}
	if w.Sessions() != 1 || w.Identified() != 1 {
		t.Errorf("%d sessions, %d identified", w.Sessions(), w.Identified())
	}
	for path, field := range map[string]string{"/gateway": "url", "/gateway/bot": "url"} {
		if got := w.good("GET", path, nil).body[field]; got != w.gatewayURL("main") {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	w := open(t, Config{})
	identify := func(token string, intents any, more object) func(*line) {
		return func(l *line) {
			data := object{"token": token, "properties": object{}}
			if intents != nil {
				data["intents"] = intents
			}
			for k, v := range more {
				data[k] = v
			}
			l.send(opIdentify, data)
		}
	}
	for name, c := range map[string]struct {
		code int
		do   func(*line)
	}{
		"bad token":      {closeAuth, identify("wrong", 1, nil)},
		"no intents":     {closeIntents, identify(BotToken, nil, nil)},
		"unknown intent": {closeIntents, identify(BotToken, 1<<27, nil)},
		"content intent": {closeDisallowed, identify(BotToken, intentContent, nil)},
		"member intent":  {closeDisallowed, identify(BotToken, intentMembers, nil)},
		"shard":          {closeShard, identify(BotToken, 1, object{"shard": []int{2, 2}})},
		"unknown op":     {closeUnknownOp, func(l *line) { l.send(99, nil) }},
		"presence first": {closeNotIdentified, func(l *line) { l.send(opPresence, object{}) }},
		"no JSON":        {closeDecode, func(l *line) { _ = l.ws.WriteMessage(websocket.TextMessage, []byte("{")) }},
		"too long":       {closeDecode, func(l *line) { l.send(opPresence, x(maxFrame)) }},
		"twice":          {closeTwice, func(l *line) { l.identify(0); l.identify(0) }},
		"too many": {closeRate, func(l *line) {
			for range maxFrames + 1 {
				l.send(opHeartbeat, nil)
			}
		}},
		"resume with a bad token": {closeAuth, func(l *line) { l.token = "wrong"; l.resume("x", 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			l := w.dial()
			l.w = &world{Server: w.Server, t: t, clock: w.clock}
			c.do(l)
			l.closes(c.code)
		})
	}
	w.RefuseGateway(closeShard)
	l := w.dial()
	l.identify(0)
	l.closes(closeShard)
	w.RefuseGateway(0)
	l, _ = w.login(0)
	w.CloseGateway(4000)
	l.closes(4000)
	w.Revoke()
	l = w.dial()
	l.identify(0)
	l.closes(closeAuth)
}

func TestContentIntentThatIsGranted(t *testing.T) {
	w := open(t, Config{MessageContent: true})
	l, _ := w.login(usualIntents | intentContent)
	if _, err := w.Say(ana, Reviews, "words"); err != nil {
		t.Fatal(err)
	}
	if got := l.until("MESSAGE_CREATE").object()["content"]; got != "words" {
		t.Errorf("with the intent the text is %q", got)
	}
}

func TestTextsAreWithheld(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(usualIntents)
	next := func() any { return l.until("MESSAGE_CREATE").object()["content"] }
	say := func(text string) {
		if _, err := w.Say(ana, Reviews, text); err != nil {
			t.Fatal(err)
		}
	}
	if say("private"); next() != "" {
		t.Error("a text came without the intent")
	}
	if say("<@" + App + "> shorter"); next() != "<@"+App+"> shorter" {
		t.Error("a mention's text is withheld")
	}
	id := w.post(Reviews, "own")
	if next() != "own" {
		t.Error("the bot's own text is withheld")
	}
	if _, err := w.ReplyTo(ana, w.message(Reviews, id), "a reply"); err != nil {
		t.Fatal(err)
	}
	if next() != "a reply" {
		t.Error("a reply to the bot mentions it, yet its text is withheld")
	}
}

func TestIntentsChooseEvents(t *testing.T) {
	w := open(t, Config{})
	none, _ := w.login(0)
	none.quiet("MESSAGE_CREATE", "INTERACTION_CREATE", func() {
		id := w.post(Reviews, "x")
		w.good("POST", inReviews+"/messages/"+id+"/threads", object{"name": "n"})
		w.Again(Delivery{Payload: object{}})
	})
	threads, _ := w.login(intentGuilds)
	threads.quiet("MESSAGE_CREATE", "THREAD_CREATE", func() {
		id := w.post(Reviews, "x")
		w.good("POST", inReviews+"/messages/"+id+"/threads", object{"name": "n"})
	})
	id := w.Threads(Reviews)[0].ID
	w.good("PATCH", "/channels/"+id, object{"archived": true})
	threads.until("THREAD_UPDATE")
	w.RemoveRoom(id)
	threads.until("THREAD_DELETE")
	w.Kick()
	threads.until("GUILD_DELETE")
}

func TestHiddenChannelsAreNotTold(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(usualIntents)
	w.Overwrite(Reviews, App, 0, ViewChannel)
	l.quiet("MESSAGE_CREATE", "INTERACTION_CREATE", func() {
		if _, err := w.Say(ana, Reviews, "<@"+App+">"); err != nil {
			t.Fatal(err)
		}
		w.Again(Delivery{Payload: object{}})
	})
}

func TestResumeReplays(t *testing.T) {
	w := open(t, Config{})
	l, session := w.login(usualIntents)
	w.post(Reviews, "seen")
	l.until("MESSAGE_CREATE")
	w.Drop()
	l.broken()
	var ids []string
	for range 3 {
		ids = append(ids, w.post(Reviews, "missed"))
	}
	back := w.dial()
	back.resume(session, l.seq)
	var got []string
	for f := back.next(); f.Type != "RESUMED"; f = back.next() {
		if f.Type == "MESSAGE_CREATE" {
			got = append(got, f.object()["id"].(string))
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("replayed %v, missed %v", got, ids)
	}
	w.post(Reviews, "after")
	back.until("MESSAGE_CREATE")
	if w.Identified() != 1 {
		t.Errorf("%d sessions for one that was resumed", w.Identified())
	}
	ahead := w.dial()
	ahead.resume(session, 1000)
	ahead.closes(closeSequence)
}

func TestSessionsThatCannotBeResumed(t *testing.T) {
	invalid := func(l *line, session string) {
		l.w.t.Helper()
		l.resume(session, l.seq)
		if f := l.next(); f.Op != opInvalid || string(f.Data) != "false" {
			l.w.t.Errorf("a resume was answered %+v", f)
		}
		l.identify(0)
		l.until("READY")
	}
	t.Run("unknown", func(t *testing.T) {
		w := open(t, Config{})
		invalid(w.dial(), "never")
	})
	t.Run("good-bye", func(t *testing.T) {
		w := open(t, Config{})
		l, session := w.login(0)
		_ = l.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		if err := w.Wait(w.context(), func() bool { return w.Sessions() == 0 }); err != nil {
			t.Fatal(err)
		}
		invalid(w.dial(), session)
	})
	t.Run("too old", func(t *testing.T) {
		w := open(t, Config{})
		_, session := w.login(0)
		w.Drop()
		if err := w.Wait(w.context(), func() bool { return w.Sessions() == 0 }); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(sessionLife + time.Second)
		invalid(w.dial(), session)
	})
	t.Run("missed too much", func(t *testing.T) {
		w := open(t, Config{})
		l, session := w.login(0)
		w.Drop()
		l.broken()
		for range maxReplay + 1 {
			w.Again(Delivery{Payload: object{}})
		}
		invalid(w.dial(), session)
	})
	t.Run("invalidated", func(t *testing.T) {
		w := open(t, Config{})
		l, session := w.login(0)
		w.Invalidate(false)
		if f := l.next(); f.Op != opInvalid || string(f.Data) != "false" {
			t.Errorf("%+v", f)
		}
		l.identify(0) // on the same connection, as discordgo does
		l.until("READY")
		invalid(w.dial(), session)
	})
}

func TestInvalidButResumable(t *testing.T) {
	w := open(t, Config{})
	l, session := w.login(0)
	w.Invalidate(true)
	if f := l.next(); f.Op != opInvalid || string(f.Data) != "true" {
		t.Errorf("%+v", f)
	}
	back := w.dial()
	back.resume(session, l.seq)
	back.until("RESUMED")
}

func TestReconnectAndBeatOnDemand(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(0)
	w.Reconnect()
	if f := l.next(); f.Op != opReconnect {
		t.Errorf("%+v", f)
	}
	w.AskBeat()
	if f := l.next(); f.Op != opHeartbeat {
		t.Errorf("%+v", f)
	}
	w.Mute(true)
	l.send(opHeartbeat, 1)
	w.Reconnect()
	if f := l.next(); f.Op != opReconnect {
		t.Errorf("a heartbeat was acknowledged by a mute gateway: %+v", f)
	}
}

func TestMissedHeartbeatsEndTheConnection(t *testing.T) {
	w := open(t, Config{Heartbeat: 50 * time.Millisecond})
	l, session := w.login(0)
	l.closes(closeTimeout)
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	if w.gate.sessions[session] != nil {
		t.Error("a session that timed out can be resumed")
	}
}

func TestEverySessionIsToldAndTwiceIfAsked(t *testing.T) {
	w := open(t, Config{Twice: true})
	a, _ := w.login(usualIntents)
	b, _ := w.login(usualIntents)
	id := w.post(Reviews, "x")
	for _, l := range []*line{a, b} {
		for range 2 {
			if got := l.until("MESSAGE_CREATE").object()["id"]; got != id {
				t.Errorf("%v", got)
			}
		}
	}
	w.DropOldest()
	a.broken()
	if err := w.Wait(w.context(), func() bool { return w.Sessions() == 1 }); err != nil {
		t.Fatal(err)
	}
	w.post(Reviews, "y")
	b.until("MESSAGE_CREATE")
}

// TestBreakInMidPress: a press that is on its way when the connection breaks
// comes with the resume, and counts when it is answered in time.
func TestBreakInMidPress(t *testing.T) {
	for _, at := range []Break{Before, After} {
		w := open(t, Config{Ack: 20 * time.Second})
		l, session := w.login(0)
		id := w.good("POST", inReviews+"/messages", object{"components": buttons("go")}).body["id"].(string)
		w.BreakAt(at)
		pressed := later(func() (Answer, error) { return w.Press(w.context(), ana, w.message(Reviews, id), "go") })
		var in object
		if at == After {
			in = l.take()
		}
		l.broken()
		if at == Before {
			back := w.dial()
			back.resume(session, l.seq)
			in = back.take()
		}
		w.good("POST", callbackPath(in), object{"type": DeferredUpdate})
		if got := <-pressed; got.err != nil {
			t.Errorf("break %d: %v", at, got.err)
		}
	}
}

func TestInject(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(0)
	w.Inject("MESSAGE_CREATE", object{"author": nil, "components": []object{{"type": 99}}})
	if got := l.until("MESSAGE_CREATE").object()["author"]; got != nil {
		t.Errorf("%v", got)
	}
}
