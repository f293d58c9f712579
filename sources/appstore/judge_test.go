package appstore_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
)

// judge holds requests and answers against Apple's OpenAPI document. A nil judge
// lets everything pass.
type judge struct{ router routers.Router }

// documentPath is where Apple's is, outside of this repository.
func documentPath() string {
	return sharedtest.Path("schemas", "appstoreconnect-reviews-3.7.0.json")
}

var loadJudge = sync.OnceValues(func() (*judge, error) {
	if _, err := os.Stat(documentPath()); err != nil {
		return nil, nil // without the document nothing is judged; TestJudge says so
	}
	doc, err := openapi3.NewLoader().LoadFromFile(documentPath())
	if err != nil {
		return nil, err
	}
	doc.Servers = nil // the fake lives elsewhere
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	return &judge{router}, nil
})

func openJudge(t testing.TB) *judge {
	t.Helper()
	j, err := loadJudge()
	if err != nil {
		t.Fatal(err)
	}
	if j == nil && sharedtest.Demanded() {
		t.Fatal(unjudged)
	}
	return j
}

// unjudged is what is told where Apple's document is not at hand.
const unjudged = "Apple's OpenAPI document is not there: requests and answers were not judged"

// both judges a request and what serve answers to it.
func (j *judge) both(t testing.TB, w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	if j == nil {
		serve(w, r)
		return
	}
	body := readAll(r)
	got := record(serve, r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := j.judge(r, got.Code, got.Header(), got.Body.Bytes()); err != nil {
		t.Errorf("%s %s, answered %d: %v", r.Method, r.URL.Path, got.Code, err)
	}
	maps.Copy(w.Header(), got.Header())
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes()) // a caller who left
}

func (j *judge) judge(r *http.Request, status int, header http.Header, answer []byte) error {
	route, params, err := j.router.FindRoute(r)
	if err != nil {
		return err
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		// The fake checks the token itself.
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	// Pages after the first carry a cursor, which the document leaves out.
	q := r.URL.Query()
	q.Del("cursor")
	for name := range q {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return &unknownParameter{name}
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil && status/100 == 2 {
		return err
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(answer)), Options: in.Options,
	})
}

type unknownParameter struct{ name string }

func (e *unknownParameter) Error() string { return "Apple documents no parameter " + e.name }

// readAll reads a body and puts it back.
func readAll(r *http.Request) []byte {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what is cut is refused as JSON
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return raw
}

// TestJudge shows that the judge refuses what it should, so that its silence
// elsewhere means something.
func TestJudge(t *testing.T) {
	j := openJudge(t)
	if j == nil {
		t.Skip(unjudged)
	}
	const good = `{"data":{"type":"customerReviewResponses","attributes":{"responseBody":"x"},"relationships":{"review":{"data":{"type":"customerReviews","id":"1"}}}}}`
	const list = `{"data":[{"type":"customerReviews","id":"1","attributes":{"rating":5,"territory":"DEU"}}],"links":{"self":"/"}}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		answer             string
		fine               bool
	}{
		"a list":             {"GET", "/v1/apps/1/customerReviews?limit=200&sort=-createdDate&include=response", "", 200, list, true},
		"limit 500":          {"GET", "/v1/apps/1/customerReviews?limit=500", "", 200, list, false},
		"another sort":       {"GET", "/v1/apps/1/customerReviews?sort=newest", "", 200, list, false},
		"another parameter":  {"GET", "/v1/apps/1/customerReviews?since=1", "", 200, list, false},
		"six stars":          {"GET", "/v1/apps/1/customerReviews", "", 200, `{"data":[{"type":"customerReviews","id":"1","attributes":{"rating":6}}],"links":{"self":"/"}}`, false},
		"another territory":  {"GET", "/v1/apps/1/customerReviews", "", 200, `{"data":[{"type":"customerReviews","id":"1","attributes":{"territory":"XXX"}}],"links":{"self":"/"}}`, false},
		"no links":           {"GET", "/v1/apps/1/customerReviews", "", 200, `{"data":[]}`, false},
		"a reply":            {"POST", "/v1/customerReviewResponses", good, 201, `{"data":{"type":"customerReviewResponses","id":"1","attributes":{"state":"PUBLISHED"}},"links":{"self":"/"}}`, true},
		"a reply to nothing": {"POST", "/v1/customerReviewResponses", `{"data":{"type":"customerReviewResponses","attributes":{"responseBody":"x"}}}`, 201, `{"data":{"type":"customerReviewResponses","id":"1"},"links":{"self":"/"}}`, false},
		"another state":      {"POST", "/v1/customerReviewResponses", good, 201, `{"data":{"type":"customerReviewResponses","id":"1","attributes":{"state":"REJECTED"}},"links":{"self":"/"}}`, false},
		"another path":       {"PUT", "/v1/customerReviewResponses", good, 200, `{}`, false},
		"a mute error":       {"GET", "/v1/apps/1/customerReviews", "", 404, `{"errors":[{}]}`, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "https://example.test"+c.path, bytes.NewReader([]byte(c.body)))
		if err != nil {
			t.Fatal(err)
		}
		if c.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		err = j.judge(r, c.status, http.Header{"Content-Type": {"application/json"}}, []byte(c.answer))
		if (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
