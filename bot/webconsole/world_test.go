package webconsole

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// world is the console behind a real HTTP server, with a browser for each
// person. With htmx set the browsers send what htmx sends, else plain forms.
type world struct {
	t       *testing.T
	console *Console
	store   *memory // nil when another store is under the console
	tap     *tap
	server  *httptest.Server
	htmx    bool

	mu     sync.Mutex
	people map[string]*browser
}

// browser is one person's browser: a cookie jar and the form sent last.
type browser struct {
	*http.Client
	last     string // address
	lastForm url.Values
}

func newWorld(t *testing.T, desk bot.Front, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, store: newMemory(), people: map[string]*browser{}}
	w.open(t, w.store, desk, change)
	return w
}

func (w *world) open(t *testing.T, store Store, desk bot.Front, change func(*Config)) {
	t.Helper()
	w.tap = newTap(store)
	mux := http.NewServeMux()
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	cfg := Config{Desk: desk, Store: w.tap, Logger: slog.New(slog.NewTextHandler(testLog{t}, nil)), BaseURL: w.server.URL}
	if change != nil {
		change(&cfg)
	}
	var err error
	if w.console, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", w.console)
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func (w *world) Chat() bot.Chat { return w.console }

func (w *world) Join(ctx context.Context, who string, role review.Role) error {
	link, err := Invite(ctx, w.tap, Invitation{Name: who, Role: role, BaseURL: w.server.URL, Now: time.Now()})
	if err != nil {
		return err
	}
	return w.enter(ctx, who, link)
}

// enter opens an invitation's link in a browser of its own and signs in.
func (w *world) enter(ctx context.Context, who, link string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	b := &browser{Client: &http.Client{Jar: jar}}
	doc, err := w.get(ctx, b, link)
	if err != nil {
		return err
	}
	form := first(doc, byTag("form"))
	if form == nil {
		return fmt.Errorf("the invitation shows %q", read(doc))
	}
	w.mu.Lock()
	w.people[who] = b
	w.mu.Unlock()
	_, err = w.send(ctx, b, attr(form, "action"), values(form, nil), true)
	return err
}

func (w *world) person(who string) (*browser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, ok := w.people[who]
	if !ok {
		return nil, fmt.Errorf("%s has not joined", who)
	}
	return b, nil
}

func (w *world) get(ctx context.Context, b *browser, address string) (*html.Node, error) {
	if strings.HasPrefix(address, "/") {
		address = w.server.URL + address
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return w.do(b, req)
}

func (w *world) do(b *browser, req *http.Request) (*html.Node, error) {
	resp, err := b.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 500 {
		return nil, fmt.Errorf("%s answers %s", req.URL.Path, resp.Status)
	}
	return html.Parse(resp.Body)
}

// send sends a form as the browser would.
func (w *world) send(ctx context.Context, b *browser, path string, form url.Values, plain bool) (*html.Node, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", w.server.URL)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if w.htmx && !plain {
		req.Header.Set("HX-Request", "true")
	}
	w.mu.Lock()
	b.last, b.lastForm = path, form
	w.mu.Unlock()
	return w.do(b, req)
}

// values are a form's successful controls, then changed.
func values(form *html.Node, change url.Values) url.Values {
	v := url.Values{}
	for _, f := range find(form, func(n *html.Node) bool { return hasAttr(n, "name") }) {
		switch f.Data {
		case "input":
			v.Set(attr(f, "name"), attr(f, "value"))
		case "textarea":
			v.Set(attr(f, "name"), content(f))
		case "select":
			v.Set(attr(f, "name"), selected(f))
		}
	}
	for k := range change {
		v[k] = change[k]
	}
	return v
}

// content is a textarea's value: the parser has dropped the first newline.
func content(n *html.Node) string {
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(c.Data)
	}
	return b.String()
}

func selected(n *html.Node) string {
	for _, o := range find(n, byTag("option")) {
		if hasAttr(o, "selected") {
			return attr(o, "value")
		}
	}
	return ""
}

// anyone is a browser of somebody who only looks.
func (w *world) anyone(ctx context.Context) (*browser, error) {
	if b, err := w.person("Onlooker"); err == nil {
		return b, nil
	}
	if err := w.Join(ctx, "Onlooker", review.Viewer); err != nil {
		return nil, err
	}
	return w.person("Onlooker")
}

// article fetches the page of a note's case and finds the note in it.
func (w *world) article(ctx context.Context, b *browser, ref string) (page, article *html.Node, err error) {
	n, err := w.tap.note(ref)
	if err != nil {
		return nil, nil, err
	}
	page, err = w.get(ctx, b, fmt.Sprintf("/case/%d", n.Case))
	if err != nil {
		return nil, nil, err
	}
	if slot := first(page, byID("note-"+ref)); slot != nil {
		article = first(slot, byClass("note"))
	}
	if article == nil {
		return nil, nil, fmt.Errorf("note %s is not on its page: %s", ref, read(page))
	}
	return page, article, nil
}

func (w *world) See(ctx context.Context, ref string) (bottest.Seen, error) {
	b, err := w.anyone(ctx)
	if err != nil {
		return bottest.Seen{}, err
	}
	_, article, err := w.article(ctx, b, ref)
	if err != nil {
		return bottest.Seen{}, err
	}
	seen := seenCard(article)
	// The console calls nobody: it has neither sound nor notification.
	seen.Silent = true
	n, err := w.tap.note(ref)
	if n.Thread != 0 {
		seen.Parent = fmt.Sprint(n.Thread)
	}
	return seen, err
}

func (w *world) Standing(ctx context.Context, at bot.Place) ([]string, error) {
	n, err := w.tap.NoteByKey(ctx, at.ID()) // of which there is one: the key is unique
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return []string{ref(n.ID)}, err
}

func (w *world) Delete(_ context.Context, ref string) error {
	n, err := w.tap.note(ref)
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	w.tap.gone[n.ID] = true
	return err
}

func (w *world) Press(ctx context.Context, who, ref, token string) (bottest.Answer, error) {
	b, err := w.person(who)
	if err != nil {
		return bottest.Answer{}, err
	}
	_, article, err := w.article(ctx, b, ref)
	if err != nil {
		return bottest.Answer{}, err
	}
	form := first(article, byClass("buttons"))
	way := "press" // a forged button
	for _, n := range find(form, byTag("button")) {
		if attr(n, "value") == token {
			way = attr(n, "name")
		}
	}
	doc, err := w.send(ctx, b, attr(form, "action"), values(form, url.Values{way: {token}}), false)
	if err != nil {
		return bottest.Answer{}, err
	}
	if sure := first(doc, func(n *html.Node) bool { return attr(n, "name") == "asked" }); sure != nil {
		form := sure.Parent // the question's own form: yes
		doc, err = w.send(ctx, b, attr(form, "action"), values(form, nil), false)
	}
	return answerOf(doc), err
}

func (w *world) Choose(ctx context.Context, who, ref, token, value string) (bottest.Answer, error) {
	t, err := commands.ParseToken(token)
	if err != nil {
		return bottest.Answer{}, err
	}
	t.Arg = value
	return w.Press(ctx, who, ref, t.String())
}

func (w *world) Redeliver(ctx context.Context, who string) (bottest.Answer, error) {
	b, err := w.person(who)
	if err != nil {
		return bottest.Answer{}, err
	}
	doc, err := w.send(ctx, b, b.last, b.lastForm, false)
	return answerOf(doc), err
}

func (w *world) Submit(ctx context.Context, who string, form bottest.SeenForm, args map[string]string) (bottest.Answer, error) {
	b, err := w.person(who)
	if err != nil {
		return bottest.Answer{}, err
	}
	node, ok := form.Handle.(*html.Node)
	if !ok {
		return bottest.Answer{}, errors.New("not a form of this world")
	}
	change := url.Values{}
	for k, v := range args {
		change.Set(fieldPrefix+k, strings.ReplaceAll(v, "\n", "\r\n")) // as browsers send it
	}
	doc, err := w.send(ctx, b, attr(node, "action"), values(node, change), false)
	return answerOf(doc), err
}

func (w *world) Type(ctx context.Context, who, line string) (bottest.Answer, error) {
	b, err := w.person(who)
	if err != nil {
		return bottest.Answer{}, err
	}
	page, err := w.get(ctx, b, "/")
	if err != nil {
		return bottest.Answer{}, err
	}
	form := first(page, byClass("command"))
	doc, err := w.send(ctx, b, attr(form, "action"), values(form, url.Values{"line": {line}}), false)
	return answerOf(doc), err
}

func (w *world) Complete(ctx context.Context, who, line string) ([]string, bool, error) {
	b, err := w.person(who)
	if err != nil {
		return nil, true, err
	}
	doc, err := w.get(ctx, b, "/complete?"+url.Values{"line": {line}}.Encode())
	if err != nil {
		return nil, true, err
	}
	var out []string
	for _, o := range find(doc, func(n *html.Node) bool { return attr(n, "role") == "option" }) {
		out = append(out, attr(o, "data-value"))
	}
	return out, true, nil
}

func (w *world) Say(ctx context.Context, who, parent, text string, mention bool) (bottest.Answer, error) {
	b, err := w.person(who)
	if err != nil {
		return bottest.Answer{}, err
	}
	page, _, err := w.article(ctx, b, parent)
	if err != nil {
		return bottest.Answer{}, err
	}
	if mention {
		text = "@evenkeel " + text
	}
	form := first(page, byClass("say"))
	doc, err := w.send(ctx, b, attr(form, "action"), values(form, url.Values{"words": {text}, "as": {"note"}}), false)
	return answerOf(doc), err
}

func (w *world) Faults() []bottest.Fault { return []bottest.Fault{bottest.LostAnswer} }

func (w *world) Fail(bottest.Fault) {
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	w.tap.lose = true
}

// answerOf reads the answer in a page or in what htmx would swap in.
func answerOf(doc *html.Node) bottest.Answer {
	var a bottest.Answer
	if doc == nil {
		return a
	}
	a.Private = true // it came back to this browser; the suite looks at the cards for leaks
	var texts []string
	for _, n := range find(doc, byClass("notice")) {
		texts = append(texts, read(first(n, byClass("notice-text"))))
		for _, l := range links(n) {
			if !strings.HasPrefix(l.URL, "/") { // leads within the console
				a.Links = append(a.Links, l)
			}
		}
	}
	if trouble := first(doc, byClass("sheetlike")); trouble != nil { // a page of its own says what is wrong
		texts = append(texts, read(first(trouble, byTag("p"))))
	}
	a.Text = strings.Join(texts, "\n")
	if title := first(doc, byID("sheet-title")); title != nil {
		a.Form = seenForm(title.Parent)
	}
	return a
}

func seenForm(form *html.Node) *bottest.SeenForm {
	f := &bottest.SeenForm{Title: read(first(form, byTag("h2"))), Submit: read(first(form, byClass("btn"))), Handle: form}
	if intro := first(form, byClass("intro")); intro != nil {
		f.Intro = read(intro)
	}
	for _, n := range find(form, byClass("field")) {
		f.Fields = append(f.Fields, seenField(n))
	}
	return f
}

func seenField(n *html.Node) bottest.SeenField {
	control := first(n, func(e *html.Node) bool { return strings.HasPrefix(attr(e, "name"), fieldPrefix) })
	f := bottest.SeenField{Name: strings.TrimPrefix(attr(control, "name"), fieldPrefix), Optional: !hasAttr(control, "required")}
	f.Label = strings.TrimSpace(strings.TrimSuffix(read(first(n, byTag("label"))), "optional"))
	if h := first(n, byClass("field-hint")); h != nil {
		f.Hint = read(h)
	}
	switch control.Data {
	case "textarea":
		f.Value = content(control)
	case "select":
		f.Value = selected(control)
		for _, o := range find(control, byTag("option")) {
			if attr(o, "value") != "" {
				f.Options = append(f.Options, commands.Option{Value: attr(o, "value"), Label: read(o)})
			}
		}
	default:
		f.Value = attr(control, "value")
	}
	return f
}

func TestConsoleIsAChat(t *testing.T) {
	for _, htmx := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain forms", true: "htmx"}[htmx], func(t *testing.T) {
			bottest.Run(t, func(t *testing.T, desk *bottest.FakeDesk) bottest.World {
				w := newWorld(t, desk, nil)
				w.htmx = htmx
				return w
			})
		})
	}
}

// TestOnSQLite puts the same suite through the real storage.
func TestOnSQLite(t *testing.T) {
	bottest.Run(t, func(t *testing.T, desk *bottest.FakeDesk) bottest.World {
		store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "console.db"), sqlite.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		w := &world{t: t, people: map[string]*browser{}, htmx: true}
		w.open(t, store, desk, nil)
		return w
	})
}
