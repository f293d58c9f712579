package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/review"
)

// FieldError names the part of the JSON that is wrong.
type FieldError struct {
	Field   string // "reviews[3].rating"; "" for the document
	Problem string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + " " + e.Problem
}

// Parsed is the content of a body.
type Parsed struct {
	Reviews  []review.Review
	Repeated int      // reviews that stood there twice, word for word
	Ignored  []string // names that mean nothing here, sorted
}

// maxDepth bounds how deep the JSON may be nested.
const maxDepth = 16

// Parse reads a body: one review, or {"reviews":[…]} with up to [MaxReviews].
// It is strict about types and lenient about names it does not know: those are
// listed, not refused, because senders send their whole record.
//
//	id        text or whole number; required; also "external_id", "review_id"
//	rating    a number of 1 to 5 stars, or {"value":1,"max":1,"kind":"thumb"}
//	          with kind stars, thumb (0, 1), tri (-1, 0, 1) or none
//	title     text
//	body      text; also "text", "content"
//	language  a tag like "de" or "pt-BR" (or pt_BR); also "locale"; what is no
//	          tag is ignored
//	author    text, or {"name","id"}
//	subject   text, or {"id","name","url","kind"}: what was reviewed
//	created   a time like 2026-11-01T10:00:00Z; also "created_at"
//	updated   the same; also "updated_at"
//	url       where the review stands, http or https
//	reply     text, or {"text","id","updated"}: the answer that stands there already
//	verified  true or false: bought or visited
//	source    the sender's own name of where it comes from: becomes the account
//	          of the review's key, so two sources may use the same ids
//
// Either a rating or a text must be there. null is the same as nothing.
func Parse(source string, body []byte) (Parsed, error) {
	if !utf8.Valid(body) {
		return Parsed{}, &FieldError{Problem: "the body is not UTF-8"}
	}
	top, ok := outline(body)
	if !ok {
		if err := checkJSON(body); err != nil {
			return Parsed{}, err
		}
		if err := json.Unmarshal(body, &top); err != nil || top == nil {
			return Parsed{}, &FieldError{Problem: `the body must be a JSON object: one review, or {"reviews":[…]}`}
		}
	}
	out := Parsed{}
	ignored := map[string]bool{}
	list, many := top["reviews"]
	if !many {
		r, err := parseReview(source, "", top, ignored)
		if err != nil {
			return Parsed{}, err
		}
		out.Reviews = []review.Review{r}
	} else if err := parseMany(source, top, list, &out, ignored); err != nil {
		return Parsed{}, err
	}
	out.Ignored = slices.Sorted(maps.Keys(ignored))
	return out, nil
}

func parseMany(source string, top map[string]json.RawMessage, list json.RawMessage, out *Parsed, ignored map[string]bool) error {
	for name := range top {
		if name != "reviews" {
			ignored[clip(name)] = true
		}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil || items == nil {
		return &FieldError{"reviews", "must be a list of reviews"}
	}
	switch {
	case len(items) == 0:
		return &FieldError{"reviews", "is empty"}
	case len(items) > MaxReviews:
		return &FieldError{"reviews", fmt.Sprintf("has %d reviews; at most %d are taken at once", len(items), MaxReviews)}
	}
	seen := map[review.Key]int{}
	for i, raw := range items {
		at := fmt.Sprintf("reviews[%d]", i)
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
			return &FieldError{at, "must be a JSON object"}
		}
		r, err := parseReview(source, at+".", fields, ignored)
		if err != nil {
			return err
		}
		if n, twice := seen[r.Key]; twice {
			if out.Reviews[n].ContentHash() != r.ContentHash() {
				return &FieldError{at + ".id", "stands in this delivery twice, with different words; please send only the newest"}
			}
			out.Repeated++
			continue
		}
		seen[r.Key] = len(out.Reviews)
		out.Reviews = append(out.Reviews, r)
	}
	return nil
}

// object reads the fields of one JSON object, keeping the first error.
type object struct {
	at     string // prefix of field names in errors
	fields map[string]json.RawMessage
	used   map[string]bool
	err    error
}

// take finds the first of these names that is there and not null.
func (o *object) take(names ...string) (name string, raw json.RawMessage) {
	for _, n := range names {
		v, there := o.fields[n]
		if there && (raw == nil || string(v) == "null") {
			o.used[n] = true
		}
		if there && raw == nil && string(v) != "null" {
			name, raw = n, v
		}
	}
	return name, raw
}

func (o *object) fail(name, problem string) {
	if o.err == nil {
		o.err = &FieldError{o.at + name, problem}
	}
}

func (o *object) text(names ...string) string {
	name, raw := o.take(names...)
	if raw == nil {
		return ""
	}
	s, ok := text(raw)
	if !ok {
		o.fail(name, "must be text")
	}
	return s
}

// text reads a JSON string of a document that is known to be JSON, and UTF-8.
func text(raw json.RawMessage) (s string, ok bool) {
	if raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// id is text or a whole number.
func (o *object) id(names ...string) string {
	name, raw := o.take(names...)
	if raw == nil {
		return ""
	}
	if s, ok := text(raw); ok {
		return s
	}
	if strings.Trim(string(raw), "0123456789") == "" {
		return string(raw)
	}
	o.fail(name, "must be text or a whole number")
	return ""
}

func (o *object) time(names ...string) time.Time {
	name, raw := o.take(names...)
	if raw == nil {
		return time.Time{}
	}
	if s, ok := text(raw); ok {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.UTC()
		}
	}
	o.fail(name, "must be a time with zone, like 2026-11-01T10:00:00Z")
	return time.Time{}
}

// link is an absolute http or https address: others could run something when a
// person follows them.
func (o *object) link(names ...string) string {
	s := o.text(names...)
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		o.fail(names[0], "must be an address that begins with https:// or http://")
		return ""
	}
	return s
}

// sub is an inner object, or text for which name stands.
func (o *object) sub(name, asText string) (*object, bool) {
	_, raw := o.take(name)
	if raw == nil {
		return nil, false
	}
	if _, ok := text(raw); ok {
		return &object{at: o.at, fields: map[string]json.RawMessage{asText: raw}, used: map[string]bool{}}, true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		o.fail(name, "must be text or an object")
		return nil, false
	}
	return &object{at: o.at + name + ".", fields: fields, used: map[string]bool{}}, true
}

// done hands an inner object's error and unknown names up.
func (o *object) done(inner *object, name string, ignored map[string]bool) {
	if o.err == nil {
		o.err = inner.err
	}
	for n := range inner.fields {
		if !inner.used[n] {
			ignored[clip(name+"."+n)] = true
		}
	}
}

func parseReview(source, at string, fields map[string]json.RawMessage, ignored map[string]bool) (review.Review, error) {
	o := &object{at: at, fields: fields, used: map[string]bool{}}
	r := review.Review{
		Key:      review.Key{Source: source, ID: o.id("id", "external_id", "review_id"), Account: o.text("source")},
		Rating:   o.rating(ignored),
		Title:    o.text("title"),
		Body:     o.text("body", "text", "content"),
		Language: o.language(ignored),
		Created:  o.time("created", "created_at"),
		Updated:  o.time("updated", "updated_at"),
		URL:      o.link("url"),
	}
	if a, ok := o.sub("author", "name"); ok {
		r.Author, r.AuthorID = a.text("name"), a.id("id")
		o.done(a, "author", ignored)
	}
	if s, ok := o.sub("subject", "name"); ok {
		r.Subject = review.Subject{Kind: s.text("kind"), ID: s.id("id"), Name: s.text("name"), URL: s.link("url")}
		o.done(s, "subject", ignored)
	}
	if p, ok := o.sub("reply", "text"); ok {
		r.Reply = &review.PlatformReply{ID: p.id("id"), Text: p.text("text"), State: review.ReplyLive, Updated: p.time("updated", "updated_at", "created", "created_at")}
		if r.Reply.Text == "" {
			o.fail("reply", "has no text")
		}
		o.done(p, "reply", ignored)
	}
	if name, raw := o.take("verified"); raw != nil {
		if json.Unmarshal(raw, &r.Verified) != nil {
			o.fail(name, "must be true or false")
		}
	}
	r.ReplyURL = r.URL
	for n := range fields {
		if !o.used[n] {
			ignored[clip(n)] = true
		}
	}
	if o.err != nil {
		return review.Review{}, o.err
	}
	if r.Key.ID == "" {
		return review.Review{}, &FieldError{at + "id", "is missing: it tells a review from all others, for ever"}
	}
	if err := r.Valid(); err != nil {
		return review.Review{}, &FieldError{strings.TrimSuffix(at, "."), err.Error()}
	}
	if err := bounded(r); err != nil {
		return review.Review{}, &FieldError{at + err.Field, err.Problem}
	}
	return r, nil
}

// bounded holds the parts that [review.Review.Valid] leaves open.
func bounded(r review.Review) *FieldError {
	for _, part := range []struct{ name, value string }{
		{"url", r.URL}, {"author.id", r.AuthorID},
		{"subject.id", r.Subject.ID}, {"subject.name", r.Subject.Name}, {"subject.url", r.Subject.URL}, {"subject.kind", r.Subject.Kind},
	} {
		if len(part.value) > 4<<10 {
			return &FieldError{part.name, "is longer than 4096 bytes"}
		}
	}
	for _, part := range []struct{ name, value string }{{"id", r.Key.ID}, {"source", r.Key.Account}} {
		if strings.ContainsFunc(part.value, unicode.IsControl) {
			return &FieldError{part.name, "holds control characters; it is a name, not a text"}
		}
	}
	if r.Reply != nil && len(r.Reply.Text) > review.MaxReply {
		return &FieldError{"reply", fmt.Sprintf("is longer than %d bytes", review.MaxReply)}
	}
	return nil
}

func (o *object) rating(ignored map[string]bool) review.Rating {
	name, raw := o.take("rating")
	if raw == nil {
		return review.Rating{Kind: review.Unrated}
	}
	var stars float64
	if json.Unmarshal(raw, &stars) == nil {
		if stars < 1 || stars > 5 {
			o.fail(name, `as a plain number must be 1 to 5 stars; other scales are written {"value":…,"max":…,"kind":…}`)
		}
		return review.StarRating(stars)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		o.fail(name, `must be a number, or {"value":…,"max":…,"kind":…}`)
		return review.Rating{}
	}
	inner := &object{at: o.at + "rating.", fields: fields, used: map[string]bool{}}
	out := review.Rating{Kind: review.RatingKind(inner.text("kind")), Value: inner.number("value"), Max: inner.number("max")}
	switch out.Kind {
	case "":
		out.Kind = review.Stars
	case review.Unrated:
		out.Value, out.Max = 0, 0
	case review.Thumb, review.Tri:
		out.Max = 1
	}
	if out.Kind == review.Stars && out.Max == 0 {
		out.Max = 5
	}
	if out.Kind != review.Unrated && fields["value"] == nil {
		inner.fail("value", "is missing")
	}
	if err := out.Valid(); err != nil {
		o.fail(name, "is not possible: "+err.Error())
	}
	o.done(inner, name, ignored)
	return out
}

func (o *object) number(name string) float64 {
	_, raw := o.take(name)
	var v float64
	if raw != nil && json.Unmarshal(raw, &v) != nil {
		o.fail(name, "must be a number")
	}
	return v
}

// language takes BCP 47 tags, and locales like pt_BR. What is neither is as good
// as nothing: a review is not refused for it.
func (o *object) language(ignored map[string]bool) string {
	s := o.text("language", "locale")
	if s == "" {
		return ""
	}
	tag, err := language.Parse(s)
	if err != nil {
		ignored["language"] = true
		return ""
	}
	return tag.String()
}

// checkJSON walks the document once: it must be one value, not too deep, and no
// object may hold a name twice, since readers disagree about which one counts.
func checkJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type level struct {
		object bool
		key    bool // a name is next
		names  map[string]bool
	}
	var stack []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(stack) == 0 {
			return nil
		}
		if err != nil {
			return &FieldError{Problem: "the body is not JSON: " + jsonProblem(err)}
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			stack = stack[:len(stack)-1]
			if n := len(stack); n > 0 {
				stack[n-1].key = stack[n-1].object
			} else if d.More() {
				return &FieldError{Problem: "the body holds more than one JSON value"}
			}
			continue
		}
		if n := len(stack); n > 0 && stack[n-1].object {
			top := &stack[n-1]
			if name, ok := token.(string); ok && top.key {
				if top.names[name] {
					return &FieldError{clip(name), "stands twice in one object"}
				}
				top.names[name], top.key = true, false
				continue
			}
			top.key = true
		}
		if delim, ok := token.(json.Delim); ok {
			if len(stack) == maxDepth {
				return &FieldError{Problem: fmt.Sprintf("the JSON is nested deeper than %d levels", maxDepth)}
			}
			stack = append(stack, level{object: delim == '{', key: delim == '{', names: map[string]bool{}})
		}
	}
}

func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%v (byte %d)", syntax, syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return err.Error()
}

// clip bounds a stranger's name for an answer.
func clip(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}
