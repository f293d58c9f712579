package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// maxLint bounds what lint reads: one reply, or one line of many.
const maxLint = 4 << 20

func (p *program) lintCommand() *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use:   "lint [FILE|-]",
		Short: "Check a reply against the rubric",
		Long: `Check a reply from a file or standard input against the deterministic checks
that hold every draft back. Contacts, brand and link domains come from the
playbook; --contact adds to them.

Input of JSON lines {"reply","review","language","platform"} is checked line by
line; "review" is the review's text, or an object with title, body, rating,
language and author. Only "reply" is needed.

Exit code 0: nothing blocks. 1: something does. 2: the call or the input is
wrong.`,
		Example: `  echo "Thank you for your visit." | evenkeel lint --platform google
  evenkeel lint --review review.json --contact care@example.test reply.txt
  evenkeel lint --json replies.jsonl | jq -c .findings`,
		Args: wants(0, 1, "one file, or - for standard input"),
		RunE: p.with(func(_ context.Context, c *call, args []string) error { return c.lint(o, args) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.review, "review", "", "file with the review, a JSON object or plain text")
	f.StringVar(&o.platform, "platform", "", "platform whose rules hold: google, google_play, yelp, …")
	f.StringVar(&o.country, "country", "", "country whose rules hold: DE, US, …")
	f.StringVar(&o.language, "language", "", "language that the reply is meant to be in: en, de, ja, …")
	f.StringSliceVar(&o.contacts, "contact", nil, "a contact that the reply may name; may be repeated")
	return cmd
}

type lintOptions struct {
	review, platform, country, language string
	contacts                            []string
}

// lintLine is one line of JSON input.
type lintLine struct {
	Reply    *string     `json:"reply"`
	Review   *lintReview `json:"review"`
	Language string      `json:"language"`
	Platform string      `json:"platform"`
	Country  string      `json:"country"`
}

// lintReview reads a review as an object or as its bare text.
type lintReview struct{ review.Review }

// UnmarshalJSON implements [json.Unmarshaler].
func (r *lintReview) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte(`"`)) {
		return json.Unmarshal(b, &r.Body)
	}
	var o struct {
		Title    string          `json:"title"`
		Body     string          `json:"body"`
		Text     string          `json:"text"` // as many exports call the body
		Language string          `json:"language"`
		Author   string          `json:"author"`
		Rating   json.RawMessage `json:"rating"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return fmt.Errorf("a review is its text, or an object with title, body, rating, language and author: %w", err)
	}
	if o.Body == "" {
		o.Body = o.Text
	}
	r.Title, r.Body, r.Language, r.Author = o.Title, o.Body, o.Language, o.Author
	if len(o.Rating) == 0 || string(o.Rating) == "null" {
		return nil
	}
	var stars float64
	if json.Unmarshal(o.Rating, &stars) == nil {
		r.Rating = review.StarRating(stars)
	} else if err := json.Unmarshal(o.Rating, &r.Rating); err != nil {
		return fmt.Errorf("a rating is a number of stars, or an object with kind, value and max: %w", err)
	}
	return r.Rating.Valid()
}

// lintResult is the answer for one reply.
type lintResult struct {
	Findings []lintFinding `json:"findings"`
}

type lintFinding struct {
	Check   string       `json:"check"`
	Level   review.Level `json:"level"`
	Words   string       `json:"words"`
	Message string       `json:"message"`
}

func (c *call) lint(o lintOptions, args []string) error {
	in, err := c.lintInput(o)
	if err != nil {
		return err
	}
	from, err := c.lintFrom(args)
	if err != nil {
		return err
	}
	defer from.Close()
	text, err := io.ReadAll(io.LimitReader(from, maxLint+1))
	if err != nil {
		return usage(err)
	}
	whole := len(text) <= maxLint
	switch {
	case isLines(text) && whole:
		return c.lintLines(in, bytes.NewReader(oneLine(text)))
	case isLines(text): // line by line, however many there are
		return c.lintLines(in, io.MultiReader(bytes.NewReader(text), from))
	case isArray(text):
		return usagef("this is a JSON array; put each of its objects on a line of its own, as jq -c '.[]' does")
	case len(bytes.TrimSpace(text)) == 0:
		return usagef("there is no reply to check; name a file, or pipe the text in")
	case !whole:
		return usagef("the reply is longer than any platform takes")
	}
	in.Text = string(bytes.TrimSpace(text))
	findings := rubric.Check(in)
	if err := c.showFindings("", findings); err != nil {
		return err
	}
	if rubric.Blocked(findings) {
		return errNo
	}
	return nil
}

// lintInput is what the checks know besides the reply.
func (c *call) lintInput(o lintOptions) (rubric.Input, error) {
	rules, err := c.playbook()
	if err != nil {
		return rubric.Input{}, err
	}
	in := rulesInput(rules)
	in.Language, in.Platform, in.Country = o.language, o.platform, o.country
	in.Contacts = append(in.Contacts, o.contacts...)
	c.unknownPlatform(o.platform)
	if o.review == "" {
		return in, nil
	}
	raw, err := os.ReadFile(o.review)
	if err != nil {
		return in, usagef("the review: %w", err)
	}
	r := &lintReview{}
	if json.Valid(raw) {
		if err := json.Unmarshal(raw, r); err != nil {
			return in, usagef("%s: %w", o.review, err)
		}
	} else {
		r.Body = string(bytes.TrimSpace(raw))
	}
	in.Review, in.ReviewLanguage = r.Review, r.Language
	return in, nil
}

// unknownPlatform says on standard error that the careful default holds: a
// mistyped name should not pass for a platform without rules.
func (c *call) unknownPlatform(name string) {
	if name != "" && !rubric.Known(name) {
		fmt.Fprintf(c.err, "evenkeel: no rules are known for the platform %q, so the careful default holds; known are %s\n", plainWords(name), strings.Join(rubric.Platforms(), ", "))
	}
}

// rulesInput is what the playbook says to the checks.
func rulesInput(p *playbook.Playbook) rubric.Input {
	in := rubric.Input{Brand: p.Brand(), Links: p.LinkDomains(), Staff: p.StaffNames(), Privacy: p.Privacy()}
	for _, contact := range p.Contacts("") {
		in.Contacts = append(in.Contacts, contact.Value)
	}
	return in
}

// lintFrom opens the file that is named, or standard input.
func (c *call) lintFrom(args []string) (io.ReadCloser, error) {
	if len(args) == 0 || args[0] == "-" {
		return io.NopCloser(c.in), nil
	}
	f, err := os.Open(args[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no %s", args[0])
	}
	return f, usage(err)
}

// isLines tells JSON input from a reply: no person begins a reply with the
// beginning of a JSON object. What is then wrong with the JSON is said, not
// checked as if it were a text.
func isLines(text []byte) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	text = bytes.TrimSpace(text[1:])
	return bytes.HasPrefix(text, []byte(`"`)) || bytes.HasPrefix(text, []byte("}"))
}

// isArray tells an array of objects, which many programs write.
func isArray(text []byte) bool {
	text, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte("["))
	return ok && isLines(text)
}

// oneLine puts a single object that is written over several lines on one.
func oneLine(text []byte) []byte {
	var out bytes.Buffer
	if json.Valid(text) && json.Compact(&out, text) == nil {
		return out.Bytes()
	}
	return text
}

func (c *call) lintLines(base rubric.Input, text io.Reader) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, maxLint)
	blocked := false
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		in, err := lineInput(base, lines.Bytes())
		if err != nil {
			return usagef("line %d: %w", n, err)
		}
		findings := rubric.Check(in)
		if err := c.showFindings(fmt.Sprintf("line %d: ", n), findings); err != nil {
			return err
		}
		blocked = blocked || rubric.Blocked(findings)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return usagef("line %d is longer than any reply with its review", n+1)
	case err != nil:
		return usagef("line %d: %w", n+1, err)
	}
	if blocked {
		return errNo
	}
	return nil
}

// lineInput is the input for one line: what the line says over what the call said.
func lineInput(base rubric.Input, raw []byte) (rubric.Input, error) {
	var l lintLine
	if !utf8.Valid(raw) { // a decoder would put signs of its own in their place
		return base, errors.New("this holds bytes that are no text; save the file as UTF-8")
	}
	var mistyped *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, &l); {
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return base, fmt.Errorf("%q cannot be a %s", mistyped.Field, mistyped.Value)
	case err != nil:
		return base, fmt.Errorf("this is not an object with a reply: %w", err)
	}
	if l.Reply == nil {
		return base, errors.New(`there is no "reply"; a line looks like {"reply":"…","review":"…","language":"en","platform":"google"}`)
	}
	in := base
	in.Text = *l.Reply
	if l.Review != nil {
		in.Review, in.ReviewLanguage = l.Review.Review, l.Review.Language
	}
	in.Language = cmp.Or(l.Language, in.Language)
	in.Platform = cmp.Or(l.Platform, in.Platform)
	in.Country = cmp.Or(l.Country, in.Country)
	return in, nil
}

// showFindings prints the findings on one reply.
func (c *call) showFindings(prefix string, findings []review.Finding) error {
	if c.json {
		r := lintResult{Findings: make([]lintFinding, 0, len(findings))}
		for _, f := range findings {
			r.Findings = append(r.Findings, lintFinding{f.Check, f.Level, f.Words, f.Message})
		}
		return c.printJSON(r)
	}
	if len(findings) == 0 {
		c.print("%snothing to say against it", prefix)
	}
	for _, f := range findings {
		words := ""
		if f.Words != "" {
			words = fmt.Sprintf(" [%s]", plainWords(f.Words))
		}
		c.print("%s%-5s %s%s: %s", prefix, f.Level, f.Check, words, f.Message)
	}
	return nil
}
