// Package recent remembers what came lately in bounded memory: deliveries that
// were handled, texts that were read, results that were worked out.
//
// A [Map] keeps two generations. New keys, and old ones that are asked for, go
// into the young one; when that is full or of age it becomes the old one, and
// what was old is forgotten. So a key that is in use stays, one that is not goes
// after two generations at the latest, and nothing has to be cleaned up.
package recent

import (
	"sync"
	"time"
)

// Map is a map that forgets. It may be used by several goroutines.
type Map[K comparable, V any] struct {
	size int
	age  time.Duration
	now  func() time.Time

	mu         sync.Mutex
	young, old map[K]V
	since      time.Time
}

// New makes a map whose generations hold so many keys.
func New[K comparable, V any](size int) *Map[K, V] {
	return &Map[K, V]{size: size}
}

// NewAged makes a map whose generations also end after some time: a key is kept
// for one age at least, unless others fill two generations before, and for two
// at most when nobody asks for it.
func NewAged[K comparable, V any](size int, age time.Duration, now func() time.Time) *Map[K, V] {
	return &Map[K, V]{size: size, age: age, now: now, since: now()}
}

// Get gives what stands under a key, and keeps it.
func (m *Map[K, V]) Get(key K) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(key)
}

// Put sets what stands under a key.
func (m *Map[K, V]) Put(key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, v)
}

// First sets what stands under a key unless something does, and tells whether
// it did.
func (m *Map[K, V]) First(key K, v V) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.get(key); ok {
		return false
	}
	m.put(key, v)
	return true
}

// Forget takes a key out.
func (m *Map[K, V]) Forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.old, key)
}

// Len is how many keys are kept at present.
func (m *Map[K, V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.young)
	for key := range m.old {
		if _, twice := m.young[key]; !twice {
			n++
		}
	}
	return n
}

func (m *Map[K, V]) get(key K) (v V, ok bool) {
	if v, ok = m.young[key]; ok {
		return v, true
	}
	if v, ok = m.old[key]; ok {
		m.put(key, v)
	}
	return v, ok
}

func (m *Map[K, V]) put(key K, v V) {
	_, kept := m.young[key]
	if m.young == nil || !kept && len(m.young) >= m.size || m.aged() {
		m.old, m.young = m.young, make(map[K]V)
	}
	m.young[key] = v
}

// aged tells whether the young generation is of age, and begins the next.
func (m *Map[K, V]) aged() bool {
	if m.age == 0 {
		return false
	}
	now := m.now()
	if now.Sub(m.since) <= m.age {
		return false
	}
	m.since = now
	return true
}
