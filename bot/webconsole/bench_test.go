package webconsole

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// BenchmarkNumbersPage asks for the page of numbers and its files over HTTP, as
// a browser does, on a large database: those that EVENKEEL_BENCH_SQLITE and
// EVENKEEL_BENCH_POSTGRES name, or a new SQLite file. It reports the median and
// the longest time to the last byte, and the bytes.
func BenchmarkNumbersPage(b *testing.B) {
	named := map[string]string{"postgres": os.Getenv("EVENKEEL_BENCH_POSTGRES")}
	if at := os.Getenv("EVENKEEL_BENCH_SQLITE"); at != "" {
		named["sqlite"] = "sqlite:" + at
	} else {
		named["sqlite"] = "sqlite:" + filepath.Join(b.TempDir(), "evenkeel.db")
	}
	for name, address := range named {
		if address != "" {
			b.Run(name, func(b *testing.B) { benchNumbersPage(b, address) })
		}
	}
}

func benchNumbersPage(b *testing.B, address string) {
	now := func() time.Time { return storagetest.Start }
	store, err := open.Database(b.Context(), address, open.Options{Now: now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	storagetest.Fill(b, store)

	mux := http.NewServeMux()
	w := &world{tap: newTap(store), server: httptest.NewServer(mux), people: map[string]*browser{}}
	b.Cleanup(w.server.Close)
	if w.console, err = New(Config{Desk: bottest.NewFakeDesk(), Store: store, BaseURL: w.server.URL, Now: now}); err != nil {
		b.Fatal(err)
	}
	mux.Handle("/", w.console)
	link, err := Invite(b.Context(), store, Invitation{Name: "Ana", Role: review.Viewer, BaseURL: w.server.URL, Now: now()})
	if err == nil {
		err = w.enter(b.Context(), "Ana", link)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/numbers", "/numbers?period=12w&source=shop", "/numbers?period=365d", "/numbers?period=all", "/numbers/trend.csv?period=365d", "/numbers/subjects.csv?period=30d", "/numbers/steps.csv?period=all"} {
		storagetest.Answer(b, path, func() int {
			res, err := w.people["Ana"].Get(w.server.URL + path)
			if err != nil {
				b.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusOK {
				b.Fatalf("%s: %s, %v", path, res.Status, err)
			}
			return len(body)
		})
	}
}
