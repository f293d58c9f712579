// Package playtest is a fake of Google Play's Reply to Reviews API, with the
// platform's quirks: a week's window, reviews with words only, title and text
// joined by a tab, seconds as text, 350 characters, mark-up stripped from
// replies, 200 reads an hour.
package playtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/oauth/oauthtest"
	"github.com/evenkeel/evenkeel/sources/play"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

// Package is the one app there is.
const Package = "com.example.harbour"

// App is the app with its reviews.
type App struct {
	*sourcetest.Stage
	Auth  *oauthtest.Server
	Quota int // reads an hour; 0 = without end

	mu     sync.Mutex
	reads  []time.Time
	expire bool
}

// New makes an app without reviews.
func New(t testing.TB) *App {
	a := &App{Stage: &sourcetest.Stage{}}
	a.Auth = oauthtest.New(t, a.Now)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /androidpublisher/v3/applications/{app}/reviews", a.list)
	mux.HandleFunc("GET /androidpublisher/v3/applications/{app}/reviews/{id}", a.read)
	mux.HandleFunc("POST /androidpublisher/v3/applications/{app}/reviews/{id}", a.reply)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fail(w, 404, "there is no "+r.URL.Path) })
	a.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !a.Auth.Bearer(r):
			fail(w, 401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")
		case r.Method == http.MethodGet && !a.within():
			fail(w, 429, "Quota exceeded for quota metric 'Reply to reviews: reads'.")
		default:
			mux.ServeHTTP(w, r)
		}
	})
	a.Stage.Name = name
	a.Show = Show
	a.ID = func(n int) string { return fmt.Sprintf("gp:AOqpTOF%03d_x-", n) }
	a.Failure = fail
	a.Forbid = func(w http.ResponseWriter) { fail(w, 403, "The caller does not have permission") }
	return a
}

// Expire lets the app refuse the next page token.
func (a *App) Expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire = true
}

func (a *App) within() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	a.reads = slices.DeleteFunc(a.reads, func(t time.Time) bool { return !t.After(now.Add(-time.Hour)) })
	if a.Quota > 0 && len(a.reads) >= a.Quota {
		return false
	}
	a.reads = append(a.reads, now)
	return true
}

var reviewPath = regexp.MustCompile(`/reviews/([^/]+?)(:reply)?$`)

func name(r *http.Request) (sourcetest.Op, string) {
	m := reviewPath.FindStringSubmatch(r.URL.Path)
	switch {
	case m == nil && strings.HasSuffix(r.URL.Path, "/reviews"):
		return sourcetest.List, ""
	case m == nil:
		return "", ""
	case m[2] == "":
		return sourcetest.Read, m[1]
	}
	return sourcetest.Write, m[1]
}

// text is what the platform makes of title and body.
func text(p sourcetest.Post) string {
	if p.Title == "" {
		return p.Body
	}
	return p.Title + "\t" + p.Body
}

// Show is a review as the source must give it. A title with a tab in it ends
// there for everybody.
func Show(e sourcetest.Entry) review.Review {
	title, body, ok := strings.Cut(text(e.Post), "\t")
	if !ok {
		title, body = "", title
	}
	return review.Review{
		Key:    review.Key{Source: "play", ID: e.ID},
		Rating: review.StarRating(float64(e.Post.Stars)), Title: title, Body: body, Author: e.Post.Author,
	}
}

func stamp(t time.Time) map[string]any {
	return map[string]any{"seconds": strconv.FormatInt(t.Unix(), 10), "nanos": t.Nanosecond()}
}

func reviewJSON(e sourcetest.Entry) map[string]any {
	user := map[string]any{
		"text": text(e.Post), "lastModified": stamp(e.Updated), "starRating": e.Post.Stars,
		"reviewerLanguage": "pt_BR", "device": "klte", "androidOsVersion": 34,
		"appVersionCode": 310, "appVersionName": "3.1", "thumbsUpCount": 1, "thumbsDownCount": 0,
		"deviceMetadata": map[string]any{"productName": "klte (Galaxy S5)", "manufacturer": "Samsung", "ramMb": 2048, "nativePlatform": "armeabi-v7a"},
	}
	comments := []any{map[string]any{"userComment": user}}
	if e.Reply != "" {
		comments = append(comments, map[string]any{"developerComment": map[string]any{"text": e.Reply, "lastModified": stamp(e.Replied)}})
	}
	return map[string]any{"reviewId": e.ID, "authorName": e.Post.Author, "comments": comments}
}

func (a *App) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size := 10
	if s := q.Get("maxResults"); s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			fail(w, 400, "Invalid value at 'max_results'")
			return
		}
		size = int(min(max(n, 1), 100))
	}
	a.mu.Lock()
	expired := a.expire && q.Get("token") != ""
	if expired {
		a.expire = false
	}
	a.mu.Unlock()
	if r.PathValue("app") != Package {
		fail(w, 404, "Package not found: "+r.PathValue("app")+".")
		return
	}
	after, ok := place(q.Get("token"))
	if !ok || expired {
		fail(w, 400, "Invalid token.")
		return
	}
	all := slices.DeleteFunc(a.Newest(func(e sourcetest.Entry) time.Time { return e.Updated }), func(e sourcetest.Entry) bool {
		old := e.Updated.Before(a.Now().Add(-play.Window))
		return old || text(e.Post) == "" || after != nil && !after(e)
	})
	out := map[string]any{}
	if len(all) > size {
		last := all[size-1]
		token := base64.URLEncoding.EncodeToString([]byte(fmt.Sprintf("%d %d", last.Updated.UnixNano(), last.N)))
		out["tokenPagination"] = map[string]any{"nextPageToken": token}
		all = all[:size]
	}
	if len(all) > 0 { // an empty week is an empty object
		var shown []any
		for _, e := range all {
			shown = append(shown, reviewJSON(e))
		}
		out["reviews"] = shown
	}
	answer(w, out)
}

// place tells which reviews come after the one that a token names.
func place(token string) (func(sourcetest.Entry) bool, bool) {
	if token == "" {
		return nil, true
	}
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return nil, false
	}
	var at int64
	var n int
	if _, err := fmt.Sscanf(string(raw), "%d %d", &at, &n); err != nil {
		return nil, false
	}
	return func(e sourcetest.Entry) bool {
		u := e.Updated.UnixNano()
		return u < at || u == at && e.N < n
	}, true
}

func (a *App) find(w http.ResponseWriter, r *http.Request, id string) (sourcetest.Entry, bool) {
	e, ok := a.Entry(id)
	if !ok || r.PathValue("app") != Package {
		fail(w, 404, "Review not found.")
	}
	return e, ok && r.PathValue("app") == Package
}

func (a *App) read(w http.ResponseWriter, r *http.Request) {
	if e, ok := a.find(w, r, r.PathValue("id")); ok {
		answer(w, reviewJSON(e))
	}
}

var tag = regexp.MustCompile(`</?[A-Za-z][^>]*>`)

func (a *App) reply(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("id"), ":reply")
	if !ok {
		fail(w, 404, "there is no "+r.URL.Path)
		return
	}
	e, ok := a.find(w, r, id)
	if !ok {
		return
	}
	var in struct {
		Text string `json:"replyText"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		fail(w, 400, "Invalid JSON payload received.")
		return
	}
	applied := tag.ReplaceAllString(in.Text, "")
	if applied == "" || len(utf16.Encode([]rune(applied))) > play.MaxReply {
		fail(w, 400, "The reply text is too long or empty.")
		return
	}
	now := a.Now()
	a.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply, e.Replied = applied, now })
	answer(w, map[string]any{"result": map[string]any{"replyText": applied, "lastEdited": stamp(now)}})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

var statuses = map[int]string{
	400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
	429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}

func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message, "status": statuses[status]}})
}

// Tokens are access tokens of the service account.
func (a *App) Tokens(t testing.TB) *oauth.Source {
	t.Helper()
	account, err := oauth.ParseServiceAccount(a.Auth.KeyFile(), play.Scope)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := oauth.New(oauth.Config{Source: "play", Grant: account, Now: a.Now, Renew: "Make a new key for the service account."})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// Source makes a connector to the app at an address, with a service account.
func (a *App) Source(t testing.TB, address string) *play.Source {
	t.Helper()
	s, err := play.New(play.Settings{
		Name: "play", Package: Package, Title: "Harbour", Tokens: a.Tokens(t),
		Base: address, RetryWait: time.Millisecond, MaxBody: 8 << 20, Now: a.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Bench makes a contract's bench.
func (a *App) Bench(t testing.TB) sourcetest.Bench {
	return a.Stage.Bench(t, func(t testing.TB, address string) sources.Source { return a.Source(t, address) }, "ya29.", "PRIVATE KEY")
}
