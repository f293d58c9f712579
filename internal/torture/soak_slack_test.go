package torture

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
)

// workspace is a Slack for a soak. slacktest judges every block and keeps every
// message whole, which is too much for some hundred thousand of them on the
// machine that is measured. This one answers the same calls, keeps of a message
// what can be pressed and what the checker counts, and lets slacktest judge one
// in a hundred.
type workspace struct {
	url string

	mu      sync.Mutex
	rng     *rand.Rand
	seq     int
	bodies  int                  // of messages, to judge some
	notes   map[string]*note     // by timestamp
	parents []*note              // the newest last
	threads map[string][]*note   // by the parent's timestamp
	wanted  map[string]bool      // shelves that anybody looks at
	shelves map[string][]element // buttons that stood or stand, by what they do
	old     []element            // pressed by people who did not see the card change
	issued  map[string]trigger
	views   map[string]*sheetOpen
	waiting []*sheetOpen // forms that somebody fills in
	calls   map[string]int
	wrong   []string
	weather slackWeather
}

// slackWeather is what befalls calls that post or update.
type slackWeather struct {
	slow, limited time.Time // until then calls take long, and are answered with 429
	lose, breakup int       // so many answers are lost, so many calls answered with 500
}

// note is a message of the program.
type note struct {
	ts, thread, place string
	id                int64 // of the case
	version           int   // counts redraws
	buttons           int
	draft             string // words to be posted by hand or looked for
}

// element is what can be pressed on a version of a note.
type element struct {
	note                 *note
	version              int
	block, action, value string
	option               bool // chosen from a list
}

// trigger opens a form for who pressed.
type trigger struct {
	by   string
	at   time.Time
	id   int64  // of the case
	text string // the words on the card
}

// sheetOpen is a form that somebody sees.
type sheetOpen struct {
	ID   string
	from trigger
	body view
}

// view is what a soak reads of a view, as Slack has it.
type view struct {
	Callback string  `json:"callback_id"`
	Metadata string  `json:"private_metadata"`
	Blocks   []block `json:"blocks"`
}

type block struct {
	Type     string `json:"type"`
	ID       string `json:"block_id"`
	Elements []part `json:"elements"`
	Element  *part  `json:"element"`
}

type part struct {
	Type    string          `json:"type"`
	Action  string          `json:"action_id"`
	Value   string          `json:"value"`
	Initial string          `json:"initial_value"`
	Text    json.RawMessage `json:"text"`
	Parts   []part          `json:"elements"`
	Options []struct {
		Value string `json:"value"`
	} `json:"options"`
}

func newWorkspace(t *testing.T, seed uint64) *workspace {
	t.Helper()
	s := &workspace{
		rng: rand.New(rand.NewPCG(seed, 31)), notes: map[string]*note{}, threads: map[string][]*note{}, shelves: map[string][]element{},
		wanted: wanted(), issued: map[string]trigger{}, views: map[string]*sheetOpen{}, calls: map[string]int{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{method}", s.serve)
	mux.HandleFunc("POST /response/{id}", func(_ http.ResponseWriter, r *http.Request) {
		s.count("response_url")
		drained(r.Body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *workspace) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[what]++
}

// fail notes what Slack would not have liked. With the lock held.
func (s *workspace) fail(format string, args ...any) {
	const enough = 20
	if len(s.wrong) < enough {
		s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	}
}

// arguments of a call, from a form or from JSON; a value that is no string
// stays JSON.
func arguments(r *http.Request) (map[string]string, error) {
	out := map[string]string{}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err := r.ParseForm()
		for k := range r.Form {
			out[k] = r.Form.Get(k)
		}
		return out, err
	}
	var raw map[string]json.RawMessage
	err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&raw)
	for k, v := range raw {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		out[k] = s
	}
	return out, err
}

const quickAnswer, slowAnswer = 3 * time.Millisecond, 300 * time.Millisecond

func (s *workspace) serve(w http.ResponseWriter, r *http.Request) {
	a, err := arguments(r)
	if err != nil || r.Header.Get("Authorization") != "Bearer "+slacktest.BotToken && a["token"] != slacktest.BotToken {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	method, received := r.PathValue("method"), time.Now()
	s.mu.Lock()
	s.calls[method]++
	pause := quickAnswer
	if received.Before(s.weather.slow) {
		pause = slowAnswer
	}
	lost := false
	if method == "chat.postMessage" || method == "chat.update" {
		switch {
		case received.Before(s.weather.limited):
			s.calls["429"]++
			s.mu.Unlock()
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"ok":false,"error":"ratelimited"}`, http.StatusTooManyRequests)
			return
		case s.weather.breakup > 0:
			s.weather.breakup--
			s.calls["500"]++
			s.mu.Unlock()
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		case s.weather.lose > 0:
			s.weather.lose--
			s.calls["lost"]++
			lost = true
		}
	}
	answer, refused := s.do(method, a, received)
	s.mu.Unlock()
	_ = rest(r.Context(), pause)
	if lost {
		panic(http.ErrAbortHandler) // the connection breaks before the answer
	}
	if answer == nil {
		answer = map[string]any{}
	}
	answer["ok"] = refused == ""
	if refused != "" {
		answer["error"] = refused
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// do is the Web API. With the lock held.
func (s *workspace) do(method string, a map[string]string, at time.Time) (answer map[string]any, refused string) {
	switch method {
	case "auth.test":
		return map[string]any{"team_id": slacktest.Team, "user_id": slacktest.BotUser, "bot_id": slacktest.BotID, "user": "evenkeel", "team": "Acme"}, ""
	case "users.info":
		id := a["user"]
		return map[string]any{"user": map[string]any{"id": id, "team_id": slacktest.Team, "name": strings.ToLower(id), "real_name": id, "is_admin": isLead(id)}}, ""
	case "chat.postMessage":
		return s.post(a)
	case "chat.update":
		n := s.notes[a["ts"]]
		if n == nil {
			return nil, "message_not_found"
		}
		s.draw(n, a["blocks"])
		return map[string]any{"channel": slacktest.Channel, "ts": n.ts, "text": ""}, ""
	case "chat.postEphemeral":
		return map[string]any{"message_ts": s.stamp()}, ""
	case "conversations.history":
		return s.page(s.parents, a), ""
	case "conversations.replies":
		parent := s.notes[a["ts"]]
		if parent == nil {
			return nil, "thread_not_found"
		}
		return s.page(append([]*note{parent}, s.threads[parent.ts]...), a), ""
	case "views.open", "views.push":
		return s.open(a, at)
	case "views.update":
		v := s.views[a["view_id"]]
		if v == nil {
			return nil, "not_found"
		}
		return s.show(v, a["view"])
	}
	s.fail("the program called %s", method)
	return nil, "unknown_method"
}

func (s *workspace) stamp() string {
	s.seq++
	return fmt.Sprintf("%d.%06d", time.Now().Unix(), s.seq%1_000_000)
}

func (s *workspace) post(a map[string]string) (map[string]any, string) {
	var meta struct {
		Payload struct {
			Place string `json:"place"`
			Case  int64  `json:"case"`
		} `json:"event_payload"`
	}
	if err := json.Unmarshal([]byte(a["metadata"]), &meta); err != nil && a["channel"] == slacktest.Channel {
		s.fail("a card without a name was posted: %v", err)
	}
	n := &note{ts: s.stamp(), thread: a["thread_ts"], place: meta.Payload.Place, id: meta.Payload.Case}
	s.notes[n.ts] = n
	if n.thread != "" {
		s.threads[n.thread] = append(s.threads[n.thread], n)
	} else {
		s.parents = append(s.parents, n)
	}
	s.draw(n, a["blocks"])
	message := map[string]any{"ts": n.ts, "user": slacktest.BotUser, "bot_id": slacktest.BotID}
	if n.thread != "" {
		message["thread_ts"] = n.thread
	}
	return map[string]any{"channel": a["channel"], "ts": n.ts, "message": message}, ""
}

// looksAtWords are the buttons that somebody presses with a look at the words.
var looksAtWords = map[string]bool{"posted": true, "up": true}

// judged is how many messages go unjudged for one that slacktest looks at.
const judged = 100

// maxOld bounds the buttons that are remembered for late presses.
const maxOld = 500

// draw takes a card's blocks. With the lock held.
func (s *workspace) draw(n *note, raw string) {
	var blocks []block
	if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
		s.fail("blocks of %s: %v", n.place, err)
	}
	if s.bodies++; s.bodies%judged == 1 {
		var whole []map[string]any
		if err := json.Unmarshal([]byte(raw), &whole); err == nil {
			if err := slacktest.JudgeBlocks(whole); err != nil {
				s.fail("Slack would refuse %s: %v", n.place, err)
			}
		}
	}
	n.version++
	n.buttons = 0
	words := ""
	for _, b := range blocks {
		switch b.Type {
		case "actions":
			for _, e := range b.Elements {
				s.shelve(n, b.ID, e)
			}
		case "rich_text":
			if words == "" {
				words = quoted(b)
			}
		}
	}
	n.draft = ""
	for _, b := range blocks {
		for _, p := range b.Elements {
			if looksAtWords[shelfOf(p.Value)] {
				n.draft = words
			}
		}
	}
}

// quoted are the words of a block's quote, "" without.
func quoted(b block) string {
	var out strings.Builder
	for _, e := range b.Elements {
		if e.Type != "rich_text_quote" {
			continue
		}
		for _, p := range e.Parts {
			var s string
			if json.Unmarshal(p.Text, &s) == nil {
				out.WriteString(s)
			}
		}
	}
	return out.String()
}

// shelve puts a button where people look for it, and of a list one choice.
func (s *workspace) shelve(n *note, id string, p part) {
	n.buttons++
	e := element{note: n, version: n.version, block: id, action: p.Action, value: p.Value}
	if len(p.Options) > 0 {
		e.value, e.option = p.Options[s.rng.IntN(len(p.Options))].Value, true
	}
	shelf := shelfOf(e.value)
	if e.option && shelf != "goal" {
		shelf = "menu"
	}
	if s.wanted[shelf] {
		s.shelves[shelf] = append(s.shelves[shelf], e)
	}
	if len(s.old) < maxOld {
		s.old = append(s.old, e)
	} else if s.rng.IntN(50) == 0 {
		s.old[s.rng.IntN(maxOld)] = e
	}
}

// shelfOf is what a button does, and for a verdict which.
func shelfOf(token string) string {
	f := strings.SplitN(token, "|", 5)
	if len(f) == 5 && f[0] == "verdict" {
		return f[0] + ":" + f[4]
	}
	return f[0]
}

// take gives a button of a kind that still stands. Half of those that are
// pressed stay for somebody else to press too; Slack's cards change after the
// program has answered, not before. With the lock held.
func (s *workspace) take(shelf string) (element, bool) {
	all := s.shelves[shelf]
	for len(all) > 0 {
		i := s.rng.IntN(len(all))
		e := all[i]
		stands := e.version == e.note.version
		if !stands || s.rng.IntN(2) == 0 {
			all[i] = all[len(all)-1]
			all[len(all)-1] = element{}
			all = all[:len(all)-1]
			s.shelves[shelf] = all
		}
		if stands {
			return e, true
		}
	}
	return element{}, false
}

// page is a list of messages as the bot reads it, the newest first.
func (s *workspace) page(all []*note, a map[string]string) map[string]any {
	limit, _ := strconv.Atoi(a["limit"])
	from, _ := strconv.Atoi(a["cursor"])
	list := []map[string]any{}
	for i := from; i < min(len(all), from+limit); i++ {
		n := all[len(all)-1-i]
		list = append(list, map[string]any{"ts": n.ts, "thread_ts": n.thread, "user": slacktest.BotUser, "bot_id": slacktest.BotID,
			"metadata": map[string]any{"event_type": "evenkeel_card", "event_payload": map[string]any{"place": n.place, "case": n.id}}})
	}
	out := map[string]any{"messages": list}
	if from+limit < len(all) {
		out["response_metadata"] = map[string]any{"next_cursor": strconv.Itoa(from + limit)}
	}
	return out
}

// triggerLife is how long a press can open a form.
const triggerLife = 3 * time.Second

func (s *workspace) open(a map[string]string, at time.Time) (map[string]any, string) {
	t, ok := s.issued[a["trigger_id"]]
	delete(s.issued, a["trigger_id"])
	switch {
	case !ok:
		return nil, "exchanged_trigger_id"
	case at.Sub(t.at) > triggerLife:
		s.calls["late form"]++
		return nil, "expired_trigger_id"
	}
	s.seq++
	return s.show(&sheetOpen{ID: fmt.Sprintf("V%08d", s.seq), from: t}, a["view"])
}

// maxForms bounds the forms that lie open; the oldest is closed unfilled.
const maxForms = 200

func (s *workspace) show(v *sheetOpen, raw string) (map[string]any, string) {
	fresh := view{}
	if err := json.Unmarshal([]byte(raw), &fresh); err != nil {
		s.fail("a view: %v", err)
		return nil, "invalid_arguments"
	}
	v.body = fresh
	s.views[v.ID] = v
	if fresh.Callback == "form" {
		s.waiting = append(s.waiting, v)
	}
	if len(s.views) > 2*maxForms { // what was only to be read
		for id, other := range s.views {
			if other.body.Callback != "form" && other != v {
				delete(s.views, id)
			}
		}
	}
	if len(s.waiting) > maxForms {
		delete(s.views, s.waiting[0].ID)
		s.waiting = s.waiting[1:]
	}
	return map[string]any{"view": map[string]any{"id": v.ID, "hash": "h" + v.ID, "type": "modal"}}, ""
}
