package bot

import (
	"context"
	"errors"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// This file puts what platforms answer into words for people: what it means and
// what to do, in one sentence.

// todo says what people can do about each kind of trouble; where a source's own
// words say it already, they stand alone.
var todo = []struct {
	kind error
	what string
}{
	{sources.ErrAuth, "renew its key or sign-in, “evenkeel source test” tells whether it works"},
	{sources.ErrRateLimited, "it is tried again by itself"},
	{sources.ErrTransient, "it is tried again by itself"},
	{sources.ErrNotFound, "it may have been removed there"},
	{sources.ErrUnsupported, "it has to be done there by hand"},
}

// reason is a platform's error in words for people, without the end mark.
func reason(err error) string {
	var e *sources.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	said := strings.TrimRight(strings.TrimSpace(e.Reason), ".")
	words := e.Kind.Error()
	if said != "" {
		words += ": " + said
	}
	if strings.Contains(said, ". ") { // the source says what to do
		return words
	}
	for _, t := range todo {
		if errors.Is(err, t.kind) {
			return words + "; " + t.what
		}
	}
	return words
}

// standsThere tells whether a reply that was found is somebody else's, and
// nobody here has seen it: neither one of ours nor one that people chose to
// replace.
func (d *Desk) standsThere(ctx context.Context, c review.Case, found *review.PlatformReply) (bool, error) {
	switch {
	case found == nil || found.Text == "" || found.State == review.ReplyRefused:
		return false, nil
	case c.Theirs != nil && sameText(found.Text, c.Theirs.Text):
		return !d.capabilities(c.Review.Key).EditReply, nil
	}
	ours, err := d.Store.Replies(ctx, c.ID)
	if err != nil {
		return false, err
	}
	for _, r := range ours {
		if sameText(found.Text, r.Text) {
			return d.capabilities(c.Review.Key).OneReply, nil
		}
	}
	return true, nil
}

// inTheirPlace says which reply stands where ours should.
func (d *Desk) inTheirPlace(c review.Case, found review.PlatformReply) string {
	words := "another reply stands there already: “" + clip(oneLine(found.Text), 300) + "”"
	if !d.capabilities(c.Review.Key).EditReply {
		return words + ". This platform replaces none: close the case, or change it there by hand"
	}
	return words + ". Go back to the text and approve it once more to replace it"
}

// theirs shows a reply that somebody wrote on the platform itself.
func (p painter) theirs() []Block {
	found := p.c.Theirs
	if found == nil {
		return nil
	}
	what := "Nothing of ours went out. Approve these words to replace it, or close the case if it is answered."
	if !p.desk.capabilities(p.c.Review.Key).EditReply {
		what = "Nothing of ours went out, and this platform replaces no reply: close the case if it is answered, or change it there by hand."
	}
	return []Block{
		{Kind: Quote, Heading: "Somebody answered on the platform itself", Text: found.Text},
		{Kind: Para, Text: what},
	}
}
