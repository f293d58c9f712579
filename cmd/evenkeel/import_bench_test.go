package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// BenchmarkImport imports EVENKEEL_BENCH_REVIEWS lines (or 20,000), one in fifty
// of them a duplicate, with the program as a process of its own: alone, and
// beside a desk whose people press buttons in Slack, twenty times a second. It
// reports
//
//	s/alone, s/beside  how long an import took
//	s/bare             how long the engine alone takes for the same rows: 64 rows
//	                   a statement, or COPY, a thousand reviews a transaction
//	bare/alone         how much of the engine's speed that is
//	cpu-s/…            processor time of both, without the server's, if there is one;
//	                   it says more than time on a machine that is busy otherwise
//	MB/alone, MB/desk  the most memory of the import, and of the desk with one
//	ms/press, ms/p99   how long a press waited for its acknowledgement meanwhile
//	ms/quiet-p99       and before the import
func BenchmarkImport(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkImport(b, func() string { return "sqlite:" + filepath.Join(b.TempDir(), "desk.db") })
	})
	b.Run("postgres", func(b *testing.B) {
		benchmarkImport(b, func() string { return pgtest.Start(b) })
	})
}

func benchmarkImport(b *testing.B, database func() string) {
	path := manyReviews(b, storagetest.BenchReviews())
	b.ResetTimer()
	for range b.N {
		importOnce(b, path, database)
	}
}

func importOnce(b *testing.B, path string, database func() string) {
	env := shopEnv(b)
	env["EVENKEEL_DATABASE"] = database()
	alone, ended := importProcess(b, env, path)
	bare, bareCPU := bareInsert(b, env["EVENKEEL_DATABASE"], database())

	env["EVENKEEL_DATABASE"] = database()
	desk, slack := besides(b, env)
	meanwhile := func(do func()) []time.Duration {
		stop := make(chan struct{})
		done := make(chan []time.Duration)
		go func() { done <- presses(b, slack, stop) }()
		do()
		close(stop)
		waits := <-done
		slices.Sort(waits)
		return waits
	}
	quiet := meanwhile(func() { time.Sleep(quietFor) })
	var beside time.Duration
	waits := meanwhile(func() { beside, _ = importProcess(b, env, path) })
	for name, v := range map[string]float64{
		"s/alone": alone.Seconds(), "s/beside": beside.Seconds(), "s/bare": bare.Seconds(), "bare/alone": bare.Seconds() / alone.Seconds(),
		"MB/alone": maxRSS(ended), "cpu-s/alone": (ended.UserTime() + ended.SystemTime()).Seconds(), "cpu-s/bare": bareCPU.Seconds(), "MB/desk": peak(b, desk.cmd.Process.Pid), "ns/op": 0, "presses": float64(len(waits)),
	} {
		b.ReportMetric(v, name)
	}
	if len(waits) == 0 || len(quiet) == 0 {
		b.Fatal("nobody pressed anything")
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(waits[len(waits)/2]), "ms/press")
	b.ReportMetric(ms(waits[len(waits)*99/100]), "ms/p99")
	b.ReportMetric(ms(waits[len(waits)-1]), "ms/longest")
	b.ReportMetric(ms(quiet[len(quiet)*99/100]), "ms/quiet-p99")
}

// quietFor is how long presses are measured before an import.
const quietFor = 5 * time.Second

var benchWords = strings.Fields("the coat arrived late and parcel box support answered after days colour size wrong again very good service refund promised nobody called zip broke week happy with quality price ok shipping slow friendly staff")

// manyReviews writes a file of n lines.
func manyReviews(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "reviews.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,rating,title,body,author,created,product")
	for i := range n {
		k := i
		if i%50 == 49 {
			if k = rand.New(rand.NewPCG(1, uint64(i))).IntN(i); k%50 == 49 { // it stands for another itself
				k--
			}
		}
		r := rand.New(rand.NewPCG(2, uint64(k)))
		say := func(words int) string {
			var s []string
			for range words {
				s = append(s, benchWords[r.IntN(len(benchWords))])
			}
			return strings.Join(s, " ")
		}
		fmt.Fprintf(w, "rev-%08d,%d,%s,\"%s, %s.\",Customer %d,%s,Product %d\n", k, 1+k%5, say(3), say(10), say(3), k%300_000,
			time.Date(2020, 1, 1, 0, 0, 150*k, 0, time.UTC).Format(time.RFC3339), k%60)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// importProcess runs the command and gives its time.
func importProcess(b *testing.B, env map[string]string, path string) (time.Duration, *os.ProcessState) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Args = []string{"evenkeel", "import", path, "--source", "old"} // see TestMain
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return time.Since(began), cmd.ProcessState
}

// maxRSS is the most memory that a process held which has ended, in MB.
func maxRSS(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(usage.Maxrss) * 1024 / 1e6
}

// peak is the most memory that a process has held, in MB.
func peak(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Logf("memory is not measured here: %v", err)
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			n, _ := strconv.ParseFloat(f[1], 64)
			return n * 1024 / 1e6
		}
	}
	return 0
}

// besides starts a desk with Slack and cards to press.
func besides(b *testing.B, env map[string]string) (*process, *slacktest.Server) {
	b.Helper()
	var desk *process
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := url.Parse(desk.url)
		if err != nil {
			b.Error(err)
			return
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	b.Cleanup(public.Close)
	slack := slacktest.Start(slacktest.Options{HTTP: public.URL, Lax: true, Burst: 1 << 30})
	b.Cleanup(slack.Close)
	for n := range 4 {
		slack.Join(slacktest.Person{ID: presser(n), Name: fmt.Sprint("Person ", n), Admin: true})
	}
	for k, v := range map[string]string{
		"MODE": "http", "API_URL": slack.API, "BOT_TOKEN": slacktest.BotToken, "SIGNING_SECRET": slacktest.SigningSecret,
		"CHANNEL": slacktest.Channel, "PACE": "off",
	} {
		env["EVENKEEL_SLACK_"+k] = v
	}
	desk = spawn(b, env)
	for n := range cards {
		if code, body := desk.deliver(env["SHOP_SECRET"], strings.ReplaceAll(late, "r-1", fmt.Sprint("press-", n))); code != http.StatusOK {
			b.Fatal(code, body)
		}
	}
	if err := slack.Wait(b.Context(), func() bool { return len(slack.Messages(slacktest.Channel)) >= cards }); err != nil {
		b.Fatal(err)
	}
	return desk, slack
}

const cards = 40

func presser(n int) string { return fmt.Sprintf("U0PRESS%02d", n) }

// presses presses buttons until stop, twenty a second whether or not the ones
// before were answered, and gives how long each waited.
func presses(b *testing.B, slack *slacktest.Server, stop <-chan struct{}) []time.Duration {
	var mu sync.Mutex
	var waits []time.Duration
	var g sync.WaitGroup
	defer g.Wait()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			g.Wait()
			return waits
		case <-tick.C:
		}
		all := slack.Messages(slacktest.Channel)
		card := all[n*7%len(all)]
		var buttons []slacktest.Element
		for _, e := range slacktest.Elements(card.Blocks) {
			if e.Type == "button" && e.Value != "" {
				buttons = append(buttons, e)
			}
		}
		if len(buttons) == 0 {
			continue
		}
		g.Go(func() {
			_, ack, err := slack.Press(context.WithoutCancel(b.Context()), presser(n%4), card, buttons[n%len(buttons)], nil)
			if err != nil {
				b.Errorf("a press was not taken: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, ack.After)
		})
	}
}

// bareInsert writes the rows of an imported database into the tables of
// another with nothing around it, and gives the time that the engine took.
func bareInsert(b *testing.B, from, to string) (took, cpu time.Duration) {
	b.Helper()
	opened := &running{t: b, log: newBuffer(), env: map[string]string{"EVENKEEL_DATABASE": to, "HOME": b.TempDir()}}
	if code := opened.program(opened.log).run(b.Context(), []string{"stats"}); code != 0 { // makes the tables
		b.Fatal(opened.log)
	}
	driver, name := "pgx", func(address string) string { return address }
	if strings.HasPrefix(from, "sqlite:") {
		driver, name = "sqlite", func(address string) string {
			return "file:" + strings.TrimPrefix(address, "sqlite:") + "?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_pragma=cache_size(-16000)"
		}
	}
	in, err := sql.Open(driver, name(from))
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	var into bareTarget = &barePostgres{}
	if driver == "sqlite" {
		into = &bareSQLite{}
	}
	into.open(b, name(to))
	defer into.close()
	for at := int64(0); ; {
		cases := bareRows(b, in, "SELECT * FROM cases WHERE id > $1 ORDER BY id LIMIT 1024", at)
		if len(cases.rows) == 0 {
			return took, cpu
		}
		last := cases.rows[len(cases.rows)-1][0].(int64)
		revisions := bareRows(b, in, "SELECT * FROM revisions WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id", at, last)
		began, before := time.Now(), storagetest.CPU()
		into.write(b, cases, revisions)
		took += time.Since(began)
		cpu += storagetest.CPU() - before
		at = last
	}
}

// bareTable is some rows of a table.
type bareTable struct {
	name string
	cols []string
	rows [][]any
}

func bareRows(b *testing.B, db *sql.DB, query string, args ...any) bareTable {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), query, args...)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	t := bareTable{name: strings.Fields(query)[3]}
	if t.cols, err = rows.Columns(); err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		row, to := make([]any, len(t.cols)), make([]any, len(t.cols))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			b.Fatal(err)
		}
		t.rows = append(t.rows, row)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return t
}

// bareTarget is a database that is written to without us.
type bareTarget interface {
	open(b *testing.B, name string)
	write(b *testing.B, tables ...bareTable) // one transaction
	close()
}

type bareSQLite struct{ db *sql.DB }

func (s *bareSQLite) open(b *testing.B, name string) {
	var err error
	if s.db, err = sql.Open("sqlite", name); err != nil {
		b.Fatal(err)
	}
	s.db.SetMaxOpenConns(1)
}

func (s *bareSQLite) close() { _ = s.db.Close() }

func (s *bareSQLite) write(b *testing.B, tables ...bareTable) {
	tx, err := s.db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tables {
		for part := range slices.Chunk(t.rows, 64) {
			one := "(?" + strings.Repeat(", ?", len(t.cols)-1) + ")"
			query := "INSERT INTO " + t.name + " (" + strings.Join(t.cols, ", ") + ") VALUES " + one + strings.Repeat(", "+one, len(part)-1)
			if _, err := tx.ExecContext(b.Context(), query, slices.Concat(part...)...); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

type barePostgres struct{ conn *pgx.Conn }

func (p *barePostgres) open(b *testing.B, name string) {
	var err error
	if p.conn, err = pgx.Connect(b.Context(), name); err != nil {
		b.Fatal(err)
	}
}

func (p *barePostgres) close() { _ = p.conn.Close(context.Background()) }

func (p *barePostgres) write(b *testing.B, tables ...bareTable) {
	tx, err := p.conn.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tables {
		if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{t.name}, t.cols, pgx.CopyFromRows(t.rows)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
}
