package discordtest

import (
	"testing"
)

func TestAWholeStory(t *testing.T) {
	w := open(t, Config{})
	l, _ := w.login(usualIntents)
	l.until("GUILD_CREATE")
	w.good("PUT", "/applications/"+App+"/guilds/"+Guild+"/commands", []object{
		{"name": "review", "description": "The desk", "options": []object{{"type": 1, "name": "open", "description": "Opens a case",
			"options": []object{{"type": 3, "name": "case", "description": "Which", "required": true, "autocomplete": true}}}}},
		{"name": "Make this a review case", "type": 3},
	})
	id := w.good("POST", "/channels/"+Reviews+"/messages", object{"content": "a review", "components": buttons("go", "stop"),
		"allowed_mentions": object{"parse": []string{}}, "embeds": nil, "nonce": "n1", "enforce_nonce": true}).body["id"].(string)
	thread := w.good("POST", "/channels/"+Reviews+"/messages/"+id+"/threads", object{"name": "the case"})
	if thread.body["id"] != id {
		t.Errorf("the thread has the id %v, not the message's", thread.body["id"])
	}
	w.post(id, "in the thread")

	pressed := later(func() (Answer, error) { return w.Press(w.context(), ana, w.message(Reviews, id), "go") })
	in := l.take()
	w.good("POST", callbackPath(in), object{"type": OpenModal, "data": object{"custom_id": "form", "title": "Words", "components": []object{
		{"type": kindRow, "components": []object{{"type": kindTextInput, "custom_id": "words", "label": "Words", "style": 2, "value": "old"}}}}}})
	if got := <-pressed; got.err != nil || got.first.Type != OpenModal {
		t.Fatalf("%+v", got)
	}
	form, ok := w.Modal(ana)
	if !ok {
		t.Fatal("the form is not open")
	}
	sent := later(func() (Answer, error) { return w.Submit(w.context(), form, map[string]string{"words": "new"}) })
	in = l.take()
	w.good("POST", callbackPath(in), object{"type": DeferredReply, "data": object{"flags": FlagEphemeral}})
	if got := <-sent; got.err != nil || got.first.Type != DeferredReply {
		t.Fatalf("%+v", got)
	}
	w.good("PATCH", hookPath(in)+"/messages/@original", object{"content": "done"})
	if whispers := w.Whispers(ana); len(whispers) != 1 || whispers[0].Content != "done" || whispers[0].Flags != FlagEphemeral {
		t.Errorf("whispers: %+v", whispers)
	}

	offers := make(chan []Choice, 1)
	go func() {
		got, err := w.Autocomplete(w.context(), ana, Reviews, "review open", object{"case": "ca"}, "case")
		if err != nil {
			t.Error(err)
		}
		offers <- got
	}()
	in = l.take()
	w.good("POST", callbackPath(in), object{"type": Choices, "data": object{"choices": []object{{"name": "Case 1", "value": "case-1"}}}})
	if got := <-offers; len(got) != 1 || got[0].Value != "case-1" {
		t.Errorf("offers: %+v", got)
	}
	ran := later(func() (Answer, error) {
		return w.Command(w.context(), ana, Reviews, "review open", object{"case": "case-1"})
	})
	in = l.take()
	w.good("POST", callbackPath(in), object{"type": Reply, "data": object{"content": "open"}})
	if got := <-ran; got.err != nil {
		t.Fatal(got.err)
	}
	said, err := w.Say(ben, Reviews, "they broke it")
	if err != nil {
		t.Fatal(err)
	}
	made := later(func() (Answer, error) { return w.MessageCommand(w.context(), ben, "Make this a review case", said) })
	in = l.take()
	target := in["data"].(object)["resolved"].(object)["messages"].(object)[said.ID].(object)
	if target["content"] != "they broke it" {
		t.Errorf("the message's text is withheld from its own command: %v", target)
	}
	w.good("POST", callbackPath(in), object{"type": Reply, "data": object{"content": "made", "flags": FlagEphemeral}})
	if got := <-made; got.err != nil {
		t.Fatal(got.err)
	}
	for _, p := range w.Problems() {
		t.Errorf("problem: %s", p)
	}
}
