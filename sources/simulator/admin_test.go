package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// admin makes a call of the other side, as another process does.
func admin(t *testing.T, b *bench, method, path, body string, want int) []byte {
	t.Helper()
	return call(t, b.url+path, "admin", method, body, want)
}

func call(t *testing.T, address, bearer, method, body string, want int) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		t.Fatalf("%s %s: %d %s (%v); want %d", method, address, res.StatusCode, out, err, want)
	}
	return out
}

func TestStoryFromAnotherProcess(t *testing.T) {
	b := newBench(t, simulator.Rules{})
	admin(t, b, "POST", "/admin/reviews", `{"id":"r1","rating":2,"body":"Late.","author":"Ana","subject":{"name":"Teapot"}}`, 201)
	admin(t, b, "POST", "/admin/reviews", `{"id":"r1","rating":2}`, 409)
	admin(t, b, "PATCH", "/admin/reviews/r1", `{"rating":4}`, 200)
	admin(t, b, "PUT", "/admin/rules", `{"moderation":"1h","max_reply":100,"refuse":[{"name":"no shouting","pattern":"!!!"}]}`, 204)
	admin(t, b, "PUT", "/admin/faults", `[{"kind":"lose","ops":["reply"],"times":1}]`, 204)
	admin(t, b, "PUT", "/admin/faults", `[{"kind":"earthquake"}]`, 400)
	key := review.Key{Source: "sim", ID: "r1"}
	if _, err := b.src.Reply(t.Context(), key, "Sorry!!!", "k"); err == nil {
		t.Fatal("the answer was not lost")
	}
	admin(t, b, "POST", "/admin/clock", `{"advance":"2h"}`, 200)
	admin(t, b, "POST", "/admin/clock", `{"advance":"-2h"}`, 400)
	var s simulator.State
	if err := json.Unmarshal(admin(t, b, "GET", "/admin/state", "", 200), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Reviews) != 1 || s.Reviews[0].Rating != 4 || s.Reviews[0].Reply == nil || s.Reviews[0].Reply.State != review.ReplyRefused || s.Reviews[0].Reply.Reason != "no shouting" {
		t.Errorf("state %+v", s.Reviews)
	}
	if len(s.Calls) != 1 || s.Calls[0].Effect != "published" || s.Calls[0].Status != 0 || s.Calls[0].Text != "Sorry!!!" || s.Counts[simulator.OpReply] != 1 {
		t.Errorf("calls %+v, counts %v", s.Calls, s.Counts)
	}
	admin(t, b, "PUT", "/admin/reviews/r1/reply", `{"text":"By hand"}`, 204)
	if page := call(t, b.url+"/reviews/r1", "", "GET", "", 200); !strings.Contains(string(page), "By hand") {
		t.Errorf("the page for people: %s", page)
	}
	admin(t, b, "DELETE", "/admin/reviews/r1/reply", "", 204)
	admin(t, b, "DELETE", "/admin/reviews/r1", "", 204)
	admin(t, b, "DELETE", "/admin/reviews/r1", "", 404)
	if err := json.Unmarshal(admin(t, b, "GET", "/admin/state", "", 200), &s); err != nil || !s.Reviews[0].Removed {
		t.Errorf("%+v, %v", s.Reviews, err)
	}
}

func TestTokensAreAsked(t *testing.T) {
	b := newBench(t, simulator.Rules{})
	for path, bearer := range map[string]string{"/admin/state": token, "/admin/faults": "", "/v1/reviews": "admin"} {
		call(t, b.url+path, bearer, map[bool]string{true: "PUT", false: "GET"}[path == "/admin/faults"], "", 401)
	}
}

func TestThePageShowsMarkupAsText(t *testing.T) {
	b := newBench(t, simulator.Rules{})
	b.add(t, simulator.Review{ID: "x", Title: "<script>alert(1)</script>", Body: "<img src=x onerror=alert(1)>", Author: "<b>"})
	page := string(call(t, b.url+"/reviews/x", "", "GET", "", 200))
	if strings.Contains(page, "<script>") || strings.Contains(page, "<img") || strings.Contains(page, "<b>") {
		t.Errorf("markup of a customer is markup here: %s", page)
	}
}

func TestFaultsCountAndEnd(t *testing.T) {
	b := newBench(t, simulator.Rules{})
	b.add(t, simulator.Review{Rating: 1})
	b.SetFaults(
		simulator.Fault{Kind: simulator.RateLimit, Ops: []string{simulator.OpList}, Every: 4, RetryAfter: "1"},
		simulator.Fault{Kind: simulator.Unauthorized, Ops: []string{simulator.OpRead}, Until: b.Now().Add(60e9)},
	)
	failed := 0
	for range 20 {
		if _, err := b.src.Poll(t.Context(), nil); err != nil {
			failed++
		}
	}
	if failed != 5 {
		t.Errorf("every 4th call of 20 failed %d times", failed)
	}
	key := review.Key{Source: "sim", ID: "r-0001"}
	if _, err := b.src.Get(t.Context(), key); err == nil {
		t.Error("the storm did not begin")
	}
	b.clock.Advance(60e9)
	if _, err := b.src.Get(t.Context(), key); err != nil {
		t.Errorf("the storm did not end: %v", err)
	}
}
