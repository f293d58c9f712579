package metrics

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"pgregory.net/rapid"
)

// parse reads text with Prometheus' own parser.
func parse(t interface{ Fatal(...any) }, text string) map[string]*dto.MetricFamily {
	var p expfmt.TextParser
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err, "\n", text)
	}
	return families
}

func written(t *testing.T, s *Set) string {
	t.Helper()
	var b strings.Builder
	if err := s.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAnyLabel: whatever stands in a label comes back from Prometheus' parser.
func TestAnyLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, help := rapid.String().Draw(t, "value"), rapid.String().Draw(t, "help")
		s := NewSet()
		s.Counter("things_total", "x"+help, "name").Add(3, value)
		var b strings.Builder
		_ = s.Write(t.Context(), &b)
		m := parse(t, b.String())["things_total"].GetMetric()[0]
		if got := m.GetLabel()[0].GetValue(); got != strings.ToValidUTF8(value, "\uFFFD") || m.GetCounter().GetValue() != 3 {
			t.Fatalf("%q came back as %q", value, got)
		}
	})
}

// TestHistogram: buckets, sum and count agree with a plain count.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 200), 1, 50).Draw(t, "values")
		s := NewSet()
		h := s.Histogram("took_seconds", "How long.", Seconds, "kind")
		sum := 0.0
		for _, v := range values {
			h.Observe(v, "a")
			sum += v
		}
		var b strings.Builder
		_ = s.Write(t.Context(), &b)
		got := parse(t, b.String())["took_seconds"].GetMetric()[0].GetHistogram()
		if got.GetSampleCount() != uint64(len(values)) || got.GetSampleSum() != sum {
			t.Fatalf("%v values, %v in sum", got.GetSampleCount(), got.GetSampleSum())
		}
		for _, bucket := range got.GetBucket() {
			want := uint64(0)
			for _, v := range values {
				if v <= bucket.GetUpperBound() {
					want++
				}
			}
			if bucket.GetCumulativeCount() != want {
				t.Fatalf("%d values up to %v, not %d", bucket.GetCumulativeCount(), bucket.GetUpperBound(), want)
			}
		}
	})
}

// TestConventions: Prometheus' linter has nothing to say of the process's own.
func TestConventions(t *testing.T) {
	s := NewSet()
	s.Gather(Process(time.Unix(1_700_000_000, 0)))
	text := written(t, s)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "process_open_fds"} {
		if _, ok := parse(t, text)[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestBounded: labels without end do not take memory without end.
func TestBounded(t *testing.T) {
	s := NewSet()
	c := s.Counter("things_total", "Things.", "name")
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			for n := range 1000 {
				c.Add(1, fmt.Sprintf("%d-%d", w, n))
			}
		})
	}
	g.Wait()
	metrics := parse(t, written(t, s))["things_total"].GetMetric()
	if len(metrics) != maxSeries+1 {
		t.Errorf("%d series", len(metrics))
	}
	total := 0.0
	for _, m := range metrics {
		total += m.GetCounter().GetValue()
	}
	if total != 4000 {
		t.Errorf("%v of 4000 counted", total)
	}
}
