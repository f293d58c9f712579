package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

func (p *program) auditCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "Verify and export the audit log",
		Long: `The audit log holds who did what to which case, and when. Each entry carries the
hash of the one before, so nothing can be changed, dropped or slipped in
unnoticed. A log that was cut at its end is still a chain: keep its head
(verify prints it) somewhere else and give it to --head.`,
		Example: `  evenkeel audit verify
  evenkeel audit export -o audit.jsonl
  evenkeel audit verify audit.jsonl --head 1042:9f86d081…`,
	}, p.auditVerifyCommand(), p.auditExportCommand())
}

func (p *program) auditVerifyCommand() *cobra.Command {
	var heads []string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Check the chain of the database, or of an exported file",
		Long: `Check every entry of the audit log in the database, or in an exported file
(- for standard input), which needs no database and no network.

Exit code 0: the chain is whole; its head is printed. 1: it is broken; the first
broken entry is named.`,
		Example: `  evenkeel audit verify
  evenkeel audit verify audit.jsonl
  evenkeel audit verify --head 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
		Args: wants(0, 1, "one file at most"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error { return c.auditVerify(ctx, heads, args) }),
	}
	cmd.Flags().StringSliceVar(&heads, "head", nil, "a head that is known to have existed, as SEQ:HASH; may be repeated")
	return cmd
}

func (p *program) auditExportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write the audit log as JSON lines",
		Long:    "Write the audit log as JSON lines, as `evenkeel export audit` does.",
		Example: "  evenkeel audit export -o audit.jsonl",
		Args:    wants(0, 0, "no arguments"),
		RunE:    p.with(func(ctx context.Context, c *call, _ []string) error { return c.exportAudit(ctx, o) }),
	}
	o.flags(cmd)
	return cmd
}

// verdict is the answer of `audit verify --json`.
type verdict struct {
	OK      bool   `json:"ok"`
	Entries int64  `json:"entries"`
	Head    string `json:"head"`
	Broken  int64  `json:"broken,omitempty"` // the first broken entry
	Why     string `json:"why,omitempty"`
	Line    int    `json:"line,omitempty"` // in the file
	Message string `json:"message,omitempty"`
}

func (c *call) auditVerify(ctx context.Context, heads, args []string) error {
	v := &audit.Verifier{}
	for _, h := range heads {
		head, err := audit.ParseHead(h)
		if err != nil {
			return usagef("--head: %w", err)
		}
		v.ExpectHead(head.Seq, head.Hash)
	}
	var err error
	if len(args) == 1 {
		err = c.verifyFile(args[0], v)
	} else {
		err = c.verifyDatabase(ctx, v)
	}
	return c.showVerdict(v, err)
}

func (c *call) verifyFile(path string, v *audit.Verifier) error {
	if path == "-" {
		return audit.VerifyJSONL(c.in, v)
	}
	f, err := os.Open(path)
	if err != nil {
		return usage(err)
	}
	defer f.Close()
	return audit.VerifyJSONL(f, v)
}

func (c *call) verifyDatabase(ctx context.Context, v *audit.Verifier) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	for e, err := range entries(ctx, store) {
		if err != nil {
			return err
		}
		if err := v.Add(e); err != nil {
			return err
		}
	}
	return v.Finish()
}

// entries reads the whole audit log in pages.
func entries(ctx context.Context, store storage.Store) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for after := int64(0); ; {
			page, err := store.Events(ctx, 0, after, exportPage)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if len(page) < exportPage {
				return
			}
		}
	}
}

// showVerdict says whether the chain is whole. An error that is neither a
// break nor a damaged line is somebody else's and is returned.
func (c *call) showVerdict(v *audit.Verifier, err error) error {
	head := v.Head()
	answer := verdict{OK: err == nil, Entries: head.Seq, Head: head.String()}
	var broken *audit.BrokenError
	var line *audit.LineError
	switch {
	case err == nil:
	case errors.As(err, &broken):
		answer.Broken, answer.Why, answer.Line = broken.Seq, string(broken.Why), broken.Line
	case errors.As(err, &line):
		answer.Broken, answer.Why, answer.Line = head.Seq+1, line.Why, line.Line
	case errors.Is(err, fs.ErrNotExist):
		return usage(err)
	default:
		return err
	}
	if err != nil {
		answer.Message = err.Error()
	}
	if c.json {
		if err := c.printJSON(answer); err != nil {
			return err
		}
	} else if answer.OK {
		c.print("The chain is whole: %d entries. Its head is %s", answer.Entries, answer.Head)
	} else {
		c.print("The chain is broken: %s", answer.Message)
	}
	if !answer.OK {
		return errNo
	}
	return nil
}

// exportAudit writes the whole audit log.
func (c *call) exportAudit(ctx context.Context, o exportOptions) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	return c.export(o, func(w rowWriter) error {
		if err := w.header(auditColumns); err != nil {
			return err
		}
		for e, err := range entries(ctx, store) {
			if err != nil {
				return err
			}
			cells, err := auditCells(e)
			if err != nil {
				return err
			}
			if err := w.row(e, cells); err != nil {
				return err
			}
		}
		return nil
	})
}

var auditColumns = []string{"seq", "at", "case", "actor", "verb", "from", "to", "detail", "prev", "hash"}

func auditCells(e audit.Entry) ([]string, error) {
	detail, err := marshal(e.Detail)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return []string{
		strconv.FormatInt(e.Seq, 10), timeCell(e.At), strconv.FormatInt(e.Case, 10), e.Actor, string(e.Verb),
		string(e.From), string(e.To), detail, e.Prev.String(), e.Hash.String(),
	}, nil
}
