package slackbot

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

var parent = bot.Place{Case: 7, Key: "parent"}

// Every trouble that Slack names becomes a kind for the desk and a sentence
// for people.
func TestRefusalsAreExplained(t *testing.T) {
	for code, want := range map[string]struct {
		kind error
		say  string
	}{
		"channel_not_found": {bot.ErrMisconfigured, "/invite"}, "not_in_channel": {bot.ErrMisconfigured, "/invite"},
		"is_archived": {bot.ErrMisconfigured, "unarchive"}, "invalid_auth": {bot.ErrMisconfigured, "bot token"},
		"token_revoked": {bot.ErrMisconfigured, "install the app again"}, "account_inactive": {bot.ErrMisconfigured, "install it again"},
		"restricted_action": {bot.ErrMisconfigured, "admin"}, "internal_error": {bot.ErrUnknown, "trouble of its own"},
		"service_unavailable": {bot.ErrUnreachable, "down"}, "a_name_of_tomorrow": {bot.ErrMisconfigured, "a_name_of_tomorrow"},
	} {
		w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
		w.server.Revoke(code)
		_, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
		var ce *bot.ChatError
		if !errors.As(err, &ce) || !errors.Is(err, want.kind) || !strings.Contains(ce.Reason, want.say) {
			t.Errorf("%s is told as %v", code, err)
		}
	}
}

func TestMissingScopeIsNamed(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.server.SetScopes("users:read")
	_, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	if !errors.Is(err, bot.ErrMisconfigured) || !strings.Contains(err.Error(), "chat:write") {
		t.Errorf("the error is %v", err)
	}
}

func TestChannelTroubles(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	post := func() error {
		_, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
		return err
	}
	w.server.Archive(slacktest.Channel)
	if err := post(); !errors.Is(err, bot.ErrMisconfigured) {
		t.Errorf("archived: %v", err)
	}
	w.server.Unarchive(slacktest.Channel)
	w.server.Expel(slacktest.Channel, slacktest.BotUser)
	if err := post(); !errors.Is(err, bot.ErrMisconfigured) {
		t.Errorf("removed: %v", err)
	}
	w.server.Invite(slacktest.Channel, slacktest.BotUser)
	must(t, post())
}

// 5xx may mean that the card stands there; the desk looks before it repeats.
func TestBrokenAnswersAreUnknown(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.server.Fail(slacktest.Broken)
	if _, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7)); !errors.Is(err, bot.ErrUnknown) {
		t.Errorf("500 is %v", err)
	}
	w.server.Fail(slacktest.Limit)
	_, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	var ce *bot.ChatError
	if !errors.As(err, &ce) || !errors.Is(err, bot.ErrLimited) || ce.After != time.Second {
		t.Errorf("429 is %v", err)
	}
	if _, err = w.bot.Post(t.Context(), parent, bottest.StoryCard(7)); !errors.Is(err, bot.ErrLimited) || w.server.Calls("chat.postMessage") != 2 {
		t.Errorf("Slack is asked again before the time it named: %v", err)
	}
	w.net.ahead.Add(int64(time.Second))
	if _, err = w.bot.Post(t.Context(), parent, bottest.StoryCard(7)); err != nil {
		t.Error(err)
	}
}

// A card whose thread is gone is not left in the channel.
func TestThreadIsGone(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	ref, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	must(t, err)
	must(t, w.Delete(t.Context(), ref))
	at := bot.Place{Case: 7, Key: "draft-1", Thread: ref}
	if _, err := w.bot.Post(t.Context(), at, bottest.StoryCard(7)); !errors.Is(err, bot.ErrGone) {
		t.Errorf("the error is %v", err)
	}
	if left := w.server.Messages(slacktest.Channel); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
	if _, found, err := w.bot.Find(t.Context(), at); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

// Find reads past what other apps leave in a channel, and takes nobody else's
// metadata for its own.
func TestFindAmongStrangers(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	ref, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
	must(t, err)
	must(t, w.Join(t.Context(), "Eve", review.Viewer))
	w.server.Leave(slacktest.Message{Channel: slacktest.Channel, User: userID("Eve"), Text: "forged",
		Metadata: map[string]any{"event_type": metadataType, "event_payload": map[string]any{"place": parent.ID(), "case": 7}}})
	for range 3 * pageSize / 2 {
		w.server.Leave(slacktest.Message{Channel: slacktest.Channel, User: "U0OTHER", Text: "noise", Blocks: []map[string]any{{"type": "section", "text": "malformed"}}})
	}
	got, found, err := w.bot.Find(t.Context(), parent)
	if got != ref || !found || err != nil {
		t.Errorf("found %q, %v, %v; want %q", got, found, err, ref)
	}
}

// References keep their channel when the default becomes another one.
func TestChannelsByName(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.server.AddChannel("C0GERMANY", "reviews-de")
	w.bot.cfg.Channels = map[string]string{"de": "C0GERMANY"}
	at := bot.Place{Case: 8, Key: "parent", Channel: "de"}
	ref, err := w.bot.Post(t.Context(), at, bottest.StoryCard(8))
	must(t, err)
	if !strings.HasPrefix(ref, "C0GERMANY:") {
		t.Errorf("the reference is %s", ref)
	}
	below, err := w.bot.Post(t.Context(), bot.Place{Case: 8, Key: "draft-1", Thread: ref}, bottest.StoryCard(8))
	must(t, err)
	must(t, w.bot.Update(t.Context(), bot.Place{Case: 8, Key: "draft-1", Thread: ref}, below, bottest.StoryCard(8)))
	if got := len(w.server.Messages("C0GERMANY")); got != 2 {
		t.Errorf("%d messages stand in the other channel", got)
	}
	if err := w.bot.Update(t.Context(), at, "nonsense", bottest.StoryCard(8)); !errors.Is(err, bot.ErrGone) {
		t.Errorf("a strange reference gives %v", err)
	}
}

// A card that Slack refuses all the same goes out as plain words.
func TestRefusedBlocksGoOutAsWords(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.server.RefuseBlocks("rich_text")
	ref, err := w.bot.Post(t.Context(), parent, bottest.HostileCard(issueText))
	must(t, err)
	m, err := w.message(ref)
	must(t, err)
	if seen := read(m); !strings.Contains(seen.Text, "<!channel>") || len(seen.Mentions) > 0 || len(seen.Links) > 0 {
		t.Errorf("it reads %+v", seen)
	}
	must(t, w.bot.Update(t.Context(), parent, ref, bottest.StoryCard(7)))
}

func TestPaceOfAChannel(t *testing.T) {
	now := time.Unix(1_760_000_000, 0)
	p := newPacer(Pace{PerSecond: 1, Burst: 2}, func() time.Time { return now })
	want := func(channel, key string, d time.Duration) {
		t.Helper()
		if got := p.post(channel, key); got != d {
			t.Errorf("%s waits %v, want %v", key, got, d)
		}
	}
	want("C1", "a", 0)
	want("C1", "b", 0)
	want("C1", "c", time.Second)
	want("C1", "d", 2*time.Second)
	want("C1", "c", time.Second) // asking again does not lose the place
	want("C2", "e", 0)           // another channel has its own
	now = now.Add(time.Second)
	want("C1", "d", time.Second)
	want("C1", "c", 0)
	p.limited("post:C1", 10*time.Second)
	now = now.Add(5 * time.Second)
	want("C1", "d", 5*time.Second)
	now = now.Add(5 * time.Second)
	want("C1", "d", 0)
	free := newPacer(Pace{PerSecond: -1}, func() time.Time { return now })
	for range 1000 {
		if d := free.post("C1", "x"); d != 0 {
			t.Fatalf("an unpaced channel waits %v", d)
		}
	}
	free.limited("post:C1", time.Second)
	if d := free.post("C1", "x"); d != time.Second {
		t.Errorf("an unpaced channel does not heed 429: %v", d)
	}
}

func TestSeenForgetsInTime(t *testing.T) {
	now := time.Unix(1_760_000_000, 0)
	s := newSeen(func() time.Time { return now })
	if !s.first("a") || s.first("a") {
		t.Error("a comes first once")
	}
	now = now.Add(generation + time.Second)
	if !s.first("b") || s.first("a") {
		t.Error("a is forgotten too early")
	}
	for _, other := range []string{"c", "d"} { // a was asked for just now
		now = now.Add(generation + time.Second)
		s.first(other)
	}
	if !s.first("a") {
		t.Error("a is kept for ever")
	}
	s.forget("a")
	if !s.first("a") {
		t.Error("a was not forgotten when told")
	}
}

// TestEchoesAreLetGo brings acknowledgements for hours: those that nobody can
// ask for any more are not kept, though there is room.
func TestEchoesAreLetGo(t *testing.T) {
	now := time.Unix(1_760_000_000, 0)
	e := newEchoes(func() time.Time { return now })
	for n := range 10_000 {
		e.lead(strconv.Itoa(n), func(any) bool { return true })("an answer")
		now = now.Add(time.Second)
		if most := int(2*echoTime/time.Second) + 2; e.by.Len() > most {
			t.Fatalf("after %d presses, one a second, %d answers are kept, want %d at most", n, e.by.Len(), most)
		}
	}
	again := any(nil)
	e.follow(strconv.Itoa(9_990), func(body any) bool { again = body; return true })
	if again != "an answer" {
		t.Errorf("a press of ten seconds ago, brought again, is answered with %v", again)
	}
}

// roleDesk records how the bot presents people.
type roleDesk struct {
	*bottest.FakeDesk
	groups []review.PersonID
	admin  bool
}

func (d *roleDesk) Person(id review.PersonID, name string, groups []review.PersonID, admin bool) review.Person {
	d.groups, d.admin = groups, admin
	role := review.Responder
	if admin {
		role = review.Lead
	}
	return review.Person{ID: id, Name: name, Role: role}
}

func TestPeople(t *testing.T) {
	desk := &roleDesk{FakeDesk: bottest.NewFakeDesk()}
	w := newWorld(t, desk.FakeDesk, Socket, slacktest.Options{})
	w.bot.desk = desk
	w.bot.people.groups = []string{"S0CARE", "S0OTHER", "S0GONE"}
	w.server.Join(slacktest.Person{ID: "U1", Name: "ana.real", DisplayName: "Ana", Admin: true})
	w.server.Join(slacktest.Person{ID: "U2", Name: "Guest", Team: "T0OTHER", Admin: true})
	w.server.Group("S0CARE", "U1", "U3")
	w.server.Group("S0OTHER", "U3")
	ana := w.bot.person(t.Context(), user{ID: "U1"}, slacktest.Channel)
	if ana.ID != "slack:U1" || ana.Name != "Ana" || ana.Role != review.Lead || len(desk.groups) != 2 || desk.groups[0] != "slack-group:S0CARE" || desk.groups[1] != "slack-channel:"+slacktest.Channel {
		t.Errorf("Ana is %+v in %v", ana, desk.groups)
	}
	if guest := w.bot.person(t.Context(), user{ID: "U2"}, slacktest.Channel); guest.Role != review.Viewer || desk.admin {
		t.Errorf("somebody of another company is %+v", guest)
	}
	if nobody := w.bot.person(t.Context(), user{ID: "U9", Name: "nina"}, ""); nobody.Name != "nina" || desk.admin {
		t.Errorf("an unknown person is %+v", nobody)
	}
	calls := w.server.Calls("users.info")
	w.bot.person(t.Context(), user{ID: "U1"}, "")
	if w.server.Calls("users.info") != calls {
		t.Error("Slack is asked for every press")
	}
	w.server.Join(slacktest.Person{ID: "U1", Name: "ana.real", DisplayName: "Ana B."})
	w.net.ahead.Add(int64(memberTrust))
	if ana := w.bot.person(t.Context(), user{ID: "U1"}, ""); ana.Name != "Ana B." || ana.Role == review.Lead {
		t.Errorf("after ten minutes Ana is still %+v", ana)
	}
	w.server.Revoke("internal_error")
	w.net.ahead.Add(int64(memberTrust))
	if ana := w.bot.person(t.Context(), user{ID: "U1"}, ""); ana.Name != "Ana B." {
		t.Errorf("while Slack is silent Ana is %+v", ana)
	}
}

// A refusal that comes in time stands in the form, and nothing that was
// written is lost.
func TestFormErrorsStandInTheForm(t *testing.T) {
	for _, mode := range []Mode{Socket, HTTP} {
		for _, twice := range []bool{false, true} {
			w := newWorld(t, bottest.NewFakeDesk(), mode, slacktest.Options{Twice: twice})
			w.desk.Opens("edit", everyForm())
			ctx, ref := serving(t, w)
			a, err := w.Press(ctx, "Ana", ref, bottest.StoryCard(7).Buttons[1].Token.String())
			must(t, err)
			w.desk.Answers("edit", commands.Outcome{Refused: true, Text: "The checks hold this text back."})
			v := a.Form.Handle.(slacktest.View)
			a, err = w.Submit(ctx, "Ana", *a.Form, map[string]string{"text": "New words", "line": "one"})
			must(t, err)
			if !strings.Contains(a.Text, "hold this text back") {
				t.Errorf("the person was told %q", a.Text)
			}
			if now, open := w.server.Modal(userID("Ana")); !open || now.ID != v.ID || title(now) != "Edit the reply" {
				t.Error("the form is gone, and the words with it")
			}
			w.desk.Answers("edit", commands.Outcome{Refused: true, Text: "This card has moved on.", Show: 7})
			_, err = w.Submit(ctx, "Ana", bottest.SeenForm{Handle: v}, map[string]string{"text": "New words"})
			must(t, err)
			now, open := w.server.Modal(userID("Ana"))
			text := ""
			for _, b := range now.Blocks() {
				text += textOf(b) + "\n"
			}
			if !open || !strings.Contains(text, "moved on") || !strings.Contains(text, "New words") {
				t.Errorf("the view says %q", text)
			}
		}
	}
}

// A form that leads to the next one shows it in its place.
func TestFormAfterForm(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.desk.Opens("edit", everyForm())
	w.desk.Answers("edit", commands.Outcome{Form: &commands.Form{Title: "And now", Submit: "Go", Token: bottest.Token("next", 7, ""), Fields: everyForm().Fields[1:2]}})
	ctx, ref := serving(t, w)
	a, err := w.Press(ctx, "Ana", ref, bottest.StoryCard(7).Buttons[1].Token.String())
	must(t, err)
	a, err = w.Submit(ctx, "Ana", *a.Form, map[string]string{"line": "x"})
	must(t, err)
	if a.Form == nil || a.Form.Title != "And now" {
		t.Errorf("the next form is %+v, told %q", a.Form, a.Text)
	}
}

func TestShortcuts(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.desk.Opens("add", &commands.Form{Title: "Add a review", Submit: "Add", Fields: []commands.Field{
		{Name: "author", Label: "Who", Kind: commands.Line}, {Name: "text", Label: "The review", Kind: commands.Text, Max: 4000}}})
	ctx, ref := serving(t, w)
	_, ts, _ := parseRef(ref)
	d, err := w.server.Say(ctx, userID("Ana"), slacktest.Channel, ts, "The lamp <broke> & more", false)
	must(t, err)
	ev := d.Payload["event"].(map[string]any)
	said, _ := w.server.Message(slacktest.Channel, ev["ts"].(string))

	d, _, err = w.server.Shortcut(ctx, userID("Ana"), addShortcut, said)
	a, err := w.answer(ctx, "Ana", d, err)
	must(t, err)
	if a.Form == nil || a.Form.Fields[1].Value != "The lamp <broke> & more" {
		t.Fatalf("the form is %+v", a.Form)
	}
	_, err = w.Submit(ctx, "Ana", *a.Form, map[string]string{"text": a.Form.Fields[1].Value})
	must(t, err)
	if last := lastRun(w); last.Command != "add" || last.Arg("text") != "The lamp <broke> & more" {
		t.Errorf("the desk heard %+v", last)
	}

	d, _, err = w.server.Shortcut(ctx, userID("Ana"), factShortcut, said)
	_, err = w.answer(ctx, "Ana", d, err)
	must(t, err)
	if last := lastRun(w); last.Command != "fact" || last.Case != 7 || last.Arg("text") != "The lamp <broke> & more" {
		t.Errorf("the desk heard %+v", last)
	}

	elsewhere := w.server.Leave(slacktest.Message{Channel: slacktest.Channel, User: userID("Ana"), Text: "lunch?"})
	d, _, err = w.server.Shortcut(ctx, userID("Ana"), factShortcut, elsewhere)
	a, err = w.answer(ctx, "Ana", d, err)
	must(t, err)
	if !strings.Contains(a.Text, "in no case's thread") {
		t.Errorf("told %q", a.Text)
	}
}

func lastRun(w *world) bottest.Call {
	all := runs(w.desk)
	if len(all) == 0 {
		return bottest.Call{}
	}
	return all[len(all)-1]
}

func TestHome(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	w.desk.Answers("inbox", commands.Outcome{Text: "Waiting:", Items: []commands.Item{{Case: 11, Title: issueText, Note: "overdue"}}})
	w.desk.Answers("show", commands.Outcome{Text: "Here it is.", Show: 11})
	w.desk.SetCards(11, bot.Keyed{Key: "parent", Card: bottest.StoryCard(11)})
	w.desk.Opens("add", everyForm())
	ctx, _ := serving(t, w)
	_, err := w.server.OpenHome(ctx, userID("Ana"))
	must(t, err)
	must(t, w.idle(ctx))
	home, ok := w.server.Home(userID("Ana"))
	if !ok {
		t.Fatal("no Home tab")
	}
	elements := slacktest.Elements(home.Blocks())
	var show slacktest.Element
	for _, e := range elements {
		if strings.HasPrefix(e.Action, "show:") {
			show = e
		}
	}
	d, _, err := w.server.PressIn(ctx, userID("Ana"), home, show, nil)
	a, err := w.answer(ctx, "Ana", d, err)
	must(t, err)
	if !strings.Contains(a.Text, "Here it is.") || !strings.Contains(a.Text, "Walnut desk lamp") {
		t.Fatalf("shown is %q", a.Text)
	}
	// In the view that opened, buttons work too, and answer on top of it.
	v, _ := w.server.Modal(userID("Ana"))
	for _, e := range slacktest.Elements(v.Blocks()) {
		if strings.HasPrefix(e.Action, "approve:") {
			d, _, err := w.server.PressIn(ctx, userID("Ana"), v, e, nil)
			a, err := w.answer(ctx, "Ana", d, err)
			must(t, err)
			if !strings.Contains(a.Text, "Ana did approve on #11.") {
				t.Errorf("told %q", a.Text)
			}
		}
	}
	d, _, err = w.server.PressIn(ctx, userID("Ana"), home, elements[0], nil)
	a, err = w.answer(ctx, "Ana", d, err)
	must(t, err)
	if a.Form == nil {
		t.Errorf("the form to add a review did not open: %q", a.Text)
	}
}

// A mention outside of any case is a typed command; conversation elsewhere
// costs one look and reaches nobody.
func TestMentionsElsewhere(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	ctx, ref := serving(t, w)
	d, err := w.server.Say(ctx, userID("Ana"), slacktest.Channel, "", "inbox", true)
	a, err := w.answer(ctx, "Ana", d, err)
	must(t, err)
	if !strings.Contains(a.Text, "Ana did inbox") {
		t.Errorf("told %q", a.Text)
	}
	other := w.server.Leave(slacktest.Message{Channel: slacktest.Channel, User: userID("Ana"), Text: "lunch?"})
	looks := w.server.Calls("conversations.history")
	for range 3 {
		_, err := w.server.Say(ctx, userID("Ana"), slacktest.Channel, other.TS, "fact: soup", false)
		must(t, err)
		must(t, w.idle(ctx))
	}
	if n := w.server.Calls("conversations.history") - looks; n != 1 || len(w.desk.Heards()) != 0 {
		t.Errorf("%d looks, heard %v", n, w.desk.Heards())
	}
	// A restarted bot finds the case of a thread by its parent.
	w.bot.cases.Forget(ref)
	_, ts, _ := parseRef(ref)
	_, err = w.server.Say(ctx, userID("Ana"), slacktest.Channel, ts, "fact: it left on Monday", false)
	must(t, err)
	must(t, w.desk.Wait(ctx, func() bool { return len(w.desk.Heards()) == 1 }))
	if h := w.desk.Heards()[0]; h.Case != 7 {
		t.Errorf("heard %+v", h)
	}
}

func TestDoctor(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	bad := func() string {
		var out []string
		for _, f := range w.bot.Check(t.Context()) {
			if !f.OK {
				out = append(out, f.What+": "+f.Do)
			}
		}
		return strings.Join(out, "\n")
	}
	if got := bad(); got != "" {
		t.Fatalf("a good workspace is ill: %s", got)
	}
	for name, test := range map[string]struct {
		harm, heal func()
		want       string
	}{
		"scope":    {func() { w.server.SetScopes("chat:write", "channels:read") }, func() { w.server.SetScopes(scopeNames()...) }, "users:read"},
		"archived": {func() { w.server.Archive(slacktest.Channel) }, func() { w.server.Unarchive(slacktest.Channel) }, "archived"},
		"expelled": {func() { w.server.Expel(slacktest.Channel, slacktest.BotUser) }, func() { w.server.Invite(slacktest.Channel, slacktest.BotUser) }, "/invite"},
		"revoked":  {func() { w.server.Revoke("token_revoked") }, func() { w.server.Revoke("") }, "revoked"},
		"socket":   {func() { w.server.RefuseSockets("invalid_auth") }, func() { w.server.RefuseSockets("") }, "app token"},
		"missing":  {func() { w.bot.cfg.Channels = map[string]string{"de": "C0NOWHERE"} }, func() { w.bot.cfg.Channels = nil }, "C0NOWHERE"},
		"name":     {func() { w.bot.cfg.Channels = map[string]string{"de": "reviews-de"} }, func() { w.bot.cfg.Channels = nil }, "by name"},
	} {
		test.harm()
		if got := bad(); !strings.Contains(got, test.want) {
			t.Errorf("%s: doctor says %q", name, got)
		}
		test.heal()
		if got := bad(); got != "" {
			t.Errorf("%s: healed, doctor says %q", name, got)
		}
	}
}

func scopeNames() []string {
	var out []string
	for _, s := range Scopes {
		out = append(out, s.Name)
	}
	return out
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	_, err := New(Config{Mode: "pigeon", Command: "review"})
	for _, want := range []string{"xoxb-", "channel", "pigeon", "slash command", "desk"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
	for name, change := range map[string]func(*Config){
		"no app token":      func(c *Config) { c.AppToken = secret.Value{} },
		"a swapped token":   func(c *Config) { c.BotToken = secret.New("xapp-1") },
		"no signing secret": func(c *Config) { c.Mode, c.SigningSecrets = HTTP, nil },
		"an empty secret":   func(c *Config) { c.Mode, c.SigningSecrets = HTTP, []secret.Value{secret.New("")} },
	} {
		c := w.config()
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	c := w.config()
	c.HTTPClient, c.Now, c.Logger, c.APIURL = nil, nil, nil, ""
	b, err := New(c)
	must(t, err)
	if b.client.Timeout == 0 || b.apiURL != "https://slack.com/api/" {
		t.Error("defaults are missing")
	}
}
