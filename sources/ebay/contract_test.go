package ebay_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/ebay"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	token = "v1.ebay-user-token-abcdef"
	base  = "/commerce/feedback/v1"
)

func TestContract(t *testing.T) {
	doc := specification(t)
	sourcetest.Run(t, sourcetest.Harness{Pages: 450, New: func(t testing.TB) sourcetest.Bench { return newFake(t, doc).bench(t) }})
}

// specification is eBay's own OpenAPI document; nil when it is not there.
func specification(t testing.TB) *openapi3.T {
	t.Helper()
	path, there := sharedtest.Find(t, "schemas", "ebay-commerce-feedback-v1-oas3.json")
	if !there {
		t.Log("NOT CHECKED: eBay's OpenAPI document is not here, so nobody judges requests and answers by it")
		return nil
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: base}}
	return doc
}

// judge lets the document judge every request of the source and every answer of
// the fake.
func judge(t testing.TB, doc *openapi3.T, next http.Handler) http.Handler {
	if doc == nil {
		return next
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		heard := httptest.NewRecorder()
		if err := verdict(router.FindRoute, r, body, heard, next); err != nil {
			t.Errorf("%s %s: the vendor's document objects: %v", r.Method, r.URL, err)
		}
		for k, v := range heard.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(heard.Code)
		_, _ = w.Write(heard.Body.Bytes())
	})
}

// fake is eBay: sorted by the time of the sale, pages of 25 to 200, an error
// when there is no feedback, one reply ever.
type fake struct {
	*sourcetest.Stage
}

func newFake(t testing.TB, doc *openapi3.T) *fake {
	f := &fake{}
	f.Stage = &sourcetest.Stage{
		ID:   func(n int) string { return strconv.Itoa(1_900_000_000_000 + n) },
		Show: shown,
		Name: func(r *http.Request) (sourcetest.Op, string) {
			switch {
			case r.Method == http.MethodPost:
				var in struct{ FeedbackID string }
				sourcetest.Peek(r, &in)
				return sourcetest.Write, in.FeedbackID
			case r.URL.Query().Has("feedback_id"):
				return sourcetest.Read, r.URL.Query().Get("feedback_id")
			}
			return sourcetest.List, ""
		},
		Failure: func(w http.ResponseWriter, status int, message string) { fail(w, status, 500000, message) },
		Forbid: func(w http.ResponseWriter) {
			fail(w, http.StatusForbidden, 501031, "Reply not allowed for automated feedback.")
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/feedback", f.list)
	mux.HandleFunc("POST "+base+"/respond_to_feedback", f.respond)
	f.Voice = judge(t, doc, mux)
	return f
}

func shown(e sourcetest.Entry) review.Review {
	return review.Review{Key: review.Key{Source: "bay", ID: e.ID}, Rating: rating(e.Post.Stars), Body: e.Post.Body, Author: e.Post.Author}
}

// rating turns stars into eBay's scale.
func rating(stars int) review.Rating {
	return review.Rating{Kind: review.Tri, Value: float64(cmp.Compare(stars, 3)), Max: 1}
}

var types = map[float64]string{1: "POSITIVE", 0: "NEUTRAL", -1: "NEGATIVE"}

func (f *fake) bench(t testing.TB) sourcetest.Bench { return f.Bench(t, f.source, token) }

func (f *fake) source(t testing.TB, address string) sources.Source {
	s, err := ebay.New(ebay.Settings{Name: "bay", User: "teapots", Wire: wire.Config{
		Base: address + base, RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: f.Transport(), Now: f.Now, Secrets: []string{token},
		Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Get("user_id") != "teapots":
		fail(w, http.StatusBadRequest, 501000, "User Id request parameter is required or is invalid.")
		return
	case q.Get("feedback_type") != "FEEDBACK_RECEIVED":
		fail(w, http.StatusBadRequest, 501001, "Feedback type request parameter is required or invalid.")
		return
	}
	if id := q.Get("feedback_id"); id != "" {
		f.one(w, id)
		return
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	if limit < 25 || limit > 200 || q.Get("sort") != "TIME" {
		fail(w, http.StatusBadRequest, 501002, "Unsupported request parameter combination.")
		return
	}
	var after time.Time
	for part := range strings.SplitSeq(q.Get("filter"), ",") {
		if days, ok := strings.CutPrefix(part, "period:"); ok {
			n, _ := strconv.Atoi(days)
			if !slices.Contains([]int{7, 30, 90, 180, 365}, n) {
				fail(w, http.StatusBadRequest, 501037, "Invalid period value.")
				return
			}
			after = f.Now().AddDate(0, 0, -n)
		}
	}
	entries := slices.DeleteFunc(f.Entries(), func(e sourcetest.Entry) bool { return e.Created.Before(after) })
	slices.SortFunc(entries, func(a, b sourcetest.Entry) int { return cmp.Compare(sold(b), sold(a)) })
	if len(entries) == 0 {
		fail(w, http.StatusBadRequest, 501039, "Feedback not found for the given request parameters.")
		return
	}
	rows := []any{}
	for _, e := range entries[min(offset, len(entries)):min(offset+limit, len(entries))] {
		rows = append(rows, shape(e))
	}
	write(w, http.StatusOK, map[string]any{"feedbackEntries": rows,
		"pagination": map[string]any{"count": len(rows), "limit": limit, "offset": offset, "total": len(entries)}})
}

// sold is when the item was sold: the list is sorted by it, and it has little to
// do with when the feedback was left.
func sold(e sourcetest.Entry) int { return e.N*1000 + e.N*7919%60_000 }

func (f *fake) one(w http.ResponseWriter, id string) {
	e, ok := f.Entry(id)
	if !ok {
		fail(w, http.StatusBadRequest, 501039, "Feedback not found for the given request parameters.")
		return
	}
	write(w, http.StatusOK, map[string]any{"feedbackEntries": []any{shape(e)}, "pagination": map[string]any{"count": 1, "limit": 25, "offset": 0, "total": 1}})
}

func (f *fake) respond(w http.ResponseWriter, r *http.Request) {
	var in struct{ FeedbackID, RecipientUserID, ResponseText, ResponseType string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, 501026, "Feedback ID request parameter is required or is invalid.")
		return
	}
	e, ok := f.Entry(in.FeedbackID)
	switch {
	case !ok:
		fail(w, http.StatusBadRequest, 501026, "Feedback ID request parameter is required or is invalid.")
	case in.ResponseType != "REPLY":
		fail(w, http.StatusBadRequest, 501027, "Response type request parameter is required or is invalid. Must be REPLY or FOLLOW_UP.")
	case in.RecipientUserID != e.Post.Author:
		fail(w, http.StatusBadRequest, 501029, "Recipient user ID request parameter is required.")
	case len(utf16.Encode([]rune(in.ResponseText))) > 500:
		fail(w, http.StatusBadRequest, 501013, "Comment text is too long, maximum length is 500 characters.")
	case strings.Contains(in.ResponseText, "darn"):
		fail(w, http.StatusBadRequest, 501015, "Comment text contains profanity.")
	case e.Tag == "automated":
		fail(w, http.StatusForbidden, 501031, "Reply not allowed for automated feedback.")
	case e.Reply != "":
		fail(w, http.StatusConflict, 501032, "Reply already left for feedback.")
	default:
		f.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply = in.ResponseText })
		write(w, http.StatusOK, map[string]any{})
	}
}

func shape(e sourcetest.Entry) map[string]any {
	out := map[string]any{
		"feedbackId": e.ID, "commentType": types[rating(e.Post.Stars).Value], "automatedFeedback": e.Tag == "automated",
		"feedbackComment":      map[string]any{"commentText": e.Post.Body, "state": "ENTERED"},
		"feedbackEnteredDate":  e.Created.Format("2006-01-02T15:04:05.000Z"),
		"providerUserDetail":   map[string]any{"userId": e.Post.Author, "role": "BUYER"},
		"orderLineItemSummary": map[string]any{"listingId": "11", "listingTitle": "Teapot", "orderLineItemId": "11-22"},
	}
	if e.Reply != "" {
		out["replyComment"] = map[string]any{"commentText": e.Reply, "state": "ENTERED"}
	}
	return out
}

func fail(w http.ResponseWriter, status, code int, message string) {
	write(w, status, map[string]any{"errors": []any{map[string]any{"errorId": code, "domain": "API_FEEDBACK", "category": "REQUEST", "message": message}}})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// verdict serves r with next and gives the document's first objection.
func verdict(route routeFinder, r *http.Request, body []byte, heard *httptest.ResponseRecorder, next http.Handler) error {
	at, params, err := route(r)
	if err != nil {
		next.ServeHTTP(heard, r)
		return err
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: at, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
	}}
	wrong := openapi3filter.ValidateRequest(r.Context(), in)
	r.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(heard, r)
	if wrong != nil {
		return wrong
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: heard.Code, Header: heard.Header(), Options: in.Options}
	return openapi3filter.ValidateResponse(r.Context(), out.SetBodyBytes(heard.Body.Bytes()))
}
