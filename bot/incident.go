package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
	"github.com/evenkeel/evenkeel/storage"
)

// Incident mode: when many say the same, drafts are held until a fact sheet is
// approved, and then fed by it. The record of all incidents is one value of the
// store, changed by compare-and-set in the same commit as the work that brings
// its cases up to it; so a case is never held by an incident that nobody sees.

// incidentsSetting holds the [incident.Book].
const incidentsSetting = "incidents"

// lookForIncidents is the key of the one row of work that looks for incidents;
// the rows that bring a case up to its incident are of that case.
const (
	lookForIncidents = "look"
	bringUp          = "incident-"
)

// How much a look takes in: the newest complaints, and of them those that are
// held against the others.
const (
	incidentDepth = 1000
	incidentTried = 20
	incidentShown = 12
)

func (d *Desk) incidents(ctx context.Context) (*incident.Book, string, error) {
	stored, err := d.Store.Setting(ctx, incidentsSetting)
	if err != nil {
		return nil, "", err
	}
	b, err := incident.ParseBook(stored)
	return b, stored, err
}

// incidentWork looks for incidents, or brings a case up to its own.
func (d *Desk) incidentWork(ctx context.Context, j storage.Job) error {
	switch {
	case strings.HasPrefix(j.Key, reconsider):
		return d.reconsiderAll(ctx, j)
	case j.Case == 0:
		return d.lookForIncident(ctx, j)
	}
	b, _, err := d.incidents(ctx)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(j.Key, bringUp))
	i := b.Find(n)
	if i == nil {
		return d.done(ctx, j)
	}
	a := review.Involve{Incident: i.Ref(), Closed: !i.Open()}
	if s := i.Standing(); s != nil {
		a.Version, a.Facts = s.N, s.Text
	}
	return d.system(ctx, j, "incident", a)
}

// lookForIncident holds the newest complaints against the others of the
// window. What it finds joins the open incident of the same kind, or opens one.
func (d *Desk) lookForIncident(ctx context.Context, j storage.Job) error {
	rule := d.Playbook.Incident()
	if rule.Reviews == 0 {
		return d.done(ctx, j)
	}
	cases, err := d.Store.Cases(ctx, storage.Query{Limit: incidentDepth})
	if err != nil {
		return err
	}
	from := d.Now().Add(-rule.Within)
	cases = slices.DeleteFunc(cases, func(c review.Case) bool {
		return c.Status == review.Seeded || c.Review.Quiet() || c.Opened.Before(from)
	})
	signals := make([]incident.Signal, len(cases))
	byID := make(map[int64]review.Case, len(cases))
	for n, c := range cases {
		signals[n] = incident.Signal{Case: c.ID, At: c.Opened, Source: c.Review.Key.Source, Language: c.Lang(), Cause: named(c.Cause), Topics: c.Topics, Text: c.Review.Text()}
		byID[c.ID] = c
	}
	signals = incident.Prepare(signals)
	book, before, err := d.incidents(ctx)
	if err != nil {
		return err
	}
	var work []review.Work
	var events []review.Event
	tried := 0
	for _, s := range signals {
		if byID[s.Case].Incident != "" || covered(book, s.Case) {
			continue
		}
		if tried++; tried > incidentTried {
			break
		}
		found := incident.Find(s, signals, rule.Reviews, rule.Within)
		if found == nil {
			continue
		}
		i, fresh := join(book, s, found, d)
		for _, id := range i.Involve(caseIDs(found)...) {
			work = append(work, review.Work{Kind: review.WorkIncident, Case: id, Key: bringUp + i.Ref(), Due: d.Now(), Again: true})
		}
		if fresh {
			events = append(events, review.Event{At: d.Now(), Actor: review.BySystem("watcher").String(), Verb: "incident_opened",
				Detail: map[string]string{"incident": i.Ref(), "reviews": strconv.Itoa(len(found))}})
			work = append(work, d.reconsiderWork(i))
		}
		work = append(work, d.incidentNotices(ctx, i)...)
	}
	if len(work) == 0 {
		return d.done(ctx, j)
	}
	err = d.Store.Commit(ctx, &storage.Batch{Done: &j, Work: work, Events: events,
		Setting: &storage.Setting{Name: incidentsSetting, Before: before, Value: book.String()}})
	if errors.Is(err, review.ErrConflict) {
		return &later{at: d.Now(), why: "the record of incidents moved meanwhile"}
	}
	return err
}

// join is the incident that a cluster belongs to.
func join(b *incident.Book, s incident.Signal, found []incident.Signal, d *Desk) (i *incident.Incident, fresh bool) {
	if i := b.Of("", caseIDs(found)); i != nil {
		return i, false
	}
	title := firstOf(s.Cause, "many say the same")
	i = b.Open(title, s.Cause, "", d.Now())
	i.Trigger = caseIDs(found)
	i.Trigger = i.Trigger[max(0, len(i.Trigger)-incidentShown):]
	return i, true
}

func caseIDs(signals []incident.Signal) []int64 {
	ids := make([]int64, len(signals))
	for n, s := range signals {
		ids[n] = s.Case
	}
	return ids
}

func covered(b *incident.Book, id int64) bool {
	return slices.ContainsFunc(b.All, func(i *incident.Incident) bool { return slices.Contains(i.Cases, id) })
}

// incidentNotices asks for the incident's card wherever its first cases stand;
// one without cases stands where a review without a source would.
func (d *Desk) incidentNotices(ctx context.Context, i *incident.Incident) []review.Work {
	var cases []review.Case
	for _, id := range i.Cases[:min(len(i.Cases), incidentShown)] {
		if c, err := d.Store.Case(ctx, id); err == nil {
			cases = append(cases, c)
		}
	}
	if len(i.Trigger) == 0 {
		cases = append([]review.Case{{}}, cases...)
	}
	return d.notices(incidentNotice+i.Ref(), cases...)
}

// Incidents lists the open incidents. See [commands.Desk].
func (d *Desk) Incidents(ctx context.Context) ([]commands.Item, error) {
	b, _, err := d.incidents(ctx)
	if err != nil {
		return nil, err
	}
	var items []commands.Item
	for _, i := range b.All {
		if i.Open() {
			items = append(items, commands.Item{Title: "Incident " + i.Ref() + ": " + i.Title, Note: fmt.Sprintf("%d reviews since %s; %s", len(i.Cases), d.when(i.Opened), sheetState(i))})
		}
	}
	return items, nil
}

// Incident reads one. See [commands.Desk].
func (d *Desk) Incident(ctx context.Context, n int) (incident.Incident, error) {
	b, _, err := d.incidents(ctx)
	if err != nil {
		return incident.Incident{}, err
	}
	if i := b.Find(n); i != nil {
		return *i, nil
	}
	return incident.Incident{}, noIncident(n)
}

func noIncident(n int) error {
	return &review.InputError{Field: "incident", Problem: strconv.Itoa(n) + " is not known; “incidents” lists the open ones"}
}

// OpenIncident opens one by hand.
func (d *Desk) OpenIncident(ctx context.Context, inv commands.Invocation, title string) (int, error) {
	title = clip(oneLine(title), 120)
	if title == "" {
		return 0, &review.InputError{Field: "title", Problem: "is needed: what goes wrong, in a few words"}
	}
	n := 0
	err := d.changeIncidents(ctx, inv, "incident_opened", func(b *incident.Book) (*incident.Incident, error) {
		i := b.Open(title, "", inv.By.Name, d.Now())
		n = i.N
		return i, nil
	})
	return n, err
}

// ActOnIncident changes an incident for a person. See [commands.Desk].
func (d *Desk) ActOnIncident(ctx context.Context, inv commands.Invocation, n int, verb review.Verb, act func(*incident.Incident, bool) error) error {
	return d.changeIncidents(ctx, inv, verb, func(b *incident.Book) (*incident.Incident, error) {
		i := b.Find(n)
		if i == nil {
			return nil, noIncident(n)
		}
		return i, act(i, d.Playbook.Solo())
	})
}

// changeIncidents changes the record for a person, brings every case of the
// incident up to it, and redraws its card.
func (d *Desk) changeIncidents(ctx context.Context, inv commands.Invocation, verb review.Verb, change func(*incident.Book) (*incident.Incident, error)) error {
	for range conflictTries {
		book, before, err := d.incidents(ctx)
		if err != nil {
			return err
		}
		i, err := change(book)
		if err != nil {
			return err
		}
		b := storage.Batch{Setting: &storage.Setting{Name: incidentsSetting, Before: before, Value: book.String()}, Work: d.incidentNotices(ctx, i)}
		for _, id := range i.Cases {
			b.Work = append(b.Work, review.Work{Kind: review.WorkIncident, Case: id, Key: bringUp + i.Ref(), Due: d.Now(), Again: true})
		}
		if verb == "incident_opened" || verb == "incident_closed" {
			b.Work = append(b.Work, d.reconsiderWork(i))
		}
		e := review.Event{At: d.Now(), Actor: review.ByPerson(inv.By).String(), Verb: verb, Detail: map[string]string{"incident": i.Ref()}}
		if s := i.Latest(); s != nil {
			e.Detail["sheet"], e.Detail["sheet_text"] = strconv.Itoa(s.N), review.DigestOf(s.Text).String()
			e.Texts = map[string]string{"sheet_text": s.Text}
		}
		b.Events = []review.Event{e}
		if inv.ID != "" {
			b.Receipt = &storage.Receipt{Scope: "press:" + inv.Chat, ID: inv.ID, At: d.Now()}
		}
		if err = d.Store.Commit(ctx, &b); !errors.Is(err, review.ErrConflict) {
			return err
		}
	}
	return review.ErrConflict
}

func sheetState(i *incident.Incident) string {
	switch latest, standing := i.Latest(), i.Standing(); {
	case latest == nil:
		return "no fact sheet yet; drafts are held"
	case standing == nil:
		return fmt.Sprintf("version %d of the fact sheet waits for approval; drafts are held", latest.N)
	case standing.N != latest.N:
		return fmt.Sprintf("version %d of the fact sheet feeds the drafts; version %d waits for approval", standing.N, latest.N)
	default:
		return fmt.Sprintf("version %d of the fact sheet feeds the drafts", standing.N)
	}
}

// incidentCard is the card that opens the incident's thread.
func (d *Desk) incidentCard(ctx context.Context, name string) (Card, bool, error) {
	name, _, _ = strings.Cut(name, "@")
	n, err := strconv.Atoi(name)
	if err != nil {
		return Card{}, false, nil //nolint:nilerr // not a name of ours
	}
	b, _, err := d.incidents(ctx)
	if err != nil || b.Find(n) == nil {
		return Card{}, false, err
	}
	i := b.Find(n)
	card := Card{Title: "Incident " + i.Ref() + ": " + i.Title, Tone: Trouble}
	fix := "no date yet"
	if !i.Fix.IsZero() {
		fix = d.when(i.Fix)
	}
	card.Blocks = []Block{{Kind: Fields, Items: []Line{
		{Label: "Reviews", Text: strconv.Itoa(len(i.Cases))}, {Label: "Since", Text: d.when(i.Opened)},
		{Label: "Opened by", Text: firstOf(i.By, "the look for similar complaints")},
		{Label: "Owner", Text: firstOf(i.OwnerName, string(i.Owner), "nobody yet")}, {Label: "Mended by", Text: fix},
		{Label: "Fact sheet", Text: sheetState(i)},
	}}}
	list := Block{Kind: List, Heading: "The reviews by which it was found"}
	for _, id := range i.Trigger {
		c, err := d.Store.Case(ctx, id)
		if err != nil {
			return card, false, err
		}
		list.Items = append(list.Items, Line{Text: d.Describe(c).Title + " (" + c.Review.Key.Source + "): " + clip(oneLine(c.Review.Text()), 100)})
	}
	if len(list.Items) > 0 {
		card.Blocks = append(card.Blocks, list)
	}
	if s := i.Latest(); s != nil {
		state := "waits for an approver who did not write it"
		if !s.Approved.IsZero() {
			state = "approved by " + s.Approver + ", " + d.when(s.Approved)
		}
		card.Blocks = append(card.Blocks, Block{Kind: Draft, Heading: fmt.Sprintf("Fact sheet, version %d", s.N), Text: s.Text},
			Block{Kind: Small, Text: "Written by " + s.Name + "; " + state + "."})
	}
	if !i.Open() {
		card.Tone = Good
		card.Title += " (closed)"
		card.Blocks = append(card.Blocks, Block{Kind: Para, Heading: "What came of it", Text: i.Note + " (" + i.ClosedBy + ")"})
	} else {
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: "Until this incident is closed no reply, to any review, speaks of an isolated case."})
		card.Buttons = incidentButtons(i)
	}
	card.Summary = card.Title + ", " + sheetState(i)
	return card, true, nil
}

func incidentButtons(i *incident.Incident) []Button {
	t := func(command string) commands.Token { return commands.Token{Command: command, Arg: i.Ref()} }
	out := []Button{{Label: "Write the fact sheet", Style: Primary, Form: true, Token: t("sheet")}}
	if s := i.Latest(); s != nil && s.Approved.IsZero() {
		ok := t("sheet-approve")
		ok.Arg += ":" + strconv.Itoa(s.N)
		out = append(out, Button{Label: fmt.Sprintf("Approve version %d", s.N), Token: ok, Confirm: "May replies state this in public?"})
	}
	return append(out, Button{Label: "Owner and date", Form: true, Token: t("incident-plan")}, Button{Label: "Close the incident", Form: true, Token: t("incident-close")})
}
