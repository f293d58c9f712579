package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// crmKey signs what the program hands over in these tests.
const crmKey = "canary-a-key-for-the-crm"

// crm is a program that is handed events. It checks them with code of its own:
// the signature as https://www.standardwebhooks.com writes it down, the age,
// the schema in docs. It may fail as programs do.
type crm struct {
	t      *testing.T
	schema *jsonschema.Schema

	mu    sync.Mutex
	fails []int               // answers to give first; 0 says nothing until the caller gives up
	took  []handed            // in the order in which they were taken
	calls map[string][][]byte // by id, every body that came
}

type handed struct {
	ID   string
	Data struct {
		Seq  int64
		Case int64
		Hash string
	}
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // killed in the middle
	}
	id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, []byte(crmKey))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("Webhook-Signature") != want {
		c.t.Errorf("%s is signed %q, want %q", id, r.Header.Get("Webhook-Signature"), want)
	}
	if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		c.t.Errorf("%s is stamped %q", id, at)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = c.schema.Validate(doc)
	}
	if err != nil {
		c.t.Errorf("%s is not as docs/schema/event.json says: %v\n%s", id, err, body)
	}
	e := handed{ID: id}
	if err := json.Unmarshal(body, &e); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.calls[id] = append(c.calls[id], body)
	if len(c.fails) > 0 {
		status := c.fails[0]
		c.fails = c.fails[1:]
		c.mu.Unlock()
		if status == 0 {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(status)
		return
	}
	c.took = append(c.took, e)
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// taken is how many different events were taken.
func (c *crm) taken() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make(map[string]bool)
	for _, e := range c.took {
		ids[e.ID] = true
	}
	return len(ids)
}

// TestHandoverOverKills runs the program itself, on both databases, and kills
// it again and again while it hands over events to a program that fails in
// every way at first. Afterwards every entry of the audit log was taken; one
// that came again came with the same id and the same bytes; and the events of a
// case came in order.
func TestHandoverOverKills(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "desk.db") },
		"postgres": func(t *testing.T) string { return pgtest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handoverOverKills(t, database(t))
		})
	}
}

func handoverOverKills(t *testing.T, database string) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "schema", "event.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := &crm{t: t, schema: schema, calls: make(map[string][][]byte), fails: []int{500, 0, 502}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	env := shopEnv(t)
	rules := shopRules + "handover:\n  crm:\n    url: " + server.URL + "/in\n    secret: ${CRM_SECRET}\n"
	if err := os.WriteFile(env["EVENKEEL_PLAYBOOK"], []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	env["CRM_SECRET"], env["EVENKEEL_HANDOVER_ALLOW"], env["EVENKEEL_DATABASE"] = crmKey, u.Host, database

	p := spawn(t, env)
	p.awaitMetric(`evenkeel_handover_up{target="crm"}`) // it has begun: what happens now is news
	first := p.awaitMetric("evenkeel_audit_entries ")
	sent := 0
	for range 3 {
		for range 20 {
			sent++
			if code, body := p.deliver(env["SHOP_SECRET"], strings.ReplaceAll(late, "r-1", "r-"+strconv.Itoa(sent))); code != http.StatusOK {
				t.Fatal(code, body)
			}
		}
		for had := c.taken(); c.taken() < had+3; { // it is in the middle of them
			p.pause()
		}
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		p = spawn(t, env)
	}
	for last := -1.0; last != 0; {
		p.pause()
		last = p.awaitMetric(`evenkeel_handover_behind{target="crm"}`) + p.awaitMetric(`evenkeel_handover_failures{target="crm"}`)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	c.judge(auditLog(t, p.running), int64(first))
	if strings.Contains(p.log.String(), "canary") {
		t.Error("a secret stands in the log")
	}
}

// auditLog is the audit log as it is exported.
func auditLog(t *testing.T, r *running) map[int64]audit.Entry {
	t.Helper()
	var out bytes.Buffer
	if code := r.program(&out).run(t.Context(), []string{"export", "audit"}); code != 0 {
		t.Fatalf("export audit: %d\n%s", code, r.log)
	}
	all := make(map[int64]audit.Entry)
	for line := range bytes.Lines(out.Bytes()) {
		var e audit.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		all[e.Seq] = e
	}
	return all
}

// judge compares what was taken with the audit log, from the entry after first
// on.
func (c *crm) judge(log map[int64]audit.Entry, first int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make(map[int64]string)
	last := make(map[int64]int64) // by case
	for _, e := range c.took {
		switch known, again := ids[e.Data.Seq]; {
		case again && known != e.ID:
			c.t.Errorf("entry %d came as %s and as %s", e.Data.Seq, known, e.ID)
		case again:
			continue
		case e.Data.Seq <= last[e.Data.Case]:
			c.t.Errorf("case #%d: entry %d came after %d", e.Data.Case, e.Data.Seq, last[e.Data.Case])
		}
		ids[e.Data.Seq], last[e.Data.Case] = e.ID, e.Data.Seq
		if want := log[e.Data.Seq]; want.Hash.String() != e.Data.Hash {
			c.t.Errorf("entry %d has the hash %s, the log says %s", e.Data.Seq, e.Data.Hash, want.Hash)
		}
	}
	for seq := range log {
		if _, ok := ids[seq]; !ok && seq > first {
			c.t.Errorf("entry %d was never taken", seq)
		}
	}
	if len(ids) < 60 {
		c.t.Errorf("only %d events were judged", len(ids))
	}
	repeated := 0
	for id, bodies := range c.calls {
		repeated += len(bodies) - 1
		for _, b := range bodies[1:] {
			if !bytes.Equal(b, bodies[0]) {
				c.t.Errorf("%s came with other bytes:\n%s\n%s", id, bodies[0], b)
			}
		}
	}
	if repeated < 3 {
		c.t.Errorf("%d calls were repeated, although the first three failed", repeated)
	}
}

// awaitMetric waits until a number stands on the page of metrics, and gives it.
func (p *process) awaitMetric(name string) float64 {
	p.t.Helper()
	for {
		_, said := p.read("/metrics", nil)
		for line := range strings.Lines(said) {
			if rest, ok := strings.CutPrefix(line, name); ok {
				n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
				if err != nil {
					p.t.Fatal(err)
				}
				return n
			}
		}
		p.pause()
	}
}

// pause waits for the program, which is another process with a clock of its own.
func (p *process) pause() {
	select {
	case <-p.t.Context().Done():
		p.t.Fatal("it took too long")
	case <-time.After(50 * time.Millisecond):
	}
}
