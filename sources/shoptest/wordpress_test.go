//go:build peers

package shoptest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/woocommerce"
)

// TestWordPress takes what a visitor writes on a real WordPress to a case and
// an approved reply back below it, and then asks the site for what the fake
// claims of it. WooCommerce's own list is not on it; its replies are these.
func TestWordPress(t *testing.T) {
	site := StartWordPress(t)
	t.Logf("WordPress %s", site.Version)
	source := func(change func(*woocommerce.Settings)) *woocommerce.Source {
		set := woocommerce.Settings{Name: "site", BaseURL: site.URL, User: "desk", Password: site.Passwords["desk"], Comments: true}
		if change != nil {
			change(&set)
		}
		s, err := woocommerce.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	src := source(nil)
	key := func(id int64) review.Key { return review.Key{Source: "site", ID: strconv.FormatInt(id, 10)} }

	t.Run("from the site to the desk and back", func(t *testing.T) {
		d := NewDesk(t, src)
		id := site.Write("Jane O'Neil", "jane@example.test", "The lid of the teapot leaks.\nNobody answers & I <em>asked</em> twice: 3 < 4.")
		c := d.Arrives(key(id).ID)
		if c.Review.Body != "The lid of the teapot leaks.\nNobody answers & I asked twice: 3 < 4." || c.Review.Author != "Jane O'Neil" || c.Review.Created.IsZero() {
			t.Fatalf("it arrived as %+v", c.Review)
		}
		const answer = "Dear Jane, thank you for telling us about the lid. It leaks, and I am sorry about that & about the silence. Please write to care@example.test, so that we can look into it together. Ana"
		d.Answer(c.ID, answer)
		d.Case(c.ID, review.Live)
		below := site.Below(id)
		if len(below) != 1 || below[0].Parent != id || strings.TrimSpace(woocommerce.Plain(below[0].Content.Rendered)) != answer {
			t.Errorf("visitors see %+v", below)
		}
	})

	t.Run("replies", func(t *testing.T) {
		id := site.Write("Jo", "jo@example.test", "Late.")
		for _, text := range []string{"Two lines,\nand \"quotes\", 'single', a back\\slash. 3 < 4 & 5 > 4 日本語 😀", "<b>Other</b> words &amp; so on."} {
			if _, err := src.Reply(t.Context(), key(id), text, ""); err != nil {
				t.Fatal(err)
			}
			if r, err := src.Get(t.Context(), key(id)); err != nil || r.Reply == nil || r.Reply.Text != text || r.Reply.State != review.ReplyLive {
				t.Errorf("%q is read back as %+v, %v", text, r.Reply, err)
			}
		}
		if below := site.Below(id); len(below) != 1 || strings.Contains(below[0].Content.Rendered, "<b>") {
			t.Errorf("visitors see %+v", below)
		}
		if err := src.DeleteReply(t.Context(), key(id)); err != nil || len(site.Below(id)) != 0 {
			t.Errorf("after deleting: %v, %+v", err, site.Below(id))
		}
		if err := src.DeleteReply(t.Context(), key(id)); !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("deleting what is gone: %v; want ErrNotFound", err)
		}
	})

	t.Run("length", func(t *testing.T) {
		id := site.Write("Jo", "jo@example.test", "Long.")
		text := strings.Repeat("日", woocommerce.MaxReply/3) + strings.Repeat("x", woocommerce.MaxReply%3)
		if _, err := src.Reply(t.Context(), key(id), text+"x", ""); !errors.Is(err, sources.ErrRejected) {
			t.Errorf("one byte too many: %v; want ErrRejected", err)
		}
		if _, err := src.Reply(t.Context(), key(id), text, ""); err != nil {
			t.Errorf("exactly %d bytes: %v", len(text), err)
		}
	})

	t.Run("the same words, hidden", func(t *testing.T) {
		id := site.Write("Jo", "jo@example.test", "Hidden.")
		got, err := src.Reply(t.Context(), key(id), "These words.", "")
		if err != nil {
			t.Fatal(err)
		}
		reply, _ := strconv.ParseInt(got.ID, 10, 64)
		site.Do("desk", "PUT", reply, map[string]any{"status": "spam"})
		if _, err := src.Reply(t.Context(), key(id), "These words.", ""); !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "spam") {
			t.Errorf("%v; want ErrRejected that names the spam filter", err)
		}
	})

	t.Run("a colleague", func(t *testing.T) {
		id := site.Write("Jo", "jo@example.test", "Asked before.")
		site.Do("colleague", "POST", 0, map[string]any{"parent": id, "content": "Answered by hand."})
		r, err := src.Get(t.Context(), key(id))
		if err != nil || r.Reply == nil || r.Reply.Text != "Answered by hand." {
			t.Errorf("read as %+v, %v", r.Reply, err)
		}
		if err := src.DeleteReply(t.Context(), key(id)); !errors.Is(err, sources.ErrNotFound) || len(site.Below(id)) != 1 {
			t.Errorf("deleting a colleague's words: %v", err)
		}
	})

	t.Run("pages, edits, removals", func(t *testing.T) {
		small := source(func(s *woocommerce.Settings) { s.PageSize = 2 })
		drain := func(cur sources.Cursor) (map[string]string, sources.Cursor) {
			got := map[string]string{}
			for range 30 {
				page, err := small.Poll(t.Context(), cur)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Reviews {
					if _, twice := got[r.Key.ID]; twice {
						t.Errorf("%v arrived twice", r.Key)
					}
					got[r.Key.ID] = r.Body
				}
				if cur = page.Next; !page.More {
					return got, cur
				}
			}
			t.Fatal("the list does not end")
			return nil, nil
		}
		var ids []int64
		for n := range 5 {
			ids = append(ids, site.Write("Jo", "jo@example.test", "Number "+strconv.Itoa(n)))
		}
		got, cur := drain(nil)
		for n, id := range ids {
			if got[key(id).ID] != "Number "+strconv.Itoa(n) {
				t.Errorf("number %d arrived as %q", n, got[key(id).ID])
			}
		}
		site.Do("desk", "PUT", ids[1], map[string]any{"content": "Solved, thank you."})
		if got, _ = drain(cur); len(got) != 1 || got[key(ids[1]).ID] != "Solved, thank you." {
			t.Errorf("after an edit arrive %v", got)
		}
		site.Do("desk", "PUT", ids[2], map[string]any{"status": "trash"})
		site.Do("desk", "DELETE", ids[3], map[string]any{"force": true})
		for _, id := range []int64{ids[2], ids[3], 999999} {
			if _, err := src.Get(t.Context(), key(id)); !errors.Is(err, sources.ErrNotFound) {
				t.Errorf("%d: %v; want ErrNotFound", id, err)
			}
		}
	})

	t.Run("accounts", func(t *testing.T) {
		id := site.Write("Jo", "jo@example.test", "Whose?")
		for name, change := range map[string]func(*woocommerce.Settings){
			"a wrong password":    func(s *woocommerce.Settings) { s.Password = "abcd efgh ijkl mnop qrst uvwx" },
			"an unknown user":     func(s *woocommerce.Settings) { s.User = "nobody" },
			"one without a right": func(s *woocommerce.Settings) { s.User, s.Password = "helper", site.Passwords["helper"] },
		} {
			s := source(change)
			if _, err := s.Poll(t.Context(), nil); !errors.Is(err, sources.ErrAuth) {
				t.Errorf("%s lists: %v; want ErrAuth", name, err)
			}
			if _, err := s.Reply(t.Context(), key(id), "Words.", ""); !errors.Is(err, sources.ErrAuth) || len(site.Below(id)) != 0 {
				t.Errorf("%s replies: %v; want ErrAuth", name, err)
			}
		}
		// Without WooCommerce nothing follows about a review.
		shop := source(func(s *woocommerce.Settings) { s.Comments = false })
		if _, err := shop.Get(t.Context(), key(id)); !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "WooCommerce") {
			t.Errorf("a site without WooCommerce: %v; want ErrRejected that says so", err)
		}
	})
}
