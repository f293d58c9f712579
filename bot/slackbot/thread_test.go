package slackbot

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
)

// terse is the way to a Slack whose answers to posts leave thread_ts out, and
// which may have no answer about threads.
type terse struct {
	http.RoundTripper
	dumb bool
}

func (n terse) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.dumb && strings.HasSuffix(r.URL.Path, "conversations.replies") {
		return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	resp, err := n.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "chat.postMessage") {
		return resp, err
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if m, ok := answer["message"].(map[string]any); ok {
		delete(m, "thread_ts")
	}
	body, err := json.Marshal(answer)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

// TestAThreadIsGoneWhenSlackSaysSo: an answer without thread_ts is no word about
// the thread. The card stays where it is, unless Slack, asked for the thread,
// knows none.
func TestAThreadIsGoneWhenSlackSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		terse, dumb, deleted bool
		asked                int // how often Slack is asked for the thread
		gone                 bool
	}{
		"the answer names the thread":       {},
		"it does not, and the thread is":    {terse: true, asked: 1},
		"it does not, and the thread isn't": {terse: true, deleted: true, asked: 1, gone: true},
		"nobody can say":                    {terse: true, dumb: true}, // the call never reaches Slack
		"nobody can say, and it isn't":      {terse: true, dumb: true, deleted: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, bottest.NewFakeDesk(), Socket, slacktest.Options{})
			thread, err := w.bot.Post(t.Context(), parent, bottest.StoryCard(7))
			must(t, err)
			if c.deleted {
				must(t, w.Delete(t.Context(), thread))
			}
			if c.terse {
				w.net.inner = terse{w.net.inner, c.dumb}
			}
			at := bot.Place{Case: 7, Key: "draft-1", Thread: thread}
			ref, err := w.bot.Post(t.Context(), at, bottest.StoryCard(7))
			standing, serr := w.Standing(t.Context(), at)
			must(t, serr)
			switch {
			case c.gone && (!errors.Is(err, bot.ErrGone) || len(standing) != 0):
				t.Errorf("a card without its thread: %v stand, %v", standing, err)
			case !c.gone && (err != nil || len(standing) != 1 || standing[0] != ref):
				t.Errorf("posted %q, %v; %v stand", ref, err, standing)
			}
			deletes := 0
			if c.gone {
				deletes = 1
			}
			for method, want := range map[string]int{"chat.postMessage": 2, "chat.delete": deletes, "conversations.replies": c.asked} {
				if got := w.server.Calls(method); got != want {
					t.Errorf("%s was called %d times, not %d", method, got, want)
				}
			}
		})
	}
}
