package simulator

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what the API reads of a request.
const maxBody = 1 << 20

// The platform's refusals, each with its status and code.
type (
	badRequest  struct{ message string }
	notFound    struct{ message string }
	conflict    struct{ message string }
	unsupported struct{ message string }
	refused     struct{ code, message string }
	status      struct {
		status        int
		code, message string
	}
)

func (e *badRequest) Error() string  { return e.message }
func (e *notFound) Error() string    { return e.message }
func (e *conflict) Error() string    { return e.message }
func (e *unsupported) Error() string { return e.message }
func (e *refused) Error() string     { return e.message }
func (e *status) Error() string      { return e.message }

// ServeHTTP serves the API, the admin API and the page for people.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Platform) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/reviews", p.call(OpList, p.list))
	mux.HandleFunc("GET /v1/reviews/{id}", p.call(OpRead, p.read))
	mux.HandleFunc("PUT /v1/reviews/{id}/reply", p.call(OpReply, p.putReply))
	mux.HandleFunc("DELETE /v1/reviews/{id}/reply", p.call(OpDelete, p.deleteReply))
	mux.HandleFunc("POST /v1/reviews/{id}/reports", p.call(OpReport, p.putReport))
	mux.HandleFunc("GET /reviews/{id}", p.page)
	p.adminRoutes(mux)
	return mux
}

// act is one operation of the API under the platform's lock. It gives the
// answer, and for calls that change something what is noted of them.
type act func(r *http.Request, body []byte, note *Call) (answer any, err error)

// call wraps an operation: the token, the faults around it, the note of it.
func (p *Platform) call(op string, do act) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			fail(w, &status{http.StatusRequestEntityTooLarge, "bad_request", "the body is too large"})
			return
		}
		if !bearer(r, p.cfg.Token) {
			fail(w, &status{http.StatusUnauthorized, "unauthorized", "the token is not known"})
			return
		}
		answer, fault, err := p.perform(op, do, r, body)
		if fault != nil {
			misbehave(w, r, fault)
			return
		}
		if err != nil {
			fail(w, err)
			return
		}
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply(w, http.StatusOK, answer)
	}
}

// perform does the operation, with the faults before and after it, in one step.
func (p *Platform) perform(op string, do act, r *http.Request, body []byte) (answer any, fault *Fault, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := r.PathValue("id")
	p.counts[op]++
	note := Call{N: len(p.calls) + 1, At: p.now(), Op: op, Review: id, Idempotency: r.Header.Get("Idempotency-Key")}
	fault = p.strike(op, id, RateLimit, Fail, Hang, Cut, Forbid, Unauthorized, Echo)
	if fault == nil {
		answer, err = do(r, body, &note)
		if err == nil {
			fault = p.strike(op, id, Lose, LoseSlowly, Stumble, Garble, Flood)
		}
	}
	if op == OpReply || op == OpDelete || op == OpReport {
		note.Status = answered(fault, err, answer)
		if fault != nil {
			note.Fault = fault.Kind
		}
		p.calls = append(p.calls, note)
	}
	return answer, fault, err
}

func (p *Platform) list(r *http.Request, _ []byte, _ *Call) (any, error) {
	q := r.URL.Query()
	asc := q.Get("order") == "asc"
	var since time.Time
	if s := q.Get("since"); s != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, s); err != nil || !asc {
			return nil, &badRequest{"since takes an RFC 3339 time and order=asc"}
		}
	}
	at, err := parseCursor(q.Get("cursor"))
	if err != nil {
		return nil, err
	}
	var all []*entry
	for _, e := range p.reviews {
		if !e.removed && !e.Updated.Before(since) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, byChange)
	if !asc {
		slices.Reverse(all)
	}
	if at != nil {
		all = slices.DeleteFunc(all, func(e *entry) bool {
			c := byChange(e, at)
			return asc && c <= 0 || !asc && c >= 0
		})
	}
	size := p.pageSize(q.Get("limit"))
	out := struct {
		Reviews []Review `json:"reviews"`
		Next    string   `json:"next,omitempty"`
	}{Reviews: []Review{}}
	for _, e := range all[:min(size, len(all))] {
		out.Reviews = append(out.Reviews, p.shown(e))
	}
	if len(all) > size {
		out.Next = cursorAfter(all[size-1])
	}
	return out, nil
}

func (p *Platform) pageSize(limit string) int {
	size := p.rules.PageSize
	if size <= 0 {
		size = 50
	}
	if n, err := strconv.Atoi(limit); err == nil && n > 0 {
		size = min(size, n)
	}
	return size
}

// A cursor names the last review of a page, so that pages do not shift when
// reviews come and go.
func cursorAfter(e *entry) string {
	return base64.RawURLEncoding.EncodeToString([]byte(e.Updated.Format(time.RFC3339Nano) + " " + e.ID))
}

func parseCursor(s string) (*entry, error) {
	if s == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	at, id, ok := strings.Cut(string(raw), " ")
	t, terr := time.Parse(time.RFC3339Nano, at)
	if err != nil || terr != nil || !ok {
		return nil, &status{http.StatusBadRequest, "bad_cursor", "this cursor is not one of ours"}
	}
	return &entry{Review: Review{ID: id, Updated: t}}, nil
}

func (p *Platform) read(r *http.Request, _ []byte, _ *Call) (any, error) {
	e, err := p.find(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return p.shown(e), nil
}

// receipt is the answer to a reply.
type receipt struct {
	ID    string `json:"id"`
	URL   string `json:"url,omitempty"`
	State string `json:"state"`
}

func (p *Platform) putReply(r *http.Request, body []byte, note *Call) (any, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &badRequest{"the body is not {\"text\":\"…\"}"}
	}
	note.Text = in.Text
	got, effect, err := p.publish(r.PathValue("id"), in.Text)
	if err != nil {
		return nil, err
	}
	note.Effect = effect
	e := p.reviews[r.PathValue("id")]
	return receipt{ID: got.ID, URL: p.shown(e).URL, State: string(got.State)}, nil
}

func (p *Platform) deleteReply(r *http.Request, _ []byte, note *Call) (any, error) {
	effect, err := p.unpublish(r.PathValue("id"))
	note.Effect = effect
	return nil, err
}

// putReport files a report. Nobody is spared a second one: whoever sends it
// twice has filed it twice.
func (p *Platform) putReport(r *http.Request, body []byte, note *Call) (any, error) {
	var in struct{ Ground, Note string }
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &badRequest{"the body is not {\"ground\":\"…\",\"note\":\"…\"}"}
	}
	note.Text = in.Ground + ": " + in.Note
	switch _, err := p.find(r.PathValue("id")); {
	case err != nil:
		return nil, err
	case len(p.rules.Grounds) == 0:
		return nil, &unsupported{"no reports are taken here"}
	case !slices.Contains(p.rules.Grounds, in.Ground):
		return nil, &badRequest{"nobody is reported on this ground"}
	}
	note.Effect = "reported"
	return nil, nil
}

// page shows a review to people, as readers of the platform see it.
func (p *Platform) page(w http.ResponseWriter, r *http.Request) {
	v, err := p.Review(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_ = pageTemplate.Execute(w, v) // a reader who left
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Language}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{or .Title .Subject.Name "A review"}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
blockquote{margin:1.5rem 0;padding-left:1rem;border-left:3px solid #8a97a6}p{white-space:pre-wrap}</style>
<p>{{.Subject.Name}}</p><h1>{{.Title}}</h1><p>{{.Rating}} of 5 stars, {{.Author}}, {{.Updated.Format "2 January 2006"}}</p>
<p>{{.Body}}</p>{{with .Reply}}{{if eq .State "live"}}<blockquote><strong>Reply of the owner</strong><p>{{.Text}}</p></blockquote>{{end}}{{end}}
</html>
`))

// bearer compares the request's token in constant time.
func bearer(r *http.Request, token string) bool {
	return token == "" ||
		subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) == 1
}

// misbehave gives the answer of a fault.
func misbehave(w http.ResponseWriter, r *http.Request, f *Fault) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch f.Kind {
	case RateLimit:
		fail(w, &status{http.StatusTooManyRequests, "rate_limited", "too many calls"})
	case Fail:
		fail(w, &status{http.StatusServiceUnavailable, "unavailable", "the platform is being looked after"})
	case Forbid:
		fail(w, &status{http.StatusForbidden, "forbidden", "this review belongs to somebody else"})
	case Unauthorized:
		fail(w, &status{http.StatusUnauthorized, "unauthorized", "the token was revoked"})
	case Echo:
		fail(w, &badRequest{"this makes no sense: Authorization: " + r.Header.Get("Authorization")})
	case Stumble:
		fail(w, &status{http.StatusInternalServerError, "trouble", "something went wrong"})
	case Hang, LoseSlowly:
		<-r.Context().Done()
	case Cut, Lose:
		panic(http.ErrAbortHandler) // net/http's way to cut a connection without an answer
	case Garble:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"reviews":[{"id":"`)
	case Flood:
		flood(w, r)
	}
}

func flood(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	chunk := []byte(strings.Repeat(" ", 64<<10))
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// answered is the status that the caller gets to see, 0 for none.
func answered(f *Fault, err error, answer any) int {
	if f != nil {
		switch f.Kind {
		case RateLimit:
			return http.StatusTooManyRequests
		case Fail:
			return http.StatusServiceUnavailable
		case Forbid:
			return http.StatusForbidden
		case Unauthorized:
			return http.StatusUnauthorized
		case Stumble:
			return http.StatusInternalServerError
		case Echo:
			return http.StatusBadRequest
		}
		return 0
	}
	if err != nil {
		s, _ := judge(err)
		return s
	}
	if answer == nil {
		return http.StatusNoContent
	}
	return http.StatusOK
}

// judge is the status and code of a refusal.
func judge(err error) (int, string) {
	var s *status
	var re *refused
	var nf *notFound
	var co *conflict
	var un *unsupported
	switch {
	case errors.As(err, &s):
		return s.status, s.code
	case errors.As(err, &re):
		return http.StatusUnprocessableEntity, re.code
	case errors.As(err, &nf):
		return http.StatusNotFound, "not_found"
	case errors.As(err, &co):
		return http.StatusConflict, "already_replied"
	case errors.As(err, &un):
		return http.StatusMethodNotAllowed, "unsupported"
	}
	return http.StatusBadRequest, "bad_request"
}

func fail(w http.ResponseWriter, err error) {
	code, name := judge(err)
	reply(w, code, map[string]any{"error": map[string]string{"code": name, "message": err.Error()}})
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // a caller who left
}
