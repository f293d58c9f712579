package llm

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
)

// Endpoint is one place that speaks the OpenAI chat API.
//
// https://platform.openai.com/docs/api-reference/chat/create
type Endpoint struct {
	Name    string // for people; "" for the address's host
	BaseURL string // "https://api.example.com/v1"
	Model   string
	Key     secret.Value // none for a local server

	PromptPrice, CompletionPrice float64 // per million tokens, in any one currency; 0 when not known
}

// Config is what a [Client] is made of. Zero values have the defaults named.
type Config struct {
	Endpoints  []Endpoint        // asked in this order; the next one when one fails
	Deadline   time.Duration     // of one whole call; 60 s
	TryTimeout time.Duration     // of one request with its body; 25 s
	Tries      int               // requests in one call, over all endpoints; 3
	Backoff    time.Duration     // first pause before a repeat; 500 ms
	MaxWait    time.Duration     // longest pause, and longest Retry-After that is waited for; 10 s
	Pause      time.Duration     // how long a failed endpoint goes last; 30 s
	MaxBody    int64             // bytes read of an answer; 1 MiB
	MaxTokens  int               // an answer may have; 2000
	Budget     Spending          // of a day; zero fields limit nothing
	Ledger     Ledger            // counts what a day took; a [MemoryLedger]
	Location   *time.Location    // whose midnight begins the ledger's day; UTC
	Now        func() time.Time  // time.Now
	Random     io.Reader         // for delimiters and canary; crypto/rand
	Transport  http.RoundTripper // beneath the retries; a pooled transport
	Log        *slog.Logger      // what failed and why; nothing
}

func (c Config) withDefaults() Config {
	c.Deadline = cmp.Or(c.Deadline, time.Minute)
	c.TryTimeout = cmp.Or(c.TryTimeout, 25*time.Second)
	c.Tries = cmp.Or(c.Tries, 3)
	c.Backoff = cmp.Or(c.Backoff, 500*time.Millisecond)
	c.MaxWait = cmp.Or(c.MaxWait, 10*time.Second)
	c.Pause = cmp.Or(c.Pause, 30*time.Second)
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	c.MaxTokens = cmp.Or(c.MaxTokens, 2000)
	if c.Ledger == nil {
		c.Ledger = &MemoryLedger{}
	}
	c.Location = cmp.Or(c.Location, time.UTC)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// check says what is wrong with the endpoints, in words for whoever set them.
func (c Config) check() error {
	if len(c.Endpoints) == 0 {
		return errors.New("no language model is set; give the address and model of an OpenAI-compatible endpoint, or use the built-in drafter")
	}
	for i, e := range c.Endpoints {
		u, err := url.Parse(e.BaseURL)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return fmt.Errorf("language model %d: the address is not an http or https URL like https://api.example.com/v1", i+1)
		case u.User != nil:
			return fmt.Errorf("language model %d: the address holds a user or password; give the key on its own", i+1)
		case e.Model == "":
			return fmt.Errorf("language model %d: the model's name is missing", i+1)
		}
		c.Endpoints[i].Name = cmp.Or(e.Name, u.Host)
	}
	return nil
}
