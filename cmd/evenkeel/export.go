package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// exportPage is how many rows are read at a time.
const exportPage = 500

func (p *program) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export [cases|audit]",
		Short: "Write cases or the audit log as JSON lines or CSV",
		Long: `Write all cases, or the audit log, to standard output or a file.

JSON lines hold everything that is kept of a case. CSV has the columns that
people sort and count by; cells that a spreadsheet would run as a formula are
given a leading apostrophe. The audit log holds digests and ids, never words;
"evenkeel audit verify FILE" checks an exported one offline.

The output holds customers' words: a file is readable by you alone.`,
		Example: `  evenkeel export > cases.jsonl
  evenkeel export cases --format csv --output cases.csv
  evenkeel export audit --output audit.jsonl`,
		ValidArgs: []string{"cases", "audit"},
		Args:      exportArgs,
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			if len(args) == 1 && args[0] == "audit" {
				return c.exportAudit(ctx, o)
			}
			return c.exportCases(ctx, o)
		}),
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.source, "source", "", "cases of this source only")
	return cmd
}

type exportOptions struct {
	format, output, source string
}

func (o *exportOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "jsonl", "jsonl or csv")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "file to write (default: standard output)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"jsonl", "csv"}, cobra.ShellCompDirectiveNoFileComp))
}

func exportArgs(_ *cobra.Command, args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "cases" && args[0] != "audit" {
		return usagef("export writes cases or audit; choose one of them")
	}
	return nil
}

// exportCases writes every case, oldest first.
func (c *call) exportCases(ctx context.Context, o exportOptions) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	return c.export(o, func(w rowWriter) error {
		if err := w.header(caseColumns); err != nil {
			return err
		}
		return eachCase(ctx, store, o.source, func(k review.Case) error {
			whole, err := readWhole(ctx, store, k)
			if err != nil {
				return err
			}
			return w.row(whole, caseCells(k))
		})
	})
}

// exportedCase is a case with its histories, as a line of JSON. A case's own
// JSON is what storage keeps beside its columns, so these are named here.
type exportedCase struct {
	ID      int64         `json:"case"`
	Version int64         `json:"version"`
	Status  review.Status `json:"status"`
	Review  review.Review `json:"review"`
	review.Case
	Revisions []review.Review   `json:"revisions,omitempty"`
	Drafts    []review.Draft    `json:"all_drafts,omitempty"`
	Approvals []review.Approval `json:"all_approvals,omitempty"`
	Replies   []review.Reply    `json:"all_replies,omitempty"`
}

// readWhole reads the histories of a case. History has none.
func readWhole(ctx context.Context, store storage.Store, k review.Case) (exportedCase, error) {
	e := exportedCase{ID: k.ID, Version: k.Version, Status: k.Status, Review: k.Review, Case: k}
	if k.Status == review.Seeded {
		return e, nil
	}
	var err error
	if e.Revisions, err = store.Revisions(ctx, k.ID); err != nil {
		return e, err
	}
	if e.Drafts, err = store.Drafts(ctx, k.ID); err != nil {
		return e, err
	}
	if e.Approvals, err = store.Approvals(ctx, k.ID); err != nil {
		return e, err
	}
	e.Replies, err = store.Replies(ctx, k.ID)
	return e, err
}

// eachCase reads all cases in pages.
func eachCase(ctx context.Context, store storage.Store, source string, do func(review.Case) error) error {
	for after := int64(0); ; {
		page, err := store.Cases(ctx, storage.Query{Source: source, Oldest: true, After: after, Limit: exportPage})
		if err != nil {
			return err
		}
		for _, k := range page {
			if err := do(k); err != nil {
				return err
			}
			after = k.ID
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

// export opens the output, lets write fill it and says how much it was.
func (c *call) export(o exportOptions, write func(rowWriter) error) error {
	if o.format != "jsonl" && o.format != "csv" {
		return usagef("--format is jsonl or csv, not %q", o.format)
	}
	if o.output == "" {
		_, err := writeRows(c.out, o.format, write)
		return err
	}
	// A half-written file must not look like a whole one: it gets its name last.
	tmp, err := os.CreateTemp(filepath.Dir(o.output), ".evenkeel-export-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	n, err := writeRows(tmp, o.format, write)
	if err != nil {
		_ = tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), o.output); err != nil {
		return err
	}
	c.note("%d written to %s", n, o.output)
	return nil
}

// rowWriter writes rows in one of the formats.
type rowWriter interface {
	header(columns []string) error
	// row writes v as JSON, or its cells as CSV.
	row(v any, cells []string) error
	flush() (rows int, err error)
}

func writeRows(out io.Writer, format string, write func(rowWriter) error) (int, error) {
	var w rowWriter
	if format == "csv" {
		w = &csvRows{w: csv.NewWriter(out)}
	} else {
		b := bufio.NewWriter(out)
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		w = &jsonRows{b: b, e: e}
	}
	if err := write(w); err != nil {
		return 0, err
	}
	return w.flush()
}

type jsonRows struct {
	b *bufio.Writer
	e *json.Encoder
	n int
}

func (*jsonRows) header([]string) error { return nil }

func (w *jsonRows) row(v any, _ []string) error { w.n++; return w.e.Encode(v) }

func (w *jsonRows) flush() (int, error) { return w.n, w.b.Flush() }

type csvRows struct {
	w *csv.Writer
	n int
}

func (w *csvRows) header(columns []string) error { return w.w.Write(columns) }

func (w *csvRows) row(_ any, cells []string) error {
	w.n++
	for i := range cells {
		cells[i] = inert(cells[i])
	}
	return w.w.Write(cells)
}

func (w *csvRows) flush() (int, error) { w.w.Flush(); return w.n, w.w.Error() }

// inert keeps a spreadsheet from running a cell as a formula: what begins with
// a sign that starts one is given an apostrophe
// (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay as they
// are: they run nothing.
func inert(cell string) string {
	trimmed := strings.TrimLeft(cell, " ")
	if trimmed == "" {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}

var caseColumns = []string{
	"case", "status", "verdict", "outcome", "source", "account", "location", "review_id", "revision",
	"rating_kind", "rating", "rating_max", "title", "body", "language", "author", "created", "url",
	"owner", "opened", "closed", "reply", "approvals", "published",
}

func caseCells(k review.Case) []string {
	r := k.Review
	var reply, published string
	switch {
	case k.Reply != nil:
		reply, published = k.Reply.Text, timeCell(k.Reply.Answered)
	case r.Reply != nil: // it came with one
		reply, published = r.Reply.Text, timeCell(r.Reply.Updated)
	}
	value, highest := "", ""
	if r.Rating.Kind != review.Unrated && r.Rating.Kind != "" {
		value, highest = number(r.Rating.Value), number(r.Rating.Max)
	}
	return []string{
		strconv.FormatInt(k.ID, 10), string(k.Status), string(k.Verdict), string(k.Outcome),
		r.Key.Source, r.Key.Account, r.Key.Location, r.Key.ID, strconv.Itoa(r.Revision),
		string(r.Rating.Kind), value, highest, r.Title, r.Body, k.Lang(), r.Author, timeCell(r.Created), r.URL,
		k.OwnerName, timeCell(k.Opened), timeCell(k.ClosedAt), reply, approvers(k.Approvals), published,
	}
}

func approvers(list []review.Approval) string {
	names := make([]string, 0, len(list))
	for _, a := range list {
		names = append(names, fmt.Sprintf("%s (%s)", a.Name, a.Role))
	}
	return strings.Join(names, "; ")
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
