package bot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// These tests put the real client of language models, against a server that
// misbehaves, behind the real desk: whatever the server does, at whichever of
// the four tasks, people find a draft or a checklist on a card, and can finish
// their work.

// The tasks of a model, as the schemas of their answers are called.
const (
	taskTriage    = "triage"
	taskDraft     = "draft"
	taskJudge     = "judge"
	taskTranslate = "translate"
)

// lateTeapot is a review in another language than the team's, so that all four
// tasks are asked.
const lateTeapot = "Die Teekanne kam zwei Wochen zu spät. Niemand hat auf meine Frage geantwortet."

// goodAnswers are what a model says to lateTeapot when it is well.
var goodAnswers = map[string]string{
	taskTriage: `{"language":"de","claims":[{"text":"The teapot was two weeks late","words":"Die Teekanne kam zwei Wochen zu spät","topic":"delivery"},
		{"text":"No answer to a question","words":"Niemand hat auf meine Frage geantwortet","topic":"support"}],"topics":["delivery","support"],"cause":"late delivery",
		"heat":"upset","class":"ordinary","suggested":"reply","suspect":false,"questions":[]}`,
	taskDraft: `{"sentences":[{"text":"Guten Tag, vielen Dank für Ihre offenen Worte.","claims":[],"source":"courtesy","ref":""},
		{"text":"Die Teekanne kam zwei Wochen zu spät, das tut uns leid.","claims":[1],"source":"review","ref":"Die Teekanne kam zwei Wochen zu spät"},
		{"text":"Auf Ihre Frage hat niemand geantwortet, und dem gehen wir nach.","claims":[2],"source":"review","ref":"Niemand hat auf meine Frage geantwortet"},
		{"text":"Bitte schreiben Sie uns an care@example.test.","claims":[],"source":"courtesy","ref":""}]}`,
	taskJudge: `{"points":[{"n":1,"answered":true,"words":"zwei Wochen zu spät"},{"n":2,"answered":true,"words":"dem gehen wir nach"}],
		"ungrounded":[],"next_step":{"present":true,"words":"Bitte schreiben Sie uns"},"tone":{"calm":true,"words":""}}`,
	taskTranslate: `{"text":"Good day, thank you for your frank words."}`,
}

// fault is what a server does with a request that it should answer well.
type fault func(w http.ResponseWriter, r *http.Request, good, canary string)

// content answers with the content of a message.
func content(w io.Writer, text, finish, refusal string) {
	_ = json.NewEncoder(w).Encode(map[string]any{
		"choices": []any{map[string]any{"finish_reason": finish, "message": map[string]any{"role": "assistant", "content": text, "refusal": refusal}}},
		"usage":   map[string]int{"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
	})
}

func saying(text string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _, _ string) { content(w, text, "stop", "") }
}

func silent(_ http.ResponseWriter, r *http.Request, _, _ string) { <-r.Context().Done() }

func refusesWith(code int, retryAfter string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _, _ string) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"error":{"message":"EVIL words of a server"}}`)
	}
}

// modelFaults are the ways in which a server fails, and as what they count.
var modelFaults = []struct {
	name string
	kind llm.Kind
	does fault
}{
	{"malformed", llm.Malformed, saying("Sure! EVIL Here is what you asked for.")},
	{"wrong schema", llm.Malformed, saying(`{"reply":"EVIL Guten Tag.","publish":true}`)},
	{"truncated", llm.Truncated, func(w http.ResponseWriter, _ *http.Request, good, _ string) {
		content(w, good[:len(good)/2], "length", "")
	}},
	{"half the JSON", llm.Truncated, func(w http.ResponseWriter, _ *http.Request, good, _ string) {
		content(w, good[:len(good)/2], "stop", "")
	}},
	{"refused", llm.Refused, func(w http.ResponseWriter, _ *http.Request, _, _ string) {
		content(w, "", "stop", "I cannot help with EVIL.")
	}},
	{"filtered", llm.Refused, func(w http.ResponseWriter, _ *http.Request, good, _ string) {
		content(w, good, "content_filter", "")
	}},
	{"slow", llm.Timeout, silent},
	{"empty", llm.Empty, saying("")},
	{"429 for an hour", llm.RateLimited, refusesWith(http.StatusTooManyRequests, "3600")},
	{"500", llm.Unreachable, refusesWith(http.StatusInternalServerError, "")},
	{"the key", llm.Denied, refusesWith(http.StatusUnauthorized, "")},
	{"huge", llm.TooBig, saying(strings.Repeat("EVIL ", 1<<15))},
	{"a stream without end", llm.TooBig, func(w http.ResponseWriter, r *http.Request, _, _ string) {
		for blanks := strings.Repeat(" ", 1<<16); r.Context().Err() == nil; {
			if _, err := io.WriteString(w, blanks); err != nil {
				return
			}
		}
	}},
	{"events that nobody asked for", llm.Malformed, func(w http.ResponseWriter, r *http.Request, _, _ string) {
		for range 1000 {
			if _, err := io.WriteString(w, "data: {\"choices\":[{\"delta\":{\"content\":\"EVIL\"}}]}\n\n"); err != nil {
				return
			}
		}
	}},
	{"canary", llm.Leaked, func(w http.ResponseWriter, _ *http.Request, good, canary string) {
		content(w, strings.Replace(good, `":"`, `":"`+canary, 1), "stop", "")
	}},
}

// endpoint is a model's server: well, but for the tasks that have a fault.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	faults map[string]fault
	asked  map[string]int
}

var canaryMark = regexp.MustCompile(`ek-[0-9a-f]{24}`)

func startEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{asked: map[string]int{}}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Messages []struct{ Content string }
			Format   struct {
				Schema struct{ Name string } `json:"json_schema"`
			} `json:"response_format"`
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || len(req.Messages) == 0 {
			return // the client is gone
		}
		task := req.Format.Schema.Name
		e.mu.Lock()
		e.asked[task]++
		does := e.faults[task]
		e.mu.Unlock()
		if does == nil {
			content(w, goodAnswers[task], "stop", "")
			return
		}
		does(w, r, goodAnswers[task], canaryMark.FindString(req.Messages[0].Content))
	}))
	t.Cleanup(e.Close)
	return e
}

// fails sets what goes wrong from now on.
func (e *endpoint) fails(does fault, tasks ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = map[string]fault{}
	for _, t := range tasks {
		e.faults[t] = does
	}
}

// modelHouse is a house whose texts come from models at these addresses.
func modelHouse(t *testing.T, change func(*llm.Config), urls ...string) (*house, *llm.Client) {
	t.Helper()
	cfg := llm.Config{TryTimeout: 3 * time.Second, MaxBody: 32 << 10, Tries: 2, Backoff: time.Millisecond, MaxWait: 5 * time.Millisecond, Pause: time.Millisecond}
	for i, u := range urls {
		cfg.Endpoints = append(cfg.Endpoints, llm.Endpoint{Name: fmt.Sprintf("e%d", i+1), BaseURL: u + "/v1", Model: fmt.Sprintf("model-%d", i+1)})
	}
	if change != nil {
		change(&cfg)
	}
	client, err := llm.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, func(c *bot.Config) {
		c.Drafter, c.Triager, c.Judge, c.Translator = client, client, client, client
	})
	return h, client
}

// lateInGerman lets lateTeapot arrive and asks for a reply.
func (h *house) lateInGerman(n int) int64 {
	h.Helper()
	r, err := h.platform.Add(simulator.Review{Rating: 2, Body: lateTeapot, Author: fmt.Sprintf("Jo %c", 'A'+n%26), Language: "de"})
	if err != nil {
		h.Fatal(err)
	}
	h.pass(h.patience)
	c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
	if err != nil {
		h.Fatal(err)
	}
	h.ok(h.press(cleo, c.ID, "parent", "verdict:reply"))
	h.pass(0)
	return c.ID
}

// failures are how often calls failed in one way, over all endpoints.
func failures(c *llm.Client, kind llm.Kind) (n int64) {
	for _, h := range c.Health() {
		n += h.Failures[kind]
	}
	return n
}

// outcome checks what stands on a case's cards after one task failed.
func (h *house) outcome(id int64, task string, kind llm.Kind) {
	h.Helper()
	c := h.get(id)
	calm := (&llm.Error{Kind: kind}).Error()
	if task == taskDraft {
		card := h.chat.card(h.T, id, fmt.Sprintf("checklist-%d", c.Wanted))
		if words := fmt.Sprint(card.Title, card.Blocks); c.Status != review.Open || !strings.Contains(strings.ToLower(words), calm) || strings.Contains(words, "EVIL") {
			h.Errorf("the case is %s, the checklist reads %s", c.Status, words)
		}
		h.ok(h.press(cleo, id, fmt.Sprintf("checklist-%d", c.Wanted), "draft")) // and it offers to try again
		return
	}
	if c.Status != review.Drafted {
		h.Errorf("the case is %s, and there is no draft: %s", c.Status, c.Trouble)
		return
	}
	d, notes := c.Draft, strings.Join(c.Draft.Notes, " ")
	card := h.chat.card(h.T, id, fmt.Sprintf("draft-%d", d.N))
	words := fmt.Sprint(card.Blocks)
	if d.Origin != review.FromModel || d.Model == "" || d.Prompt == "" || strings.Contains(words, "EVIL") || canaryMark.MatchString(words) {
		h.Errorf("the draft is %+v, the card reads %s", d, words)
	}
	switch task {
	case taskTriage:
		if c.Triaged != "rules" || len(c.Claims) == 0 || len(d.Notes) != 0 {
			h.Errorf("read by %q with %d claims; notes %q", c.Triaged, len(c.Claims), notes)
		}
	case taskJudge:
		if !strings.Contains(notes, "no second reading") || !strings.Contains(words, notes) || len(d.Judged()) != 0 {
			h.Errorf("notes %q, the card reads %s", notes, words)
		}
	case taskTranslate:
		if !strings.Contains(notes, "no back-translation") || !strings.Contains(words, notes) || d.BackText != "" {
			h.Errorf("notes %q, back-translation %q", notes, d.BackText)
		}
	}
}

// TestEveryFaultAtEveryTask: one task fails in one way, the others are well.
func TestEveryFaultAtEveryTask(t *testing.T) {
	for _, task := range []string{taskTriage, taskDraft, taskJudge, taskTranslate} {
		t.Run(task, func(t *testing.T) {
			server := startEndpoint(t)
			h, client := modelHouse(t, nil, server.URL)
			for n, f := range modelFaults {
				server.fails(f.does, task)
				before := failures(client, f.kind)
				id := h.lateInGerman(n)
				if failures(client, f.kind) == before {
					t.Errorf("%s: not counted as %s: %+v", f.name, f.kind, client.Health())
				}
				h.outcome(id, task, f.kind)
				if t.Failed() {
					t.Fatalf("with %q", f.name)
				}
				server.fails(nil)
				h.pass(0)
				if c := h.get(id); c.Status != review.Drafted {
					t.Fatalf("%s: with the model well again the case is %s: %s", f.name, c.Status, c.Trouble)
				}
				h.ok(h.typed(cleo, fmt.Sprintf("discard %d", id))) // the next one is the same
			}
		})
	}
}
