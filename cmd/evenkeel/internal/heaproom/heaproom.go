// Package heaproom lets a small heap grow by a fixed room before it is
// collected.
//
// Go collects a heap when it has grown by as much as is in use (GOGC=100). A
// desk keeps some ten megabytes and makes, review by review, much that is gone
// at once: under load it would be collected many times a second, to save a few
// megabytes. A larger GOGC would save that and take its multiple of a large
// heap as well. [Keep] sets GOGC after each collection to what makes the room,
// and to Go's own 100 as soon as more than the room is in use: a heap that is
// large already grows no further than it would without.
package heaproom

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// plain is Go's own measure, in percent.
const plain = 100

// Keep gives the heap of this process so many bytes of room, from the next
// collection on, until stop is called. Then GOGC is as it was before.
func Keep(room uint64) (stop func()) {
	before := debug.SetGCPercent(plain)
	k := &keeper{room: room, percent: plain}
	k.wait()
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.stopped = true
		debug.SetGCPercent(before)
	}
}

type keeper struct {
	room uint64

	mu      sync.Mutex // a collection may end while Keep's stop is called
	percent int
	stopped bool
}

// mark is something to be collected. It is no smaller than this, because the
// smallest objects share a place and may outlive their collection.
type mark [4]*byte

// wait sets the percentage after the next collection, and every one after it.
func (k *keeper) wait() {
	runtime.AddCleanup(new(mark), func(k *keeper) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.stopped {
			return
		}
		// Setting it stops the world for a moment: not for a little.
		if p := percent(k.room, used()); p > k.percent+k.percent/8 || p < k.percent-k.percent/8 {
			k.percent = p
			debug.SetGCPercent(p)
		}
		k.wait()
	}, k)
}

// least is the least that is taken to be in use: Go never collects a heap below
// so many bytes times GOGC/100.
const least = 4 << 20

// percent is the GOGC with which a heap grows by room; never below Go's own.
func percent(room, used uint64) int {
	return int(max(plain, 100*room/max(used, least)))
}

// used is what GOGC counts from: the heap that the last collection left, stacks
// and globals (https://go.dev/doc/gc-guide#GOGC).
func used() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(s)
	var sum uint64
	for _, v := range s {
		if v.Value.Kind() == metrics.KindUint64 {
			sum += v.Value.Uint64()
		}
	}
	return sum
}
