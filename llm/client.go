package llm

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/evenkeel/evenkeel/prompts"
)

// Client asks language models. See the package comment for its life cycle.
type Client struct {
	cfg       Config
	endpoints []*endpoint
	schemas   map[string]schema
	prompt    string // hash of the templates
	offline   *Offline
}

type endpoint struct {
	Endpoint
	api *openai.Client
	counters
}

// New makes a client. It makes no request. The error says which setting is
// wrong and never holds a key.
func New(cfg Config) (*Client, error) {
	cfg.Endpoints = slices.Clone(cfg.Endpoints)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{cfg: cfg, schemas: make(map[string]schema), prompt: prompts.Hash(), offline: NewOffline()}
	for _, name := range []string{"triage", "draft", "judge", "translate"} {
		s, err := loadSchema(name)
		if err != nil {
			return nil, err
		}
		c.schemas[name] = s
	}
	web := httpClient(cfg)
	for _, e := range cfg.Endpoints {
		oc := openai.DefaultConfig(e.Key.Reveal())
		oc.BaseURL = e.BaseURL
		oc.HTTPClient = web
		ep := &endpoint{Endpoint: e, api: openai.NewClientWithConfig(oc)}
		ep.h.Endpoint, ep.h.Model = e.Name, e.Model
		c.endpoints = append(c.endpoints, ep)
	}
	return c, nil
}

// Health is what each endpoint did so far, in the configured order.
func (c *Client) Health() []Health {
	out := make([]Health, len(c.endpoints))
	for i, e := range c.endpoints {
		out[i] = e.snapshot()
	}
	return out
}

// Spent is what today's calls took, and the budget, whose zero fields limit
// nothing.
func (c *Client) Spent(ctx context.Context) (spent, budget Spending, err error) {
	spent, err = c.cfg.Ledger.Spend(ctx, c.day(), Spending{})
	return spent, c.cfg.Budget, err
}

func (c *Client) day() string { return c.cfg.Now().In(c.cfg.Location).Format(time.DateOnly) }

// session is one call of this package: one deadline, one number of tries, one
// bill, however many questions it asks.
type session struct {
	c     *Client
	left  int
	made  int
	start time.Time
	usage Usage
	model string // that gave the last answer
}

// begin opens a session; cancel ends its deadline.
func (c *Client) begin(ctx context.Context) (context.Context, *session, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Deadline)
	return ctx, &session{c: c, left: c.cfg.Tries, start: c.cfg.Now()}, cancel
}

// question is one thing to ask: a prompt, and what its answer must be.
type question struct {
	task        string // names prompt and schema
	temperature float32
	render      func(prompts.Seal) (prompts.Messages, error)
	into        func() any             // a fresh value to decode into
	accept      func(answer any) error // nil, or an *Error
}

// ask puts q to the endpoints until one gives an acceptable answer or the
// session is out of tries or time.
func (s *session) ask(ctx context.Context, q question) error {
	seal, msgs, err := s.c.render(q)
	if err != nil {
		return err
	}
	var last *Error
	order := s.c.order()
	for i := 0; s.left > 0 && ctx.Err() == nil; i++ {
		n := len(order)
		at := order[i%n]
		// What is left is shared fairly with the endpoints behind this one.
		share := (s.left + n - i%n - 1) / (n - i%n)
		last = s.once(ctx, at, q, seal, msgs, share, n > 1)
		if last == nil {
			s.model = at.Model
			return nil
		}
		s.c.cfg.Log.Warn("language model: no usable answer", "task", q.task, "kind", string(last.Kind), "endpoint", last.Endpoint, "status", last.Status, "tries", last.Tries, "detail", last.Detail)
		if !last.worthAnother(n > 1) {
			break
		}
	}
	if err := context.Cause(ctx); errors.Is(err, context.Canceled) {
		return err // the program stops, or nobody wants the answer any more
	}
	if last == nil {
		last = &Error{Kind: Timeout, Detail: "no time or tries left"}
	}
	last.Tries = s.made
	return last
}

// worthAnother tells whether asking again, or elsewhere, may help.
func (e *Error) worthAnother(others bool) bool {
	switch e.Kind {
	case Malformed, Empty, Truncated, Timeout:
		return true
	case Unreachable, RateLimited, Denied, Rejected, Refused, TooBig:
		return others
	}
	return false
}

// render draws a seal and renders the prompt; a nonce that happens to stand in
// the text is drawn again.
func (c *Client) render(q question) (prompts.Seal, prompts.Messages, error) {
	for i := 0; ; i++ {
		seal, err := prompts.NewSeal(c.cfg.Random)
		if err != nil {
			return seal, prompts.Messages{}, err
		}
		msgs, err := q.render(seal)
		if err == nil || i > 2 || !errors.Is(err, prompts.ErrSeal) {
			return seal, msgs, err
		}
	}
}

// order is the endpoints as they are asked: those that failed just now last.
func (c *Client) order() []*endpoint {
	now := c.cfg.Now()
	out := slices.Clone(c.endpoints)
	slices.SortStableFunc(out, func(a, b *endpoint) int { return boolInt(a.down(now)) - boolInt(b.down(now)) })
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// once asks one endpoint, repeats by the transport included, and books what it
// took.
func (s *session) once(ctx context.Context, e *endpoint, q question, seal prompts.Seal, msgs prompts.Messages, share int, others bool) *Error {
	c := s.c
	day, estimate := c.day(), c.estimate(e, msgs)
	if err := c.reserve(ctx, day, estimate); err != nil {
		return err
	}
	a := &attempt{left: share, others: others, count: e.request}
	start := c.cfg.Now()
	content, usage, fail := e.complete(withAttempt(ctx, a), c.request(e, q, msgs))
	s.left -= max(a.made, 1)
	s.made += a.made
	if usage == (Usage{}) && content != "" {
		usage = Usage{PromptTokens: len(msgs.System+msgs.User) / 3, CompletionTokens: len(content) / 3} // the server does not count
	}
	usage.Cost = e.price(usage)
	s.usage = s.usage.Plus(usage)
	c.settle(ctx, day, usage.spending().minus(estimate))
	if fail == nil {
		fail = c.accept(q, seal, content)
	}
	var kind Kind
	if fail != nil {
		kind, fail.Endpoint, fail.Tries = fail.Kind, e.Name, a.made
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		kind, fail = "", &Error{Kind: Timeout, Endpoint: e.Name, Detail: "given up by the caller"} // not the endpoint's fault
	}
	now := c.cfg.Now()
	e.call(now.Sub(start), usage, kind, now, c.cfg.Pause)
	return fail
}

// accept decodes and judges an answer.
func (c *Client) accept(q question, seal prompts.Seal, content string) *Error {
	if strings.TrimSpace(content) == "" {
		return &Error{Kind: Empty}
	}
	if seal.Leaked(content) {
		return &Error{Kind: Leaked}
	}
	into := q.into()
	plain, err := c.schemas[q.task].decode(content, into)
	if err == nil && seal.Leaked(plain) {
		err = &Error{Kind: Leaked}
	}
	if err == nil {
		err = q.accept(into)
	}
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Malformed, Detail: err.Error()}
}

// request is q as the API wants it. Models that reason take no temperature and
// count their thoughts as completion.
func (c *Client) request(e *endpoint, q question, msgs prompts.Messages) openai.ChatCompletionRequest {
	req := openai.ChatCompletionRequest{
		Model: e.Model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: msgs.System},
			{Role: openai.ChatMessageRoleUser, Content: msgs.User},
		},
		ResponseFormat: &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name: q.task, Schema: c.schemas[q.task].wire, Strict: true,
			},
		},
	}
	if reasons(e.Model) {
		req.MaxCompletionTokens = 4 * c.cfg.MaxTokens
		return req
	}
	req.MaxTokens = c.cfg.MaxTokens //nolint:staticcheck // deprecated at one vendor, the only name that many other servers know
	req.Temperature = q.temperature
	if q.temperature == 0 {
		req.Temperature = math.SmallestNonzeroFloat32 // 0 would be left out of the JSON
	}
	return req
}

// reasons tells the model families that refuse temperature and max_tokens.
func reasons(model string) bool {
	for _, p := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, p) {
			return true
		}
	}
	return false
}

// estimate is about what a call takes at most, for the budget: prompts of all
// languages have at least three bytes a token on average.
func (c *Client) estimate(e *endpoint, m prompts.Messages) Spending {
	u := Usage{PromptTokens: len(m.System+m.User) / 3, CompletionTokens: c.cfg.MaxTokens / 2}
	u.Cost = e.price(u)
	return u.spending()
}

// price is what a call cost, as far as the endpoint's prices are known.
func (e *endpoint) price(u Usage) float64 {
	return (float64(u.PromptTokens)*e.PromptPrice + float64(u.CompletionTokens)*e.CompletionPrice) / 1e6
}

// reserve books an estimate, or fails when the day's budget does not hold it.
func (c *Client) reserve(ctx context.Context, day string, estimate Spending) *Error {
	sum, err := c.cfg.Ledger.Spend(ctx, day, estimate)
	if err != nil {
		// A broken ledger must not stop the team's work; it is the log's matter.
		c.cfg.Log.Warn("language model: what was spent could not be counted", "error", err)
		return nil
	}
	if !sum.within(c.cfg.Budget) {
		c.settle(ctx, day, Spending{}.minus(estimate))
		return &Error{Kind: Budget}
	}
	return nil
}

func (c *Client) settle(ctx context.Context, day string, add Spending) {
	if _, err := c.cfg.Ledger.Spend(context.WithoutCancel(ctx), day, add); err != nil {
		c.cfg.Log.Warn("language model: what was spent could not be counted", "error", err)
	}
}
