package simulator

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed story.yaml
var storyYAML []byte

// Step is something that happens on the platform at a time after the start of
// a story. At most one of Add, Edit and Remove is set.
type Step struct {
	At     Span    `json:"at"`
	Note   string  `json:"note"`          // for whoever watches
	Age    Span    `json:"age,omitempty"` // how long before that an added review was written
	Add    *Review `json:"add,omitempty"`
	Edit   *Change `json:"edit,omitempty"`
	Remove string  `json:"remove,omitempty"` // the review's id
	Faults []Fault `json:"faults,omitempty"` // what shall go wrong from then on
}

// Change is an author's edit.
type Change struct {
	ID     string  `json:"id"`
	Rating *int    `json:"rating,omitempty"`
	Title  *string `json:"title,omitempty"`
	Body   *string `json:"body,omitempty"`
}

// Span is a duration, written like "1m30s".
type Span time.Duration

// UnmarshalText reads a duration.
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*s = Span(d)
	return err
}

// MarshalText writes a duration.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// Story is what happens in the demo: the customers of Harbour & Pine, in seven
// languages, in the order in which it happens.
func Story() []Step {
	steps, err := ParseStory(storyYAML)
	if err != nil {
		panic(fmt.Sprintf("the story that the program carries: %v", err)) // a test reads it
	}
	return steps
}

// ParseStory reads a story from YAML, see story.yaml.
func ParseStory(b []byte) ([]Step, error) {
	doc, err := yaml.YAMLToJSON(b)
	if err != nil {
		return nil, err
	}
	var steps []Step
	if err := json.Unmarshal(doc, &steps); err != nil {
		return nil, err
	}
	for i, s := range steps {
		if i > 0 && s.At < steps[i-1].At {
			return nil, fmt.Errorf("step %d (%s) comes before the one above it", i+1, s.Note)
		}
	}
	return steps, nil
}

// Do makes one step happen now.
func (p *Platform) Do(s Step) error {
	p.AddFaults(s.Faults...)
	switch {
	case s.Add != nil:
		r := *s.Add
		if s.Age > 0 {
			r.Created = p.Now().Add(-time.Duration(s.Age))
		}
		_, err := p.Add(r)
		return err
	case s.Edit != nil:
		_, err := p.Edit(s.Edit.ID, s.Edit.Rating, s.Edit.Title, s.Edit.Body)
		return err
	case s.Remove != "":
		return p.Remove(s.Remove)
	}
	return nil
}

// Play makes the steps happen in their time. wait sleeps, or pretends to; it
// ends the story with its error. each, where given, is told of every step.
func (p *Platform) Play(ctx context.Context, steps []Step, wait func(context.Context, time.Duration) error, each func(Step)) error {
	var at Span
	for _, s := range steps {
		if s.At > at {
			if err := wait(ctx, time.Duration(s.At-at)); err != nil {
				return err
			}
			at = s.At
		}
		if err := p.Do(s); err != nil {
			return fmt.Errorf("%s: %w", s.Note, err)
		}
		if each != nil {
			each(s)
		}
	}
	return nil
}
