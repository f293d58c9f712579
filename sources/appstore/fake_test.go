package appstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/golang-jwt/jwt/v5"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/appstore"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

const (
	appID  = "1234567890"
	keyID  = "2X9R4HXF34"
	issuer = "57246542-96fe-1a63-e053-0824d011072a"
	// publishing is how long a reply stays PENDING_PUBLISH.
	publishing = 6 * time.Hour
)

// store is a fake of App Store Connect: JSON:API, pages by links, ES256 tokens
// of at most 20 minutes, replies that are published later, 409 for what is wrong
// in a request, and no trace of when a review was edited.
type store struct {
	*sourcetest.Stage
	t   testing.TB
	key *ecdsa.PrivateKey
	pem []byte

	mu      sync.Mutex
	tokens  map[string]bool // that were seen
	lists   int
	expired bool // the next page's cursor is refused
}

var keyPair = sync.OnceValues(func() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })

func newStore(t testing.TB) *store {
	key, err := keyPair()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := &store{
		Stage: &sourcetest.Stage{}, t: t, key: key, tokens: map[string]bool{},
		pem: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/apps/{id}/customerReviews", s.list)
	mux.HandleFunc("GET /v1/customerReviews/{id}", s.read)
	mux.HandleFunc("GET /v1/customerReviews/{id}/response", s.readReply)
	mux.HandleFunc("POST /v1/customerReviewResponses", s.reply)
	mux.HandleFunc("DELETE /v1/customerReviewResponses/{id}", s.remove)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fail(w, 404, "there is no "+r.URL.Path) })
	judge := openJudge(t)
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		judge.both(t, w, r, func(w http.ResponseWriter, r *http.Request) {
			if err := s.known(r); err != nil {
				fail(w, 401, "Provide a properly configured and signed bearer token: "+err.Error())
				return
			}
			mux.ServeHTTP(w, r)
		})
	})
	s.Stage.Name = name
	s.Show = show
	s.ID = func(n int) string { return fmt.Sprintf("00000001-%04d-4d5b-a0a4-2f9b7d1c0000", n) }
	s.Failure = fail
	return s
}

// known checks a request's token as Apple does.
func (s *store) known(r *http.Request) error {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return errors.New("no bearer")
	}
	token, err := jwt.Parse(raw, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != keyID {
			return nil, errors.New("unknown key")
		}
		return &s.key.PublicKey, nil
	}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(s.Now), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithAudience("appstoreconnect-v1"))
	if err != nil {
		return err
	}
	claims := token.Claims.(jwt.MapClaims)
	exp, _ := claims.GetExpirationTime()
	if exp.After(s.Now().Add(20 * time.Minute)) {
		return errors.New("it lives longer than 20 minutes")
	}
	if claims["iss"] != issuer && claims["sub"] != "user" {
		return errors.New("neither issuer nor user")
	}
	s.mu.Lock()
	s.tokens[raw] = true
	s.mu.Unlock()
	return nil
}

var path = regexp.MustCompile(`^/v1/(customerReviews|customerReviewResponses|apps)/([^/]+)(/\w+)?$`)

func name(r *http.Request) (sourcetest.Op, string) {
	if r.Method == http.MethodPost && r.URL.Path == "/v1/customerReviewResponses" {
		return sourcetest.Write, posted(r).review()
	}
	m := path.FindStringSubmatch(r.URL.Path)
	switch {
	case m == nil:
		return "", ""
	case m[1] == "apps":
		return sourcetest.List, ""
	case m[1] == "customerReviewResponses":
		return sourcetest.Delete, strings.TrimPrefix(m[2], "resp-")
	case m[3] == "":
		return sourcetest.Read, m[2]
	}
	return "", "" // looking up a reply's id
}

// post is the body of a reply.
type post struct {
	Data struct {
		Type       string
		Attributes struct{ ResponseBody string }
		Relations  struct {
			Review struct {
				Data struct{ Type, ID string }
			}
		} `json:"relationships"`
	}
}

func (p post) review() string { return p.Data.Relations.Review.Data.ID }

// posted reads a body and puts it back.
func posted(r *http.Request) post {
	var p post
	raw := readAll(r)
	_ = json.Unmarshal(raw, &p) // the voice refuses what cannot be read
	return p
}

func show(e sourcetest.Entry) review.Review {
	return review.Review{
		Key:    review.Key{Source: "ios", ID: e.ID},
		Rating: review.StarRating(float64(e.Post.Stars)), Title: e.Post.Title, Body: e.Post.Body, Author: e.Post.Author,
	}
}

// AnswerOnSite is published at once.
func (s *store) AnswerOnSite(t testing.TB, key review.Key, text string) {
	s.Stage.AnswerOnSite(t, key, text)
	s.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = "on site" })
}

// Break puts a reply there before deletions are broken: without one the API is
// not asked to delete anything.
func (s *store) Break(t testing.TB, op sourcetest.Op, key review.Key, what sourcetest.Trouble) bool {
	if op == sourcetest.Delete {
		s.AnswerOnSite(t, key, "There.")
	}
	return s.Stage.Break(t, op, key, what)
}

type object = map[string]any

func (s *store) resource(e sourcetest.Entry) object {
	out := object{
		"type": "customerReviews", "id": e.ID,
		"attributes": object{
			"rating": e.Post.Stars, "title": e.Post.Title, "body": e.Post.Body, "reviewerNickname": e.Post.Author,
			// The date of writing, in Apple's own zone; edits leave no trace.
			"createdDate": e.Created.In(time.FixedZone("", -7*3600)).Format(time.RFC3339), "territory": "DEU",
		},
		"relationships": object{"response": object{"links": object{
			"self": s.address("/v1/customerReviews/" + e.ID + "/relationships/response"), "related": s.address("/v1/customerReviews/" + e.ID + "/response"),
		}}},
		"links": object{"self": s.address("/v1/customerReviews/" + e.ID)},
	}
	if e.Reply != "" {
		out["relationships"].(object)["response"].(object)["data"] = object{"type": "customerReviewResponses", "id": "resp-" + e.ID}
	}
	return out
}

func (s *store) response(e sourcetest.Entry) object {
	state := "PUBLISHED"
	if e.Tag == "" && s.Now().Before(e.Replied.Add(publishing)) {
		state = "PENDING_PUBLISH"
	}
	return object{
		"type": "customerReviewResponses", "id": "resp-" + e.ID,
		"attributes": object{"responseBody": e.Reply, "state": state, "lastModifiedDate": e.Replied.Format(time.RFC3339)},
		"links":      object{"self": s.address("/v1/customerReviewResponses/resp-" + e.ID)},
	}
}

func (s *store) address(path string) string { return "https://api.appstoreconnect.example.test" + path }

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	s.lists++
	expired := s.expired && q.Has("cursor")
	if expired {
		s.expired = false
	}
	s.mu.Unlock()
	after, ok := place(q.Get("cursor"))
	limit, err := strconv.Atoi(q.Get("limit"))
	switch {
	case r.PathValue("id") != appID:
		fail(w, 404, "There is no resource of type 'apps' with id '"+r.PathValue("id")+"'")
		return
	case expired, !ok, err != nil, q.Get("sort") != "-createdDate":
		fail(w, 400, "A parameter has an invalid value")
		return
	}
	all := s.Newest(func(e sourcetest.Entry) time.Time { return e.Created })
	total := len(all)
	all = slices.DeleteFunc(all, func(e sourcetest.Entry) bool { return !after(e) })
	links := object{"self": s.address(r.URL.RequestURI())}
	if len(all) > limit {
		last := all[limit-1]
		next := url.Values{
			"cursor": {base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d.%d", last.Created.UnixNano(), last.N)))},
			"sort":   q["sort"], "limit": q["limit"], "include": q["include"],
		}
		links["next"] = s.address(r.URL.Path + "?" + next.Encode())
		all = all[:limit]
	}
	data, included := []any{}, []any{}
	for _, e := range all {
		data = append(data, s.resource(e))
		if e.Reply != "" {
			included = append(included, s.response(e))
		}
	}
	out := object{"data": data, "links": links, "meta": object{"paging": object{"total": total, "limit": limit}}}
	if len(included) > 0 && q.Get("include") == "response" {
		out["included"] = included
	}
	answer(w, 200, out)
}

func place(cursor string) (func(sourcetest.Entry) bool, bool) {
	if cursor == "" {
		return func(sourcetest.Entry) bool { return true }, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	var at int64
	var n int
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d.%d", &at, &n)
	}
	return func(e sourcetest.Entry) bool {
		c := e.Created.UnixNano()
		return c < at || c == at && e.N < n
	}, err == nil
}

func (s *store) read(w http.ResponseWriter, r *http.Request) {
	e, ok := s.Entry(r.PathValue("id"))
	if !ok {
		fail(w, 404, "There is no resource of type 'customerReviews' with id '"+r.PathValue("id")+"'")
		return
	}
	out := object{"data": s.resource(e), "links": object{"self": s.address(r.URL.Path)}}
	if e.Reply != "" && r.URL.Query().Get("include") == "response" {
		out["included"] = []any{s.response(e)}
	}
	answer(w, 200, out)
}

func (s *store) readReply(w http.ResponseWriter, r *http.Request) {
	e, ok := s.Entry(r.PathValue("id"))
	if !ok || e.Reply == "" {
		fail(w, 404, "The specified resource does not exist")
		return
	}
	answer(w, 200, object{"data": s.response(e), "links": object{"self": s.address(r.URL.Path)}})
}

func (s *store) reply(w http.ResponseWriter, r *http.Request) {
	p := posted(r)
	text := p.Data.Attributes.ResponseBody
	switch _, ok := s.Entry(p.review()); {
	case !ok:
		fail(w, 409, "The provided entity includes a relationship with an invalid value: there is no such review")
		return
	case text == "" || len(utf16.Encode([]rune(text))) > appstore.MaxReply:
		fail(w, 409, "The provided entity includes an attribute with an invalid value: responseBody is too long or empty")
		return
	}
	now := s.Now()
	s.Alter(p.review(), func(e *sourcetest.Entry) { e.Reply, e.Replied, e.Tag = text, now, "" })
	e, _ := s.Entry(p.review())
	answer(w, 201, object{"data": s.response(e), "links": object{"self": s.address(r.URL.Path)}})
}

func (s *store) remove(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.PathValue("id"), "resp-")
	if e, ok := s.Entry(id); !ok || e.Reply == "" {
		fail(w, 404, "There is no resource of type 'customerReviewResponses' with this id")
		return
	}
	s.Alter(id, func(e *sourcetest.Entry) { e.Reply, e.Tag = "", "" })
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:3450;")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

var codes = map[int]string{
	400: "PARAMETER_ERROR.INVALID", 401: "NOT_AUTHORIZED", 403: "FORBIDDEN_ERROR", 404: "NOT_FOUND",
	409: "ENTITY_ERROR.ATTRIBUTE.INVALID", 429: "RATE_LIMIT_EXCEEDED", 500: "UNEXPECTED_ERROR", 503: "UNEXPECTED_ERROR",
}

func fail(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"errors": []any{object{
		"id": "b3f1c2aa", "status": strconv.Itoa(status), "code": codes[status], "title": "An error", "detail": detail,
	}}})
}

func (s *store) settings(address string) appstore.Settings {
	return appstore.Settings{
		Name: "ios", App: appID, Title: "Harbour", Key: appstore.Key{ID: keyID, Issuer: issuer, PEM: s.pem},
		Base: address, RetryWait: time.Millisecond, MaxBody: 2 << 20, Now: s.Now,
	}
}

// bench makes a contract's bench; change may be nil.
func (s *store) bench(t testing.TB, change func(*appstore.Settings)) sourcetest.Bench {
	b := s.Bench(t, func(t testing.TB, address string) sources.Source {
		set := s.settings(address)
		if change != nil {
			change(&set)
		}
		made, err := appstore.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}, strings.Split(string(s.pem), "\n")[1], "eyJhbGciOi")
	b.Platform = s
	return b
}

// record lets f answer into memory.
func record(f http.HandlerFunc, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f(w, r)
	return w
}
