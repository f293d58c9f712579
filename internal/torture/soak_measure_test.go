package torture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The bounds of a soak. Growth is that of the straight line through all samples
// of the last two thirds, from its beginning to its end, as a share of its
// middle: caches fill in the first third. Goroutines come and go with presses,
// so a few of them are no growth.
const (
	mostGrowth     = 0.10
	fewGoroutines  = 20
	slowestPercent = 100 * time.Millisecond // the 99th percentile of acknowledgements
)

// parts is how many rows a soak's table has.
const parts = 10

// ledger is what a soak measures.
type ledger struct {
	began time.Time
	whole time.Duration

	mu      sync.Mutex
	times   map[string][parts][]uint32 // microseconds until the answer, by what was sent
	refused map[string]int             // answers that were no 200, by what and which
	samples []sample
}

// sample is the program at one moment.
type sample struct {
	after                        time.Duration
	resident, heap               float64 // bytes
	goroutines, descriptors, due float64
	database, journal            int64 // bytes of the files
	processor                    processor
}

func newLedger(whole time.Duration) *ledger {
	return &ledger{began: time.Now(), whole: whole, times: map[string][parts][]uint32{}, refused: map[string]int{}}
}

// part is which row of the table a moment belongs to.
func (l *ledger) part(at time.Duration) int {
	return min(parts-1, max(0, int(int64(at)*parts/int64(l.whole))))
}

// answered notes an acknowledgement: what was sent at a moment was answered now.
func (l *ledger) answered(what string, sent time.Time, status int, err error) {
	took := time.Since(sent)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.refused[what+": no answer"]++
	case status != http.StatusOK:
		l.refused[fmt.Sprintf("%s: %d", what, status)]++
	}
	rows := l.times[what]
	n := l.part(sent.Sub(l.began))
	rows[n] = append(rows[n], uint32(min(took.Microseconds(), math.MaxUint32)))
	l.times[what] = rows
}

// all are the times of a row, of everything whose name is told; parts for all
// rows.
func (l *ledger) all(n int, what ...string) []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []uint32
	for name, rows := range l.times {
		if !slices.Contains(what, name) {
			continue
		}
		for i, row := range rows {
			if i == n || n == parts {
				out = append(out, row...)
			}
		}
	}
	slices.Sort(out)
	return out
}

// quantile of sorted times.
func quantile(sorted []uint32, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1)
	return time.Duration(sorted[max(0, i)]) * time.Microsecond
}

// watch samples the program until ctx ends.
func (l *ledger) watch(ctx context.Context, every time.Duration, take func(context.Context) (sample, error)) error {
	failed := 0
	for {
		s, err := take(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was asked while the watch ended
		case err != nil:
			if failed++; failed > 5 {
				return fmt.Errorf("the program does not say how it is: %w", err)
			}
		default:
			failed = 0
			s.after = time.Since(l.began)
			l.mu.Lock()
			l.samples = append(l.samples, s)
			l.mu.Unlock()
		}
		if rest(ctx, every) != nil {
			return nil //nolint:nilerr // the watch is over
		}
	}
}

// sampled reads /metrics and the size of the files.
func (p *program) sampled(ctx context.Context) (s sample, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/metrics", nil)
	if err != nil {
		return s, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return s, err
	}
	defer drained(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return s, fmt.Errorf("/metrics answers %s", resp.Status)
	}
	found := readMetrics(resp.Body)
	s.resident, s.heap = found["process_resident_memory_bytes"], found["go_memstats_heap_inuse_bytes"]
	s.goroutines, s.descriptors = found["go_goroutines"], found["process_open_fds"]
	s.due = found[`evenkeel_work_pending{kind="cards:slack"}`]
	if s.resident == 0 || s.goroutines == 0 {
		return s, fmt.Errorf("/metrics says nothing of the process")
	}
	p.mu.Lock()
	s.processor = worked(p.life.pid)
	p.mu.Unlock()
	path := strings.TrimPrefix(p.database, "sqlite:")
	for name, size := range map[string]*int64{path: &s.database, path + "-wal": &s.journal} {
		if info, err := os.Stat(name); err == nil {
			*size = info.Size()
		}
	}
	return s, nil
}

// readMetrics reads Prometheus' text: values by name with labels.
func readMetrics(r io.Reader) map[string]float64 {
	out := map[string]float64{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			if v, err := strconv.ParseFloat(line[i+1:], 64); err == nil {
				out[line[:i]] = v
			}
		}
	}
	return out
}

// growth is by how much a figure rose over the last two thirds, as a share of
// its middle, and in its own unit.
func (l *ledger) growth(of func(sample) float64) (share, rise float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var xs, ys []float64
	for _, s := range l.samples {
		if s.after >= l.whole/3 && s.after <= l.whole {
			xs, ys = append(xs, s.after.Seconds()), append(ys, of(s))
		}
	}
	if len(xs) < 2 {
		return 0, 0
	}
	slope, middle := line(xs, ys)
	rise = slope * (xs[len(xs)-1] - xs[0])
	return rise / middle, rise
}

// line is the straight line of least squares: its slope, and its height in the
// middle.
func line(xs, ys []float64) (slope, middle float64) {
	var mx, my, xy, xx float64
	for i := range xs {
		mx, my = mx+xs[i]/float64(len(xs)), my+ys[i]/float64(len(ys))
	}
	for i := range xs {
		xy, xx = xy+(xs[i]-mx)*(ys[i]-my), xx+(xs[i]-mx)*(xs[i]-mx)
	}
	if xx == 0 {
		return 0, my
	}
	return xy / xx, my
}

// acknowledged are the kinds of what people in Slack send.
var acknowledged = []string{"press", "form", "command"}

func resident(s sample) float64   { return s.resident }
func goroutines(s sample) float64 { return s.goroutines }

// verdict is what a soak comes to: sentences, and those of them that are bad.
func (l *ledger) verdict() (said, bad []string) {
	judge := func(ok bool, format string, args ...any) {
		s := fmt.Sprintf(format, args...)
		said = append(said, s)
		if !ok {
			bad = append(bad, s)
		}
	}
	const mib = 1 << 20
	share, rise := l.growth(resident)
	judge(share <= mostGrowth, "memory: %+.1f MiB, %+.1f %% over the last two thirds (at most %+.0f %%)", rise/mib, 100*share, 100*mostGrowth)
	share, rise = l.growth(goroutines)
	judge(share <= mostGrowth || rise <= fewGoroutines, "goroutines: %+.0f, %+.1f %% over the last two thirds (at most %+.0f %%, or %d)", rise, 100*share, 100*mostGrowth, fewGoroutines)
	for _, kind := range []struct {
		name string
		what []string
	}{{"presses, forms and commands", acknowledged}, {"reviews", []string{"review"}}} {
		p99 := quantile(l.all(parts, kind.what...), 0.99)
		judge(p99 < slowestPercent, "%s: the 99th percentile of acknowledgement is %s (below %s)", kind.name, shown(p99), slowestPercent)
	}
	return said, bad
}

func shown(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }

// table has a row for each tenth of the soak.
func (l *ledger) table() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| from | memory MiB | heap MiB | goroutines | files | database MiB | log MiB | cards due | program | test | others | presses | p50 | p99 | longest | reviews | p50 | p99 | longest |")
	fmt.Fprintln(&b, strings.Repeat("| --- ", 19)+"|")
	for n := range parts {
		var in []sample
		l.mu.Lock()
		for _, s := range l.samples {
			if l.part(s.after) == n && s.after <= l.whole {
				in = append(in, s)
			}
		}
		l.mu.Unlock()
		if len(in) == 0 {
			continue
		}
		mib := func(of func(sample) float64) float64 { return median(in, of) / (1 << 20) }
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f |", (time.Duration(n) * l.whole / parts).Round(time.Second),
			mib(resident), mib(func(s sample) float64 { return s.heap }), median(in, goroutines), median(in, func(s sample) float64 { return s.descriptors }),
			mib(func(s sample) float64 { return float64(s.database) }), mib(func(s sample) float64 { return float64(s.journal) }),
			median(in, func(s sample) float64 { return s.due }))
		fmt.Fprintf(&b, " %s |", in[len(in)-1].processor.since(in[0].processor))
		for _, what := range [][]string{acknowledged, {"review"}} {
			t := l.all(n, what...)
			fmt.Fprintf(&b, " %d | %s | %s | %s |", len(t), shown(quantile(t, 0.5)), shown(quantile(t, 0.99)), shown(quantile(t, 1)))
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

func median(of []sample, what func(sample) float64) float64 {
	all := make([]float64, len(of))
	for i, s := range of {
		all[i] = what(s)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// byKind says how long each kind of acknowledgement took, over all.
func (l *ledger) byKind() string {
	var out []string
	for _, what := range append(acknowledged[:len(acknowledged):len(acknowledged)], "again", "review", "resent", "late") {
		t := l.all(parts, what)
		out = append(out, fmt.Sprintf("%s %d: p50 %s, p99 %s, longest %s", what, len(t), shown(quantile(t, 0.5)), shown(quantile(t, 0.99)), shown(quantile(t, 1))))
	}
	return strings.Join(out, "; ")
}

// TestASoakSeesGrowthAndDelay holds the verdict against programs that are made
// up: one that is well, one that grows, and one that is slow.
func TestASoakSeesGrowthAndDelay(t *testing.T) {
	made := func(memory, threads func(minute int) float64, slow int) *ledger {
		l := newLedger(time.Hour)
		for minute := range 60 {
			l.samples = append(l.samples, sample{after: time.Duration(minute) * time.Minute, resident: memory(minute), goroutines: threads(minute)})
		}
		var rows [parts][]uint32
		for i := range 1000 {
			took := uint32(2000)
			if i < slow {
				took = 150_000
			}
			rows[i%parts] = append(rows[i%parts], took)
		}
		l.times["press"], l.times["review"] = rows, rows
		return l
	}
	level := func(v float64) func(int) float64 { return func(minute int) float64 { return v + float64(minute%7) } }
	rising := func(v float64) func(int) float64 {
		return func(minute int) float64 { return v * (1 + float64(minute)/100) }
	}
	filling := func(v float64) func(int) float64 { // caches, in the first third
		return func(minute int) float64 { return v * min(1, float64(minute+1)/20) }
	}
	for _, c := range []struct {
		name            string
		memory, threads func(int) float64
		slow, bad       int
	}{
		{"well", level(300 << 20), level(150), 9, 0},
		{"filling caches", filling(300 << 20), level(150), 9, 0},
		{"memory grows", rising(300 << 20), level(150), 0, 1},
		{"goroutines grow", level(300 << 20), rising(150), 0, 1},
		{"few goroutines more", level(300 << 20), rising(20), 0, 0},
		{"slow", level(300 << 20), level(150), 11, 2},
	} {
		if said, bad := made(c.memory, c.threads, c.slow).verdict(); len(bad) != c.bad {
			t.Errorf("%s: %d things are bad, want %d:\n%s", c.name, len(bad), c.bad, strings.Join(said, "\n"))
		}
	}
}
