package bot

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// This file is how people learn how the programs fare that events are handed
// to: in doctor's words where they look, and once each in chat when one is out
// of reach for long and when it is back. An outage is named after its
// beginning, so every process names it alike.

// Trouble notes how something beside the desk fares, such as a program that is
// handed events: err is shown where people look at sources, until it is nil.
func (d *Desk) Trouble(what string, err error) { d.troubled(what, err) }

// Outage is a program that takes no events.
type Outage struct {
	Since   time.Time // zero when it is well
	Problem string    // what it said last, for people
}

// handoverNotice begins the names of notices about such a program.
const handoverNotice = "handover-"

// OutageNews is what to tell of a program that has been out of reach since a
// time, or is well again after that. Whoever asks for it puts it into the very
// write that notes that people were told.
func (d *Desk) OutageNews(target string, since time.Time, well bool) []review.Work {
	return d.outageNotices(handoverNotice, target, since, well, d.routesOf("", false))
}

// outageCard draws a notice about a program; name is what follows
// handoverNotice.
func (d *Desk) outageCard(ctx context.Context, name string) (Card, bool, error) {
	what, name, ok := strings.Cut(name, "-")
	began, target, ok2 := strings.Cut(name, "-")
	micros, err := strconv.ParseInt(began, 36, 64)
	if !ok || !ok2 || err != nil {
		return Card{}, false, nil //nolint:nilerr // not a name of ours
	}
	var now Outage
	if d.Outage != nil {
		if now, err = d.Outage(ctx, target); err != nil {
			return Card{}, false, err
		}
	}
	since := "It has taken no events since " + d.when(time.UnixMicro(micros)) + "."
	card := Card{Title: target + " takes events again", Tone: Good}
	switch {
	case what == sourceWell:
		card.Blocks = []Block{{Kind: Para, Text: "What waited since " + d.when(time.UnixMicro(micros)) + " is handed over in order."}}
	case now.Since.UnixMicro() != micros:
		card.Title, card.Tone = target+" was out of reach", Neutral
		card.Blocks = []Block{{Kind: Para, Text: "It took no events from " + d.when(time.UnixMicro(micros)) + " on. It takes them again."}}
	default:
		card.Title, card.Tone = target+" takes no events", Waiting
		card.Blocks = []Block{
			{Kind: Para, Text: sentence(now.Problem)},
			{Kind: Small, Text: since + " Nothing is lost: they wait in order and are tried again by themselves, and you are told here once it works. “sources” and “evenkeel doctor” show how it fares."},
		}
	}
	card.Summary = card.Title
	return card, true, nil
}
