package discordtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const inReviews = "/channels/" + Reviews

func TestTokensVersionsAndRoutes(t *testing.T) {
	w := open(t, Config{})
	for _, token := range []string{"", "Bot wrong", BotToken} {
		if got := w.as(token, "GET", "/users/@me", nil); got.status != http.StatusUnauthorized {
			t.Errorf("token %q: %d", token, got.status)
		}
	}
	w.refused(404, 0, "GET", "/nowhere", nil)
	if resp, err := http.Get(w.API + "/v8/gateway"); err != nil || resp.StatusCode != 400 {
		t.Errorf("version 8 is served: %v %v", resp, err)
	}
	for _, version := range []string{"", "/v9", "/v10"} {
		if resp, err := http.Get(w.API + version + "/gateway"); err != nil || resp.StatusCode != 200 {
			t.Errorf("version %q is not served: %v %v", version, resp, err)
		}
	}
	req, err := http.NewRequestWithContext(w.context(), "POST", w.API+inReviews+"/messages", strings.NewReader(`{"content":`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+BotToken)
	req.Header.Set("Content-Type", "application/json")
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != 400 {
		t.Errorf("half a body is taken: %v %v", resp, err)
	}
	w.Revoke()
	w.refused(401, 0, "GET", "/users/@me", nil)
}

func TestNotFoundAndForbidden(t *testing.T) {
	w := open(t, Config{})
	id := w.post(Reviews, "here")
	said, err := w.Say(ana, Reviews, "hers")
	if err != nil {
		t.Fatal(err)
	}
	w.refused(404, 10003, "GET", "/channels/1", nil)
	w.refused(404, 10004, "GET", "/guilds/1", nil)
	w.refused(404, 10007, "GET", "/guilds/"+Guild+"/members/1", nil)
	w.refused(404, 10008, "GET", inReviews+"/messages/1", nil)
	w.refused(404, 10008, "PATCH", inReviews+"/messages/1", object{"content": "x"})
	w.refused(404, 10013, "GET", "/users/1", nil)
	w.refused(404, 10002, "PUT", "/applications/1/commands", []object{})
	w.refused(403, 50001, "PUT", "/applications/"+App+"/guilds/1/commands", []object{})
	w.refused(403, 50005, "PATCH", inReviews+"/messages/"+said.ID, object{"content": "x"})
	w.refused(403, 50013, "DELETE", inReviews+"/messages/"+said.ID, nil)
	w.refused(400, 50006, "POST", inReviews+"/messages", object{"content": " "})
	w.refused(400, 50006, "PATCH", inReviews+"/messages/"+id, object{"content": nil})
	w.refused(400, 50008, "POST", "/channels/"+Forum+"/messages", object{"content": "x"})
	w.refused(400, 50035, "POST", inReviews+"/messages", object{"content": x(2001)})
	w.refused(400, 50035, "POST", inReviews+"/messages", object{"content": "x", "message_reference": object{"message_id": "1"}})
	w.refused(400, 50035, "GET", inReviews+"/messages?limit=101", nil)
	w.refused(400, 50035, "POST", inReviews+"/messages", object{"components": []object{text(1)}})
	v2 := w.good("POST", inReviews+"/messages", object{"flags": FlagV2, "components": []object{text(1)}}).body["id"].(string)
	w.refused(400, 50035, "PATCH", inReviews+"/messages/"+v2, object{"flags": 0, "components": []object{}, "content": "x"})
	w.refused(400, 50035, "PATCH", inReviews+"/messages/"+v2, object{"content": "x"})
	w.Kick()
	w.refused(404, 10004, "GET", "/guilds/"+Guild, nil)
	w.refused(403, 50001, "GET", inReviews, nil)
}

// TestPermissions takes away each permission and meets the error that it
// leads to.
func TestPermissions(t *testing.T) {
	w := open(t, Config{})
	id := w.post(Reviews, "parent")
	bare := w.post(Reviews, "without a thread")
	w.good("POST", inReviews+"/messages/"+id+"/threads", object{"name": "thread"})
	said, err := w.Say(ana, id, "hers")
	if err != nil {
		t.Fatal(err)
	}
	w.AddRoom(Room{ID: "300000000000000001", Name: "hers", Type: PublicThread, Parent: Reviews, Owner: ana})
	embed := object{"embeds": []object{{"title": "t"}}}
	for _, c := range []struct {
		lacks        int64
		code         int
		method, path string
		body         any
	}{
		{ViewChannel, 50001, "GET", inReviews, nil},
		{ViewChannel, 50001, "POST", inReviews + "/messages", object{"content": "x"}},
		{ViewChannel, 50001, "POST", "/channels/" + id + "/messages", object{"content": "x"}},
		{SendMessages, 50013, "POST", inReviews + "/messages", object{"content": "x"}},
		{SendMessages, 50013, "POST", "/channels/" + Forum + "/threads", object{"name": "n", "message": object{"content": "x"}}},
		{SendMessagesInThreads, 50013, "POST", "/channels/" + id + "/messages", object{"content": "x"}},
		{CreatePublicThreads, 50013, "POST", inReviews + "/messages/" + bare + "/threads", object{"name": "n"}},
		{CreatePrivateThreads, 50013, "POST", inReviews + "/threads", object{"name": "n", "type": PrivateThread}},
		{EmbedLinks, 50013, "POST", inReviews + "/messages", embed},
		{ReadMessageHistory, 50013, "GET", inReviews + "/messages/" + id, nil},
		{ManageThreads, 50013, "PATCH", "/channels/" + id, object{"locked": true}},
		{ManageThreads, 50013, "PATCH", "/channels/300000000000000001", object{"name": "other"}},
		{ManageThreads, 50013, "DELETE", "/channels/" + id, nil},
		{ManageMessages, 50013, "DELETE", "/channels/" + id + "/messages/" + said.ID, nil},
	} {
		w.BotMay(everything &^ Administrator &^ c.lacks)
		w.refused(403, c.code, c.method, c.path, c.body)
	}
	w.BotMay(usual &^ ReadMessageHistory)
	w.refused(400, 160002, "POST", inReviews+"/messages", object{"content": "x", "message_reference": object{"message_id": id}})
	if got := w.good("GET", inReviews+"/messages", nil); len(got.list) != 0 {
		t.Error("messages are listed without READ_MESSAGE_HISTORY")
	}
	w.BotMay(usual &^ SendMessages)
	w.post(id, "SEND_MESSAGES counts for nothing in threads")
	// Channels overrule roles; members overrule both.
	w.BotMay(usual)
	w.Overwrite(Reviews, Guild, 0, SendMessages)
	w.refused(403, 50013, "POST", inReviews+"/messages", object{"content": "x"})
	w.Overwrite(Reviews, BotRole, SendMessages, 0)
	w.post(Reviews, "allowed by the role")
	w.Overwrite(Reviews, App, 0, ViewChannel)
	w.refused(403, 50001, "GET", "/channels/"+id, nil)
	w.Overwrite(Reviews, App, 0, 0)
	w.BotMay(Administrator)
	w.Overwrite(Reviews, BotRole, 0, ViewChannel)
	w.post(Reviews, "nothing stops an administrator")
}

func TestNonce(t *testing.T) {
	w := open(t, Config{})
	body := object{"content": "once", "nonce": "abc", "enforce_nonce": true}
	send := func(path string, body any) string {
		return w.good("POST", path+"/messages", body).body["id"].(string)
	}
	first := send(inReviews, body)
	if send(inReviews, body) != first || len(w.Messages(Reviews)) != 1 {
		t.Error("a nonce makes two messages")
	}
	if send(inReviews, object{"content": "other", "nonce": "abd", "enforce_nonce": true}) == first {
		t.Error("another nonce makes no message of its own")
	}
	w.clock.pass(3 * time.Minute)
	late := send(inReviews, body)
	if late == first {
		t.Error("a nonce is remembered for ever")
	}
	if send(inReviews, object{"content": "once", "nonce": "abc"}) == late {
		t.Error("a nonce counts without enforce_nonce")
	}
	w.Fail(Lost)
	lost := object{"content": "lost", "nonce": 7, "enforce_nonce": true}
	if got := w.do("POST", inReviews+"/messages", lost); got.err == nil {
		t.Error("a lost answer came")
	}
	send(inReviews, lost)
	n := 0
	for _, m := range w.Messages(Reviews) {
		if m.Content == "lost" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d messages after a lost answer", n)
	}
}

func TestPings(t *testing.T) {
	w := open(t, Config{})
	role := "400000000000000001"
	w.AddRole(Role{ID: role, Name: "support", Mentionable: true})
	hidden := "400000000000000002"
	w.AddRole(Role{ID: hidden, Name: "managers"})
	said, err := w.Say(ben, Reviews, "x")
	if err != nil {
		t.Fatal(err)
	}
	words := "@everyone @here <@" + ana + "> <@&" + role + "> <@&" + hidden + ">"
	for _, c := range []struct {
		name    string
		bits    int64
		body    object
		want    []string
		replied bool
	}{
		{"left out", usual, object{}, []string{"user:" + ana, "role:" + role}, false},
		{"left out, with the permission", usual | MentionEveryone, object{}, []string{"everyone", "here", "user:" + ana, "role:" + role, "role:" + hidden}, false},
		{"nothing", usual | MentionEveryone, object{"allowed_mentions": object{"parse": []string{}}}, nil, false},
		{"users", usual | MentionEveryone, object{"allowed_mentions": object{"parse": []string{"users"}}}, []string{"user:" + ana}, false},
		{"everyone", usual | MentionEveryone, object{"allowed_mentions": object{"parse": []string{"everyone"}}}, []string{"everyone", "here"}, false},
		{"one role", usual, object{"allowed_mentions": object{"roles": []string{role}}}, []string{"role:" + role}, false},
		{"reply", usual, object{"message_reference": object{"message_id": said.ID}, "allowed_mentions": object{"parse": []string{}}}, nil, true},
		{"reply that pings", usual, object{"message_reference": object{"message_id": said.ID}, "allowed_mentions": object{"parse": []string{}, "replied_user": true}}, []string{"user:" + ben}, true},
	} {
		w.BotMay(c.bits)
		c.body["content"] = words
		id := w.good("POST", inReviews+"/messages", c.body).body["id"].(string)
		if got := w.message(Reviews, id).Pings; !slices.Equal(got, c.want) {
			t.Errorf("%s: pings %v, want %v", c.name, got, c.want)
		}
	}
	before := len(w.Pings())
	for _, body := range []object{
		{"embeds": []object{{"description": words}}},
		{"flags": FlagV2, "components": []object{{"type": kindTextDisplay, "content": "<@" + ana + ">"}}},
	} {
		w.good("POST", inReviews+"/messages", body)
	}
	if got := len(w.Pings()) - before; got != 1 {
		t.Errorf("%d pings: embeds have none, text displays have", got)
	}
	id := w.post(Reviews, "quiet")
	w.good("PATCH", inReviews+"/messages/"+id, object{"content": "<@" + ana + ">"})
	if len(w.message(Reviews, id).Pings) != 1 {
		t.Error("an edit without allowed_mentions goes unseen")
	}
}

func TestThreads(t *testing.T) {
	w := open(t, Config{})
	id := w.post(Reviews, "parent")
	start := inReviews + "/messages/" + id + "/threads"
	got := w.good("POST", start, object{"name": "the case", "auto_archive_duration": 60}).body
	if got["id"] != id || number(got["type"]) != PublicThread || got["parent_id"] != Reviews {
		t.Errorf("the thread is %v", got)
	}
	w.refused(400, 160004, "POST", start, object{"name": "again"})
	w.refused(404, 10008, "POST", inReviews+"/messages/1/threads", object{"name": "n"})
	w.refused(400, 50024, "POST", "/channels/"+id+"/messages/1/threads", object{"name": "n"})
	w.refused(400, 50024, "POST", "/channels/"+id+"/threads", object{"name": "n"})
	if w.message(Reviews, id).Flags&FlagHasThread == 0 {
		t.Error("the message does not say that it has a thread")
	}
	in := w.post(id, "in it")
	w.refused(400, 50035, "PATCH", "/channels/"+id, object{"name": x(101)})
	w.refused(403, 50013, "PATCH", inReviews, object{"name": "mine"})

	// Archived: nothing is edited, nothing but waking is done.
	w.good("PATCH", "/channels/"+id, object{"archived": true})
	message := "/channels/" + id + "/messages/" + in
	w.refused(400, 50083, "PATCH", message, object{"content": "x"})
	w.refused(400, 50083, "DELETE", message, nil)
	w.refused(400, 50083, "PATCH", "/channels/"+id, object{"name": "x"})
	w.refused(400, 50083, "PUT", "/channels/"+id+"/thread-members/@me", nil)
	if got := w.good("GET", inReviews+"/threads/archived/public", nil).body["threads"].([]any); len(got) != 1 {
		t.Errorf("archived: %v", got)
	}
	w.good("PATCH", "/channels/"+id, object{"archived": false, "name": "awake"})
	w.good("PATCH", message, object{"content": "edited"})
	w.Archive(id, true)
	w.post(id, "wakes it")
	if r, _ := w.Room(id); r.Archived || r.Name != "awake" {
		t.Errorf("after a post: %+v", r)
	}

	// Locked: only those with MANAGE_THREADS.
	w.Lock(id, true)
	w.Archive(id, true)
	w.BotMay(usual &^ ManageThreads)
	w.refused(400, 160005, "POST", "/channels/"+id+"/messages", object{"content": "x"})
	w.refused(403, 50013, "PATCH", "/channels/"+id, object{"archived": false})
	w.BotMay(usual)
	w.good("PATCH", "/channels/"+id, object{"archived": false, "locked": false})

	// An hour without a word archives it.
	w.clock.pass(59 * time.Minute)
	if r, _ := w.Room(id); r.Archived {
		t.Error("archived too early")
	}
	w.clock.pass(2 * time.Minute)
	w.refused(400, 50083, "PATCH", message, object{"content": "x"})
	if n := len(w.good("GET", "/guilds/"+Guild+"/threads/active", nil).body["threads"].([]any)); n != 0 {
		t.Errorf("%d active threads", n)
	}

	// The first entry of a thread's history is a pointer to its message.
	list := w.good("GET", "/channels/"+id+"/messages?limit=100", nil).list
	if last := list[len(list)-1]; number(last["type"]) != typeThreadStarter || last["message_reference"].(object)["message_id"] != id {
		t.Errorf("the thread starts with %v", last)
	}
	if n := number(w.good("POST", inReviews+"/threads", object{"name": "n", "type": PublicThread}).body["type"]); n != PublicThread {
		t.Errorf("type %d", n)
	}
}

func TestForum(t *testing.T) {
	w := open(t, Config{})
	w.AddRoom(Room{ID: "500000000000000001", Name: "tagged", Type: ForumChannel, RequireTag: true,
		Tags: []Tag{{ID: "1", Name: "new"}, {ID: "2", Name: "done", Moderated: true}}})
	posts := "/channels/500000000000000001/threads"
	body := func(tags ...string) object {
		return object{"name": "post", "applied_tags": tags, "message": object{"content": "first"}}
	}
	w.refused(400, 40067, "POST", posts, body())
	w.refused(404, 10087, "POST", posts, body("3"))
	w.refused(400, 50035, "POST", posts, object{"name": "post", "applied_tags": []string{"1"}})
	w.refused(400, 50006, "POST", posts, object{"name": "post", "applied_tags": []string{"1"}, "message": object{"content": ""}})
	made := w.good("POST", posts, body("1")).body
	if made["message"].(object)["id"] != made["id"] {
		t.Error("a post and its first message have two ids")
	}
	id := made["id"].(string)
	w.BotMay(usual &^ ManageThreads)
	w.refused(403, 50013, "PATCH", "/channels/"+id, object{"applied_tags": []string{"2"}})
	w.BotMay(usual)
	w.good("PATCH", "/channels/"+id, object{"applied_tags": []string{"2"}})
	if got := w.Threads("500000000000000001"); len(got) != 1 || !slices.Equal(got[0].Applied, []string{"2"}) {
		t.Errorf("posts: %+v", got)
	}
	// There is no nonce here: the same call makes another post.
	w.good("POST", posts, body("1"))
	if n := len(w.Threads("500000000000000001")); n != 2 {
		t.Errorf("%d posts", n)
	}
}

func TestPages(t *testing.T) {
	w := open(t, Config{})
	var ids []string
	for i := range 5 {
		ids = append(ids, w.post(Reviews, fmt.Sprint("m", i)))
	}
	for query, want := range map[string][]string{
		"?limit=2":                      {ids[4], ids[3]},
		"?limit=2&before=" + ids[3]:     {ids[2], ids[1]},
		"?limit=2&after=" + ids[1]:      {ids[3], ids[2]},
		"?limit=100&after=" + ids[4]:    {},
		"":                              {ids[4], ids[3], ids[2], ids[1], ids[0]},
		"?limit=100&before=" + ids[1]:   {ids[0]},
		"?after=" + ids[2] + "&limit=1": {ids[3]},
	} {
		got := []string{}
		for _, m := range w.good("GET", inReviews+"/messages"+query, nil).list {
			got = append(got, m["id"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

func TestTextsAreWithheldByRESTToo(t *testing.T) {
	for _, granted := range []bool{false, true} {
		w := open(t, Config{MessageContent: granted})
		said, err := w.Say(ana, Reviews, "private words")
		if err != nil {
			t.Fatal(err)
		}
		meant, err := w.Say(ana, Reviews, "<@"+App+"> for the bot")
		if err != nil {
			t.Fatal(err)
		}
		read := func(id string) any {
			return w.good("GET", inReviews+"/messages/"+id, nil).body["content"]
		}
		if got := read(said.ID); (got == "private words") != granted {
			t.Errorf("granted %v: %q", granted, got)
		}
		if got := read(meant.ID); got == "" {
			t.Error("a mention of the bot is withheld")
		}
		if own := w.post(Reviews, "own"); read(own) != "own" {
			t.Error("its own words are withheld")
		}
	}
}

func TestFaults(t *testing.T) {
	w := open(t, Config{})
	send := func() reply { return w.do("POST", inReviews+"/messages", object{"content": "x"}) }
	w.Fail(BadGateway, Broken, Unavailable, Limit, GlobalLimit, Done502, Lost)
	for _, want := range []struct{ status, there int }{{502, 0}, {500, 0}, {503, 0}, {429, 0}, {429, 0}, {502, 1}} {
		if got := send(); got.status != want.status || len(w.Messages(Reviews)) != want.there {
			t.Errorf("%d with %d messages, want %+v", got.status, len(w.Messages(Reviews)), want)
		}
	}
	if got := send(); got.err == nil || len(w.Messages(Reviews)) != 2 {
		t.Errorf("a lost answer: %+v with %d messages", got, len(w.Messages(Reviews)))
	}
	w.Fail(Broken)
	w.good("GET", inReviews, nil) // reading meets no fault
	if send().status != 500 {
		t.Error("the fault is gone")
	}
	storm := open(t, Config{Storm: 1})
	if got := storm.do("POST", inReviews+"/messages", object{"content": "x"}); got.status != 429 {
		t.Errorf("no storm: %d", got.status)
	}
	lossy := open(t, Config{Lose: 1})
	if got := lossy.do("POST", inReviews+"/messages", object{"content": "x"}); got.err == nil {
		t.Error("nothing is lost")
	}
}

func TestRates(t *testing.T) {
	w := open(t, Config{Limit: 3, Window: 5 * time.Second})
	send := func() reply { return w.do("POST", inReviews+"/messages", object{"content": "x"}) }
	for i := range 3 {
		got := send()
		if got.header.Get("X-RateLimit-Limit") != "3" || got.header.Get("X-RateLimit-Remaining") != fmt.Sprint(2-i) ||
			got.header.Get("X-RateLimit-Reset-After") == "" || got.header.Get("X-RateLimit-Bucket") == "" {
			t.Errorf("call %d: %v", i, got.header)
		}
	}
	got := send()
	if got.status != 429 || got.body["retry_after"] != 5.0 || got.header.Get("Retry-After") != "5" || got.header.Get("X-RateLimit-Scope") != "user" || got.body["global"] != false {
		t.Errorf("the fourth call: %d %s %v", got.status, got.raw, got.header)
	}
	w.good("GET", inReviews, nil) // another route
	w.AddRoom(Room{ID: "600000000000000001", Name: "other", Type: Text})
	w.good("POST", "/channels/600000000000000001/messages", object{"content": "another channel"})
	w.clock.pass(5 * time.Second)
	w.good("POST", inReviews+"/messages", object{"content": "x"})

	w = open(t, Config{Global: 8})
	for range 8 {
		w.good("GET", "/users/@me", nil)
	}
	if got := w.do("GET", "/users/"+ana, nil); got.status != 429 || got.body["global"] != true || got.header.Get("X-RateLimit-Global") != "true" {
		t.Errorf("the ninth call of a second: %d %s", got.status, got.raw)
	}
	if got := w.as("", "POST", "/interactions/1/x/callback", object{"type": 6}); got.status == 429 {
		t.Error("interactions count in the global rate")
	}
}

func TestTenThousandRefusalsAreABan(t *testing.T) {
	w := open(t, Config{})
	w.mu.Lock()
	for range maxInvalid - 1 {
		w.count(errUnauthorized)
	}
	w.mu.Unlock()
	w.good("GET", inReviews, nil)
	w.as("Bot wrong", "GET", inReviews, nil)
	if got := w.do("GET", inReviews, nil); got.status != 429 {
		t.Errorf("after 10,000 refusals: %d", got.status)
	}
	w.clock.pass(11 * time.Minute)
	w.good("GET", inReviews, nil)
}

func TestDirectMessages(t *testing.T) {
	w := open(t, Config{})
	room := w.good("POST", "/users/@me/channels", object{"recipient_id": ana}).body["id"].(string)
	if again := w.good("POST", "/users/@me/channels", object{"recipient_id": ana}).body["id"]; again != room {
		t.Error("a person has two direct channels")
	}
	w.post(room, "hello")
	if _, err := w.Say(ben, room, "let me in"); err == nil {
		t.Error("another person writes there")
	}
	w.refused(404, 10013, "POST", "/users/@me/channels", object{"recipient_id": "1"})
	w.refused(403, 50007, "POST", "/users/@me/channels", object{"recipient_id": App})
}
