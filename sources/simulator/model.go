package simulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// Review is a review as the platform's API gives it.
type Review struct {
	ID       string         `json:"id"`
	Rating   int            `json:"rating"` // 1 to 5 stars, 0 for none
	Title    string         `json:"title,omitempty"`
	Body     string         `json:"body,omitempty"`
	Language string         `json:"language,omitempty"`
	Author   string         `json:"author,omitempty"`
	AuthorID string         `json:"author_id,omitempty"`
	Verified *bool          `json:"verified,omitempty"`
	Subject  review.Subject `json:"subject,omitzero"`
	Created  time.Time      `json:"created,omitzero"`
	Updated  time.Time      `json:"updated,omitzero"`
	Reply    *Reply         `json:"reply,omitempty"`
	URL      string         `json:"url,omitempty"`
}

// Reply is an answer under a review.
type Reply struct {
	ID      string            `json:"id"`
	Text    string            `json:"text"`
	State   review.ReplyState `json:"state"`
	Reason  string            `json:"reason,omitempty"` // the policy named with a refusal
	Updated time.Time         `json:"updated"`
}

// Rules are how a platform treats replies.
type Rules struct {
	PageSize   int           `json:"page_size,omitempty"` // most reviews in a page; 0 = 50
	MaxReply   int           `json:"max_reply,omitempty"` // in Unit; 0 = no limit
	Unit       sources.Unit  `json:"unit,omitempty"`      // "" = runes
	OneReply   bool          `json:"one_reply,omitempty"` // a standing reply cannot be replaced or taken down
	Moderation time.Duration `json:"moderation,omitempty"`
	Refuse     []Policy      `json:"refuse,omitempty"`  // what moderation refuses
	Grounds    []string      `json:"grounds,omitempty"` // on which a review may be reported by API; none = it takes no reports
}

// Policy is a rule of the platform's moderation: a reply that matches is
// refused under the policy's name.
type Policy struct {
	Name    string         `json:"name"`
	Pattern *regexp.Regexp `json:"pattern"`
	AtOnce  bool           `json:"at_once,omitempty"` // already in the answer to the call, not after moderation
}

// DemoRules are those of the demo's platform: 1,000 characters, a moment of
// moderation, no contact data in replies.
func DemoRules() Rules {
	return Rules{
		MaxReply:   1000,
		Unit:       sources.Runes,
		Moderation: 3 * time.Second,
		Refuse: []Policy{{
			Name:    "contact details: no phone numbers in replies",
			Pattern: regexp.MustCompile(`\+?\d[\d ()/.-]{7,}\d`),
		}},
	}
}

// UnmarshalJSON reads rules whose moderation is a duration in words ("2s") or
// nanoseconds.
func (r *Rules) UnmarshalJSON(b []byte) error {
	type plain Rules
	v := struct {
		*plain
		Moderation any `json:"moderation"`
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch m := v.Moderation.(type) {
	case nil:
	case string:
		d, err := time.ParseDuration(m)
		if err != nil {
			return fmt.Errorf("moderation: %w", err)
		}
		r.Moderation = d
	case float64:
		r.Moderation = time.Duration(m)
	default:
		return fmt.Errorf(`moderation: a duration like "2s" is expected`)
	}
	return nil
}

// length counts text as the rules do.
func (r Rules) length(text string) int {
	switch r.Unit {
	case sources.Bytes:
		return len(text)
	case sources.UTF16:
		n := 0
		for _, c := range text {
			n += max(utf16.RuneLen(c), 1)
		}
		return n
	}
	return utf8.RuneCountInString(text)
}

// refusal is the policy that text breaks, or nil.
func (r Rules) refusal(text string) *Policy {
	for i, p := range r.Refuse {
		if p.Pattern != nil && p.Pattern.MatchString(text) {
			return &r.Refuse[i]
		}
	}
	return nil
}
