package recent_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/recent"
)

// What is asked for all the time is looked at anew all the same: a wrong answer
// must not stand for as long as somebody needs it.
func TestTrustEnds(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	m := recent.NewTrusted[string, int](10, time.Hour, func() time.Time { return now })
	m.Put("a", 1)
	for range 59 {
		now = now.Add(time.Minute)
		if v, ok := m.Get("a"); v != 1 || !ok {
			t.Fatalf("at %s it is %d, %t", now, v, ok)
		}
	}
	now = now.Add(time.Minute)
	if v, ok := m.Get("a"); v != 0 || ok {
		t.Errorf("after an hour it is still %d, %t", v, ok)
	}
	m.Put("a", 2)
	if v, ok := m.Get("a"); v != 2 || !ok {
		t.Errorf("learnt anew it is %d, %t", v, ok)
	}
	m.Forget("a")
	if _, ok := m.Get("a"); ok {
		t.Error("it was not forgotten")
	}
}
