package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/evenkeel/evenkeel/prompts"
)

// complete makes the request and returns the answer's content, if the answer
// is whole and not a refusal.
func (e *endpoint) complete(ctx context.Context, req openai.ChatCompletionRequest) (string, Usage, *Error) {
	resp, err := e.api.CreateChatCompletion(ctx, req)
	if err != nil {
		return "", Usage{}, e.classify(ctx, err)
	}
	u := Usage{PromptTokens: max(resp.Usage.PromptTokens, 0), CompletionTokens: max(resp.Usage.CompletionTokens, 0)}
	if len(resp.Choices) == 0 {
		return "", u, &Error{Kind: Empty, Status: http.StatusOK, Detail: "the answer has no choices"}
	}
	choice := resp.Choices[0]
	fail := func(k Kind, detail string) (string, Usage, *Error) {
		return choice.Message.Content, u, &Error{Kind: k, Status: http.StatusOK, Detail: detail}
	}
	switch {
	case choice.Message.Refusal != "":
		return fail(Refused, "refusal")
	case choice.FinishReason == openai.FinishReasonStop:
		return choice.Message.Content, u, nil
	case choice.FinishReason == openai.FinishReasonContentFilter:
		return fail(Refused, "content_filter")
	case choice.FinishReason == openai.FinishReasonToolCalls, choice.FinishReason == openai.FinishReasonFunctionCall:
		return fail(Malformed, "a tool call; no tools were offered")
	}
	return fail(Truncated, "finish_reason "+prompts.Clean(string(choice.FinishReason), 40))
}

// classify says what kind of failure an error of the API's library is.
func (e *endpoint) classify(ctx context.Context, err error) *Error {
	var api *openai.APIError
	var plain *openai.RequestError
	switch {
	case errors.As(err, &api):
		kind := statusKind(api.HTTPStatusCode)
		if code, ok := api.Code.(string); ok && (code == "content_filter" || code == "content_policy_violation") {
			kind = Refused
		}
		return &Error{Kind: kind, Status: api.HTTPStatusCode, Detail: e.detail(api.Message)}
	case errors.As(err, &plain):
		return &Error{Kind: statusKind(plain.HTTPStatusCode), Status: plain.HTTPStatusCode, Detail: http.StatusText(plain.HTTPStatusCode)}
	case errors.Is(err, errTooBig):
		return &Error{Kind: TooBig}
	case timedOut(ctx, err):
		return &Error{Kind: Timeout, Detail: "no whole answer in time"}
	}
	var transport *url.Error
	var operation *net.OpError
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &transport), errors.As(err, &operation):
		return &Error{Kind: Unreachable, Detail: e.detail(rootText(err))}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: Truncated, Detail: "the body ends in the middle"}
	case errors.Is(err, io.EOF):
		return &Error{Kind: Empty, Detail: "the body is empty"}
	case errors.As(err, &syntax), errors.As(err, &mistyped):
		return &Error{Kind: Malformed, Detail: "the body is not the JSON of a chat completion"}
	case strings.HasPrefix(err.Error(), "json:"), strings.Contains(err.Error(), "json: "):
		return &Error{Kind: Malformed, Detail: "the body is not the JSON of a chat completion"}
	}
	if isSetting(err) {
		return &Error{Kind: Rejected, Detail: e.detail(err.Error())}
	}
	return &Error{Kind: Unreachable, Detail: e.detail(rootText(err))}
}

// isSetting tells the library's own refusals of a request.
func isSetting(err error) bool {
	for _, target := range []error{
		openai.ErrChatCompletionInvalidModel, openai.ErrReasoningSamplingUnsupported,
		openai.ErrReasoningModelMaxTokensDeprecated, openai.ErrReasoningModelLimitationsOther,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func timedOut(ctx context.Context, err error) bool {
	var ne net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ne) && ne.Timeout() || errors.Is(ctx.Err(), context.DeadlineExceeded)
}

func statusKind(status int) Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return Timeout
	case status >= 400 && status < 500:
		return Rejected
	}
	return Unreachable
}

// rootText is the innermost error's text: the outer ones hold URLs.
func rootText(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

var keyLike = regexp.MustCompile(`(?i)\b(sk|key|pk|tok|bearer)[-_ ][A-Za-z0-9*._-]{4,}`)

// detail makes a foreign message fit for a log: clean, short, and without
// anything that could be a part of the key.
func (e *endpoint) detail(s string) string {
	s = strings.Join(strings.Fields(prompts.Clean(s, 200)), " ")
	const piece = 6
	for key := e.Key.Reveal(); key != ""; key = key[1:] {
		if strings.Contains(s, key[:min(piece, len(key))]) {
			return "a message that repeats the key"
		}
		if len(key) <= piece {
			break
		}
	}
	return keyLike.ReplaceAllString(s, "(hidden)")
}
