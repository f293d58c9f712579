package relational

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// The tables that batches write, with the columns in the order of the rows
// below. A row's first column is the case's number where the table has one; it
// is set by the writer, which hands out the numbers of new cases.
var (
	casesTable = &table{"cases", []string{"id", "source", "account", "location", "ext_id", "version", "status",
		"verdict", "owner", "stars", "kind", "language", "critical", "revision", "content", "binding", "approver",
		"reply", "publish_at", "opened", "changed", "closed_at", "removed", "tasks", "cause", "doc"}}
	revisionsTable = &table{"revisions", []string{"case_id", "n", "content", "title", "body", "raw", "doc"}}
	draftsTable    = &table{"drafts", []string{"case_id", "n", "hash", "text", "doc"}}
	approvalsTable = &table{"approvals", []string{"case_id", "binding", "person", "draft", "role", "at", "doc"}}
	repliesTable   = &table{"replies", []string{"case_id", "binding", "approver", "source", "draft", "text", "intent",
		"answered", "problem", "reviewer", "doc"}}
	messagesTable = &table{"messages", []string{"case_id", "chat", "key", "ref", "hash", "posted"}}
	sourcesTable  = &table{"sources", []string{"name", "cursor", "polled", "succeeded", "failures", "problem", "announced", "waits"}}
	receiptsTable = &table{"receipts", []string{"scope", "id", "body", "at"}}
	eventsTable   = &table{"events", []string{"seq", "at", "case_id", "actor", "verb", "from_status", "to_status",
		"detail", "prev", "hash"}}
	textsTable = &table{"texts", []string{"seq", "name", "body"}}
)

// parcel is a batch made ready for writing, on the goroutine of the caller.
type parcel struct {
	batch *storage.Batch
	key   reviewKey

	// Rows whose first column the writer sets; nil where there is none.
	caseRow, revision, draft, approval, reply []any

	changeEvents []entry // of the change: their case is the change's
	otherEvents  []entry
	work         []review.Work
	claimed      []storage.Job // of the work, once it is written
	messages     [][]any
	source       []any
	receipt      *receipt

	setting       []any  // name and value, both strings; nil for none
	settingBefore string // what it must be before
}

// reviewKey is a review's key in its columns' form.
type reviewKey struct{ source, account, location, id string }

func keyColumns(k review.Key) reviewKey {
	return reviewKey{ident(k.Source), ident(k.Account), ident(k.Location), ident(k.ID)}
}

// entry is an audit entry to be, with its detail as JSON and the words beside it.
type entry struct {
	audit.Entry
	detail string
	texts  map[string]string
}

type receipt struct {
	scope, id, body string
	at              any
}

// creates tells that the parcel brings a new case.
func (p *parcel) creates() bool { return p.batch.Change != nil && p.batch.Change.Case.ID == 0 }

// claims tells that this work of the parcel's new case is to be claimed with it.
func (p *parcel) claims(w review.Work) bool {
	c := p.batch.Claim
	return c != nil && p.creates() && w.Case == 0 && !w.Due.After(c.Now) && slices.Contains(c.Kinds, w.Kind)
}

// pack encodes b. Its errors are the caller's fault, the batch cannot be kept.
func pack(b *storage.Batch) (*parcel, error) {
	p := &parcel{batch: b}
	if c := b.Change; c != nil {
		if err := p.packChange(c); err != nil {
			return nil, err
		}
		p.work = c.Work
	}
	if len(b.Work) > 0 {
		p.work = slices.Concat(p.work, b.Work)
	}
	var err error
	if p.otherEvents, err = packEvents(b.Events); err != nil {
		return nil, err
	}
	for _, m := range b.Messages {
		p.messages = append(p.messages, []any{m.Case, ident(m.Chat), ident(m.Key), ident(m.Ref), m.Hash.String(), micros(m.Posted)})
	}
	if s := b.Source; s != nil {
		p.source = []any{ident(s.Name), []byte(s.Cursor), micros(s.Polled), micros(s.Succeeded), int64(s.Failures), label(s.Problem), bit(s.Announced), micros(s.Waits)}
	}
	if s := b.Setting; s != nil {
		p.setting, p.settingBefore = []any{ident(s.Name), label(s.Value)}, label(s.Before)
	}
	if r := b.Receipt; r != nil {
		p.receipt = &receipt{scope: ident(r.Scope), id: ident(r.ID), body: r.Body.String(), at: r.At.UnixMicro()}
	}
	return p, nil
}

func (p *parcel) packChange(c *review.Change) error {
	var err error
	p.key = keyColumns(c.Case.Review.Key)
	if p.caseRow, err = caseRow(&c.Case, p.key); err != nil {
		return err
	}
	if c.Revision != nil {
		if p.revision, err = revisionRow(c.Revision); err != nil {
			return err
		}
	}
	if c.Draft != nil {
		if p.draft, err = draftRow(c.Draft); err != nil {
			return err
		}
	}
	if c.Approval != nil {
		if p.approval, err = approvalRow(c.Approval); err != nil {
			return err
		}
	}
	if c.Reply != nil {
		if p.reply, err = replyRow(c.Reply, &c.Case); err != nil {
			return err
		}
	}
	p.changeEvents, err = packEvents(c.Events)
	return err
}

func caseRow(c *review.Case, key reviewKey) ([]any, error) {
	doc, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("case %s cannot be encoded: %w", c.Ref(), err)
	}
	var stars, binding, approver, reply any
	if v, ok := c.Review.Rating.Fifths(); ok {
		stars = v
	}
	if len(c.Approvals) > 0 {
		binding, approver = hexOrNull(c.Approvals[0].Binding), ident(string(c.Approvals[0].By))
	}
	if c.Reply != nil {
		reply = hexOrNull(c.Reply.Binding)
	}
	content := c.Review.ContentHash()
	return []any{
		c.ID, key.source, key.account, key.location, key.id, c.Version, string(c.Status),
		string(c.Verdict), ident(string(c.Owner)), stars, string(c.Review.Rating.Kind), label(c.Lang()),
		bit(c.Review.Rating.Critical()), int64(c.Review.Revision), content[:], binding, approver,
		reply, micros(c.PublishAt), micros(c.Opened), c.Changed.UnixMicro(), micros(c.ClosedAt), micros(c.Removed), int64(len(c.Tasks())), label(c.Cause), string(doc),
	}, nil
}

func revisionRow(r *review.Review) ([]any, error) {
	bare := *r
	bare.Title, bare.Body = "", ""
	doc, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("review %s cannot be encoded: %w", r.Key, err)
	}
	content := r.ContentHash()
	return []any{nil, int64(r.Revision), content[:], bytesOrNull(r.Title), bytesOrNull(r.Body), []byte(r.Raw), string(doc)}, nil
}

// exact refuses words that would not come back as the bytes that people see
// and approve.
func exact(what, text string) error {
	if !utf8.ValidString(text) {
		return &review.InputError{Field: what, Problem: "is not valid UTF-8; please write it again"}
	}
	return nil
}

func draftRow(d *review.Draft) ([]any, error) {
	if err := exact("text", d.Text); err != nil {
		return nil, err
	}
	bare := *d
	bare.Text = ""
	doc, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("draft %d cannot be encoded: %w", d.N, err)
	}
	return []any{nil, int64(d.N), d.Hash().String(), []byte(d.Text), string(doc)}, nil
}

func approvalRow(a *review.Approval) ([]any, error) {
	doc, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("the approval of draft %d cannot be encoded: %w", a.Draft, err)
	}
	return []any{nil, a.Binding.String(), ident(string(a.By)), int64(a.Draft), a.Role.String(), a.At.UnixMicro(), string(doc)}, nil
}

// replyRow names one of the people who approved exactly this binding; the
// foreign key refuses a new reply that nobody approved.
func replyRow(r *review.Reply, c *review.Case) ([]any, error) {
	if err := exact("text", r.Text); err != nil {
		return nil, err
	}
	bare := *r
	bare.Text = ""
	doc, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("the reply of case %s cannot be encoded: %w", c.Ref(), err)
	}
	approver := ""
	for _, a := range c.Approvals {
		if a.Binding == r.Binding {
			approver = ident(string(a.By))
			break
		}
	}
	return []any{
		nil, r.Binding.String(), approver, ident(c.Review.Key.Source), int64(r.Draft), []byte(r.Text), r.Intent.UnixMicro(),
		micros(r.Answered), label(r.Problem), ident(r.Reviewer), string(doc),
	}, nil
}

// packEvents brings events to the form in which the chain hashes them, so that
// the writer has nothing left to do but to hash.
func packEvents(events []review.Event) ([]entry, error) {
	if len(events) == 0 {
		return nil, nil
	}
	out := make([]entry, len(events))
	for i, e := range events {
		out[i] = entry{Entry: audit.Settle(e), texts: e.Texts}
		if len(e.Detail) == 0 {
			continue
		}
		doc, err := json.Marshal(out[i].Detail)
		if err != nil {
			return nil, fmt.Errorf("the audit entry %q cannot be encoded: %w", e.Verb, err)
		}
		out[i].detail = string(doc)
	}
	return out, nil
}
