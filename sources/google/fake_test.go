package google_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/oauth/oauthtest"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

const account = "1001"

// moderation is how long Google thinks about a reply.
const moderation = 10 * time.Minute

// profile is a fake of the API: pages of at most 50 by opaque tokens, marks in
// words, reviewers without a name, replies that wait for moderation, errors of
// the shape of google.rpc.Status.
type profile struct {
	*sourcetest.Stage
	auth      *oauthtest.Server
	locations []google.Location
	// grouped gives the reviews of several locations one location after the
	// other, against the documentation.
	grouped bool
	expire  atomic.Bool  // the next page token is refused
	lists   atomic.Int32 // calls to lists
}

// The states of a reply that Entry.Tag holds.
const (
	willRefuse = "will refuse" // the next reply
	moderated  = "moderated"   // written through the API
	refused    = "refused"
)

func newProfile(t testing.TB, locations int) *profile {
	p := &profile{Stage: &sourcetest.Stage{}}
	p.auth = oauthtest.New(t, p.Stage.Now)
	for i := range locations {
		p.locations = append(p.locations, google.Location{ID: strconv.Itoa(2000 + i), Name: fmt.Sprintf("Harbour Street %d", i)})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v4/accounts/{a}/locations/{l}/reviews", p.list)
	mux.HandleFunc("POST /v4/accounts/{a}/locations:batchGetReviews", p.batch)
	mux.HandleFunc("GET /v4/accounts/{a}/locations/{l}/reviews/{id}", p.read)
	mux.HandleFunc("PUT /v4/accounts/{a}/locations/{l}/reviews/{id}/reply", p.put)
	mux.HandleFunc("DELETE /v4/accounts/{a}/locations/{l}/reviews/{id}/reply", p.remove)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fail(w, 404, "there is no "+r.URL.Path) })
	p.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.auth.Bearer(r) {
			fail(w, 401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")
			return
		}
		mux.ServeHTTP(w, r)
	})
	p.Stage.Name = name
	p.Show = p.show
	p.ID = func(n int) string { return fmt.Sprintf("AbFvOq%03d_-x", n) }
	p.Failure = fail
	p.Forbid = func(w http.ResponseWriter) { fail(w, 403, "The caller does not have permission") }
	return p
}

var reviewPath = regexp.MustCompile(`^/v4/accounts/\d+/locations/\d+/reviews/([^/]+)(/reply)?$`)

func name(r *http.Request) (sourcetest.Op, string) {
	m := reviewPath.FindStringSubmatch(r.URL.Path)
	switch {
	case m == nil && (strings.HasSuffix(r.URL.Path, "/reviews") || strings.HasSuffix(r.URL.Path, ":batchGetReviews")):
		return sourcetest.List, ""
	case m == nil:
		return "", ""
	case m[2] == "":
		return sourcetest.Read, m[1]
	case r.Method == http.MethodDelete:
		return sourcetest.Delete, m[1]
	}
	return sourcetest.Write, m[1]
}

func (p *profile) location(e sourcetest.Entry) string { return p.locations[e.N%len(p.locations)].ID }

func (p *profile) show(e sourcetest.Entry) review.Review {
	return review.Review{
		Key:    review.Key{Source: "gbp", Account: account, Location: p.location(e), ID: e.ID},
		Rating: review.StarRating(float64(e.Post.Stars)), Body: e.Post.Body, Author: e.Post.Author,
	}
}

func (p *profile) RefuseNext(_ testing.TB, key review.Key) bool {
	return p.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = willRefuse })
}

func (p *profile) AnswerOnSite(t testing.TB, key review.Key, text string) {
	p.Stage.AnswerOnSite(t, key, text)
	p.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = "" })
}

var words = []string{"STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE"}

func (p *profile) json(e sourcetest.Entry) map[string]any {
	reviewer := map[string]any{"displayName": e.Post.Author, "profilePhotoUrl": "https://lh3.example.test/a"}
	if e.Post.Author == "" {
		reviewer = map[string]any{"displayName": "A Google user", "isAnonymous": true}
	}
	out := map[string]any{
		"name":     fmt.Sprintf("accounts/%s/locations/%s/reviews/%s", account, p.location(e), e.ID),
		"reviewId": e.ID, "reviewer": reviewer, "starRating": words[e.Post.Stars],
		"createTime": stamp(e.Created), "updateTime": stamp(e.Updated),
		"reviewReplyUrl": "https://business.example.test/reply/" + e.ID,
	}
	if e.Post.Body != "" { // star-only reviews have no comment at all
		out["comment"] = e.Post.Body
	}
	if e.Reply != "" {
		out["reviewReply"] = p.reply(e)
	}
	return out
}

func (p *profile) reply(e sourcetest.Entry) map[string]any {
	out := map[string]any{"comment": e.Reply, "updateTime": stamp(e.Replied), "reviewReplyState": "APPROVED"}
	switch {
	case e.Tag == "":
	case p.Now().Before(e.Replied.Add(moderation)):
		out["reviewReplyState"] = "PENDING"
	case e.Tag == refused:
		out["reviewReplyState"], out["policyViolation"] = "REJECTED", "PERSONAL_INFORMATION"
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999999Z") }

func (p *profile) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.page(w, []string{r.PathValue("l")}, q.Get("pageToken"), q.Get("pageSize"), q.Get("orderBy"), func(e sourcetest.Entry) any { return p.json(e) }, "reviews")
}

func (p *profile) batch(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Names []string `json:"locationNames"`
		Size  int      `json:"pageSize"`
		Token string   `json:"pageToken"`
		Order string   `json:"orderBy"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || len(in.Names) == 0 || len(in.Names) > 50 {
		fail(w, 400, "Request contains an invalid argument.")
		return
	}
	var ids []string
	for _, n := range in.Names {
		id, ok := strings.CutPrefix(n, "accounts/"+r.PathValue("a")+"/locations/")
		if !ok {
			fail(w, 400, "Request contains an invalid argument.")
			return
		}
		ids = append(ids, id)
	}
	p.page(w, ids, in.Token, strconv.Itoa(in.Size), in.Order, func(e sourcetest.Entry) any {
		return map[string]any{"name": "accounts/" + account + "/locations/" + p.location(e), "review": p.json(e)}
	}, "locationReviews")
}

func (p *profile) page(w http.ResponseWriter, locations []string, token, size, order string, show func(sourcetest.Entry) any, field string) {
	p.lists.Add(1)
	for _, l := range locations {
		if !slices.ContainsFunc(p.locations, func(have google.Location) bool { return have.ID == l }) {
			fail(w, 404, "Requested entity was not found.")
			return
		}
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 || n > 50 || order != "updateTime desc" || token != "" && p.expire.Load() {
		p.expire.Store(false)
		fail(w, 400, "Request contains an invalid argument.")
		return
	}
	var all []sourcetest.Entry
	for _, e := range p.Newest(func(e sourcetest.Entry) time.Time { return e.Updated }) {
		if slices.Contains(locations, p.location(e)) {
			all = append(all, e)
		}
	}
	if p.grouped {
		slices.SortStableFunc(all, func(a, b sourcetest.Entry) int { return strings.Compare(p.location(a), p.location(b)) })
	}
	total := len(all)
	all = p.after(all, token)
	out := map[string]any{"averageRating": 3.2, "totalReviewCount": total}
	if len(all) > n {
		out["nextPageToken"] = place(all[n-1])
		all = all[:n]
	}
	shown := []any{}
	for _, e := range all {
		shown = append(shown, show(e))
	}
	if len(shown) > 0 {
		out[field] = shown
	}
	answer(w, out)
}

// place names the last review of a page, so that pages do not shift.
func place(e sourcetest.Entry) string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d %d", e.Updated.UnixNano(), e.N)))
}

func (p *profile) after(all []sourcetest.Entry, token string) []sourcetest.Entry {
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	var at int64
	var n int
	if _, err := fmt.Sscanf(string(raw), "%d %d", &at, &n); err != nil {
		return all
	}
	if p.grouped {
		i := slices.IndexFunc(all, func(e sourcetest.Entry) bool { return e.N == n })
		return all[i+1:]
	}
	return slices.DeleteFunc(all, func(e sourcetest.Entry) bool {
		u := e.Updated.UnixNano()
		return u > at || u == at && e.N >= n
	})
}

func (p *profile) find(w http.ResponseWriter, r *http.Request) (sourcetest.Entry, bool) {
	e, ok := p.Entry(r.PathValue("id"))
	if !ok || r.PathValue("a") != account || p.location(e) != r.PathValue("l") {
		fail(w, 404, "Requested entity was not found.")
		return e, false
	}
	return e, true
}

func (p *profile) read(w http.ResponseWriter, r *http.Request) {
	if e, ok := p.find(w, r); ok {
		answer(w, p.json(e))
	}
}

func (p *profile) put(w http.ResponseWriter, r *http.Request) {
	e, ok := p.find(w, r)
	if !ok {
		return
	}
	var in struct {
		Comment string `json:"comment"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || in.Comment == "" || len(in.Comment) > google.MaxReply {
		fail(w, 400, "Request contains an invalid argument.")
		return
	}
	now := p.Now()
	p.Alter(e.ID, func(e *sourcetest.Entry) {
		tag := moderated
		if e.Tag == willRefuse {
			tag = refused
		}
		e.Reply, e.Replied, e.Tag = in.Comment, now, tag
	})
	e, _ = p.Entry(e.ID)
	answer(w, p.reply(e))
}

func (p *profile) remove(w http.ResponseWriter, r *http.Request) {
	e, ok := p.find(w, r)
	if !ok {
		return
	}
	if e.Reply == "" {
		fail(w, 404, "Requested entity was not found.")
		return
	}
	p.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply, e.Tag = "", "" })
	answer(w, map[string]any{})
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

func (p *profile) settings(t testing.TB, address string) google.Settings {
	t.Helper()
	tokens, err := oauth.New(oauth.Config{
		Source: "gbp", Now: p.Now, Renew: "Sign in again.",
		Grant: oauth.Refresh{
			App: oauth.App{
				ClientID: oauthtest.ClientID, ClientSecret: secret.New(oauthtest.ClientSecret),
				TokenURL: p.auth.URL + "/token", Scopes: []string{google.Scope},
			},
			Token: secret.New(p.auth.NewRefresh()),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return google.Settings{
		Name: "gbp", Account: account, Locations: p.locations, Tokens: tokens,
		Base: address, RetryWait: time.Millisecond, MaxBody: 2 << 20, Now: p.Now,
	}
}

// bench makes a contract's bench; change may be nil.
func (p *profile) bench(t testing.TB, change func(*google.Settings)) sourcetest.Bench {
	b := p.Bench(t, func(t testing.TB, address string) sources.Source {
		set := p.settings(t, address)
		if change != nil {
			change(&set)
		}
		s, err := google.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, oauthtest.ClientSecret, "ya29.")
	b.Platform = p
	return b
}
