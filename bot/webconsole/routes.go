package webconsole

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// routes is the console's table of addresses.
func (c *Console) routes() (http.Handler, error) {
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+c.pages.static+"/", http.StripPrefix(c.pages.static, forGood(http.FileServerFS(static))))
	mux.Handle("GET /{$}", bounded(c.known(c.desk)))
	mux.Handle("GET /case/{id}", bounded(c.known(c.desk)))
	mux.Handle("GET /case/{id}/record", bounded(c.known(c.record)))
	mux.Handle("GET /numbers", bounded(c.known(c.numbers)))
	mux.Handle("GET /numbers/{file}", bounded(c.known(c.numbersFile)))
	mux.Handle("GET /invitations", bounded(c.known(c.invitations)))
	mux.Handle("POST /invitations", boundedTo(maxList, c.known(c.invitationList)))
	mux.Handle("GET /notices", bounded(c.known(c.notices)))
	mux.Handle("GET /picture/{note}", bounded(c.known(c.picture)))
	mux.Handle("GET /help", bounded(c.known(c.help)))
	mux.Handle("GET /part/list", bounded(c.known(c.partList)))
	mux.Handle("GET /part/head/{id}", bounded(c.known(c.partHead)))
	mux.Handle("GET /part/thread/{id}", bounded(c.known(c.partThread)))
	mux.Handle("GET /part/tail/{id}", bounded(c.known(c.partTail)))
	mux.Handle("GET /part/note/{id}/{note}", bounded(c.known(c.partNote)))
	mux.Handle("GET /complete", bounded(c.known(c.complete)))
	mux.Handle("GET /events", c.known(c.events))
	mux.Handle("POST /press", bounded(c.change(c.press)))
	mux.Handle("POST /form", bounded(c.change(c.form)))
	mux.Handle("POST /command", bounded(c.change(c.command)))
	mux.Handle("POST /case/{id}/say", bounded(c.change(c.say)))
	mux.Handle("POST /leave", bounded(c.change(c.leave)))
	mux.Handle("GET /enter", bounded(http.HandlerFunc(c.invited)))
	mux.Handle("POST /enter", bounded(http.HandlerFunc(c.enter)))
	mux.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.trouble(w, r, http.StatusNotFound, "There is no such page here.")
	}))
	return c.guard(mux), nil
}

// forGood lets browsers keep files whose address changes with their content.
func forGood(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r) // no listings
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		next.ServeHTTP(w, r)
	})
}

// desk is the page with the list, and a case beside it when one is named.
func (c *Console) desk(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	if r.PathValue("id") != "" && at.Case == 0 {
		c.trouble(w, r, http.StatusNotFound, "There is no such case.")
		return
	}
	p, err := c.deskPage(r.Context(), v, at)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	if p.Case != nil && p.Case.Missing {
		c.trouble(w, r, http.StatusNotFound, "There is no case #"+ref(at.Case)+".")
		return
	}
	c.draw(w, r, "desk", p)
}

func (c *Console) partList(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	p, err := c.deskPage(r.Context(), v, where{View: at.View, After: at.After})
	if err != nil {
		c.broken(w, r, err)
		return
	}
	p.At = at
	for i := range p.Rows {
		p.Rows[i].Here = p.Rows[i].ID == at.Case
	}
	c.draw(w, r, "list", p)
}

func (c *Console) partHead(w http.ResponseWriter, r *http.Request, _ visitor) {
	at := whereIs(r)
	cs, err := c.Store.Case(r.Context(), at.Case)
	if err != nil {
		c.lost(w, r, err)
		return
	}
	c.draw(w, r, "head", newHead(cs, at))
}

func (c *Console) partThread(w http.ResponseWriter, r *http.Request, v visitor) {
	p, _, _, err := c.casePage(r.Context(), v, whereIs(r))
	if err != nil {
		c.broken(w, r, err)
		return
	}
	c.draw(w, r, "thread", p)
}

// partTail draws the notes after one, and the place for later ones.
func (c *Console) partTail(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	after, err := parseRef(r.URL.Query().Get("last"))
	if err != nil {
		c.lost(w, r, storage.ErrNotFound)
		return
	}
	t, err := c.thread(r.Context(), at.Case, after)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	p := &casePage{ID: at.Case, At: at, CSRF: v.csrf(), Parent: t.parent.ID, Last: after}
	p.fill(r.Context(), c, v, t.notes)
	c.draw(w, r, "tail", p)
}

func (c *Console) partNote(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	id, err := parseRef(r.PathValue("note"))
	n, ok := c.noteOf(r, at.Case, id)
	if err != nil || !ok {
		c.lost(w, r, storage.ErrNotFound)
		return
	}
	c.draw(w, r, "note", c.noteView(r.Context(), v, n, at))
}

// lost answers a part that is not there any more: the page leaves it out.
func (c *Console) lost(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, storage.ErrNotFound) {
		c.broken(w, r, err)
	}
}

// enterPage asks whether the person wants to sign in. Opening the link alone
// spends nothing: chats and mail programs open links to preview them.
type enterPage struct {
	frame
	Invite string
	To     string // a page of ours to go on to, "" for the inbox
	For    review.Person
}

// onward is the page that a link leads on to after signing in. Only pages that
// are named here count: a link must not lead elsewhere.
func onward(to string) string {
	if to == bot.InvitationsPath {
		return bot.InvitationsPath
	}
	return "/"
}

func (c *Console) invited(w http.ResponseWriter, r *http.Request) {
	secret := r.URL.Query().Get("invite")
	s, err := c.Store.Session(r.Context(), inviteToken(secret))
	switch {
	case err == nil && s.Invite && c.Now().Before(s.Expires):
		c.draw(w, r, "enter", enterPage{frame: c.frame("Welcome"), Invite: secret, To: onward(r.URL.Query().Get("to")), For: s.Person})
	case err == nil || errors.Is(err, storage.ErrNotFound):
		c.spent(w, r)
	default:
		c.broken(w, r, err)
	}
}

func (c *Console) spent(w http.ResponseWriter, r *http.Request) {
	c.trouble(w, r, http.StatusGone, "This link was used already or has run out. Please ask for another: evenkeel invite NAME --role ROLE.")
}

// enter spends an invitation. It has no CSRF token, for there is no session
// yet; the guard has checked that it comes from our own page.
func (c *Console) enter(w http.ResponseWriter, r *http.Request) {
	if !c.readForm(w, r) {
		return
	}
	token := inviteToken(r.PostForm.Get("invite"))
	s, err := c.Store.Session(r.Context(), token)
	if err == nil && (!s.Invite || !c.Now().Before(s.Expires)) {
		err = storage.ErrNotFound
	}
	if err == nil {
		_, err = c.signIn(w, r, func(n storage.Session) error { return c.Store.SpendInvite(r.Context(), token, n) }, s.Person)
	}
	switch {
	case errors.Is(err, storage.ErrNotFound):
		c.spent(w, r)
	case err != nil:
		c.broken(w, r, err)
	default:
		http.Redirect(w, r, onward(r.PostForm.Get("to")), http.StatusSeeOther)
	}
}

func (c *Console) leave(w http.ResponseWriter, r *http.Request, v visitor) {
	if err := c.Store.DropSession(r.Context(), v.token()); err != nil && !errors.Is(err, storage.ErrNotFound) {
		c.broken(w, r, err)
		return
	}
	http.SetCookie(w, c.cookie(r, "", -1))
	c.draw(w, r, "left", c.frame("Signed out"))
}
