package llm

import "fmt"

// Kind is what kept a call from giving a usable answer.
type Kind string

// The kinds of failure.
const (
	Unreachable Kind = "unreachable"  // no answer, or 5xx
	Timeout     Kind = "timeout"      // no whole answer in time
	RateLimited Kind = "rate_limited" // 429, and waiting would take too long
	Denied      Kind = "denied"       // 401 or 403: the key
	Rejected    Kind = "rejected"     // another 4xx: the model's name, the format
	Refused     Kind = "refused"      // the model or its content filter said no
	Truncated   Kind = "truncated"    // the answer ends in the middle
	Malformed   Kind = "malformed"    // not the JSON that was asked for
	Empty       Kind = "empty"        // no answer in the answer
	TooBig      Kind = "too_big"      // more bytes than are read
	Leaked      Kind = "leaked"       // the prompt's canary came back
	Budget      Kind = "budget"       // the day's tokens are used up
	Unsupported Kind = "unsupported"  // the built-in drafter cannot do this
)

// Kinds lists all of them.
var Kinds = []Kind{Unreachable, Timeout, RateLimited, Denied, Rejected, Refused, Truncated, Malformed, Empty, TooBig, Leaked, Budget, Unsupported}

// Error is a failed call. Its text is a calm sentence for the card and holds
// nothing that an endpoint or a customer wrote; Detail is for logs.
type Error struct {
	Kind     Kind
	Endpoint string // the configured name, "" when none was asked
	Status   int    // HTTP, 0 when there was no answer
	Tries    int    // requests made in this call
	Detail   string // for operators: bounded, cleaned, never holds a key
}

var calm = map[Kind]string{
	Unreachable: "the language model did not answer; please write the reply by hand or try again in a while",
	Timeout:     "the language model did not finish in time; please write the reply by hand or try again",
	RateLimited: "the language model asks for a pause; please try again in a few minutes or write the reply by hand",
	Denied:      "the language model did not accept the key; please ask whoever runs evenkeel to check it",
	Rejected:    "the language model did not accept the request; please ask whoever runs evenkeel to check its name and address",
	Refused:     "the language model declined to write about this review; please write the reply by hand",
	Truncated:   "the language model's answer stopped in the middle; please try again or write the reply by hand",
	Malformed:   "the language model's answer could not be read; please try again or write the reply by hand",
	Empty:       "the language model's answer was empty; please try again or write the reply by hand",
	TooBig:      "the language model's answer was far too long; please try again or write the reply by hand",
	Leaked:      "the language model repeated its own instructions, maybe because the review asked it to; please write the reply by hand",
	Budget:      "today's budget for the language model is used up; please write the reply by hand or try again tomorrow",
	Unsupported: "the built-in drafter cannot write this reply; please write it by hand",
}

// Error is the calm sentence.
func (e *Error) Error() string {
	s, ok := calm[e.Kind]
	if !ok {
		s = "the draft could not be made; please write the reply by hand"
	}
	if e.Kind == Unsupported && e.Detail != "" {
		s = e.Detail
	}
	return s
}

// Is lets errors.Is match another *Error by kind alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && *t == (Error{Kind: t.Kind})
}

// LogString is the error with what helps an operator, for logs.
func (e *Error) LogString() string {
	return fmt.Sprintf("%s (endpoint %q, status %d, tries %d): %s", e.Kind, e.Endpoint, e.Status, e.Tries, e.Detail)
}
