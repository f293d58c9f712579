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

// model is a language model for a soak: it reads and writes as it should, and
// in one of so many cases fails in one of the ways that models have.
type model struct {
	url string

	mu          sync.Mutex
	rng         *rand.Rand
	slow, tired time.Time // until then it takes its time, and answers 429
	met         map[string]int
}

const (
	blunderOneIn = 25
	modelQuick   = 15 * time.Millisecond
	modelSlow    = 1500 * time.Millisecond
)

func newModel(t *testing.T, seed uint64) *model {
	t.Helper()
	m := &model{rng: rand.New(rand.NewPCG(seed, 43)), met: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(server.Close)
	m.url = server.URL + "/v1"
	return m
}

func (m *model) serve(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Messages []struct{ Content string }
		Format   struct {
			Schema struct{ Name string } `json:"json_schema"`
		} `json:"response_format"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&asked)
	if err != nil || len(asked.Messages) != 2 {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	m.mu.Lock()
	pause, what := modelQuick, asked.Format.Schema.Name
	switch now := time.Now(); {
	case now.Before(m.tired):
		what = "429"
	case m.rng.IntN(blunderOneIn) == 0:
		names := slices.Sorted(maps.Keys(blunders))
		what = names[m.rng.IntN(len(names))]
	case now.Before(m.slow):
		pause = modelSlow
	}
	m.met[what]++
	tale := m.tale()
	m.mu.Unlock()
	if fails := blunders[what]; fails != nil {
		fails(w, r)
		return
	}
	if rest(r.Context(), pause) != nil {
		return
	}
	says(written(what, asked.Messages[1].Content, tale), "stop")(w, r)
}

// tale is what a reply tells, hardly ever twice.
func (m *model) tale() []string {
	pick := func(of []string) string { return of[m.rng.IntN(len(of))] }
	var out []string
	for range 4 {
		thing := pick(things)
		for strings.Contains(thing, "%d") { // a number needs a source
			thing = pick(things)
		}
		out = append(out, fmt.Sprintf("%s %s %s %s.", pick(openings), pick(folk), pick(deeds), thing))
	}
	return out
}

// written is the answer to one of the three questions that the program has.
func written(task, prompt string, tale []string) string {
	var out any
	switch task {
	case "triage":
		var r struct{ Text string }
		embedded(prompt, "review", &r)
		out = map[string]any{"language": "en", "claims": []any{map[string]string{"text": "something went wrong", "words": firstSentence(r.Text), "topic": "delivery"}},
			"topics": []string{"delivery"}, "cause": "", "heat": "calm", "class": "ordinary", "suggested": "reply", "suspect": false, "questions": []string{}}
	case "judge":
		var reply string
		embedded(prompt, "reply", &reply)
		var points []struct{ N int }
		embedded(prompt, "points", &points)
		words := firstSentence(reply)
		answered := []any{}
		for _, p := range points {
			answered = append(answered, map[string]any{"n": p.N, "answered": true, "words": words})
		}
		out = map[string]any{"points": answered, "ungrounded": []string{}, "next_step": map[string]any{"present": true, "words": words},
			"tone": map[string]any{"calm": true, "words": ""}}
	default:
		var r struct {
			Review struct{ Text string }
			Points []struct{ N int }
		}
		embedded(prompt, "review", &r)
		claims := []int{}
		for _, p := range r.Points {
			claims = append(claims, p.N)
		}
		source := firstSentence(r.Review.Text)
		sentences := []any{
			map[string]any{"text": "Thank you for writing to us about this: " + lowered(source), "claims": claims, "source": "review", "ref": source},
		}
		for _, s := range tale {
			sentences = append(sentences, map[string]any{"text": s, "claims": []int{}, "source": "review", "ref": source})
		}
		sentences = append(sentences, map[string]any{"text": "I am sorry. Please write to care@example.test.", "claims": []int{}, "source": "courtesy", "ref": ""})
		out = map[string]any{"sentences": sentences}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // only strings, numbers and maps
	}
	return string(b)
}

// embedded reads the data of a name out of a prompt.
func embedded(prompt, name string, into any) {
	_, rest, _ := strings.Cut(prompt, "<<<"+name+" ")
	_, rest, _ = strings.Cut(rest, ">>>\n")
	data, _, _ := strings.Cut(rest, "\n<<<end ")
	_ = json.Unmarshal([]byte(data), into) // what cannot be read is answered badly, as a model would
}

func firstSentence(s string) string {
	if i := strings.Index(s, ". "); i >= 0 {
		return s[:i+1]
	}
	return s
}

func lowered(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
