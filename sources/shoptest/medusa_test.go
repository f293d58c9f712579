//go:build peers

package shoptest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/medusa"
)

// TestMedusa takes a review from a real Medusa to a case and an approved reply
// back to it, and then asks the shop for what the fake claims of it.
func TestMedusa(t *testing.T) {
	shop := StartMedusa(t)
	source := func(change func(*medusa.Settings)) *medusa.Source {
		set := medusa.Settings{Name: "shop", BaseURL: shop.URL, Key: shop.Key, Store: "https://shop.example.test/products/{handle}"}
		if change != nil {
			change(&set)
		}
		s, err := medusa.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	src := source(nil)

	t.Run("from the shop to the desk and back", func(t *testing.T) {
		d := NewDesk(t, src)
		const words = "The jug leaks at the handle & nobody answers. <b>Two weeks!</b>"
		id := shop.Review(2, words)
		c := d.Arrives(id)
		if c.Review.Body != words || c.Review.Rating != review.StarRating(2) || c.Review.Subject.Name != "Jug" ||
			c.Review.URL != "https://shop.example.test/products/jug" || c.Review.Verified == nil || !*c.Review.Verified {
			t.Fatalf("it arrived as %+v", c.Review)
		}
		const answer = "Hello, thank you for telling us about the jug. It leaks at the handle, and I am sorry about that & about the silence. Please write to care@example.test, so that we can look into it together. Ana"
		d.Answer(c.ID, answer)
		d.Case(c.ID, review.Live)
		if got := shop.Shown(id); got != answer {
			t.Errorf("the shop shows %q", got)
		}
	})

	t.Run("pages", func(t *testing.T) {
		small := source(func(s *medusa.Settings) { s.PageSize = 2 })
		want := map[string]bool{}
		for n := range 5 {
			want[shop.Review(5, fmt.Sprintf("Fine, number %d.", n))] = true
		}
		var cur sources.Cursor
		seen := map[string]int{}
		for range 20 {
			page, err := small.Poll(t.Context(), cur)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Reviews {
				seen[r.Key.ID]++
			}
			if cur = page.Next; !page.More {
				break
			}
		}
		for id := range want {
			if seen[id] != 1 {
				t.Errorf("%s arrived %d times", id, seen[id])
			}
		}
		page, err := small.Poll(t.Context(), cur)
		if err != nil || len(page.Reviews) != 0 {
			t.Errorf("when nothing happened %d reviews arrive, %v", len(page.Reviews), err)
		}
	})

	t.Run("replies", func(t *testing.T) {
		id := shop.Review(1, "Broken on arrival.")
		key := review.Key{Source: "shop", ID: id}
		for _, text := range []string{"Two lines,\nand \"quotes\" & <b>tags</b>. 日本語 😀", "Other words."} {
			if _, err := src.Reply(t.Context(), key, text, ""); err != nil {
				t.Fatal(err)
			}
			if got := shop.Shown(id); got != text {
				t.Errorf("the shop shows %q; want %q", got, text)
			}
			if r, err := src.Get(t.Context(), key); err != nil || r.Reply == nil || r.Reply.Text != text {
				t.Errorf("read back as %+v, %v", r.Reply, err)
			}
		}
	})

	// Why the source takes no reply down: the plugin removes a response, but not
	// the one that was asked for. When this fails, it may learn to.
	t.Run("the plugin's own delete", func(t *testing.T) {
		first, second := shop.Review(1, "Broken."), shop.Review(1, "Broken, too.")
		for _, id := range []string{first, second} {
			if _, err := src.Reply(t.Context(), review.Key{Source: "shop", ID: id}, "About "+id, ""); err != nil {
				t.Fatal(err)
			}
		}
		shop.DeleteResponse(second)
		if shop.Shown(second) == "" {
			t.Error("this version of the plugin deletes what it was asked to")
		}
		if src.Capabilities().DeleteReply {
			t.Error("and the source deletes")
		}
	})

	t.Run("what is not there", func(t *testing.T) {
		for _, id := range []string{"prev_none", "a/b?c=d", "レビュー"} {
			if _, err := src.Get(t.Context(), review.Key{Source: "shop", ID: id}); !errors.Is(err, sources.ErrNotFound) {
				t.Errorf("%q: %v; want ErrNotFound", id, err)
			}
		}
		id := shop.Review(1, "To be flagged.")
		shop.Moderate(id, "flagged")
		if _, err := src.Get(t.Context(), review.Key{Source: "shop", ID: id}); !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("a flagged review: %v; want ErrNotFound", err)
		}
		stranger := source(func(s *medusa.Settings) { s.Key = "sk_of_somebody_else" })
		if _, err := stranger.Poll(t.Context(), nil); !errors.Is(err, sources.ErrAuth) {
			t.Errorf("with a key of somebody else: %v; want ErrAuth", err)
		}
	})
}
