package discoverytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"google.golang.org/api/androidpublisher/v3"
	"google.golang.org/api/option"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/play"
	"github.com/evenkeel/evenkeel/sources/play/playtest"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

const (
	scope = play.Scope
	root  = play.DefaultBase + "/"
)

// TestConnector: what the connector asks is what the document knows, and what
// the fake answers is what the library's types know.
func TestConnector(t *testing.T) {
	a := playtest.New(t)
	b := &bench{}
	srv := b.serve(t, load(t), a)
	s := a.Source(t, srv.URL)
	for i := range 230 {
		a.Add(t, sourcetest.Post{Stars: 1 + i%5, Title: "Crash", Body: fmt.Sprint("After update ", i), Author: "Jo"})
		a.Advance(t, time.Minute)
	}
	n := 0
	var last review.Review
	for cur := sources.Cursor(nil); ; {
		page, err := s.Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Reviews)
		last = page.Reviews[len(page.Reviews)-1]
		if cur = page.Next; !page.More {
			break
		}
	}
	if n != 230 {
		t.Errorf("%d of 230 reviews", n)
	}
	if _, err := s.Reply(t.Context(), last.Key, "Fixed in 3.2.", ""); err != nil {
		t.Error(err)
	}
	if got, err := s.Get(t.Context(), last.Key); err != nil || got.Reply == nil || got.Reply.Text != "Fixed in 3.2." {
		t.Errorf("%+v, %v", got.Reply, err)
	}
	for id, want := range map[string]int{"androidpublisher.reviews.list": 3, "androidpublisher.reviews.get": 1, "androidpublisher.reviews.reply": 1} {
		if b.calls[id] != want {
			t.Errorf("%s was judged %d times; want %d", id, b.calls[id], want)
		}
	}
}

// bearer signs in the library's client.
type bearer struct{ tokens play.Tokens }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := b.tokens.Authorize(r); err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestGooglesOwnClient reads the fake with Google's client, and sees what the
// connector sees.
func TestGooglesOwnClient(t *testing.T) {
	a := playtest.New(t)
	b := &bench{}
	srv := b.serve(t, load(t), a)
	s := a.Source(t, srv.URL)
	client, err := androidpublisher.NewService(t.Context(), option.WithEndpoint(srv.URL),
		option.WithHTTPClient(&http.Client{Transport: bearer{a.Tokens(t)}}))
	if err != nil {
		t.Fatal(err)
	}
	want := a.Add(t, sourcetest.Post{Stars: 2, Title: "Crash", Body: "After update.", Author: "Jo"})
	list, err := client.Reviews.List(playtest.Package).MaxResults(10).Do()
	if err != nil || len(list.Reviews) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	theirs := list.Reviews[0]
	ours, err := s.Get(t.Context(), want.Key)
	if err != nil {
		t.Fatal(err)
	}
	comment := theirs.Comments[0].UserComment
	if theirs.ReviewId != ours.Key.ID || theirs.AuthorName != ours.Author || comment.Text != ours.Title+"\t"+ours.Body ||
		float64(comment.StarRating) != ours.Rating.Value || comment.LastModified.Seconds != ours.Updated.Unix() {
		t.Errorf("Google's client reads %+v, ours %+v", comment, ours)
	}
	reply, err := client.Reviews.Reply(playtest.Package, theirs.ReviewId, &androidpublisher.ReviewsReplyRequest{ReplyText: "Thank you."}).Do()
	if err != nil || reply.Result.ReplyText != "Thank you." || reply.Result.LastEdited.Seconds != a.Now().Unix() {
		t.Errorf("%+v, %v", reply, err)
	}
	if ours, err = s.Get(t.Context(), want.Key); err != nil || ours.Reply == nil || ours.Reply.Text != "Thank you." {
		t.Errorf("a reply by Google's client is read as %+v (%v)", ours.Reply, err)
	}
	one, err := client.Reviews.Get(playtest.Package, theirs.ReviewId).Do()
	if err != nil || len(one.Comments) != 2 || one.Comments[1].DeveloperComment.Text != "Thank you." {
		t.Errorf("%+v, %v", one, err)
	}
}
