package webconsole

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/review"
)

const orders = "order,date,email,name\n1,2026-02-28,a@example.test,Ann\n2,2026-03-01,b@example.test,=Bob\n3,2026-03-31T23:59:00Z,c@example.test,Cem\n"

// upload sends a list as the page's form does.
func (w *world) upload(who, list string, change map[string]string) (int, string) {
	w.t.Helper()
	b, err := w.person(who)
	if err != nil {
		w.t.Fatal(err)
	}
	doc, err := w.get(w.t.Context(), b, bot.InvitationsPath)
	if err != nil {
		w.t.Fatal(err)
	}
	fields := url.Values{"csrf": {"none"}, "from": {"2026-03-01"}, "to": {"2026-03-31"}, "platform": {"trustpilot"}}
	for _, f := range find(doc, byTag("form")) {
		if attr(f, "action") == bot.InvitationsPath {
			fields.Set("csrf", values(f, nil).Get("csrf"))
		}
	}
	for k, v := range change {
		fields.Set(k, v)
	}
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k := range fields {
		_ = m.WriteField(k, fields.Get(k))
	}
	if list != "" {
		part, err := m.CreateFormFile("list", "orders.csv")
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = io.WriteString(part, list)
	}
	_ = m.Close()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+bot.InvitationsPath, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("Origin", w.server.URL)
	res, err := b.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(said)
}

// TestInvitationList: a lead brings a list and gets everybody of the period;
// that it was made is recorded without anybody on it, and nothing else is kept.
// Whoever is no lead, comes from elsewhere, or brings a list by which one could
// choose gets none, and why.
func TestInvitationList(t *testing.T) {
	w := newWorld(t, bottest.NewFakeDesk(), nil)
	for who, role := range map[string]review.Role{"Ana": review.Lead, "Ben": review.Approver} {
		if err := w.Join(t.Context(), who, role); err != nil {
			t.Fatal(err)
		}
	}
	code, list := w.upload("Ana", orders, nil)
	if want := "order,date,email,name\n2,2026-03-01,b@example.test,'=Bob\n3,2026-03-31T23:59:00Z,c@example.test,Cem\n"; code != http.StatusOK || list != want {
		t.Fatalf("%d\n%s", code, list)
	}
	if len(w.store.events) != 1 || w.store.events[0].Verb != "invitation-list" || w.store.events[0].Detail["customers"] != "2" ||
		w.store.events[0].Detail["platform"] != "trustpilot" || !strings.Contains(w.store.events[0].Actor, "ana") || len(w.store.events[0].Texts) != 0 {
		t.Errorf("recorded: %+v", w.store.events)
	}
	for name, c := range map[string]struct {
		who, list, says string
		change          map[string]string
		code            int
	}{
		"no lead":             {"Ben", orders, "needs a lead", nil, http.StatusForbidden},
		"another site's form": {"Ana", orders, "earlier session", map[string]string{"csrf": "guess"}, http.StatusForbidden},
		"a column to choose":  {"Ana", "date,stars\n2026-03-02,5\n", "lets somebody choose", nil, http.StatusUnprocessableEntity},
		"no list":             {"Ana", "", "Choose the file", nil, http.StatusUnprocessableEntity},
		"no days":             {"Ana", orders, "are days", map[string]string{"from": "soon"}, http.StatusUnprocessableEntity},
		"days in no order":    {"Ana", orders, "before the first", map[string]string{"to": "2026-02-01"}, http.StatusUnprocessableEntity},
		"where nobody asks":   {"Ana", orders, "wants nobody to be asked", map[string]string{"platform": "yelp"}, http.StatusUnprocessableEntity},
		"too long":            {"Ana", strings.Repeat("x", maxList), "longer than the console takes", nil, http.StatusRequestEntityTooLarge},
	} {
		if code, said := w.upload(c.who, c.list, c.change); code != c.code || !strings.Contains(said, c.says) || strings.Contains(said, "example.test") {
			t.Errorf("%s: %d, want %d with %q\n%s", name, code, c.code, c.says, said)
		}
	}
	if len(w.store.events) != 1 {
		t.Errorf("%d lists are recorded, one was made", len(w.store.events))
	}
}

// TestALinkLeadsToTheList: a link from a chat signs in and goes on to the page,
// and to no address that is not ours.
func TestALinkLeadsToTheList(t *testing.T) {
	for to, want := range map[string]string{bot.InvitationsPath: "Invitations", "https://example.com/": "inbox", "//example.com": "inbox"} {
		w := newWorld(t, bottest.NewFakeDesk(), nil)
		link, err := Invite(t.Context(), w.store, Invitation{Name: "Ana", Role: review.Lead, BaseURL: w.server.URL, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.enter(t.Context(), "Ana", link+"&to="+url.QueryEscape(to)); err != nil {
			t.Fatal(err)
		}
		b := w.people["Ana"]
		if got := b.lastForm.Get("to"); (got == bot.InvitationsPath) != (want == "Invitations") || strings.Contains(got, "example") {
			t.Errorf("%s: the page leads on to %q", to, got)
		}
		form := url.Values{"invite": {"used"}, "to": {to}}
		if doc, err := w.send(t.Context(), b, "/enter", form, true); err != nil || strings.Contains(read(doc), "example.com") {
			t.Errorf("%v", err)
		}
	}
}
