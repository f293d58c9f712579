package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/evenkeel/evenkeel/review"
)

// when is a day and time in the team's zone.
func (d *Desk) when(t time.Time) string {
	return t.In(d.Playbook.Location()).Format("2 Jan 2006, 15:04")
}

// day is a day in the team's zone.
func (d *Desk) day(t time.Time) string { return t.In(d.Playbook.Location()).Format("2 Jan 2006") }

// Clock is a time of day in the team's zone, to the second: cards show points
// in time, not spans, so that they stay true without being redrawn.
func (d *Desk) Clock(t time.Time) string {
	return t.In(d.Playbook.Location()).Format("15:04:05")
}

// ago is a span of time as people say it.
func (d *Desk) ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	switch s := d.Now().Sub(t); {
	case s < time.Minute:
		return "just now"
	case s < time.Hour:
		return s.Truncate(time.Minute).String()[:len(s.Truncate(time.Minute).String())-2] + " ago"
	case s < 48*time.Hour:
		return s.Truncate(time.Hour).String()[:len(s.Truncate(time.Hour).String())-4] + " ago"
	}
	return "on " + d.when(t)
}

// due is when a case should be answered; ok is false when no clock runs.
func (d *Desk) due(c review.Case) (at time.Time, ok bool) {
	_, at, ok = d.answerBy(c)
	return at, ok
}

// clip cuts a text to at most n characters, with an ellipsis where it was cut.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	end := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return strings.TrimSpace(string([]rune(s[:end]))) + "…"
}

// oneLine folds all white space to single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// maxDiff bounds the texts that are compared word by word: the time grows with
// the square of hostile ones.
const maxDiff = 16 << 10

// wordDiff tells what changed between two texts, in runs that people can read.
func wordDiff(before, after string) []Span {
	if len(before)+len(after) > maxDiff {
		return []Span{{Kind: Deleted, Text: before}, {Kind: Added, Text: after}}
	}
	m := diffmatchpatch.New()
	m.DiffTimeout = 0 // the same texts always give the same diff, or cards would be redrawn for nothing
	diffs := m.DiffCleanupSemantic(m.DiffMain(before, after, false))
	spans := make([]Span, 0, len(diffs))
	for _, d := range diffs {
		kind := Same
		switch d.Type {
		case diffmatchpatch.DiffInsert:
			kind = Added
		case diffmatchpatch.DiffDelete:
			kind = Deleted
		}
		spans = append(spans, Span{Kind: kind, Text: d.Text})
	}
	return spans
}

// counted is a number of things in words: "1 fact", "2 facts".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
