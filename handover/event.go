package handover

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// Event is what a target is sent: see docs/schema/event.json.
type Event struct {
	Type      string    `json:"type"`      // "case.approve", "system.pause": what it concerns and the verb
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      Data      `json:"data"`
}

// Data is an entry of the audit log.
type Data struct {
	Seq    int64             `json:"seq"`            // place in the audit log, from 1
	Case   int64             `json:"case,omitempty"` // absent for what concerns no case
	Review *Reviewed         `json:"review,omitempty"`
	Actor  string            `json:"actor"`
	Verb   review.Verb       `json:"verb"`
	From   review.Status     `json:"from,omitempty"`
	To     review.Status     `json:"to,omitempty"`
	Detail map[string]string `json:"detail,omitempty"` // ids, numbers, digests
	// Words are what was said, by the name under which Detail has the digest;
	// only for targets that ask for them, and not once they were erased.
	Words map[string]string `json:"words,omitempty"`
	Hash  review.Digest     `json:"hash"` // of the entry, as "evenkeel export audit" has it
}

// Reviewed names the review of a case on its platform.
type Reviewed struct {
	Source   string `json:"source"`
	Account  string `json:"account,omitempty"`
	Location string `json:"location,omitempty"`
	ID       string `json:"id"`
}

// ID is the webhook-id of an entry for a target: the same however often and by
// whomever it is sent.
func ID(target string, e audit.Entry) string {
	return "evt_" + review.DigestOf("evenkeel.handover.1", target, e.Hash.String()).String()[:32]
}

// body writes an entry as a target gets it.
func (h *Handover) body(ctx context.Context, t Target, e audit.Entry) ([]byte, error) {
	about := "system."
	data := Data{Seq: e.Seq, Case: e.Case, Actor: e.Actor, Verb: e.Verb, From: e.From, To: e.To, Detail: e.Detail, Hash: e.Hash}
	if e.Case != 0 {
		about = "case."
		c, err := h.Store.Case(ctx, e.Case)
		switch {
		case err == nil:
			k := c.Review.Key
			data.Review = &Reviewed{Source: k.Source, Account: k.Account, Location: k.Location, ID: k.ID}
		case !errors.Is(err, storage.ErrNotFound):
			return nil, err
		}
	}
	if t.Words {
		var err error
		if data.Words, err = h.Store.Texts(ctx, e.Seq); err != nil {
			return nil, err
		}
	}
	return json.Marshal(Event{Type: about + string(e.Verb), Timestamp: e.At.UTC(), Data: data})
}
