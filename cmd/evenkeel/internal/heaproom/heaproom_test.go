package heaproom

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func TestPercent(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		used uint64
		want int
	}{
		{0, 800}, // Go lets any heap grow to 4 MiB times this
		{8 * mib, 400},
		{31 * mib, 103},
		{32 * mib, 100},
		{500 * mib, 100},
	} {
		if got := percent(32*mib, c.used); got != c.want {
			t.Errorf("percent with %d MiB in use = %d, want %d", c.used/mib, got, c.want)
		}
	}
}

// goal is up to where the heap may grow now.
func goal() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// becomes collects until the goal is as wanted: a cleanup runs some time after
// its collection.
func becomes(t *testing.T, what string, is func(goal uint64) bool) {
	t.Helper()
	for range 10_000 {
		if is(goal()) {
			return
		}
		runtime.GC()
		runtime.Gosched()
	}
	t.Fatalf("%s: the heap may grow to %d bytes", what, goal())
}

func TestRoom(t *testing.T) {
	const room = 256 << 20
	stop := Keep(room)
	becomes(t, "a small heap has the room", func(g uint64) bool { return g >= room && g < room+room/4 })

	large := make([]byte, 2*room)
	becomes(t, "a large heap may double", func(g uint64) bool { return g > 4*room && g < 4*room+room/4 })
	runtime.KeepAlive(large)
	becomes(t, "a heap that is small again has the room again", func(g uint64) bool { return g >= room && g < room+room/4 })

	stop()
	becomes(t, "stopped", func(g uint64) bool { return g < room/4 })
	if now := debug.SetGCPercent(plain); now != plain {
		t.Errorf("GOGC is %d now, want what it was before, %d", now, plain)
	}
}
