package sourcetest

import (
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

func replyParts() []part {
	has := func(why string, ok func(sources.Capabilities) bool) func(Bench) string {
		return when(why, ok, calls, replies)
	}
	return []part{
		{"reply/round trip", all(calls, replies), testRoundTrip},
		{"reply/byte for byte", has("replies cannot be read", func(c sources.Capabilities) bool { return c.ReadBack }), testReplyTexts},
		{"reply/replace", has("a reply cannot be replaced", func(c sources.Capabilities) bool { return c.EditReply }), testReplace},
		{"reply/only one", has("there may be more than one reply", func(c sources.Capabilities) bool { return c.OneReply }), testOnlyOne},
		{"reply/delete", has("replies cannot be deleted", func(c sources.Capabilities) bool { return c.DeleteReply }), testDelete},
		{"reply/length", has("no length is known", func(c sources.Capabilities) bool { return c.MaxReply > 0 }), testLength},
		{"reply/unknown review", all(calls, replies), testReplyUnknown},
		{"reply/moderation", has("nobody moderates", func(c sources.Capabilities) bool { return c.Moderated && c.ReadBack }), testModeration},
		{"reply/colleague was faster", has("replies cannot be read", func(c sources.Capabilities) bool { return c.ReadBack }), testColleague},
		{"concurrent use", all(calls, replies), testConcurrent},
	}
}

const calm = "Thank you for telling us. We have found the parcel, and it is on its way."

func reply(t testing.TB, s sources.Source, key review.Key, text string) (sources.Receipt, error) {
	t.Helper()
	return s.(sources.Replier).Reply(t.Context(), key, text, "attempt-"+key.ID)
}

func testRoundTrip(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	got, err := reply(t, b.Source, r.Key, calm)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != review.ReplyLive && got.State != review.ReplyPending {
		t.Errorf("the receipt says %q; want live or pending", got.State)
	}
	if text, ok := b.Platform.Reply(t, r.Key); !ok || text != calm {
		t.Errorf("on the platform stands %q", text)
	}
	if n := b.Platform.Calls(t, Write); n != 1 {
		t.Errorf("one reply took %d calls", n)
	}
	if !b.Source.Capabilities().ReadBack {
		return
	}
	b.Platform.Advance(t, 24*time.Hour)
	back, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
	switch {
	case err != nil:
		t.Fatal(err)
	case back.Reply == nil || back.Reply.Text != calm || back.Reply.State != review.ReplyLive:
		t.Errorf("read back: %+v", back.Reply)
	case got.ID != "" && back.Reply.ID != "" && got.ID != back.Reply.ID:
		t.Errorf("the receipt is for reply %q, read is %q", got.ID, back.Reply.ID)
	case !same(back, r):
		t.Errorf("the review itself changed: %s", describe(back))
	}
}

func testReplyTexts(t *testing.T, h Harness) {
	for _, text := range []string{
		"Two lines,\nand \"quotes\", 'single', a back\\slash.",
		"Größe, naïveté, 日本語でお返事します。한국어도요. 😀",
		"50 % off is not what we mean; 3 < 4 & 5 > 4.",
		"a\u0301 stays two characters",
	} {
		b := h.New(t)
		r := b.Platform.Add(t, post(1))
		if _, err := reply(t, b.Source, r.Key, text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		b.Platform.Advance(t, 24*time.Hour)
		back, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
		if err != nil || back.Reply == nil || back.Reply.Text != text {
			t.Errorf("%q is read back as %+v (%v)", text, back.Reply, err)
		}
	}
}

func testReplace(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	for _, text := range []string{calm, calm + " Truly."} {
		if _, err := reply(t, b.Source, r.Key, text); err != nil {
			t.Fatal(err)
		}
		b.Platform.Advance(t, 24*time.Hour)
		if got, _ := b.Platform.Reply(t, r.Key); got != text {
			t.Errorf("on the platform stands %q; want %q", got, text)
		}
	}
}

func testOnlyOne(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	if _, err := reply(t, b.Source, r.Key, calm); err != nil {
		t.Fatal(err)
	}
	b.Platform.Advance(t, 24*time.Hour)
	for _, text := range []string{calm, "Something else."} {
		_, err := reply(t, b.Source, r.Key, text)
		if !is(err, sources.ErrAlready) {
			t.Errorf("a second reply: %v; want ErrAlready", err)
		}
		checkError(t, b, err)
	}
	if got, _ := b.Platform.Reply(t, r.Key); got != calm {
		t.Errorf("on the platform stands %q", got)
	}
}

func testDelete(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	remover := b.Source.(sources.Remover)
	if _, err := reply(t, b.Source, r.Key, calm); err != nil {
		t.Fatal(err)
	}
	if err := remover.DeleteReply(t.Context(), r.Key); err != nil {
		t.Fatal(err)
	}
	if text, ok := b.Platform.Reply(t, r.Key); ok {
		t.Errorf("after deleting stands %q", text)
	}
	if n := b.Platform.Calls(t, Delete); n != 1 {
		t.Errorf("one deletion took %d calls", n)
	}
	if err := remover.DeleteReply(t.Context(), r.Key); err != nil && !is(err, sources.ErrNotFound) {
		t.Errorf("deleting what is gone: %v; want nil or ErrNotFound", err)
	}
}

// ofLength is a text of exactly n units, with characters that are more than one
// unit where the unit knows such.
func ofLength(n int, u sources.Unit) string {
	wide, width := "日", 1
	switch u {
	case sources.Bytes:
		width = 3
	case sources.UTF16:
		wide, width = "😀", 2
	}
	return strings.Repeat(wide, n/width) + strings.Repeat("x", n%width)
}

func testLength(t *testing.T, h Harness) {
	b := h.New(t)
	c := b.Source.Capabilities()
	fits, over := ofLength(c.MaxReply, c.Unit), ofLength(c.MaxReply+1, c.Unit)
	for text, want := range map[string]int{fits: c.MaxReply, over: c.MaxReply + 1} {
		if n := map[sources.Unit]int{sources.Bytes: len(text), sources.Runes: utf8.RuneCountInString(text), sources.UTF16: len(utf16.Encode([]rune(text)))}[c.Unit]; n != want {
			t.Fatalf("the suite made a text of %d %s instead of %d", n, c.Unit, want)
		}
	}
	r := b.Platform.Add(t, post(1))
	_, err := reply(t, b.Source, r.Key, over)
	if !is(err, sources.ErrRejected) {
		t.Errorf("one unit over the limit: %v; want ErrRejected", err)
	}
	checkError(t, b, err)
	if text, ok := b.Platform.Reply(t, r.Key); ok {
		t.Errorf("a reply of %d bytes was published although it was refused", len(text))
	}
	if _, err := reply(t, b.Source, r.Key, fits); err != nil {
		t.Errorf("exactly at the limit of %d %s: %v", c.MaxReply, c.Unit, err)
	}
}

func testReplyUnknown(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	b.Platform.Remove(t, r.Key)
	_, err := reply(t, b.Source, r.Key, calm)
	if !is(err, sources.ErrNotFound, sources.ErrRejected) {
		t.Errorf("replying to a removed review: %v; want ErrNotFound or ErrRejected", err)
	}
	checkError(t, b, err)
}

func testModeration(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	if !b.Platform.RefuseNext(t, r.Key) {
		t.Fatal("the source says that replies are moderated, and the fake does not moderate")
	}
	got, err := reply(t, b.Source, r.Key, calm)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != review.ReplyPending {
		t.Errorf("the receipt says %q; moderation answers later", got.State)
	}
	b.Platform.Advance(t, 24*time.Hour)
	back, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
	if err != nil || back.Reply == nil || back.Reply.State != review.ReplyRefused || back.Reply.Reason == "" {
		t.Fatalf("after moderation: %+v, %v; want refused, with a reason", back.Reply, err)
	}
	if _, err := reply(t, b.Source, r.Key, calm+" Truly."); err != nil {
		t.Fatalf("another text after a refusal: %v", err)
	}
	b.Platform.Advance(t, 24*time.Hour)
	if back, err = b.Source.(sources.Reader).Get(t.Context(), r.Key); err != nil || back.Reply == nil || back.Reply.State != review.ReplyLive {
		t.Errorf("the second text: %+v, %v; want live", back.Reply, err)
	}
}

// testColleague: what somebody wrote on the site is seen before it is replaced.
func testColleague(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	b.Platform.AnswerOnSite(t, r.Key, "Answered by hand.")
	back, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
	if err != nil || back.Reply == nil || back.Reply.Text != "Answered by hand." {
		t.Errorf("a colleague's reply is read as %+v (%v)", back.Reply, err)
	}
}

func testConcurrent(t *testing.T, h Harness) {
	b := h.New(t)
	var keys []review.Key
	for i := range 8 {
		keys = append(keys, b.Platform.Add(t, post(i)).Key)
	}
	var wg sync.WaitGroup
	for _, k := range keys {
		wg.Go(func() {
			if _, err := reply(t, b.Source, k, calm+" "+k.ID); err != nil {
				t.Errorf("%v: %v", k, err)
			}
			if s, ok := b.Source.(sources.Poller); ok {
				if _, err := s.Poll(t.Context(), nil); err != nil {
					t.Error(err)
				}
			}
			if s, ok := b.Source.(sources.Reader); ok {
				if _, err := s.Get(t.Context(), k); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if text, _ := b.Platform.Reply(t, k); text != calm+" "+k.ID {
			t.Errorf("under %v stands %q", k, text)
		}
	}
}
