package simulator_test

import (
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		rules  simulator.Rules
		change func(*simulator.Settings)
	}{
		"newest first":         {rules: simulator.Rules{PageSize: 7, MaxReply: 120, Unit: sources.Runes}},
		"oldest first":         {rules: simulator.Rules{PageSize: 7}, change: func(s *simulator.Settings) { s.Oldest = true }},
		"one reply, in bytes":  {rules: simulator.Rules{PageSize: 7, OneReply: true, MaxReply: 200, Unit: sources.Bytes}},
		"moderated, in UTF-16": {rules: simulator.Rules{PageSize: 50, Moderation: time.Hour, MaxReply: 99, Unit: sources.UTF16}},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{New: func(t testing.TB) sourcetest.Bench { return contractBench(t, c.rules, c.change) }})
		})
	}
}

func contractBench(t testing.TB, rules simulator.Rules, change func(*simulator.Settings)) sourcetest.Bench {
	c := newClock()
	p := simulator.NewPlatform(simulator.Config{Token: token, Rules: rules, Now: c.Now})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	source := func(t testing.TB, address string) sources.Source {
		set := simulator.Settings{Name: "sim", BaseURL: address, Token: token, Rules: rules, RetryWait: time.Millisecond, MaxBody: 2 << 20, Now: c.Now}
		if change != nil {
			change(&set)
		}
		s, err := simulator.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return sourcetest.Bench{
		Source:   source(t, srv.URL),
		Platform: &steered{p: p, clock: c},
		Again:    func(t testing.TB) sources.Source { return source(t, srv.URL) },
		Dead:     func(t testing.TB) sources.Source { return source(t, "http://"+closedPort(t)) },
		Secrets:  []string{token},
	}
}

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// steered lets the contract steer the platform.
type steered struct {
	p     *simulator.Platform
	clock *clock
}

func (s *steered) shown(r simulator.Review) review.Review {
	return review.Review{
		Key: review.Key{Source: "sim", ID: r.ID}, Rating: review.StarRating(float64(r.Rating)),
		Title: r.Title, Body: r.Body, Author: r.Author,
	}
}

func (s *steered) Add(t testing.TB, p sourcetest.Post) review.Review {
	r, err := s.p.Add(simulator.Review{Rating: p.Stars, Title: p.Title, Body: p.Body, Author: p.Author})
	if err != nil {
		t.Fatal(err)
	}
	return s.shown(r)
}

func (s *steered) Edit(t testing.TB, key review.Key, p sourcetest.Post) review.Review {
	r, err := s.p.Edit(key.ID, &p.Stars, &p.Title, &p.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s.shown(r)
}

func (s *steered) Remove(t testing.TB, key review.Key) { check(t, s.p.Remove(key.ID)) }

func (s *steered) AnswerOnSite(t testing.TB, key review.Key, text string) {
	check(t, s.p.AnswerOnSite(key.ID, text))
}

func (s *steered) Reply(t testing.TB, key review.Key) (string, bool) {
	r, err := s.p.Review(key.ID)
	check(t, err)
	if r.Reply == nil {
		return "", false
	}
	return r.Reply.Text, true
}

func (s *steered) RefuseNext(_ testing.TB, key review.Key) bool {
	s.p.AddFaults(simulator.Fault{Kind: simulator.Refuse, Review: key.ID, Times: 1, Policy: "house rules"})
	return true
}

var ops = map[sourcetest.Op]string{
	sourcetest.List: simulator.OpList, sourcetest.Read: simulator.OpRead,
	sourcetest.Write: simulator.OpReply, sourcetest.Delete: simulator.OpDelete,
}

var troubles = map[sourcetest.Trouble]simulator.Fault{
	sourcetest.Waiting:     {Kind: simulator.RateLimit, RetryAfter: "30"},
	sourcetest.WaitingMute: {Kind: simulator.RateLimit},
	sourcetest.WaitingOdd:  {Kind: simulator.RateLimit, RetryAfter: "99999999999999999999"},
	sourcetest.Unavailable: {Kind: simulator.Fail},
	sourcetest.CutBefore:   {Kind: simulator.Cut},
	sourcetest.Revoked:     {Kind: simulator.Unauthorized},
	sourcetest.Forbidden:   {Kind: simulator.Forbid},
	sourcetest.Echoing:     {Kind: simulator.Echo},
	sourcetest.Lost:        {Kind: simulator.Lose},
	sourcetest.Stumbling:   {Kind: simulator.Stumble},
	sourcetest.Garbled:     {Kind: simulator.Garble},
	sourcetest.Flooding:    {Kind: simulator.Flood},
	sourcetest.Hanging:     {Kind: simulator.LoseSlowly},
}

func (s *steered) Break(_ testing.TB, op sourcetest.Op, key review.Key, what sourcetest.Trouble) bool {
	f, ok := troubles[what]
	if !ok {
		return false
	}
	f.Ops = []string{ops[op]}
	if op != sourcetest.List {
		f.Review = key.ID
	}
	s.p.SetFaults(f)
	return true
}

func (s *steered) Mend(testing.TB) { s.p.SetFaults() }

func (s *steered) Calls(_ testing.TB, op sourcetest.Op) int { return s.p.Count(ops[op]) }

func (s *steered) Advance(_ testing.TB, d time.Duration) { s.clock.Advance(d) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
