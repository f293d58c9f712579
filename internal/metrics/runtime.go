package metrics

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Process tells of the process itself, by the names that Prometheus' own
// clients use. What the system does not say is left out.
func Process(started time.Time) func(context.Context) []Family {
	return func(context.Context) []Family {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		out := []Family{
			gauge("go_goroutines", "Goroutines that exist.", float64(runtime.NumGoroutine())),
			gauge("go_memstats_heap_inuse_bytes", "Bytes of the heap that are in use.", float64(m.HeapInuse)),
			gauge("go_memstats_sys_bytes", "Bytes obtained from the system.", float64(m.Sys)),
			counter("go_gc_cycles_total", "Garbage collections.", float64(m.NumGC)),
			counter("go_gc_pause_seconds_total", "Time that garbage collections stopped the program.", float64(m.PauseTotalNs)/1e9),
			gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", float64(started.UnixMilli())/1e3),
		}
		info := Family{Name: "go_info", Help: "The Go version.", Kind: GaugeKind, Labels: []string{"version"}}
		info.Add(1, runtime.Version())
		out = append(out, info)
		if rss, ok := resident(); ok {
			out = append(out, gauge("process_resident_memory_bytes", "Memory that the process holds.", rss))
		}
		if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
			out = append(out, gauge("process_open_fds", "Open file descriptors.", float64(len(entries))))
		}
		if limit := debug.SetMemoryLimit(-1); limit < 1<<62 {
			out = append(out, gauge("go_memory_limit_bytes", "The memory limit that the runtime keeps to.", float64(limit)))
		}
		return out
	}
}

// resident reads the second number of /proc/self/statm, in pages.
func resident() (float64, bool) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err == nil
}

func gauge(name, help string, value float64) Family {
	return Family{Name: name, Help: help, Kind: GaugeKind, Samples: []Sample{{Value: value}}}
}

func counter(name, help string, value float64) Family {
	return Family{Name: name, Help: help, Kind: CounterKind, Samples: []Sample{{Value: value}}}
}
