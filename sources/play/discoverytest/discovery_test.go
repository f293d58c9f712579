package discoverytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/api/androidpublisher/v3"
)

// document is as much of a discovery document as is judged here; see
// https://developers.google.com/discovery/v1/reference/apis.
type document struct {
	Revision  string `json:"revision"`
	RootURL   string `json:"rootUrl"`
	Resources map[string]struct {
		Methods map[string]method `json:"methods"`
	} `json:"resources"`
	Parameters map[string]parameter `json:"parameters"` // of every method
	Schemas    map[string]schema    `json:"schemas"`
}

type method struct {
	ID         string               `json:"id"`
	HTTPMethod string               `json:"httpMethod"`
	FlatPath   string               `json:"flatPath"`
	Parameters map[string]parameter `json:"parameters"`
	Scopes     []string             `json:"scopes"`
	Request    *reference           `json:"request"`
	Response   *reference           `json:"response"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type parameter struct {
	Location string `json:"location"`
	Type     string `json:"type"`
	Format   string `json:"format"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

// load reads the document that the library brings along.
func load(t testing.TB) document {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "androidpublisher", "v3", "androidpublisher-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Resources["reviews"].Methods) < 3 {
		t.Fatal("the discovery document says nothing of reviews")
	}
	return d
}

// types are the library's own, for answers and requests by name.
var types = map[string]func() any{
	"Review":               func() any { return new(androidpublisher.Review) },
	"ReviewsListResponse":  func() any { return new(androidpublisher.ReviewsListResponse) },
	"ReviewsReplyRequest":  func() any { return new(androidpublisher.ReviewsReplyRequest) },
	"ReviewsReplyResponse": func() any { return new(androidpublisher.ReviewsReplyResponse) },
}

var placeholder = regexp.MustCompile(`\\\{[^}]+\\\}`)

// find is the method that a request means.
func (d document) find(r *http.Request) (method, error) {
	for _, m := range d.Resources["reviews"].Methods {
		pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(m.FlatPath), `[^/:]+(:[^/]+)?`)
		if strings.HasSuffix(m.FlatPath, ":reply") {
			pattern = placeholder.ReplaceAllString(regexp.QuoteMeta(m.FlatPath), `[^/]+`)
		} else if strings.HasSuffix(r.URL.Path, ":reply") {
			continue
		}
		if m.HTTPMethod == r.Method && regexp.MustCompile("^/"+pattern+"$").MatchString(r.URL.Path) {
			return m, nil
		}
	}
	return method{}, fmt.Errorf("no method of the document is %s %s", r.Method, r.URL.Path)
}

// request judges what the connector asks.
func (d document) request(r *http.Request, body []byte) (method, error) {
	m, err := d.find(r)
	if err != nil {
		return m, err
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return m, err
	}
	for name, values := range q {
		p, ok := m.Parameters[name]
		if !ok {
			p, ok = d.Parameters[name]
		}
		switch {
		case !ok || p.Location != "query":
			return m, fmt.Errorf("%s has no parameter %q", m.ID, name)
		case len(values) != 1:
			return m, fmt.Errorf("%s is given %q %d times", m.ID, name, len(values))
		}
		if err := p.judge(values[0]); err != nil {
			return m, fmt.Errorf("%s: %s: %w", m.ID, name, err)
		}
	}
	if m.Request == nil {
		if len(body) > 0 {
			return m, fmt.Errorf("%s takes no body", m.ID)
		}
		return m, nil
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return m, errors.New("the body is not announced as JSON")
	}
	return m, d.message(m.Request.Ref, body)
}

func (p parameter) judge(value string) error {
	if p.Type != "integer" {
		return nil
	}
	_, err := strconv.ParseUint(value, 10, 32)
	return err
}

// message judges a body by the library's type, which must know every field, and
// by the document, which knows how numbers are written.
func (d document) message(name string, body []byte) error {
	made, ok := types[name]
	if !ok {
		return fmt.Errorf("no type for %s", name)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(made()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return d.value(name, schema{Ref: name}, v)
}

func (d document) value(at string, s schema, v any) error {
	if s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	switch s.Type {
	case "object":
		o, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object", at)
		}
		for name, field := range o {
			p, ok := s.Properties[name]
			if !ok {
				return fmt.Errorf("%s has no field %q", at, name)
			}
			if err := d.value(at+"."+name, p, field); err != nil {
				return err
			}
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", at)
		}
		for i, item := range list {
			if err := d.value(fmt.Sprintf("%s[%d]", at, i), *s.Items, item); err != nil {
				return err
			}
		}
	case "string":
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("%s is no text", at)
		}
		if s.Format == "int64" {
			_, err := strconv.ParseInt(text, 10, 64)
			return err
		}
	case "integer":
		n, ok := v.(float64)
		if !ok || n != float64(int32(n)) {
			return fmt.Errorf("%s is no %s", at, s.Format)
		}
	}
	return nil
}

// bench serves the fake behind the judge, who complains to t.
type bench struct {
	mu    sync.Mutex
	calls map[string]int
}

func (b *bench) serve(t testing.TB, d document, fake http.Handler) *httptest.Server {
	b.calls = map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		m, err := d.request(r, body)
		if err != nil {
			t.Errorf("the request is not in order: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		got := httptest.NewRecorder()
		fake.ServeHTTP(got, r)
		if got.Code == http.StatusOK && m.Response != nil {
			if err := d.message(m.Response.Ref, got.Body.Bytes()); err != nil {
				t.Errorf("the fake's answer is not in order: %v", err)
			}
			b.mu.Lock()
			b.calls[m.ID]++
			b.mu.Unlock()
		}
		for k, v := range got.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes())
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestTheJudgeRefuses shows that silence elsewhere means something.
func TestTheJudgeRefuses(t *testing.T) {
	d := load(t)
	const base = "https://example.test/androidpublisher/v3/applications/com.example.app/reviews"
	for name, c := range map[string]struct {
		method, url, body string
		fine              bool
	}{
		"a list":            {"GET", base + "?maxResults=100&token=x", "", true},
		"another parameter": {"GET", base + "?pageSize=100", "", false},
		"not a number":      {"GET", base + "?maxResults=many", "", false},
		"another path":      {"GET", base + "/a/replies", "", false},
		"one review":        {"GET", base + "/gp:1", "", true},
		"a reply":           {"POST", base + "/gp:1:reply", `{"replyText":"x"}`, true},
		"another field":     {"POST", base + "/gp:1:reply", `{"reply":"x"}`, false},
		"a number":          {"POST", base + "/gp:1:reply", `{"replyText":1}`, false},
		"another method":    {"PUT", base + "/gp:1:reply", `{"replyText":"x"}`, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if _, err := d.request(r, []byte(c.body)); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, wrong := range []string{
		`{"reviews":[{"id":"1"}]}`,
		`{"reviews":[{"reviewId":"1","comments":[{"userComment":{"lastModified":{"seconds":1790000000}}}]}]}`,
		`{"reviews":[{"reviewId":"1","comments":[{"userComment":{"starRating":"5"}}]}]}`,
		`{"nextPageToken":"x"}`,
	} {
		if err := d.message("ReviewsListResponse", []byte(wrong)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	if !slices.Contains(d.Resources["reviews"].Methods["list"].Scopes, scope) || d.RootURL != root {
		t.Errorf("the document wants %v at %s", d.Resources["reviews"].Methods["list"].Scopes, d.RootURL)
	}
}
