package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// maxCustomers bounds a list, and with it the memory that it takes.
const maxCustomers = 1_000_000

// dateColumns are the headers of the day on which a customer bought, in the
// order in which they are looked for.
var dateColumns = []string{"date", "order_date", "ordered", "ordered_at", "created", "created_at", "purchased", "purchase_date"}

// choosingColumns are words in a header that let somebody choose who is asked.
var choosingColumns = []string{"rating", "ratings", "stars", "star", "score", "sentiment", "nps", "csat", "satisfaction", "satisfied",
	"happy", "unhappy", "review", "reviews", "feedback", "complaint", "complaints", "promoter", "detractor", "bewertung", "sterne", "avis", "note"}

type invitationsOptions struct{ from, to, platform, output string }

func (p *program) invitationsCommand() *cobra.Command {
	var o invitationsOptions
	cmd := &cobra.Command{
		Use:   "invitations FILE.csv|-",
		Short: "List all customers of a period whom to ask for a review",
		Long: `Give back the customers of a period from a list of customers or orders (CSV with
a header and a column "date"), every one of them, in their order: nobody is left
out for what they think. A list with a column about ratings, sentiment or
complaints is refused, for it lets somebody choose. Where a platform wants
nobody to be asked (--platform), the list is not made.

The platform's rule and its page are printed beside the list. The list itself is
kept nowhere; that it was made, for which period and how long it is, goes into
the audit log. Cells that a spreadsheet would run as a formula are given a
leading apostrophe. Nothing is sent to anybody.`,
		Example: `  evenkeel invitations orders.csv --from 2026-05-01 --to 2026-05-31 --platform google -o ask.csv`,
		Args:    wants(1, 1, "one file, or - for standard input"),
		RunE:    p.with(func(ctx context.Context, c *call, args []string) error { return c.invitations(ctx, o, args[0]) }),
	}
	cmd.Flags().StringVar(&o.from, "from", "", "first day, such as 2026-05-01")
	cmd.Flags().StringVar(&o.to, "to", "", "last day")
	cmd.Flags().StringVar(&o.platform, "platform", "", "where they are asked to write, such as google")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "file to write (default: standard output)")
	_ = cmd.RegisterFlagCompletionFunc("platform", cobra.FixedCompletions(rubric.Platforms(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *call) invitations(ctx context.Context, o invitationsOptions, path string) error {
	from, err1 := time.Parse(time.DateOnly, o.from)
	to, err2 := time.Parse(time.DateOnly, o.to)
	switch {
	case err1 != nil || err2 != nil:
		return usagef("--from and --to are days, such as 2026-05-01")
	case to.Before(from):
		return usagef("--to is before --from")
	case o.platform != "" && !rubric.Known(o.platform):
		return usagef("--platform is one of %s, not %q", strings.Join(rubric.Platforms(), ", "), o.platform)
	}
	policy := rubric.PolicyFor(o.platform, "")
	if o.platform != "" && !policy.AskReviews {
		return usagef("%s wants nobody to be asked for a review; no list is made", policy.Platform)
	}
	in := c.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usage(err)
		}
		defer f.Close()
		in = f
	}
	list, err := readCustomers(in, from, to)
	if err != nil {
		return usage(err)
	}
	if err := c.recordInvitations(ctx, o, len(list.rows)); err != nil {
		return err
	}
	err = c.export(exportOptions{format: "csv", output: o.output}, func(w rowWriter) error {
		if err := w.header(list.header); err != nil {
			return err
		}
		for _, row := range list.rows {
			if err := w.row(nil, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.invitationNote(policy, o.platform, list)
	return nil
}

// invitationNote says what holds for asking.
func (c *call) invitationNote(policy rubric.Policy, platform string, list customers) {
	c.note("%d of %d customers bought in this period; all of them are listed. Ask everybody in the same neutral words, promise nothing for a review, and do not send unhappy people elsewhere first.", len(list.rows), list.read)
	rules := policy.Country
	if platform != "" {
		rules = slices.Concat(policy.Sources, policy.Country)
	}
	for _, s := range rules {
		c.note("  %s: %s", strings.TrimSpace(s.Name+" "+s.URL), s.Rule)
	}
}

// recordInvitations notes that a list was made, without anybody on it.
func (c *call) recordInvitations(ctx context.Context, o invitationsOptions, n int) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return fmt.Errorf("the list must be recorded, and cannot be: %w", err)
	}
	defer store.Close()
	detail := map[string]string{"from": o.from, "to": o.to, "customers": strconv.Itoa(n)}
	if o.platform != "" {
		detail["platform"] = o.platform
	}
	return store.Commit(ctx, &storage.Batch{Events: []review.Event{{At: c.now().UTC(), Actor: "system:invitations", Verb: "invitation-list", Detail: detail}}})
}

// customers is what was read of a list: the rows of the period, and how many
// there were in all.
type customers struct {
	header []string
	rows   [][]string
	read   int
}

func readCustomers(in io.Reader, from, to time.Time) (customers, error) {
	var list customers
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return list, fmt.Errorf("this is no list: the first line names the columns, with commas between: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	list.header = header
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
		if list.read++; list.read > maxCustomers {
			return list, fmt.Errorf("there are more than %d customers; split the list by months", maxCustomers)
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
		if !day.Before(from) && !day.After(to) {
			list.rows = append(list.rows, row)
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
