package webconsole

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// notice is an answer for one person.
type notice struct {
	Text    string
	Refused bool
	Items   []commands.Item
	Link    *linkView
	Cards   []noteView
}

// sheet is what a person is asked before something happens: a form's fields,
// or only whether they mean it.
type sheet struct {
	At      where
	CSRF    string
	Unique  string
	Action  string // where it is sent
	Token   string
	Title   string
	Intro   string
	Submit  string
	Danger  bool
	Fields  []commands.Field
	Notice  *notice // why the last try did not work
	Note    int64
	Pressed string // for a question: the token it is about
}

// result is what an action leads to.
type result struct {
	notice *notice
	sheet  *sheet
	note   int64 // the note whose buttons were used: it is drawn anew
	fields []string
}

// press takes a button of a card: one of the three names carries its token.
func (c *Console) press(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	noteID, _ := parseRef(r.PostForm.Get("note")) // only says what to draw anew
	way, text := wayOf(r)
	token, err := commands.ParseToken(text)
	if err != nil {
		c.answer(w, r, v, at, result{notice: damaged(), note: noteID})
		return
	}
	if way == byAsk {
		c.answer(w, r, v, at, result{sheet: c.question(r, v, at, noteID, token), note: noteID})
		return
	}
	i := c.invocation(r, v, token, text)
	if way == byOpen {
		form, out := c.Desk.Form(r.Context(), i)
		if form != nil || out.Text != "" || out.Refused {
			c.answer(w, r, v, at, c.outcome(r, v, at, form, out, noteID))
			return
		}
	}
	c.answer(w, r, v, at, c.outcome(r, v, at, nil, c.Desk.Run(r.Context(), i), noteID))
}

func wayOf(r *http.Request) (way, token string) {
	for _, way := range []string{byPress, byOpen, byAsk} {
		if t, ok := r.PostForm[way]; ok && len(t) > 0 {
			return way, t[0]
		}
	}
	return byPress, ""
}

func damaged() *notice {
	return &notice{Refused: true, Text: "This button is damaged, so nothing was changed. Please load the page again."}
}

// invocation is a press with everything the desk wants to know of it. Its id
// is the same when the same form is sent again with the same content: a
// double click is one press.
func (c *Console) invocation(r *http.Request, v visitor, token commands.Token, content ...string) commands.Invocation {
	return commands.Invocation{
		Command: token.Command, Case: token.Case, Token: token, By: v.Person, Chat: name,
		ID: pressID(v, r.PostForm.Get("unique"), append(content, r.URL.Path)...),
	}
}

// pressID sums who pressed what in which drawn form. A form without its
// number, from a program or an older page, is a press of its own.
func pressID(v visitor, unique string, content ...string) string {
	if unique == "" || len(unique) > 64 {
		unique = random(16)
	}
	return review.DigestOf(append([]string{string(v.ID), unique}, content...)...).String()[:32]
}

// question asks once more before a press that readers will see.
func (c *Console) question(r *http.Request, v visitor, at where, noteID int64, token commands.Token) *sheet {
	s := &sheet{At: at, CSRF: v.csrf(), Unique: r.PostForm.Get("unique"), Action: "/press", Title: "Are you sure?", Submit: "Yes", Note: noteID, Pressed: token.String()}
	if b, ok := c.buttonOf(r, at, noteID, token); ok {
		s.Intro, s.Submit, s.Danger = b.Confirm, b.Label, b.Style == bot.Danger
	}
	return s
}

// buttonOf finds a button on the card that was pressed, if it is still there.
func (c *Console) buttonOf(r *http.Request, at where, noteID int64, token commands.Token) (bot.Button, bool) {
	n, ok := c.noteOf(r, at.Case, noteID)
	if !ok {
		return bot.Button{}, false
	}
	body, err := decode(n)
	if err != nil || body.Card == nil {
		return bot.Button{}, false
	}
	k := slices.IndexFunc(body.Card.Buttons, func(b bot.Button) bool { return b.Token == token })
	if k < 0 {
		return bot.Button{}, false
	}
	return body.Card.Buttons[k], true
}

// noteOf reads one note of a case's thread.
func (c *Console) noteOf(r *http.Request, caseID, id int64) (storage.Note, bool) {
	t, err := c.thread(r.Context(), caseID, 1<<62)
	if err != nil || id == 0 {
		return storage.Note{}, false
	}
	n := t.parent
	if n.ID != id {
		notes, err := c.Store.Notes(r.Context(), n.Channel, n.ID, id-1, 1)
		if err != nil || len(notes) == 0 || notes[0].ID != id {
			return storage.Note{}, false
		}
		n = notes[0]
	}
	if now, ok := t.missed.note(id); ok {
		n.Body = now.Body
	}
	return n, true
}

// fieldPrefix keeps a form's own fields apart from ours.
const fieldPrefix = "f."

// form takes a filled form.
func (c *Console) form(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	token, err := commands.ParseToken(r.PostForm.Get("token"))
	if err != nil {
		c.answer(w, r, v, at, result{notice: damaged()})
		return
	}
	content := []string{token.String()}
	args := map[string]string{}
	for key, values := range r.PostForm {
		if field, ok := strings.CutPrefix(key, fieldPrefix); ok && len(values) > 0 {
			// Browsers send line ends as CRLF (https://html.spec.whatwg.org/#multipart-form-data);
			// what was shown had LF.
			args[field] = strings.ReplaceAll(values[0], "\r\n", "\n")
		}
	}
	for _, field := range sortedKeys(args) {
		content = append(content, field, args[field])
	}
	i := c.invocation(r, v, token, content...)
	i.Args = args
	out := c.Desk.Run(r.Context(), i)
	res := c.outcome(r, v, at, nil, out, 0)
	if out.Refused && r.Header.Get("HX-Request") == "" {
		// Without JavaScript the form is gone from the page: what was typed
		// must not be.
		for _, field := range sortedKeys(args) {
			if args[field] != "" {
				res.fields = append(res.fields, args[field])
			}
		}
	}
	c.answer(w, r, v, at, res)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// command takes a typed line.
func (c *Console) command(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	line := strings.TrimSpace(r.PostForm.Get("line"))
	line = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "/review"), "/"))
	i, trouble := c.Desk.Parse(line)
	if trouble != nil {
		c.answer(w, r, v, at, c.outcome(r, v, at, nil, *trouble, 0))
		return
	}
	i.By, i.Chat = v.Person, name
	i.ID = pressID(v, r.PostForm.Get("unique"), "command", line)
	form, out := c.Desk.Form(r.Context(), i)
	if form == nil && out.Text == "" && !out.Refused {
		out = c.Desk.Run(r.Context(), i)
	}
	c.answer(w, r, v, at, c.outcome(r, v, at, form, out, 0))
}

// complete suggests how a typed line could go on.
func (c *Console) complete(w http.ResponseWriter, r *http.Request, v visitor) {
	line := strings.TrimPrefix(strings.TrimPrefix(r.URL.Query().Get("line"), "/review "), "/")
	if len(line) > 1000 {
		line = ""
	}
	c.draw(w, r, "completions", c.Desk.Complete(r.Context(), line, v.Person))
}

// maxSaid bounds a message in a thread, in characters.
const maxSaid = 4000

// say takes a message that a person writes in a case's thread.
func (c *Console) say(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	words := strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("words"), "\r\n", "\n"))
	text, asks := addressed(words)
	switch r.PostForm.Get("as") {
	case "wish":
		asks = true
	case "fact":
		text = "fact: " + text
	}
	t, err := c.thread(r.Context(), at.Case, 1<<62)
	switch {
	case err != nil:
		c.broken(w, r, err)
		return
	case t.parent.ID == 0:
		c.answer(w, r, v, at, result{notice: &notice{Refused: true, Text: "This case has no thread yet. It opens by itself in a moment."}})
		return
	case words == "" || len([]rune(words)) > maxSaid:
		c.answer(w, r, v, at, result{fields: []string{words}, notice: &notice{Refused: true, Text: fmt.Sprintf("A message has between 1 and %d characters.", maxSaid)}})
		return
	case v.Role < review.Responder:
		c.answer(w, r, v, at, result{fields: []string{words}, notice: &notice{Refused: true, Text: "Writing here needs a responder. Viewers read."}})
		return
	}
	id := pressID(v, r.PostForm.Get("unique"), "say", ref(at.Case), text)
	if err := c.keepWords(r.Context(), t.parent, "said-"+id, v.Name, note{Text: text, Asks: asks}); err != nil {
		c.broken(w, r, err)
		return
	}
	out, heard := c.Desk.Heard(r.Context(), bot.Heard{Case: at.Case, By: v.Person, Text: text, Mentioned: asks, ID: id, Chat: name})
	res := result{}
	if heard {
		res = c.outcome(r, v, at, nil, out, 0)
	}
	c.answer(w, r, v, at, res)
}

// keepWords puts a person's message into a thread. Sent twice with one key it
// stands there once.
func (c *Console) keepWords(ctx context.Context, parent storage.Note, key, author string, n note) error {
	body, err := encode(n)
	if err != nil {
		return err
	}
	_, err = c.Store.PutNote(ctx, storage.Note{Thread: parent.ID, Channel: parent.Channel, Key: key, Case: parent.Case, Author: author, Body: body, At: c.Now()})
	if err == nil {
		c.hub.wake()
	}
	return err
}

// outcome turns what the desk says into what the person sees.
func (c *Console) outcome(r *http.Request, v visitor, at where, form *commands.Form, out commands.Outcome, noteID int64) result {
	if form == nil {
		form = out.Form
	}
	res := result{note: noteID}
	if form != nil {
		res.sheet = &sheet{At: at, CSRF: v.csrf(), Unique: random(16), Action: "/form", Token: form.Token.String(),
			Title: form.Title, Intro: form.Intro, Submit: form.Submit, Fields: form.Fields}
		if out.Text != "" {
			res.sheet.Notice = &notice{Text: out.Text, Refused: out.Refused}
		}
		return res
	}
	n := &notice{Text: out.Text, Refused: out.Refused, Items: out.Items}
	if n.Text == "" && len(n.Items) == 0 && out.Show == 0 && out.Link == "" {
		n.Text = "Done."
	}
	if out.Link != "" {
		if l, ok := c.link(bot.Link{Label: "Open the page", URL: out.Link}, 0, at); ok {
			n.Link = &l
		}
	}
	if out.Show > 0 {
		n.Cards = c.current(r, v, at, out.Show)
	}
	res.notice = n
	return res
}

// current are the cards that matter of a case now: the last one with something
// to press, and if there is none, the parent.
func (c *Console) current(r *http.Request, v visitor, at where, id int64) []noteView {
	cards, err := c.Desk.Cards(r.Context(), id)
	if err != nil || len(cards) == 0 {
		return nil
	}
	show := cards[0].Card
	for _, k := range cards {
		if len(k.Card.Buttons) > 0 {
			show = k.Card
		}
	}
	at.Case = id
	return []noteView{{Case: id, At: at, CSRF: v.csrf(), Card: c.cardView(show, v, 0, at)}}
}

// answer shows a result: to htmx as parts of the page, else as the page that
// was pressed on with the answer on top.
func (c *Console) answer(w http.ResponseWriter, r *http.Request, v visitor, at where, res result) {
	if r.Header.Get("HX-Request") == "" {
		c.answerPage(w, r, v, at, res)
		return
	}
	h := w.Header()
	events := map[string]any{"look": true}
	if res.note > 0 && res.sheet == nil {
		events["look-"+ref(res.note)] = true // its buttons are drawn anew, for another press
	}
	if r.URL.Path == "/form" && res.sheet == nil && (res.notice == nil || !res.notice.Refused) || r.PostForm.Get("asked") != "" {
		events["closesheet"] = true
	}
	if res.notice == nil || !res.notice.Refused {
		events["done"] = r.URL.Path
	}
	trigger, err := json.Marshal(events)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	h.Set("HX-Trigger-After-Swap", string(trigger))
	part := answerPart{Unique: random(16), Notice: res.notice, Sheet: res.sheet}
	switch {
	case res.sheet != nil:
		h.Set("HX-Retarget", "#sheet-body")
		h.Set("HX-Reswap", "innerHTML")
	case r.URL.Path == "/form" && res.notice != nil && res.notice.Refused:
		h.Set("HX-Retarget", "#sheet-notice")
		h.Set("HX-Reswap", "innerHTML")
	}
	c.draw(w, r, "answer", part)
}

// answerPart is an answer for htmx.
type answerPart struct {
	Unique string
	Notice *notice
	Sheet  *sheet
}

func (c *Console) answerPage(w http.ResponseWriter, r *http.Request, v visitor, at where, res result) {
	p, err := c.deskPage(r.Context(), v, at)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	p.Sheet = res.sheet
	if res.notice != nil {
		p.Notices = append(p.Notices, *res.notice)
	}
	p.Kept = append(p.Kept, res.fields...)
	c.draw(w, r, "desk", p)
}
