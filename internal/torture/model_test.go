package torture

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// blunder is a way in which a model fails.
type blunder func(w http.ResponseWriter, r *http.Request)

// says is an answer in the shape of the chat API with these words in it.
func says(content, finish string) blunder {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"id": "x", "object": "chat.completion", "model": "m",
			"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": map[string]any{"role": "assistant", "content": content}}},
			"usage":   map[string]int{"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
		})
	}
}

// german is a draft that is well-formed and in the wrong language.
const german = `{"sentences":[{"text":"Vielen Dank für Ihre Nachricht, wir melden uns bald bei Ihnen.","claims":[],"source":"courtesy","ref":""}]}`

// blunders are the ways, by name.
var blunders = map[string]blunder{
	"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
	"429": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	},
	"hangs": func(_ http.ResponseWriter, r *http.Request) {
		_ = rest(r.Context(), 2*time.Second)
		panic(http.ErrAbortHandler)
	},
	"breaks off": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"choices":[{"message":{"content":"{\"senten`)
		panic(http.ErrAbortHandler)
	},
	"empty":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	"no words":       says("", "stop"),
	"malformed":      says(`{"sentences":[`, "stop"),
	"another schema": says(`{"answer":"Buy now"}`, "stop"),
	"cut off":        says(`{"sentences":[{"text":"Thank`, "length"),
	"refuses":        says("I cannot help with that.", "content_filter"),
	"wrong language": says(german, "stop"),
	"ten megabytes":  says(strings.Repeat("all work and no play ", 500_000), "stop"),
}

// TestTheModelFails gives the program a model that fails in every way, one
// after the other at random: people still get their cards, and write by hand.
func TestTheModelFails(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no model failed")
	}
	t.Parallel()
	s := sized(t, size{reviews: 6, kills: 2}, 20)
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(s.seed, 2))
	met := map[string]int{}
	var names []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
		mu.Lock()
		if len(names) == 0 { // each once, in an order of its own, then again
			names = slices.Sorted(maps.Keys(blunders))
			rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		}
		name := names[0]
		names = names[1:]
		met[name]++
		mu.Unlock()
		blunders[name](w, r)
	}))
	t.Cleanup(server.Close)
	c := newCampaignWith(t, plain, s.seed, setup{env: []string{"EVENKEEL_MODEL_URL=" + server.URL + "/v1", "EVENKEEL_MODEL=m", "EVENKEEL_MODEL_KEY=k"}})
	c.mix(s.reviews)
	c.run(s.limit(), killing(c.rng, s.kills))
	c.judge()
	mu.Lock()
	defer mu.Unlock()
	t.Logf("the model failed: %s", fmt.Sprint(met))
	if len(met) == 0 {
		t.Error("the model was never asked")
	}
}
