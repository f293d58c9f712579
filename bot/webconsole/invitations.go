package webconsole

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/asking"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// maxList bounds a list of customers that is sent to the console; longer ones
// are for the command line. It is held in memory and nowhere else.
const maxList = 8 << 20

// invitationsPage is where a lead makes the list of customers to ask for a
// review.
type invitationsPage struct {
	frame
	Problem        string
	From, To       string
	Platforms      []filter
	Rules          []rubric.Source
	Advice, Action string
}

// filter is an option of a list.
type filter struct {
	Value, Label string
	Here         bool
}

// invitations shows the form, with what holds on the platform that is asked
// about.
func (c *Console) invitations(w http.ResponseWriter, r *http.Request, v visitor) {
	c.askForList(w, r, v, r.URL.Query(), "")
}

func (c *Console) askForList(w http.ResponseWriter, r *http.Request, v visitor, given url.Values, problem string) {
	if v.Role < review.Lead {
		c.trouble(w, r, http.StatusForbidden, "Making the list of whom to ask for a review needs a lead.")
		return
	}
	month := c.Now()
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	p := invitationsPage{frame: c.frame("Invitations"), Problem: problem, Advice: asking.Advice, Action: bot.InvitationsPath,
		From: given.Get("from"), To: given.Get("to")}
	p.Person, p.CSRF = v.Person, v.csrf()
	if p.From == "" && p.To == "" {
		p.From, p.To = month.AddDate(0, -1, 0).Format(time.DateOnly), month.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	platform := given.Get("platform")
	for _, name := range rubric.Platforms() {
		if _, err := asking.Rules(name); err == nil {
			p.Platforms = append(p.Platforms, filter{Value: name, Label: name, Here: name == platform})
		}
	}
	var err error
	if p.Rules, err = asking.Rules(platform); err != nil && p.Problem == "" {
		p.Problem = said(err)
	}
	if problem != "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	c.draw(w, r, "invitations", p)
}

// said is an error as a sentence.
func said(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// invitationList takes a list and gives back everybody of the period. Nothing
// of it is kept; that it was made goes into the audit log first.
func (c *Console) invitationList(w http.ResponseWriter, r *http.Request, v visitor) {
	err := r.ParseMultipartForm(maxList) //nolint:gosec // the body is bounded where this is routed, see boundedTo
	defer func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll()
		}
	}()
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		c.trouble(w, r, http.StatusRequestEntityTooLarge, "The list is longer than the console takes. On the server, evenkeel invitations FILE.csv makes it.")
		return
	case err != nil:
		c.trouble(w, r, http.StatusBadRequest, "The list did not arrive whole. Please try again.")
		return
	case v.Role < review.Lead:
		c.askForList(w, r, v, r.PostForm, "")
		return
	case !v.holds(r.PostForm.Get("csrf")):
		c.trouble(w, r, http.StatusForbidden, "This page is from an earlier session, so nothing was made. Please load it again.")
		return
	}
	ask, err := asking.Parse(r.PostForm.Get("from"), r.PostForm.Get("to"), r.PostForm.Get("platform"))
	if err != nil {
		c.askForList(w, r, v, r.PostForm, said(err))
		return
	}
	file, _, err := r.FormFile("list")
	if err != nil {
		c.askForList(w, r, v, r.PostForm, "Choose the file with your customers or orders, as CSV.")
		return
	}
	defer file.Close()
	list, err := asking.Read(file, ask)
	if err != nil {
		c.askForList(w, r, v, r.PostForm, said(err))
		return
	}
	if err := c.Store.Commit(r.Context(), &storage.Batch{Events: []review.Event{list.Event(ask, review.ByPerson(v.Person), c.Now().UTC())}}); err != nil {
		c.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "invitations-"+ask.From.Format(time.DateOnly)+".csv"))
	out := csv.NewWriter(w)
	for n, row := range append([][]string{list.Header}, list.Rows...) {
		cells := row
		if n > 0 {
			cells = make([]string, len(row))
			for i, cell := range row {
				cells[i] = harmless(cell)
			}
		}
		_ = out.Write(cells) // a reader who left
	}
	out.Flush()
}
