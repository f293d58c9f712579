package ebay_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

type routeFinder = func(*http.Request) (*routers.Route, map[string]string, error)

// TestJudge: the document catches what is planted.
func TestJudge(t *testing.T) {
	doc := specification(t)
	if doc == nil {
		t.Skip("eBay's OpenAPI document is not here")
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	good := "/feedback?user_id=teapots&feedback_type=FEEDBACK_RECEIVED"
	for name, c := range map[string]struct{ method, path, body, answer string }{
		"a number for a word":  {"GET", good, "", `{"feedbackEntries":[{"commentType":-1}]}`},
		"a list for an object": {"GET", good, "", `{"feedbackEntries":{},"pagination":{}}`},
		"no feedback type":     {"GET", "/feedback?user_id=teapots", "", `{}`},
		"no such path":         {"GET", "/feedbacks?user_id=teapots", "", `{}`},
		"a number for an id":   {"POST", "/respond_to_feedback", `{"feedbackId":12}`, `{}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, base+c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(c.answer))
		})
		if verdict(router.FindRoute, r, []byte(c.body), httptest.NewRecorder(), next) == nil {
			t.Errorf("%s: the document does not object", name)
		}
	}
}

func TestCodes(t *testing.T) {
	for name, c := range map[string]struct {
		tag, text string
		want      error
		says      string
	}{
		"profanity": {text: "darn", want: sources.ErrRejected, says: "profanity"},
		"too long":  {text: strings.Repeat("😀", 251), want: sources.ErrRejected, says: "500 characters"},
		"automated": {tag: "automated", text: "Thank you.", want: sources.ErrRejected, says: "by itself"},
	} {
		f := newFake(t, nil)
		r := f.Add(t, sourcetest.Post{Stars: 1, Body: "Late", Author: "b***r"})
		f.Alter(r.Key.ID, func(e *sourcetest.Entry) { e.Tag = c.tag })
		_, err := f.bench(t).Source.(sources.Replier).Reply(t.Context(), r.Key, c.text, "")
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A colleague who answers between the look and the call.
	f := newFake(t, nil)
	r := f.Add(t, sourcetest.Post{Stars: 1, Body: "Late", Author: "b***r"})
	next := f.Voice
	f.Voice = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			f.AnswerOnSite(t, r.Key, "Sent again.")
		}
		next.ServeHTTP(w, req)
	})
	_, err := f.bench(t).Source.(sources.Replier).Reply(t.Context(), r.Key, "Sorry.", "")
	if !errors.Is(err, sources.ErrAlready) {
		t.Errorf("409/501032: %v; want ErrAlready", err)
	}
}

// TestPeriods: after weeks of silence the list is asked for far enough back.
func TestPeriods(t *testing.T) {
	f := newFake(t, nil)
	var asked []string
	next := f.Voice
	f.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("filter"))
		next.ServeHTTP(w, r)
	})
	src := f.bench(t).Source.(sources.Poller)
	f.Add(t, sourcetest.Post{Stars: 5, Body: "Good", Author: "a"})
	var cur sources.Cursor
	for i, wait := range []time.Duration{0, time.Hour, 40 * 24 * time.Hour, 100 * 24 * time.Hour, 1000 * 24 * time.Hour} {
		f.Advance(t, wait)
		if i > 1 {
			f.Add(t, sourcetest.Post{Stars: 5, Body: "Good", Author: "a"})
		}
		page, err := src.Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 0, false: 1}[i == 1]; len(page.Reviews) != want {
			t.Errorf("poll %d: %d reviews", i, len(page.Reviews))
		}
		cur = page.Next
	}
	want := []string{"role:BUYER", "role:BUYER,period:30", "role:BUYER,period:90", "role:BUYER,period:180", "role:BUYER"}
	if strings.Join(asked, " ") != strings.Join(want, " ") {
		t.Errorf("asked for %q; want %q", asked, want)
	}
}
