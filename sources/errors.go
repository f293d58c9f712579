package sources

import (
	"errors"
	"fmt"
	"time"
)

// The taxonomy of what can go wrong with a platform. Every error of a source
// matches exactly one of these under [errors.Is].
var (
	ErrAuth        = errors.New("the platform does not accept our credentials")
	ErrRateLimited = errors.New("the platform asks us to wait")
	ErrNotFound    = errors.New("the platform does not know this review")
	ErrRejected    = errors.New("the platform refused this")
	ErrAlready     = errors.New("a reply stands there already")
	ErrUnsupported = errors.New("the platform cannot do this")
	// ErrTransient certainly had no effect and may work later.
	ErrTransient = errors.New("the platform is out of reach")
	// ErrUnknown may have had its effect: the answer was lost.
	ErrUnknown = errors.New("the platform's answer was lost")
)

// Error is a platform's failure with what people should know of it.
type Error struct {
	Kind   error         // one of the Err… values
	Source string        // name of the source
	Op     string        // "list", "read", "reply"
	Reason string        // for people: what the platform said, without secrets
	After  time.Duration // how long the platform asks us to wait, 0 if it does not say
	Err    error         // what lies beneath, may be nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s: %v", e.Source, e.Op, e.Kind)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// Is matches the error's kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap gives what lies beneath.
func (e *Error) Unwrap() error { return e.Err }

// Wait is how long err asks to wait, 0 if it does not say.
func Wait(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}
