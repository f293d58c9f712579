package discordtest

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// pressing is a message with a button and a bot that is connected.
func pressing(t *testing.T, cfg Config) (*world, *line, Message) {
	t.Helper()
	w := open(t, cfg)
	l, _ := w.login(0)
	id := w.good("POST", inReviews+"/messages", object{"content": "card", "components": buttons("go")}).body["id"].(string)
	return w, l, w.message(Reviews, id)
}

// presses presses and takes the interaction.
func (w *world) presses(l *line, m Message) (object, chan answered) {
	done := later(func() (Answer, error) { return w.Press(w.context(), ana, m, "go") })
	return l.take(), done
}

func ok(t *testing.T, got answered) Answer {
	t.Helper()
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got.first
}

func TestThePressItself(t *testing.T) {
	w, l, m := pressing(t, Config{})
	in, done := w.presses(l, m)
	member := in["member"].(object)
	if number(in["type"]) != kindPress || in["guild_id"] != Guild || in["channel_id"] != Reviews || in["application_id"] != App ||
		member["user"].(object)["id"] != ana || !slices.Contains(member["roles"].([]any), any(Member)) || member["permissions"] == "" ||
		in["message"].(object)["content"] != "card" || in["data"].(object)["custom_id"] != "go" {
		t.Errorf("the press is %v", in)
	}
	w.good("POST", callbackPath(in), object{"type": Update, "data": object{"content": "done", "components": []object{}}})
	ok(t, <-done)
	if got := w.message(Reviews, m.ID); got.Content != "done" || len(got.Components) != 0 {
		t.Errorf("the card is %+v", got)
	}
	if _, err := w.Press(w.context(), ana, m, "go"); err == nil {
		t.Error("a button that is gone can be pressed")
	}
}

func TestOneAnswerWithinThreeSeconds(t *testing.T) {
	w, l, m := pressing(t, Config{Ack: 20 * time.Second})
	in, done := w.presses(l, m)
	w.refused(404, 10015, "POST", hookPath(in), object{"content": "too early"})
	w.refused(404, 10062, "POST", "/interactions/1/"+in["token"].(string)+"/callback", object{"type": DeferredUpdate})
	w.good("POST", callbackPath(in), object{"type": DeferredUpdate})
	w.refused(400, 40060, "POST", callbackPath(in), object{"type": DeferredUpdate})
	ok(t, <-done)

	in, done = w.presses(l, m)
	w.clock.pass(20*time.Second + time.Millisecond)
	w.refused(404, 10062, "POST", callbackPath(in), object{"type": DeferredUpdate})
	if len(w.Problems()) == 0 {
		t.Error("lateness is no problem")
	}
	w.refused(404, 10015, "POST", hookPath(in), object{"content": "x"})
	select {
	case got := <-done:
		t.Errorf("the press ended: %+v", got)
	default:
	}
}

func TestABotThatDoesNotAnswer(t *testing.T) {
	w, l, m := pressing(t, Config{Ack: 20 * time.Millisecond})
	in, done := w.presses(l, m)
	if got := <-done; !errors.Is(got.err, ErrLate) {
		t.Errorf("%+v", got)
	}
	w.refused(404, 10062, "POST", callbackPath(in), object{"type": DeferredUpdate})
	w.Drop()
	if err := w.Wait(w.context(), func() bool { return w.Sessions() == 0 }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Press(w.context(), ana, m, "go"); !errors.Is(err, ErrAway) {
		t.Errorf("a press without a bot ends with %v", err)
	}
	for n, want := range []error{ErrLate, ErrOver, ErrAway} {
		if p := w.Problems(); len(p) != 3 || !errors.Is(p[n], want) {
			t.Errorf("problem %d is not %v: %v", n, want, p)
		}
	}
	if New(t, Config{}).cfg.Ack != 3*time.Second {
		t.Error("the default is not Discord's")
	}
}

func TestTokensLiveFifteenMinutes(t *testing.T) {
	w, l, m := pressing(t, Config{})
	in, done := w.presses(l, m)
	w.good("POST", callbackPath(in), object{"type": DeferredReply, "data": object{"flags": FlagEphemeral}})
	ok(t, <-done)
	w.clock.pass(15 * time.Minute)
	w.good("PATCH", hookPath(in)+"/messages/@original", object{"content": "at the last moment"})
	w.clock.pass(time.Second)
	w.refused(401, 50027, "PATCH", hookPath(in)+"/messages/@original", object{"content": "late"})
	w.refused(401, 50027, "POST", hookPath(in), object{"content": "late"})
}

func TestFollowUps(t *testing.T) {
	w, l, m := pressing(t, Config{})
	in, done := w.presses(l, m)
	w.good("POST", callbackPath(in), object{"type": DeferredReply})
	ok(t, <-done)
	thinking := w.Messages(Reviews)[1]
	if thinking.Flags&FlagLoading == 0 {
		t.Errorf("the bot is not thinking: %+v", thinking)
	}
	// The first follow-up takes the place of the deferred reply.
	if got := w.good("POST", hookPath(in), object{"content": "first"}).body["id"]; got != thinking.ID {
		t.Errorf("the first follow-up is message %v, not %s", got, thinking.ID)
	}
	if got := w.message(Reviews, thinking.ID); got.Flags&FlagLoading != 0 || got.Content != "first" {
		t.Errorf("%+v", got)
	}
	second := w.good("POST", hookPath(in), object{"content": "second", "flags": FlagEphemeral}).body["id"].(string)
	whispers := w.Whispers(ana)
	if len(whispers) != 1 || whispers[0].ID != second || len(w.Whispers(ben)) != 0 {
		t.Errorf("whispers: %+v", whispers)
	}
	w.refused(404, 10008, "PATCH", inReviews+"/messages/"+second, object{"content": "ephemeral messages are no messages of the channel"})
	w.good("PATCH", hookPath(in)+"/messages/"+second, object{"content": "changed", "flags": 0})
	if got := w.Whispers(ana)[0]; got.Content != "changed" || got.Flags&FlagEphemeral == 0 {
		t.Errorf("%+v", got)
	}
	if got := w.good("GET", hookPath(in)+"/messages/@original", nil).body["content"]; got != "first" {
		t.Errorf("the original is %v", got)
	}
	w.good("DELETE", hookPath(in)+"/messages/"+second, nil)
	if len(w.Whispers(ana)) != 0 {
		t.Error("a whisper stays after it was deleted")
	}
	w.refused(400, 50035, "POST", hookPath(in), object{"content": x(2001)})
	w.refused(404, 10015, "POST", "/webhooks/1/"+in["token"].(string), object{"content": "x"})
	if _, err := w.Press(w.context(), ben, whispers[0], "go"); err == nil {
		t.Error("another person presses on a whisper")
	}
}

// TestWhichAnswerFits goes through the types of answers for each type of
// interaction.
func TestWhichAnswerFits(t *testing.T) {
	w, l, m := pressing(t, Config{})
	w.good("PUT", "/applications/"+App+"/commands", chat("review", option("case", 3, object{"autocomplete": true})))
	bodies := map[int]object{
		Pong: {"type": Pong}, Reply: {"type": Reply, "data": object{"content": "x"}}, DeferredReply: {"type": DeferredReply}, DeferredUpdate: {"type": DeferredUpdate},
		Update: {"type": Update, "data": object{"content": "x"}}, Choices: offers(1, "v"), OpenModal: {"type": OpenModal, "data": modal(input("a"))},
	}
	openModal := func(how func() (Answer, error)) Modal {
		done := later(how)
		w.good("POST", callbackPath(l.take()), bodies[OpenModal])
		ok(t, <-done)
		got, _ := w.Modal(ana)
		return got
	}
	press := func() (Answer, error) { return w.Press(w.context(), ana, m, "go") }
	command := func() (Answer, error) { return w.Command(w.context(), ana, Reviews, "review", nil) }
	values := map[string]string{"a": "v"}
	for name, c := range map[string]struct {
		do   func() (Answer, error)
		form bool // the form that it opens, not itself
		good []int
	}{
		"press":             {press, false, []int{Reply, DeferredReply, DeferredUpdate, Update, OpenModal}},
		"command":           {command, false, []int{Reply, DeferredReply, OpenModal}},
		"form of a press":   {press, true, []int{Reply, DeferredReply, DeferredUpdate, Update}},
		"form of a command": {command, true, []int{Reply, DeferredReply}},
		"an autocompletion": {func() (Answer, error) {
			return w.useCommand(w.context(), kindAutocomplete, ana, Reviews, "review", object{"case": ""}, "case")
		}, false, []int{Choices}},
	} {
		for kind, body := range bodies {
			do := c.do
			if c.form {
				form := openModal(c.do)
				do = func() (Answer, error) { return w.Submit(w.context(), form, values) }
			}
			done := later(do)
			in := l.take()
			got := w.do("POST", callbackPath(in), body)
			if slices.Contains(c.good, kind) != (got.status == 204) {
				t.Errorf("%s: an answer of type %d gives %d %s", name, kind, got.status, got.raw)
			}
			if got.status != 204 {
				if got.code() != 50035 {
					t.Errorf("%s: an answer of type %d gives code %d", name, kind, got.code())
				}
				w.good("POST", callbackPath(in), bodies[c.good[0]])
			}
			ok(t, <-done)
		}
	}
}

func TestForms(t *testing.T) {
	w, l, m := pressing(t, Config{})
	in, done := w.presses(l, m)
	w.good("POST", callbackPath(in), object{"type": OpenModal, "data": object{"custom_id": "f", "title": "Form", "components": []object{
		{"type": kindRow, "components": []object{{"type": kindTextInput, "custom_id": "words", "label": "Words", "style": 2, "min_length": 2, "max_length": 5}}},
		{"type": kindLabel, "label": "Why", "component": object{"type": kindTextInput, "custom_id": "why", "style": 1, "required": false, "value": "old"}},
	}}})
	ok(t, <-done)
	form, open := w.Modal(ana)
	if !open || form.Title != "Form" {
		t.Fatalf("%+v", form)
	}
	for _, bad := range []map[string]string{{}, {"words": "x"}, {"words": "123456"}, {"words": "good", "other": "x"}} {
		if _, err := w.Submit(w.context(), form, bad); err == nil {
			t.Errorf("%v is sent", bad)
		}
	}
	sent := later(func() (Answer, error) { return w.Submit(w.context(), form, map[string]string{"words": "good"}) })
	got := l.take()
	parts := got["data"].(object)["components"].([]any)
	words := parts[0].(object)["components"].([]any)[0].(object)
	why := parts[1].(object)["component"].(object)
	if words["value"] != "good" || why["value"] != "old" || got["message"].(object)["id"] != m.ID {
		t.Errorf("sent: %v", got)
	}
	w.good("POST", callbackPath(got), object{"type": DeferredUpdate})
	ok(t, <-sent)
	if _, open := w.Modal(ana); open {
		t.Error("the form is still open")
	}
	w.refused(404, 10008, "PATCH", hookPath(in)+"/messages/@original", object{"content": "a form is no message"})
}

func TestPeopleCannotDoWhatTheClientWouldNotLetThem(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(0)
	row := buttons("off", "on")
	row[0]["components"].([]object)[0]["disabled"] = true
	id := w.good("POST", inReviews+"/messages", object{"components": append(row, selection(1, 1, "a", "b")...)}).body["id"].(string)
	m := w.message(Reviews, id)
	if got := m.Usable(); len(got) != 3 || !got[0].Disabled || !slices.Equal(got[2].Options, []string{"a", "b"}) {
		t.Errorf("usable: %+v", got)
	}
	for name, do := range map[string]func() (Answer, error){
		"disabled":       func() (Answer, error) { return w.Press(w.context(), ana, m, "off") },
		"unknown id":     func() (Answer, error) { return w.Press(w.context(), ana, m, "none") },
		"unknown option": func() (Answer, error) { return w.Press(w.context(), ana, m, "s", "c") },
		"stranger":       func() (Answer, error) { return w.Press(w.context(), "9", m, "on") },
	} {
		if _, err := do(); err == nil {
			t.Errorf("%s: pressed", name)
		}
	}
	done := later(func() (Answer, error) { return w.Press(w.context(), ana, m, "s", "b") })
	in := l.take()
	if got := in["data"].(object)["values"].([]any); len(got) != 1 || got[0] != "b" {
		t.Errorf("values: %v", got)
	}
	w.good("POST", callbackPath(in), object{"type": DeferredUpdate})
	ok(t, <-done)
	w.Overwrite(Reviews, Member, 0, ViewChannel)
	if _, err := w.Press(w.context(), ana, m, "on"); err == nil {
		t.Error("pressed in a channel that she does not see")
	}
}

func TestCommands(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(0)
	set := "/applications/" + App + "/guilds/" + Guild + "/commands"
	first := w.good("PUT", set, []object{{"name": "desk", "description": "d", "default_member_permissions": "32", "options": []object{
		option("open", 1, object{"options": []object{option("case", 3, object{"required": true, "max_length": 5}), option("who", 6, nil),
			option("how", 3, object{"choices": []object{{"name": "Fast", "value": "fast"}}}), option("n", 4, nil), option("really", 5, nil)}}),
	}}, {"name": "Make a case", "type": 3}}).list
	again := w.good("PUT", set, []object{{"name": "desk", "description": "other", "default_member_permissions": "32", "options": []object{
		option("open", 1, object{"options": []object{option("case", 3, object{"required": true, "max_length": 5}), option("who", 6, nil),
			option("how", 3, object{"choices": []object{{"name": "Fast", "value": "fast"}}}), option("n", 4, nil), option("really", 5, nil)}}),
	}}}).list
	if again[0]["id"] != first[0]["id"] || !slices.Equal(w.Commands(), []string{"desk"}) {
		t.Errorf("after the overwrite: %v, %v", again, w.Commands())
	}
	w.refused(400, 50035, "PUT", set, chat("Desk"))
	manager := "200000000000000003"
	w.AddRole(Role{ID: "400000000000000003", Name: "managers", Permissions: ManageGuild})
	w.Join(Person{ID: manager, Name: "mia", Roles: []string{"400000000000000003"}})
	run := func(user, line string, options object) error {
		_, err := w.Command(w.context(), user, Reviews, line, options)
		return err
	}
	for name, err := range map[string]error{
		"without the permission": run(ana, "desk open", object{"case": "x"}),
		"unknown command":        run(manager, "other", nil),
		"no subcommand":          run(manager, "desk", nil),
		"unknown subcommand":     run(manager, "desk close", nil),
		"required":               run(manager, "desk open", nil),
		"unknown option":         run(manager, "desk open", object{"case": "x", "y": "z"}),
		"too long":               run(manager, "desk open", object{"case": "123456"}),
		"no such user":           run(manager, "desk open", object{"case": "x", "who": "9"}),
		"no such choice":         run(manager, "desk open", object{"case": "x", "how": "slow"}),
		"no number":              run(manager, "desk open", object{"case": "x", "n": "one"}),
		"neither":                run(manager, "desk open", object{"case": "x", "really": "yes"}),
	} {
		if err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	done := later(func() (Answer, error) {
		return w.Command(w.context(), manager, Reviews, "desk open", object{"case": "x", "who": ana})
	})
	in := l.take()
	data := in["data"].(object)
	if data["resolved"].(object)["users"].(object)[ana] == nil || data["options"].([]any)[0].(object)["name"] != "open" {
		t.Errorf("the command is %v", data)
	}
	got := w.good("POST", callbackPath(in)+"?with_response=true", object{"type": Reply, "data": object{"content": "x"}}).body
	if got["resource"].(object)["message"].(object)["content"] != "x" {
		t.Errorf("with_response: %v", got)
	}
	ok(t, <-done)

	id := w.post(Reviews, "p")
	w.good("POST", inReviews+"/messages/"+id+"/threads", object{"name": "n"})
	w.Archive(id, true)
	if _, err := w.Command(w.context(), manager, id, "desk open", object{"case": "x"}); err == nil {
		t.Error("a command in an archived thread")
	}
	w.Overwrite(Reviews, manager, 0, UseCommands)
	if run(manager, "desk open", object{"case": "x"}) == nil {
		t.Error("a command without USE_APPLICATION_COMMANDS")
	}
}

func TestAnswersInArchivedThreads(t *testing.T) {
	w, l, m := pressing(t, Config{})
	w.good("POST", inReviews+"/messages/"+m.ID+"/threads", object{"name": "n"})
	id := w.good("POST", "/channels/"+m.ID+"/messages", object{"components": buttons("go")}).body["id"].(string)
	inside := w.message(m.ID, id)
	w.Archive(m.ID, true)
	in, done := w.presses(l, inside)
	w.refused(400, 50083, "POST", callbackPath(in), object{"type": Update, "data": object{"content": "x"}})
	w.good("POST", callbackPath(in), object{"type": Reply, "data": object{"content": "x", "flags": FlagEphemeral}})
	ok(t, <-done)
}

func TestLostCallbacksHaveActed(t *testing.T) {
	w, l, m := pressing(t, Config{})
	in, done := w.presses(l, m)
	w.Fail(Lost)
	if got := w.do("POST", callbackPath(in), object{"type": DeferredUpdate}); got.err == nil {
		t.Errorf("the answer came: %+v", got)
	}
	ok(t, <-done)
	w.refused(400, 40060, "POST", callbackPath(in), object{"type": DeferredUpdate})
}

func TestForgedPresses(t *testing.T) {
	w, l, m := pressing(t, Config{})
	done := later(func() (Answer, error) { return w.Forge(w.context(), ana, m, "made up") })
	in := l.take()
	if in["data"].(object)["custom_id"] != "made up" {
		t.Errorf("%v", in)
	}
	w.good("POST", callbackPath(in), object{"type": DeferredUpdate})
	ok(t, <-done)
	if _, err := w.Forge(w.context(), "9", m, "made up"); err == nil {
		t.Error("a stranger presses")
	}
}
