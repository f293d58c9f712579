package recent

import "time"

// Trusted is a map of what was learnt elsewhere and may change there: it is good
// for so long after it was put, however often it is asked for. It may be used
// by several goroutines.
type Trusted[K comparable, V any] struct {
	known *Map[K, learnt[V]]
	trust time.Duration
	now   func() time.Time
}

type learnt[V any] struct {
	value V
	until time.Time
}

// NewTrusted makes a map of two generations of so many keys, whose values are
// good for the time given.
func NewTrusted[K comparable, V any](size int, trust time.Duration, now func() time.Time) *Trusted[K, V] {
	return &Trusted[K, V]{New[K, learnt[V]](size), trust, now}
}

// Get gives what stands under a key while it is good.
func (t *Trusted[K, V]) Get(key K) (v V, ok bool) {
	if l, ok := t.known.Get(key); ok && t.now().Before(l.until) {
		return l.value, true
	}
	return v, false
}

// Put sets what stands under a key, good from now on.
func (t *Trusted[K, V]) Put(key K, v V) { t.known.Put(key, learnt[V]{v, t.now().Add(t.trust)}) }

// Forget takes a key out.
func (t *Trusted[K, V]) Forget(key K) { t.known.Forget(key) }
