package recent_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/recent"
)

// TestMapAsAMap: what was put lately is there as it was put; what was taken out
// is not; and nothing is ever there that was not put.
func TestMapAsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(t, "size")
		m := recent.New[int, int](size)
		all := map[int]int{} // what a map that never forgets holds
		var fresh []int      // the keys used last, the newest at the end
		use := func(key int) {
			for i, k := range fresh {
				if k == key {
					fresh = append(fresh[:i], fresh[i+1:]...)
					break
				}
			}
			fresh = append(fresh, key)
		}
		for n := range rapid.IntRange(0, 60).Draw(t, "steps") {
			key := rapid.IntRange(0, 9).Draw(t, "key")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				m.Put(key, n)
				all[key] = n
				use(key)
			case 1:
				if m.First(key, n) {
					all[key] = n
				} else if _, known := all[key]; !known {
					t.Fatalf("%d stands there, and was never put", key)
				}
				use(key)
			case 2:
				m.Forget(key)
				delete(all, key)
			case 3:
				if v, ok := m.Get(key); ok {
					if v != all[key] {
						t.Fatalf("under %d stands %d, wanted %d", key, v, all[key])
					}
					use(key)
				}
			}
		}
		if m.Len() > 2*size {
			t.Fatalf("%d keys are kept in two generations of %d", m.Len(), size)
		}
		for _, key := range fresh[max(0, len(fresh)-size):] {
			want, known := all[key]
			if v, ok := m.Get(key); ok != known || v != want {
				t.Fatalf("of the %d keys used last, %d is %d, %v; wanted %d, %v", size, key, v, ok, want, known)
			}
		}
	})
}

// TestAge: a key lives through one age, and is gone after two.
func TestAge(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := recent.NewAged[string, struct{}](10, time.Hour, func() time.Time { return now })
	if !m.First("delivery", struct{}{}) {
		t.Fatal("it came before it came")
	}
	now = now.Add(time.Hour)
	if m.First("delivery", struct{}{}) {
		t.Error("forgotten within its age")
	}
	for range 2 {
		now = now.Add(time.Hour + time.Second)
		m.Put("another", struct{}{})
	}
	if _, ok := m.Get("delivery"); ok {
		t.Error("it is remembered for ever")
	}
}
