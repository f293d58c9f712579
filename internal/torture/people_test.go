package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"
)

// person is somebody with a browser.
type person struct {
	name    string
	program *program
	browser *http.Client

	mu  sync.Mutex
	rng *rand.Rand
	did map[string]bool // presses that were answered, by who and what
}

// invite lets somebody sign in with a link from the command line, while the
// program runs.
func (p *program) invite(ctx context.Context, name, role string, seed, serial uint64) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	link, err := p.run(ctx, "invite", name, "--role", role)
	if err != nil {
		return nil, err
	}
	who := &person{name: name, program: p, browser: &http.Client{Jar: jar, Timeout: 20 * time.Second},
		rng: rand.New(rand.NewPCG(seed, 100+serial)), did: map[string]bool{}}
	doc, err := who.get(ctx, strings.TrimSpace(string(link)))
	if err != nil {
		return nil, err
	}
	form := one(doc, "form", "")
	if form == nil {
		return nil, fmt.Errorf("the invitation of %s shows %q", name, text(doc))
	}
	_, err = who.post(ctx, attr(form, "action"), fields(form))
	return who, err
}

func (w *person) get(ctx context.Context, address string) (*html.Node, error) {
	if strings.HasPrefix(address, "/") {
		address = w.program.url(address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return w.do(req)
}

func (w *person) post(ctx context.Context, path string, form url.Values) (*html.Node, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.program.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", w.program.url(""))
	return w.do(req)
}

// errAway is an answer that did not come: the program is down or going down.
var errAway = errors.New("the console is away")

func (w *person) do(req *http.Request) (*html.Node, error) {
	resp, err := w.browser.Do(req)
	if err != nil {
		return nil, errors.Join(errAway, err)
	}
	defer drained(resp.Body)
	if resp.StatusCode >= http.StatusInternalServerError {
		return nil, fmt.Errorf("%w: %s answers %s", errAway, req.URL.Path, resp.Status)
	}
	doc, err := html.Parse(resp.Body)
	if err != nil {
		return nil, errors.Join(errAway, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", req.URL.Path, resp.Status, text(one(doc, "main", "")))
	}
	return doc, nil
}

// list reads all pages of a view.
func (w *person) list(ctx context.Context, view string) (rows []row, err error) {
	for next := "/?view=" + view; next != "" && err == nil; {
		var some []row
		some, next, err = w.leaf(ctx, next)
		rows = append(rows, some...)
	}
	return rows, err
}

// leaf reads one page of a list and where the next one is, "" at the end.
func (w *person) leaf(ctx context.Context, address string) (rows []row, next string, err error) {
	doc, err := w.get(ctx, address)
	if err != nil {
		return nil, "", err
	}
	rows, next = readRows(doc)
	return rows, next, nil
}

// shuffled is the order in which somebody goes through a list: each another
// one, so that not all open the same case first.
func (w *person) shuffled(rows []row) []row {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

// thread reads a case's thread, without the list that a page has beside it.
func (w *person) thread(ctx context.Context, id int64) (page, error) {
	doc, err := w.get(ctx, fmt.Sprintf("/part/thread/%d", id))
	if err != nil {
		return page{}, err
	}
	return readPage(doc), nil
}

// press presses a button, every third time twice at once, and fills the form
// that it may open with what was asked for.
func (w *person) press(ctx context.Context, c card, b button, fill url.Values) (answer, error) {
	form := url.Values{b.Name: {b.Value}}
	for k, v := range c.Form {
		form[k] = v
	}
	a, err := w.send(ctx, "/press", form)
	if err != nil || a.Sheet == nil {
		return a, err
	}
	for k, v := range fill {
		a.Sheet.Fields[k] = v
	}
	return w.send(ctx, a.Sheet.Action, a.Sheet.Fields)
}

func (w *person) send(ctx context.Context, path string, form url.Values) (answer, error) {
	w.mu.Lock()
	twice := w.rng.IntN(3) == 0
	w.mu.Unlock()
	var second sync.WaitGroup
	if twice {
		second.Go(func() { _, _ = w.post(ctx, path, form) }) // the first click's answer is the one that is read
	}
	defer second.Wait()
	doc, err := w.post(ctx, path, form)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(doc), nil
}

// types sends a command from a case's page. Where no answer comes it is sent
// again from the same page, as a browser does that reloads.
func (w *person) types(ctx context.Context, id int64, line string) error {
	var form url.Values
	for {
		var doc *html.Node
		var err error
		if form == nil {
			if doc, err = w.get(ctx, fmt.Sprintf("/case/%d", id)); err == nil {
				form = fields(one(doc, "form", "command"))
				form.Set("line", line)
			}
		} else if doc, err = w.post(ctx, "/command", form); err == nil {
			if a := readAnswer(doc); a.Refused || len(a.Notices) == 0 {
				return fmt.Errorf("%s: %q", line, a.Notices)
			}
			return nil
		}
		if err != nil && !errors.Is(err, errAway) {
			return err
		}
		if err := rest(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// once tells whether this was not done yet. What was done and not answered
// counts as not done: a person who saw no answer presses again.
func (w *person) once(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.did[what]
}

func (w *person) note(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did[what] = true
}
