package torture

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
)

// wheel says what people do in Slack, and how often: parts of fifty. Shelves
// with a stroke between them are tried in this order.
var wheel = []struct {
	parts int
	what  string
}{
	{8, "take"}, {3, "verdict:reply"}, {3, "verdict:none"}, {1, "verdict:thank"}, {1, "draft"}, {5, "approve"}, {3, "posted"},
	{1, "edit"}, {1, "fact"}, {1, "ask"}, {1, "spreading"}, {1, "goal"}, {1, "menu"},
	{1, "up|rework|release|reopen|redo|waive"},
	{7, "form"}, {10, "command"}, {2, "old"},
}

// wanted are the shelves that anybody ever looks at.
func wanted() map[string]bool {
	out := map[string]bool{"notup": true}
	for _, w := range wheel {
		for shelf := range strings.SplitSeq(w.what, "|") {
			out[shelf] = true
		}
	}
	return out
}

// staff are the people in Slack; those who are admins there are leads.
const (
	staff = 12
	leads = 5
)

func isLead(id string) bool {
	var n int
	_, err := fmt.Sscanf(id, "USOAK%d", &n)
	return err == nil && n < leads
}

// clicks makes what people in Slack send, one thing after the other.
type clicks struct {
	slack  *workspace
	posted func(id int64, text string) // somebody puts a reply up by hand
	isUp   func(text string) bool      // somebody looks at the platform

	mu     sync.Mutex
	rng    *rand.Rand
	seq    int
	scribe *person // writes replies
	did    map[string]int
}

func newClicks(s *workspace, seed uint64) *clicks {
	return &clicks{slack: s, rng: rand.New(rand.NewPCG(seed, 37)), did: map[string]int{},
		scribe: &person{rng: rand.New(rand.NewPCG(seed, 41)), did: map[string]bool{}}}
}

// click is one signed request.
type click struct {
	kind, path string
	body       []byte
}

// next is what somebody does now. What cannot be done, because no card asks for
// it, makes way for a command.
func (c *clicks) next() click {
	c.mu.Lock()
	defer c.mu.Unlock()
	turn := c.rng.IntN(50)
	what := ""
	for _, w := range wheel {
		if turn -= w.parts; turn < 0 {
			what = w.what
			break
		}
	}
	var out click
	ok := false
	switch what {
	case "form":
		out, ok = c.form()
	case "old":
		out, ok = c.late()
	case "command":
	default:
		out, ok = c.press(what)
	}
	if !ok {
		what, out = "command", c.command()
	}
	c.did[what]++
	return out
}

func (c *clicks) who(what string) string {
	if what == "approve" && c.rng.IntN(8) > 0 { // now and then somebody tries who may not
		return fmt.Sprintf("USOAK%d", c.rng.IntN(leads))
	}
	return fmt.Sprintf("USOAK%d", c.rng.IntN(staff))
}

func (c *clicks) press(shelves string) (click, bool) {
	c.slack.mu.Lock()
	defer c.slack.mu.Unlock()
	for shelf := range strings.SplitSeq(shelves, "|") {
		e, ok := c.slack.take(shelf)
		if !ok {
			continue
		}
		if shelf == "up" && !c.isUp(e.note.draft) {
			other, found := c.slack.beside(e, "notup")
			if !found {
				continue
			}
			e = other
		}
		return c.pressed(shelf, e), true
	}
	return click{}, false
}

// beside is another button on the same card. With the lock held.
func (s *workspace) beside(e element, shelf string) (element, bool) {
	i := slices.IndexFunc(s.shelves[shelf], func(o element) bool { return o.note == e.note && o.version == o.note.version })
	if i < 0 {
		return e, false
	}
	return s.shelves[shelf][i], true
}

// late presses a button that stood on a card some time.
func (c *clicks) late() (click, bool) {
	c.slack.mu.Lock()
	defer c.slack.mu.Unlock()
	if len(c.slack.old) == 0 {
		return click{}, false
	}
	return c.pressed("old", c.slack.old[c.rng.IntN(len(c.slack.old))]), true
}

// padding stands for the blocks of the message that Slack sends with a press.
var padding = json.RawMessage(`[` + strings.Repeat(`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"The parcel came late."}]}]},`, 25) + `{"type":"divider"}]`)

// pressed is the delivery of a press. With the workspace's lock held.
func (c *clicks) pressed(what string, e element) click {
	c.seq++
	by, n := c.who(what), e.note
	trigger := c.trigger(by, n)
	action := map[string]any{"type": "button", "block_id": e.block, "action_id": e.action, "action_ts": fmt.Sprintf("%d.%06d", time.Now().Unix(), c.seq%1_000_000)}
	if e.option {
		action["type"], action["selected_option"] = "static_select", map[string]any{"value": e.value}
	} else {
		action["value"] = e.value
	}
	return interaction("press", map[string]any{
		"type": "block_actions", "team": map[string]any{"id": slacktest.Team}, "user": user(by), "api_app_id": slacktest.App,
		"trigger_id": trigger, "response_url": c.slack.url + "/response/" + trigger,
		"channel":   map[string]any{"id": slacktest.Channel, "name": "reviews"},
		"container": map[string]any{"type": "message", "message_ts": n.ts, "thread_ts": n.thread, "channel_id": slacktest.Channel},
		"message":   map[string]any{"ts": n.ts, "thread_ts": n.thread, "text": "A card", "blocks": padding},
		"actions":   []any{action},
	})
}

func user(id string) map[string]any {
	return map[string]any{"id": id, "username": strings.ToLower(id), "name": strings.ToLower(id), "team_id": slacktest.Team}
}

func interaction(kind string, payload map[string]any) click {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // only strings and maps
	}
	return click{kind: kind, path: "/slack/interactive", body: []byte(url.Values{"payload": {string(b)}}.Encode())}
}

// maxIssued bounds the triggers that nothing was opened with.
const maxIssued = 2000

// trigger issues one. With the workspace's lock held.
func (c *clicks) trigger(by string, n *note) string {
	t := trigger{by: by, at: time.Now()}
	if n != nil {
		t.id, t.text = n.id, n.draft
	}
	if len(c.slack.issued) > maxIssued {
		for id, old := range c.slack.issued {
			if t.at.Sub(old.at) > triggerLife {
				delete(c.slack.issued, id)
			}
		}
	}
	id := fmt.Sprintf("trigger.%d", c.seq)
	c.slack.issued[id] = t
	return id
}

// form fills in and sends the form that has been open longest.
func (c *clicks) form() (click, bool) {
	c.slack.mu.Lock()
	defer c.slack.mu.Unlock()
	if len(c.slack.waiting) == 0 {
		return click{}, false
	}
	v := c.slack.waiting[0]
	c.slack.waiting = c.slack.waiting[1:]
	delete(c.slack.views, v.ID)
	var meta struct {
		Token string `json:"t"`
	}
	if err := json.Unmarshal([]byte(v.body.Metadata), &meta); err != nil {
		c.slack.fail("a form's metadata: %v", err)
	}
	values := map[string]any{}
	for _, b := range v.body.Blocks {
		if b.Type == "input" && b.Element != nil {
			values[b.ID] = map[string]any{b.Element.Action: c.filled(b, v.from.id)}
		}
	}
	if shelfOf(meta.Token) == "posted" {
		c.posted(v.from.id, v.from.text)
	}
	c.seq++
	return interaction("form", map[string]any{
		"type": "view_submission", "team": map[string]any{"id": slacktest.Team}, "user": user(v.from.by), "api_app_id": slacktest.App,
		"trigger_id": c.trigger(v.from.by, nil),
		"view": map[string]any{"id": v.ID, "hash": "h" + v.ID, "type": "modal", "callback_id": v.body.Callback,
			"private_metadata": v.body.Metadata, "state": map[string]any{"values": values}},
	}), true
}

// filled is what somebody enters into an input.
func (c *clicks) filled(b block, id int64) map[string]any {
	e := b.Element
	switch {
	case len(e.Options) > 0:
		return map[string]any{"type": e.Type, "selected_option": map[string]any{"value": e.Options[c.rng.IntN(len(e.Options))].Value}}
	case e.Type == "datepicker":
		return map[string]any{"type": e.Type, "selected_date": time.Now().AddDate(0, 0, 7).Format(time.DateOnly)}
	case e.Type == "number_input":
		return map[string]any{"type": e.Type, "value": "1"}
	case e.Initial != "" || strings.HasPrefix(b.ID, "f:0:text") && e.Type == "plain_text_input" && c.rng.IntN(2) == 0:
		return map[string]any{"type": e.Type, "value": c.scribe.compose(id)}
	}
	return map[string]any{"type": e.Type, "value": "The parcel left us on Monday, and the courier says so too."}
}

// command types something.
func (c *clicks) command() click {
	c.slack.mu.Lock()
	defer c.slack.mu.Unlock()
	c.seq++
	id := int64(1)
	if n := len(c.slack.parents); n > 0 {
		id = max(1, c.slack.parents[c.rng.IntN(n)].id)
	}
	lines := []string{
		"inbox", "inbox mine", "help", "help fact", "whoami", "search lamp",
		"show %d", "show %d", "show %d", "audit %d", "take %d", "take %d", "fact %d The parcel left us on Monday",
	}
	line := lines[c.rng.IntN(len(lines))]
	if c.rng.IntN(50) == 0 { // what looks through everything is asked a few times a minute
		line = []string{"overdue", "stats"}[c.rng.IntN(2)]
	}
	if strings.Contains(line, "%d") {
		line = fmt.Sprintf(line, id)
	}
	by := c.who("command")
	trigger := c.trigger(by, nil)
	form := url.Values{
		"team_id": {slacktest.Team}, "channel_id": {slacktest.Channel}, "channel_name": {"reviews"}, "user_id": {by}, "user_name": {strings.ToLower(by)},
		"command": {"/review"}, "text": {line}, "api_app_id": {slacktest.App}, "response_url": {c.slack.url + "/response/" + trigger}, "trigger_id": {trigger},
	}
	return click{kind: "command", path: "/slack/command", body: []byte(form.Encode())}
}
