package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

const (
	commentsPath = "wp-json/wp/v2/comments"
	mePath       = "wp-json/wp/v2/users/me"
	// maxReplyPages bounds what is read below one page of reviews.
	maxReplyPages = 20
)

// comment is one of WordPress's comments, in the context "edit".
type comment struct {
	ID      int64  `json:"id"`
	Post    int64  `json:"post"`
	Parent  int64  `json:"parent"`
	Author  int64  `json:"author"` // the account's number, 0 for visitors
	Name    string `json:"author_name"`
	Email   string `json:"author_email"`
	Created stamp  `json:"date_gmt"`
	Content struct {
		Raw      *string `json:"raw"`
		Rendered string  `json:"rendered"`
	} `json:"content"`
	Link   string `json:"link"`
	Status string `json:"status"`
}

// text is what visitors read.
func (c comment) text() string {
	if c.Content.Raw != nil {
		return Plain(*c.Content.Raw)
	}
	return strings.TrimSpace(Plain(c.Content.Rendered))
}

// state is a comment's status as that of a reply. An account that may
// moderate is published at once; the others are for sites that decide
// otherwise.
func (c comment) state() (review.ReplyState, string) {
	switch c.Status {
	case approved, "approve":
		return review.ReplyLive, ""
	case "hold", "0", "unapproved":
		return review.ReplyPending, ""
	}
	return review.ReplyRefused, "the site keeps it as " + c.Status
}

func (c comment) receipt() sources.Receipt {
	state, _ := c.state()
	return sources.Receipt{ID: strconv.FormatInt(c.ID, 10), URL: c.Link, State: state}
}

// thread is what the team wrote below one review.
type thread struct {
	ours      *comment // of our own account
	colleague *comment // of another
}

func (t thread) shown() *review.PlatformReply {
	c := t.ours
	if c == nil {
		c = t.colleague
	}
	if c == nil {
		return nil
	}
	state, reason := c.state()
	return &review.PlatformReply{ID: strconv.FormatInt(c.ID, 10), Text: c.text(), State: state, Reason: reason, Updated: c.Created.Time}
}

// replies reads what the team wrote below the reviews, by the review's number.
func (s *Source) replies(ctx context.Context, op string, rows ...row) (map[int64]thread, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	me, err := s.account(ctx, op)
	if err != nil {
		return nil, err
	}
	emails, parents := map[int64]string{}, make([]string, 0, len(rows))
	for _, r := range rows {
		emails[r.id] = r.email
		parents = append(parents, strconv.FormatInt(r.id, 10))
	}
	out := map[int64]thread{}
	q := url.Values{"parent": {strings.Join(parents, ",")}}
	return out, s.children(ctx, op, q, func(c comment) {
		t := out[c.Parent]
		switch {
		case c.Author == me && t.ours == nil:
			t.ours = &c
		case c.Author != me && c.Author != 0 && t.colleague == nil && !strings.EqualFold(c.Email, emails[c.Parent]):
			t.colleague = &c
		}
		out[c.Parent] = t
	})
}

// children reads comments in the order of writing, page by page.
func (s *Source) children(ctx context.Context, op string, q url.Values, each func(comment)) error {
	if !q.Has("status") {
		q.Set("status", "all") // approved and held
	}
	q.Set("context", "edit")
	q.Set("order", "asc")
	q.Set("orderby", "id")
	q.Set("per_page", strconv.Itoa(PerPage))
	for page := 1; page <= maxReplyPages; page++ {
		q.Set("page", strconv.Itoa(page))
		var got listing
		if err := s.wire.Read(ctx, op, commentsPath, q, &got); err != nil {
			return s.judge(err)
		}
		for _, raw := range got.rows {
			var c comment
			if err := json.Unmarshal(raw, &c); err != nil {
				return s.trouble(op, sources.ErrTransient, "a comment in the list is not as expected")
			}
			each(c)
		}
		if !got.more((page-1)*PerPage, PerPage) {
			return nil
		}
	}
	return s.trouble(op, sources.ErrTransient, "there are more comments below these reviews than can be read")
}

// account is the number of our own account.
func (s *Source) account(ctx context.Context, op string) (int64, error) {
	if id := s.me.Load(); id != 0 {
		return id, nil
	}
	var me struct {
		ID int64 `json:"id"`
	}
	if err := s.wire.Read(ctx, op, mePath, nil, &me); err != nil {
		return 0, err
	}
	if me.ID == 0 {
		return 0, s.trouble(op, sources.ErrTransient, "the site does not say which account this is")
	}
	s.me.Store(me.ID)
	return me.ID, nil
}

// Reply publishes text as a comment below the review, or changes our comment
// there. The same text once more changes nothing and is a success.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	r, t, err := s.open(ctx, opReply, key)
	if err != nil {
		return sources.Receipt{}, err
	}
	if t.ours != nil && t.ours.Status == approved && t.ours.text() == text {
		return t.ours.receipt(), nil
	}
	method, path, body := http.MethodPost, commentsPath, map[string]any{"content": Escape(text), "post": r.post, "parent": r.id}
	if t.ours != nil {
		method, path, body = http.MethodPut, commentsPath+"/"+strconv.FormatInt(t.ours.ID, 10), map[string]any{"content": Escape(text)}
	}
	var got comment
	err = s.wire.Write(ctx, opReply, method, path, nil, body, &got)
	switch {
	case errors.Is(err, errDuplicate):
		return s.duplicate(ctx, r, text)
	case err != nil:
		return sources.Receipt{}, s.judge(err)
	case got.ID == 0:
		return sources.Receipt{}, s.trouble(opReply, sources.ErrUnknown, "the answer does not name the comment")
	}
	return got.receipt(), nil
}

// duplicate looks after WordPress said that these very words of ours stand
// below this review: they came there behind our back, or the site hides them.
func (s *Source) duplicate(ctx context.Context, r row, text string) (sources.Receipt, error) {
	me, err := s.account(ctx, opReply)
	if err != nil {
		return sources.Receipt{}, s.trouble(opReply, sources.ErrAlready, "the site says that the same words stand there, and does not let us look")
	}
	for _, status := range []string{"all", "spam"} {
		var found *comment
		q := url.Values{"parent": {strconv.FormatInt(r.id, 10)}, "status": {status}}
		err := s.children(ctx, opReply, q, func(c comment) {
			if c.Author == me && c.text() == text {
				found = &c
			}
		})
		switch {
		case err != nil:
			return sources.Receipt{}, s.trouble(opReply, sources.ErrAlready, "the site says that the same words stand there, and does not let us look")
		case found == nil:
		case status == "spam":
			return sources.Receipt{}, s.trouble(opReply, sources.ErrRejected, "the site's spam filter holds these words; release them in WordPress under Comments, Spam")
		default:
			return found.receipt(), nil
		}
	}
	return sources.Receipt{}, s.trouble(opReply, sources.ErrRejected, "the site says that the same words stand there, but does not show them; look at the comments in WordPress")
}

// DeleteReply removes our comment below the review, for good.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	_, t, err := s.open(ctx, opDelete, key)
	switch {
	case err != nil:
		return err
	case t.ours == nil:
		return s.trouble(opDelete, sources.ErrNotFound, "no reply of this account stands below the review")
	}
	path := commentsPath + "/" + strconv.FormatInt(t.ours.ID, 10)
	return s.judge(s.wire.Write(ctx, opDelete, http.MethodDelete, path, nil, map[string]bool{"force": true}, nil))
}
