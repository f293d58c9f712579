package slackbot

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// BenchmarkPressAck is how long 32 people wait for the acknowledgement of a
// press and of a command, over signed HTTP and over Socket Mode, each pressing
// again the moment the last one is acknowledged. It reports the median and the
// 99th percentile: on the machine as it is, with one core kept busy by another
// process, and with all of them. The people and their Slack take their share
// of the same machine.
func BenchmarkPressAck(b *testing.B) {
	for _, mode := range []Mode{HTTP, Socket} {
		for _, load := range []struct {
			name  string
			cores int
		}{{"quiet", 0}, {"one-core-busy", 1}, {"all-cores-busy", runtime.NumCPU()}} {
			b.Run(string(mode)+"/"+load.name, func(b *testing.B) {
				burn(b, load.cores)
				benchmarkAcks(b, mode)
			})
		}
	}
}

// burning names the variable by which a benchmark makes this test binary a
// process that keeps cores busy.
const burning = "EVENKEEL_TEST_BURN"

// burn keeps cores busy in another process until the benchmark ends.
func burn(b *testing.B, cores int) {
	b.Helper()
	if cores == 0 {
		return
	}
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0], "-test.run=^TestBurn$")
	cmd.Env = append(os.Environ(), burning+"="+strconv.Itoa(cores))
	life, err := cmd.StdinPipe() // it ends with this process, whatever ends that
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = life.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
}

// TestBurn is the other process of the benchmark and nothing else.
func TestBurn(t *testing.T) {
	cores, err := strconv.Atoi(os.Getenv(burning))
	if err != nil {
		return // not asked for
	}
	for range cores {
		go func() {
			for n := uint64(1); ; n = n*6364136223846793005 + 1 {
				if n == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark closes it
}

const crowd = 32

func benchmarkAcks(b *testing.B, mode Mode) {
	var app *Bot
	o := slacktest.Options{Lax: true, Burst: 1 << 30}
	if mode == HTTP {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.Handler().ServeHTTP(w, r) }))
		defer front.Close()
		o.HTTP = front.URL
	}
	s := slacktest.Start(o)
	defer s.Close()
	var err error
	app, err = New(Config{BotToken: secret.New(slacktest.BotToken), AppToken: secret.New(slacktest.AppToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)},
		Channel: slacktest.Channel, Mode: mode, Desk: bottest.NewFakeDesk(), APIURL: s.API})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	if mode == Socket {
		if err := s.Wait(ctx, func() bool { return s.Connections() >= connections }); err != nil {
			b.Fatal(err)
		}
	}
	m := s.Leave(slacktest.Message{Channel: slacktest.Channel, User: slacktest.BotUser, Text: "card"})
	for n := range crowd {
		s.Join(slacktest.Person{ID: benchUser(n), Name: fmt.Sprint("Person", n)})
	}
	press := func(n int) (slacktest.Ack, error) {
		if n%4 == 3 {
			_, a, err := s.Type(ctx, benchUser(n%crowd), slacktest.Channel, "/review", "inbox")
			return a, err
		}
		_, a, err := s.Press(ctx, benchUser(n%crowd), m, slacktest.Element{Block: "a", Action: "approve:0", Type: "button", Value: approveToken()}, nil)
		return a, err
	}
	b.ResetTimer()
	measure(b, press)
}

func benchUser(n int) string { return fmt.Sprintf("U0BENCH%02d", n) }

// measure lets the crowd press b.N times and reports what they waited.
func measure(b *testing.B, press func(n int) (slacktest.Ack, error)) {
	waits := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range crowd {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < b.N; n = int(next.Add(1)) - 1 {
				a, err := press(n)
				if err != nil {
					b.Error(err)
					return
				}
				waits[n] = a.After
			}
		})
	}
	wg.Wait()
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(waits[len(waits)-1].Microseconds())/1000, "max-ms")
}

// BenchmarkHandler is the bot's own share of a press, without a network.
func BenchmarkHandler(b *testing.B) {
	s := slacktest.Start(slacktest.Options{Lax: true})
	defer s.Close()
	s.Join(slacktest.Person{ID: "U1", Name: "Ana"})
	app, err := New(Config{BotToken: secret.New(slacktest.BotToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)}, Mode: HTTP,
		Channel: slacktest.Channel, Desk: bottest.NewFakeDesk(), APIURL: s.API})
	if err != nil {
		b.Fatal(err)
	}
	handler := app.Handler()
	n := 0
	for b.Loop() {
		n++
		body := url.Values{"payload": {fmt.Sprintf(`{"type":"block_actions","user":{"id":"U1"},"trigger_id":"%d","actions":[{"action_id":"approve:0","action_ts":"%d","value":"bench"}]}`, n, n)}}.Encode()
		r := httptest.NewRequest(http.MethodPost, PathInteractive, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		slacktest.Sign(r, slacktest.SigningSecret, time.Now(), []byte(body))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
		_, _ = io.Copy(io.Discard, w.Body)
	}
}

// BenchmarkDraw is what drawing and checking a card costs.
func BenchmarkDraw(b *testing.B) {
	c := complaintCard()
	b.ReportAllocs()
	for b.Loop() {
		if err := checkMessage(drawn(c)); err != nil {
			b.Fatal(err)
		}
	}
}
