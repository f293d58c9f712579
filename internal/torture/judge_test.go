package torture

import (
	"bytes"
	"context"

	"github.com/evenkeel/evenkeel/internal/torture/checker"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// judge stops the program, gathers what it left behind and lets the checker
// look at it.
func (c *campaign) judge() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	all := append(c.others[:len(c.others):len(c.others)], c.program)
	for _, p := range all {
		p.calm(ctx)
	}
	threads := c.threads(ctx)
	for _, p := range all {
		p.stop()
	}
	e := checker.Evidence{
		Threads: threads, Up: map[checker.Review]string{},
		Needs: func(r checker.Review) int {
			if c.ratings[r] == 1 {
				return 2
			}
			return 1
		},
		Finished: []string{"live", "published", "closed"},
	}
	c.export(ctx, &e)
	c.parents(ctx, &e)
	c.platforms(&e)
	e.Places = map[string]map[string]int{"slack": c.places()}
	if c.guild != nil {
		e.Places["discord"] = c.guild.cards()
	}
	e.Readings = c.readings()
	for r := range c.ratings {
		if r.Source == storefront || c.sender.accepted[r.ID] {
			e.Owed = append(e.Owed, r)
		} else {
			e.Offered = append(e.Offered, r)
		}
	}
	wrong := append(checker.Check(e), c.sender.refusals...)
	if len(wrong) > 0 {
		c.t.Errorf("seed %d: what must not be:\n%s", c.seed, checker.Report(wrong))
	}
	c.t.Logf("seed %d: %d reviews, %d kills, by themselves at %v, %d audit entries, %d calls of the platform",
		c.seed, len(c.ratings), c.kills, c.program.crashes(), len(e.Entries), len(e.Calls))
}

// threads reads every thread as a person sees it.
func (c *campaign) threads(ctx context.Context) map[int64]checker.Thread {
	c.t.Helper()
	who := c.people[0]
	rows, err := who.list(ctx, "all")
	if err != nil {
		c.t.Fatal(err)
	}
	out := map[int64]checker.Thread{}
	for _, r := range rows {
		p, err := who.thread(ctx, r.ID)
		if err != nil {
			c.t.Fatal(err)
		}
		out[r.ID] = checker.Thread{Cards: len(p.Cards), Buttons: p.buttons()}
	}
	return out
}

// export reads what the stopped program's own commands say.
func (c *campaign) export(ctx context.Context, e *checker.Evidence) {
	c.t.Helper()
	log, err := c.program.run(ctx, "audit", "export")
	if err == nil {
		e.Entries, err = checker.ReadAudit(bytes.NewReader(log))
	}
	if err == nil {
		_, err = c.program.run(ctx, "audit", "verify")
	}
	var cases []byte
	if err == nil {
		cases, err = c.program.run(ctx, "export", "cases", "--format", "csv")
	}
	if err == nil {
		e.Cases, err = checker.ReadCases(bytes.NewReader(cases))
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// parents counts the notes that open a thread in the database itself: a page
// shows only one of them. Notes of no case are summaries of bursts.
func (c *campaign) parents(ctx context.Context, e *checker.Evidence) {
	c.t.Helper()
	db, err := c.open()
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT case_id, COUNT(*) FROM notes WHERE thread = 0 AND case_id <> 0 GROUP BY case_id")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			c.t.Fatal(err)
		}
		t := e.Threads[id]
		t.Parents = n
		e.Threads[id] = t
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
}

// platforms reads what the platform received and shows, and what people posted
// by hand.
func (c *campaign) platforms(e *checker.Evidence) {
	s := c.platform.State()
	for _, call := range s.Calls {
		if call.Fault != "" && call.Text == "" && call.Effect == "" {
			continue // cut off before the platform had read it
		}
		if call.Op == simulator.OpReport {
			e.Reports = append(e.Reports, checker.Review{Source: storefront, ID: call.Review})
			continue
		}
		e.Calls = append(e.Calls, checker.Call{At: call.At, Review: checker.Review{Source: storefront, ID: call.Review}, Text: call.Text, Effect: call.Effect})
	}
	for _, r := range s.Reviews {
		if r.Reply != nil {
			e.Up[checker.Review{Source: storefront, ID: r.ID}] = r.Reply.Text
		}
	}
	for _, k := range e.Cases {
		if text := c.byHand[k.ID]; text != "" {
			e.Up[k.Review] = text
		}
	}
}
