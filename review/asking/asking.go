// Package asking makes the list of customers whom a team may ask for a
// review: all customers of a period, in the order in which they were given, and
// nobody left out for what they think. Platforms and the law forbid asking only
// the happy ones, so a list by which somebody could choose is refused, and where
// a platform wants nobody to be asked there is no list.
//
// The package is pure: a list comes in as CSV and goes out as rows. Whoever uses
// it keeps nothing of the list and records that it was made.
package asking

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// Most bounds how many customers a list may have.
const Most = 1_000_000

// Verb stands in the audit log for a list that was made.
const Verb review.Verb = "invitation-list"

// dateColumns are the headers of the day on which a customer bought, in the
// order in which they are looked for.
var dateColumns = []string{"date", "order_date", "ordered", "ordered_at", "created", "created_at", "purchased", "purchase_date"}

// choosingColumns are words in a header that let somebody choose who is asked.
var choosingColumns = []string{"rating", "ratings", "stars", "star", "score", "sentiment", "nps", "csat", "satisfaction", "satisfied",
	"happy", "unhappy", "review", "reviews", "feedback", "complaint", "complaints", "promoter", "detractor", "bewertung", "sterne", "avis", "note"}

// Ask is what a list is asked for with.
type Ask struct {
	From, To time.Time // days, both included
	Platform string    // where people are asked to write, "" for any
}

// Parse reads days written as in 2026-05-01. Its errors are for people.
func Parse(from, to, platform string) (Ask, error) {
	a := Ask{Platform: strings.TrimSpace(platform)}
	var err1, err2 error
	a.From, err1 = time.Parse(time.DateOnly, from)
	a.To, err2 = time.Parse(time.DateOnly, to)
	switch {
	case err1 != nil || err2 != nil:
		return a, errors.New("from and to are days, such as 2026-05-01")
	case a.To.Before(a.From):
		return a, errors.New("the last day is before the first")
	}
	_, err := Rules(a.Platform)
	return a, err
}

// Rules are what holds for asking for reviews on a platform, "" for any, each
// with its page; or an error that says why nobody is asked there.
func Rules(platform string) ([]rubric.Source, error) {
	policy := rubric.PolicyFor(platform, "")
	switch {
	case platform == "":
		return policy.Country, nil
	case !rubric.Known(platform):
		return nil, fmt.Errorf("the platform is one of %s, not %q", strings.Join(rubric.Platforms(), ", "), platform)
	case !policy.AskReviews:
		return nil, fmt.Errorf("%s wants nobody to be asked for a review; no list is made", policy.Platform)
	}
	return slices.Concat(policy.Sources, policy.Country), nil
}

// Advice is what holds everywhere.
const Advice = "Ask everybody in the same neutral words, promise nothing for a review, and do not send unhappy people elsewhere first."

// List is the customers of a period.
type List struct {
	Header []string
	Rows   [][]string
	Read   int // how many the given list had
}

// Event is the audit entry of a list that was made, without anybody on it.
func (l List) Event(a Ask, by review.Actor, now time.Time) review.Event {
	e := review.Event{At: now, Actor: by.String(), Verb: Verb, Detail: map[string]string{
		"from": a.From.Format(time.DateOnly), "to": a.To.Format(time.DateOnly), "customers": strconv.Itoa(len(l.Rows)),
	}}
	if a.Platform != "" {
		e.Detail["platform"] = a.Platform
	}
	return e
}

// Read takes the customers of the period from a list with a header and a column
// of days. Its errors are for people and name no customer.
func Read(in io.Reader, a Ask) (List, error) {
	var list List
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return list, fmt.Errorf("this is no list: the first line names the columns, with commas between: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	list.Header = header
	at := -1
	for _, want := range dateColumns {
		if at < 0 {
			at = slices.IndexFunc(header, func(h string) bool { return strings.Join(headerWords(h), "_") == want })
		}
	}
	for _, h := range header {
		if slices.ContainsFunc(headerWords(h), func(w string) bool { return slices.Contains(choosingColumns, w) }) {
			return list, fmt.Errorf("the column %q lets somebody choose who is asked; everybody is asked, or nobody. Take it out and come back", h)
		}
	}
	if at < 0 {
		return list, errors.New(`there is no column "date" with the day on which each customer bought`)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		if list.Read++; list.Read > Most {
			return list, fmt.Errorf("there are more than %d customers; split the list by months", Most)
		}
		line, _ := r.FieldPos(at)
		text := strings.TrimSpace(row[at])
		if len(text) < len(time.DateOnly) {
			return list, fmt.Errorf("line %d: the date is not written as in 2026-05-01; nobody was listed", line)
		}
		day, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)])
		if err != nil {
			return list, fmt.Errorf("line %d: the date is not written as in 2026-05-01; nobody was listed", line)
		}
		if !day.Before(a.From) && !day.After(a.To) {
			list.Rows = append(list.Rows, row)
		}
	}
}

// headerWords are the words of a column's name: "orderDate" and "Order date"
// have the same.
func headerWords(s string) []string {
	var b strings.Builder
	lower := false
	for _, r := range s {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
