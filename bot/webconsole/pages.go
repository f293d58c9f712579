package webconsole

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// pages are the parsed templates and the address of the static files, which
// changes with their content so that browsers may keep them for good.
type pages struct {
	*template.Template
	static string
}

func parsePages(c *Console) (*pages, error) {
	h := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(path)
		h.Write(b)
		return err
	})
	if err != nil {
		return nil, err
	}
	t, err := template.New("").Funcs(c.funcs()).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	return &pages{Template: t, static: "/static/" + hex.EncodeToString(h.Sum(nil)[:6])}, nil
}

func (c *Console) funcs() template.FuncMap {
	return template.FuncMap{
		"shown": shown, "plain": plain, "clip": clip, "unique": func() string { return random(16) },
		"folded": func(s string) folded { h, r, n := fold(s); return folded{h, r, n} },
		"day":    func(t time.Time) string { return t.In(c.Location).Format("2 Jan 2006, 15:04") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ago":    func(t time.Time) string { return ago(c.Now().Sub(t), t.In(c.Location)) },
		"diff":   wordDiff,
		// headless takes "#42 " off a title that a link "#42" stands before.
		"headless": func(id int64, title string) string {
			return strings.TrimSpace(strings.TrimPrefix(title, "#"+ref(id)+" "))
		},
		"lower": strings.ToLower,
		// spaced makes words of a name such as "edited_up".
		"spaced": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	}
}

type folded struct {
	Head, Rest string
	More       int
}

// ago is a span of time at a glance, a date when it is long.
func ago(d time.Duration, t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 300*24*time.Hour:
		return t.Format("2 Jan")
	}
	return t.Format("Jan 2006")
}

// count is a number beside a view: nothing for none.
func count(n int) string {
	switch {
	case n == 0:
		return ""
	case n < 10000:
		return strconv.Itoa(n)
	case n < 1000000:
		return strconv.Itoa(n/1000) + "k"
	}
	return fmt.Sprintf("%.1fM", float64(n)/1e6)
}

// frame is what every page has.
type frame struct {
	Title  string
	Static string
	Person review.Person
	CSRF   string
}

func (c *Console) frame(title string) frame { return frame{Title: title, Static: c.pages.static} }

type troublePage struct {
	frame
	Status int
	Text   string
}

// deskPage is the page with the list and perhaps a case beside it.
type deskPage struct {
	frame
	At      where
	Views   []navItem
	View    view
	Rows    []row
	Older   string
	Newest  string // back to the list's top, "" when there
	Case    *casePage
	Notices []notice
	Sheet   *sheet
	Kept    []string // what a person typed that was refused
	Sum     string   // of the snapshot it shows
	Unique  string
	Fresh   bool   // nothing has ever arrived
	Waits   []wait // what the list's cases wait for
	// Troubles are chats and sources that need somebody's attention.
	Troubles []commands.Item
}

// troubled is a desk that knows which chats need a person's attention; bot.Desk
// does.
type troubled interface{ Troubles() []commands.Item }

// wait is how many cases of the list wait for one thing, and the way to the
// first of them.
type wait struct {
	step
	N    int
	Link string
}

// waits counts what rows wait for, in the order in which they stand.
func waits(rows []row) []wait {
	var out []wait
	for _, r := range rows {
		k := slices.IndexFunc(out, func(w wait) bool { return w.step == r.Step })
		if k < 0 {
			out = append(out, wait{step: r.Step, Link: r.Link})
			k = len(out) - 1
		}
		out[k].N++
	}
	// What needs somebody stands first.
	rank := map[string]int{"trouble": 0, "ask": 1, "waiting": 2}
	slices.SortStableFunc(out, func(a, b wait) int {
		ra, oka := rank[a.Tone]
		rb, okb := rank[b.Tone]
		if !oka {
			ra = 9
		}
		if !okb {
			rb = 9
		}
		return ra - rb
	})
	return out
}

type navItem struct {
	view
	Link  string
	Here  bool
	Count string
}

// casePage is a case's thread.
type casePage struct {
	ID      int64
	At      where
	CSRF    string
	Head    *caseHead // nil when storage has no such case
	Notes   []noteView
	Last    int64
	More    bool // the thread goes on
	Parent  int64
	CanSay  bool
	Unique  string
	Back    string
	Missing bool
	Behind  bool // something of it could not be recorded
	Record  *record
}

// caseHead is the line above a thread.
type caseHead struct {
	ID       int64
	At       where
	Stars    string
	Rating   string
	Headline string
	Lang     string
	Step     step
	Status   string
	Owner    string
}

// noteView is a note as it is drawn for one person.
type noteView struct {
	ID, Case int64
	At       where
	CSRF     string
	Author   string
	Text     string
	Asks     bool
	When     time.Time
	Edited   time.Time
	Mine     bool
	Card     *cardView
	Picture  string // the address of one below the card
	Alt      string
}

const threadPage = 200

// thread is a part of a case's thread as people see it.
type thread struct {
	parent storage.Note   // its first card; without an id while nothing stands
	notes  []storage.Note // the parent first
	missed unrecorded     // what of it could not be written
}

// thread brings a case's thread up to the case and reads its notes after one.
func (c *Console) thread(ctx context.Context, id, after int64) (t thread, err error) {
	if t.missed, err = c.bring(ctx, id); err != nil {
		return t, err
	}
	if t.parent, t.notes, err = c.standing(ctx, id, after); err != nil {
		return t, err
	}
	if after == 0 {
		t.notes = t.missed.over(t.notes)
	}
	return t, nil
}

// standing reads what was put into a thread so far.
func (c *Console) standing(ctx context.Context, id, after int64) (parent storage.Note, notes []storage.Note, err error) {
	parent, err = c.Store.NoteByKey(ctx, bot.Place{Case: id, Key: "parent"}.ID())
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return parent, nil, nil
	case err != nil:
		return parent, nil, err
	}
	if after < parent.ID {
		notes = append(notes, parent)
		after = 0
	}
	more, err := c.Store.Notes(ctx, parent.Channel, parent.ID, after, threadPage)
	return parent, append(notes, more...), err
}

// deskPage reads all that the page at "at" shows.
func (c *Console) deskPage(ctx context.Context, v visitor, at where) (*deskPage, error) {
	l, err := c.list(ctx, at, v.ID)
	if err != nil {
		return nil, err
	}
	p := &deskPage{frame: c.frame(l.View.Label), At: at, View: l.View, Unique: random(16)}
	if d, ok := c.Desk.(troubled); ok {
		p.Troubles = d.Troubles()
	}
	p.Person, p.CSRF = v.Person, v.csrf()
	for _, cs := range l.Cases {
		p.Rows = append(p.Rows, newRow(cs, at))
	}
	p.Waits = waits(p.Rows)
	if l.Older > 0 {
		p.Older = "/" + where{View: at.View, After: l.Older}.Query()
	}
	if at.After > 0 {
		p.Newest = "/" + where{View: at.View}.Query()
	}
	if p.Views, p.Fresh, err = c.nav(ctx, at, l); err != nil {
		return nil, err
	}
	snap := snapshot{list: l.versions()}
	if at.Case > 0 {
		var t thread
		if p.Case, t, snap.thread, err = c.casePage(ctx, v, at); err != nil {
			return nil, err
		}
		snap.see(t)
		p.Title = "#" + ref(at.Case)
		if p.Case.Head != nil {
			p.Title += " " + clip(plain(p.Case.Head.Headline), 60)
		}
	}
	p.Sum = snap.sum()
	return p, nil
}

// nav is the views with their counts, from one query.
func (c *Console) nav(ctx context.Context, at where, shown list) (items []navItem, fresh bool, err error) {
	counts, err := c.Store.CountByStatus(ctx)
	if err != nil {
		return nil, false, err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	for _, v := range views {
		it := navItem{view: v, Link: "/" + where{View: v.Name}.Query(), Here: v.Name == at.View}
		if v.keep == nil && !v.mine {
			n := 0
			for _, s := range v.status {
				n += counts[s]
			}
			if v.status == nil {
				n = total
			}
			it.Count = count(n)
		} else if it.Here && at.After == 0 { // counting would mean reading them all
			it.Count = count(len(shown.Cases))
			if shown.Older > 0 {
				it.Count += "+"
			}
		}
		items = append(items, it)
	}
	return items, total == 0, nil
}

func (c *Console) casePage(ctx context.Context, v visitor, at where) (*casePage, thread, int64, error) {
	p := &casePage{ID: at.Case, At: at, CSRF: v.csrf(), Unique: random(16), Back: "/" + where{View: at.View, After: at.After}.Query()}
	cs, err := c.Store.Case(ctx, at.Case)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return nil, thread{}, 0, err
	default:
		p.Head = newHead(cs, at)
	}
	t, err := c.thread(ctx, at.Case, 0)
	if err != nil {
		return nil, t, 0, err
	}
	if p.Behind = t.missed.why != nil; p.Behind {
		c.Logger.ErrorContext(ctx, "a thread's newest state could not be recorded", slog.Int64("case", at.Case), slog.Any("error", t.missed.why))
	}
	p.Parent, p.CanSay = t.parent.ID, t.parent.ID > 0
	p.Missing = p.Head == nil && p.Parent == 0
	p.fill(ctx, c, v, t.notes)
	return p, t, cs.Version, nil
}

// fill makes the views of notes.
func (p *casePage) fill(ctx context.Context, c *Console, v visitor, notes []storage.Note) {
	p.More = len(notes) > threadPage
	for _, n := range notes {
		p.Notes = append(p.Notes, c.noteView(ctx, v, n, p.At))
		p.Last = max(p.Last, n.ID)
	}
}

func newHead(cs review.Case, at where) *caseHead {
	r := newRow(cs, at)
	h := &caseHead{ID: cs.ID, At: at, Stars: r.Stars, Rating: r.Rating, Headline: r.Headline, Lang: r.Lang, Step: r.Step, Status: cs.Status.Label(), Owner: cs.OwnerName}
	if h.Headline == "" {
		h.Headline = r.Words
	}
	return h
}

// noteView draws a note for v. One that cannot be read is shown as such.
func (c *Console) noteView(ctx context.Context, v visitor, n storage.Note, at where) noteView {
	out := noteView{ID: n.ID, Case: n.Case, At: at, CSRF: v.csrf(), Author: n.Author, When: n.At, Edited: n.Edited}
	body, err := decode(n)
	if err != nil {
		c.Logger.ErrorContext(ctx, "console", slog.Any("error", err))
		out.Author, out.Text = "evenkeel", "This message cannot be shown."
		return out
	}
	out.Text, out.Asks, out.Mine = body.Text, body.Asks, n.Author == v.Name
	if body.Shows != "" {
		out.Picture, out.Alt = "/picture/"+url.PathEscape(body.Shows), body.Alt
	}
	if body.Card != nil {
		out.Card = c.cardView(*body.Card, v, n.ID, at)
	}
	return out
}

// draw writes a template. What fails in the middle is logged: the status is
// out by then.
func (c *Console) draw(w http.ResponseWriter, r *http.Request, name string, data any) {
	var b bytes.Buffer
	if err := c.pages.ExecuteTemplate(&b, name, data); err != nil {
		c.Logger.ErrorContext(r.Context(), "a page could not be drawn", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "This page could not be drawn.", http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	_, _ = b.WriteTo(w) // a reader who left
}

// helpRow is a command as the help page teaches it.
type helpRow struct {
	commands.Command
	Least review.Role
	May   bool
}

type helpPage struct {
	frame
	Rows []helpRow
}

func (c *Console) help(w http.ResponseWriter, r *http.Request, v visitor) {
	p := helpPage{frame: c.frame("Help")}
	p.Person, p.CSRF = v.Person, v.csrf()
	for _, cmd := range c.Desk.Commands() {
		if !cmd.Hidden {
			p.Rows = append(p.Rows, helpRow{cmd, cmd.Least(), v.Role >= cmd.Least()})
		}
	}
	c.draw(w, r, "help", p)
}
