package bot

import (
	"context"
	"errors"

	"github.com/evenkeel/evenkeel/review"
)

// Observer is told what the desk does, for metrics and traces. It must be
// quick and safe for concurrent use.
type Observer interface {
	// Begin marks the beginning of a step; the returned function its end. The
	// step's case may be filled in until then.
	Begin(ctx context.Context, s *Step) (context.Context, func(error))
	// Took tells how an intake ended.
	Took(in Intake, took Took)
	// Moved tells of a change that was stored.
	Moved(change review.Change)
}

// StepName is the kind of a step.
type StepName string

// The steps.
const (
	StepIntake StepName = "intake" // storing one review
	StepPress  StepName = "press"  // deciding what a person asked for; What is "form" or "run"
	StepWork   StepName = "work"   // a job; What is its kind
	StepPost   StepName = "post"   // a card to a chat; What is the chat
	StepUpdate StepName = "update"
	StepFind   StepName = "find" // looking for a card whose posting was not answered
)

// Step is something that the desk does and that takes time.
type Step struct {
	Name  StepName
	What  string // one of a bounded set, see the names
	Case  int64  // 0 for none
	First bool   // the step that made the case
}

// begin tells the observer, if there is one.
func (d *Desk) begin(ctx context.Context, s *Step) (context.Context, func(error)) {
	if d.Observer == nil {
		return ctx, func(error) {}
	}
	return d.Observer.Begin(ctx, s)
}

// IsLater tells an error that only says when work is to be tried again.
func IsLater(err error) bool {
	var l *later
	return errors.As(err, &l)
}

func (s *syncing) step(ctx context.Context, name StepName, at Place) (context.Context, func(error)) {
	return s.desk.begin(ctx, &Step{Name: name, What: s.chat.Name(), Case: at.Case})
}

func (s *syncing) post(ctx context.Context, at Place, card Card) (string, error) {
	ctx, ended := s.step(ctx, StepPost, at)
	ref, err := s.chat.Post(ctx, at, card)
	ended(err)
	return ref, err
}

func (s *syncing) update(ctx context.Context, at Place, ref string, card Card) error {
	ctx, ended := s.step(ctx, StepUpdate, at)
	err := s.chat.Update(ctx, at, ref, card)
	ended(err)
	return err
}

func (s *syncing) find(ctx context.Context, at Place) (string, bool, error) {
	ctx, ended := s.step(ctx, StepFind, at)
	ref, found, err := s.chat.Find(ctx, at)
	ended(err)
	return ref, found, err
}
