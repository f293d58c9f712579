package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// dying is a store whose user is cut off: nothing it asks for happens.
type dying struct {
	storage.Store
	mu   sync.Mutex
	dead bool
}

var errDead = errors.New("this process is dead")

func (d *dying) gone() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

func (d *dying) die() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
}

func (d *dying) Extend(ctx context.Context, j storage.Job, until time.Time) error {
	if d.gone() {
		return errDead
	}
	return d.Store.Extend(ctx, j, until)
}

func (d *dying) Claim(ctx context.Context, c storage.Claim) ([]storage.Job, error) {
	if d.gone() {
		return nil, errDead
	}
	return d.Store.Claim(ctx, c)
}

func (d *dying) Retry(ctx context.Context, j storage.Job, due time.Time, problem string) error {
	if d.gone() {
		return errDead
	}
	return d.Store.Retry(ctx, j, due, problem)
}

func TestOneReplicaHasTheTurn(t *testing.T) {
	var clock sync.Mutex
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	read := func() time.Time { clock.Lock(); defer clock.Unlock(); return now }
	advance := func(d time.Duration) { clock.Lock(); defer clock.Unlock(); now = now.Add(d) }
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "turn.db"), sqlite.Options{Now: read, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	first := &dying{Store: store}
	began, ended := make(chan string, 10), make(chan string, 10)
	hold := func(name string, s storage.Store) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- bot.Turn{Store: s, Name: "test", Worker: name, Now: read, Logger: log, Look: 5 * time.Millisecond}.Hold(ctx, func(ctx context.Context) error {
				began <- name
				<-ctx.Done()
				ended <- name
				return nil
			})
		}()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	stopFirst := hold("first", first)
	if got := <-began; got != "first" {
		t.Fatalf("%s has the turn", got)
	}
	stopSecond := hold("second", store)
	stopThird := hold("third", store)
	select {
	case got := <-began:
		t.Fatalf("%s has the turn as well", got)
	case <-time.After(100 * time.Millisecond): // twenty looks
	}
	first.die() // its lease ends, and another one takes over
	advance(16 * time.Second)
	heir := <-began
	if heir == "first" {
		t.Fatal("the dead one has the turn")
	}
	if got := <-ended; got != "first" {
		t.Errorf("%s was ended", got)
	}
	// Whoever stops gives the turn back at once: no time passes.
	if heir == "second" {
		stopSecond()
	} else {
		stopThird()
	}
	if got := <-began; got == heir {
		t.Errorf("%s has the turn again", got)
	}
	stopFirst()
	if heir == "second" {
		stopThird()
	} else {
		stopSecond()
	}
}
