package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/torture/checker"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// bring delivers what somebody did, signed as Slack signs. A second delivery of
// the same has a signature of its own. Nobody waits for anybody here, so how
// late this side is says how busy the machine is, and is kept apart.
func (s *soak) bring(ctx context.Context, c click, what string, due time.Time, retry int) {
	sent := time.Now()
	s.ledger.answered("late", due, http.StatusOK, nil)
	status, err := s.post(ctx, c, retry)
	s.ledger.answered(what, sent, status, err)
}

func (s *soak) post(ctx context.Context, c click, retry int) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.program.url(c.path), bytes.NewReader(c.body))
	if err != nil {
		return 0, err
	}
	slacktest.Sign(req, slacktest.SigningSecret, time.Now().Add(time.Duration(retry)*time.Second), c.body)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if retry > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(retry))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// storms lets the world around the program fail, one thing after the other,
// with calm between them. The model fails now and then all the time.
func (s *soak) storms(ctx context.Context) {
	const lull, gust = 8 * time.Second, 12 * time.Second
	until := func(least, most time.Duration) time.Time { return time.Now().Add(least + upTo(s.rng, most-least)) }
	inSlack := func(change func(*slackWeather)) {
		s.work.mu.Lock()
		defer s.work.mu.Unlock()
		change(&s.work.weather)
	}
	inModel := func(change func(*model)) {
		s.model.mu.Lock()
		defer s.model.mu.Unlock()
		change(s.model)
	}
	list := []struct {
		name string
		do   func()
	}{
		{"Slack asks to wait", func() { inSlack(func(w *slackWeather) { w.limited = until(time.Second, 3*time.Second) }) }},
		{"Slack is slow", func() { inSlack(func(w *slackWeather) { w.slow = until(2*time.Second, 5*time.Second) }) }},
		{"Slack's answers are lost", func() { inSlack(func(w *slackWeather) { w.lose = 3 }) }},
		{"Slack breaks", func() { inSlack(func(w *slackWeather) { w.breakup = 5 }) }},
		{"the model is slow", func() { inModel(func(m *model) { m.slow = until(2*time.Second, 6*time.Second) }) }},
		{"the model asks to wait", func() { inModel(func(m *model) { m.tired = until(time.Second, 4*time.Second) }) }},
		{"the platform is down", func() {
			s.platform.AddFaults(simulator.Fault{Kind: simulator.Fail, Until: until(2*time.Second, 8*time.Second).UTC()})
		}},
		{"the platform asks to wait", func() {
			s.platform.AddFaults(simulator.Fault{Kind: simulator.RateLimit, RetryAfter: "2", Until: until(2*time.Second, 5*time.Second).UTC()})
		}},
		{"the platform stumbles", func() {
			s.platform.AddFaults(simulator.Fault{Kind: simulator.Stumble, Ops: []string{simulator.OpReply}, Times: 2})
		}},
		{"the platform's answers are lost", func() {
			s.platform.AddFaults(simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Times: 1})
		}},
	}
	for rest(ctx, lull+upTo(s.rng, gust)) == nil {
		s.platform.SetFaults() // what is over
		event := list[s.rng.IntN(len(list))]
		event.do()
		s.events[event.name]++
	}
}

// calm ends all weather.
func (s *soak) calm() {
	s.platform.SetFaults()
	s.work.mu.Lock()
	s.work.weather = slackWeather{}
	s.work.mu.Unlock()
	s.model.mu.Lock()
	s.model.slow, s.model.tired = time.Time{}, time.Time{}
	s.model.mu.Unlock()
}

// progress says now and then how things stand.
func (s *soak) progress(ctx context.Context) {
	for rest(ctx, max(s.ledger.whole/60, 10*time.Second)) == nil {
		at := time.Since(s.ledger.began)
		n := s.ledger.part(at)
		presses, reviews := s.ledger.all(n, acknowledged...), s.ledger.all(n, "review")
		s.ledger.mu.Lock()
		var last sample
		if len(s.ledger.samples) > 0 {
			last = s.ledger.samples[len(s.ledger.samples)-1]
		}
		refused := fmt.Sprint(s.ledger.refused)
		s.ledger.mu.Unlock()
		s.t.Logf("after %s: memory %.0f MiB, %.0f goroutines, %.0f cards due; this tenth, presses p99 %s, reviews p99 %s; not 200: %s", at.Round(time.Second),
			last.resident/(1<<20), last.goroutines, last.due, shown(quantile(presses, 0.99)), shown(quantile(reviews, 0.99)), refused)
	}
}

// settled waits until the program has done what is due by itself.
func (s *soak) settled(ctx context.Context) error {
	const work = "SELECT COUNT(*) FROM work WHERE done IS NULL AND (kind LIKE 'cards:%' OR kind IN ('triage', 'draft', 'judge', 'publish'))"
	began := time.Now()
	for {
		n, err := s.count(ctx, work)
		taken, lost := s.count(ctx, "SELECT COUNT(*) FROM cases")
		switch err = errors.Join(err, lost); {
		case err == nil && n == 0 && taken >= len(s.ratings):
			s.t.Logf("the program came to rest %s after the last press", time.Since(began).Round(time.Second))
			return nil
		case time.Since(began) > 5*time.Minute:
			return errors.Join(fmt.Errorf("long after the last press %d rows of work are due, and %d of %d reviews have a case", n, taken, len(s.ratings)), err)
		}
		if err := rest(ctx, time.Second); err != nil {
			return err
		}
	}
}

// story is what happened, for the report.
func (s *soak) story() string {
	s.work.mu.Lock()
	defer s.work.mu.Unlock()
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return fmt.Sprintf("not answered with 200: %v\npeople: %v\nSlack was called: %v\nthe model: %v\nweather: %v",
		s.ledger.refused, s.clicks.did, s.work.calls, s.model.met, s.events)
}

// judge stops the program and lets the checker look at what it left behind.
// What stands in Slack is what people see: a case's thread is there.
func (s *soak) judge() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 15*time.Minute)
	defer cancel()
	s.program.stop()
	e := checker.Evidence{
		Threads: map[int64]checker.Thread{}, Up: map[checker.Review]string{}, Places: map[string]map[string]int{"slack": {}},
		Needs: func(r checker.Review) int {
			if s.ratings[r] == 1 {
				return 2
			}
			return 1
		},
	}
	cards, refused := s.work.standing(&e)
	s.export(ctx, &e)
	s.platforms(&e)
	for r := range s.ratings {
		if r.Source == storefront || s.sender.accepted[r.ID] {
			e.Owed = append(e.Owed, r)
		} else {
			e.Offered = append(e.Offered, r)
		}
	}
	wrong := slices.Concat(checker.Check(e), s.sender.refusals, refused)
	for what, n := range s.ledger.refused {
		if !strings.HasSuffix(what, ": 503") { // the program was busy and said so
			wrong = append(wrong, fmt.Sprintf("%s, %d times", what, n))
		}
	}
	if len(wrong) > 0 {
		const most = 40
		s.t.Errorf("seed %d: %d things must not be:\n%s", s.seed, len(wrong), checker.Report(wrong[:min(len(wrong), most)]))
	}
	statuses := map[string]int{}
	for _, k := range e.Cases {
		statuses[k.Status]++
	}
	s.t.Logf("the checker read %d audit entries, %d cases %v, %d cards in %d threads, %d replies on platforms, %d calls of the platform",
		len(e.Entries), len(e.Cases), sortedCounts(statuses), cards, len(e.Threads), len(e.Up), len(e.Calls))
}

// standing adds what stands in Slack to the evidence. It gives the number of
// cards, and what Slack would not have taken.
func (w *workspace) standing(e *checker.Evidence) (cards int, wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.notes {
		e.Places["slack"][n.place]++
		if n.id == 0 {
			continue // the summary of a burst
		}
		t := e.Threads[n.id]
		t.Cards++
		t.Buttons += n.buttons
		if n.thread == "" {
			t.Parents++
		}
		e.Threads[n.id] = t
	}
	return len(w.notes), slices.Clone(w.wrong)
}

func sortedCounts(of map[string]int) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, fmt.Sprintf("%s %d", name, of[name]))
	}
	return out
}
