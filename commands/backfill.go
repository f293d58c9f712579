package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// maxBackfill bounds how many cases of history are woken at once: a team
// answers them one by one.
const maxBackfill = 50

func backfilling() []Command {
	return []Command{{
		Name: "backfill", Usage: "N [SOURCE]", Role: review.Lead,
		Help: "Wake the newest N reviews of history, quietly: each gets a thread, nobody is notified.", Example: "backfill 20",
		Fields: []Field{
			{Name: "n", Label: "How many", Kind: Number, Hint: "at most " + strconv.Itoa(maxBackfill)},
			optional(line("source", "Of which source", "all of them if empty")),
		},
		Run: runBackfill,
	}}
}

func runBackfill(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	n, err := strconv.Atoi(strings.TrimSpace(i.Arg("n")))
	if err != nil || n < 1 || n > maxBackfill {
		return Outcome{}, &review.InputError{Field: "number", Problem: fmt.Sprintf("is 1 to %d: they are answered one by one, and more can be woken later", maxBackfill)}
	}
	source := strings.TrimSpace(i.Arg("source"))
	woken, err := d.Backfill(ctx, i, source, n)
	if err != nil {
		return Outcome{}, err
	}
	from := "history"
	if source != "" {
		from += " of " + source
	}
	if len(woken) == 0 {
		return Outcome{Text: "There is nothing left in the " + from + ". “sources” shows what is read, “evenkeel import FILE” brings older reviews."}, nil
	}
	out := Outcome{Text: fmt.Sprintf("%d of the %s opened; their threads come quietly.", len(woken), from)}
	for _, c := range woken {
		out.Items = append(out.Items, d.Describe(c))
	}
	return out, nil
}
