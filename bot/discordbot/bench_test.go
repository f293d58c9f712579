package discordbot

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/internal/secret"
)

const crowd = 32

// BenchmarkPressAck is how long 32 people wait for the first answer to a
// press, each pressing again the moment the last one is answered, over the
// gateway and over signed HTTP. It reports the median and the 99th percentile.
// The people and their Discord take their share of the same machine.
func BenchmarkPressAck(b *testing.B) {
	for _, mode := range []Mode{Gateway, HTTP} {
		b.Run(string(mode), func(b *testing.B) { benchmarkAcks(b, mode) })
	}
}

func benchmarkAcks(b *testing.B, mode Mode) {
	var app atomic.Pointer[Bot]
	c := discordtest.Config{Limit: -1, Global: -1}
	if mode == HTTP {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.Load().Handler().ServeHTTP(w, r) }))
		defer front.Close()
		c.HTTP = front.URL
	}
	s := discordtest.New(b, c)
	bot, err := New(Config{Token: secret.New(discordtest.BotToken), PublicKey: s.PublicKey, Channel: discordtest.Reviews, Mode: mode,
		Desk: bottest.NewFakeDesk(), APIURL: s.API + "/v10"})
	if err != nil {
		b.Fatal(err)
	}
	app.Store(bot)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- bot.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	if err := s.Wait(ctx, func() bool { return s.Sessions() > 0 }); err != nil {
		b.Fatal(err)
	}
	card := bottest.StoryCard(7)
	ref, err := bot.Post(ctx, parent, card)
	if err != nil {
		b.Fatal(err)
	}
	room, id, _ := parseRef(ref)
	m, _ := s.Message(room, id)
	token := card.Buttons[2].Token.String()
	people := make([]string, crowd)
	for n := range people {
		people[n] = "40000000000000" + string(rune('0'+n/10)) + string(rune('0'+n%10)) + "00"
		s.Join(discordtest.Person{ID: people[n], Name: people[n]})
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, crowd)
	var wg sync.WaitGroup
	b.ResetTimer()
	for n, who := range people {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				a, err := s.Press(ctx, who, m, token)
				if err != nil {
					b.Error(err)
					return
				}
				took[n] = append(took[n], a.After)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	at := func(share float64) float64 {
		return float64(all[min(len(all)-1, int(share*float64(len(all))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}
