package discordtest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Fault befalls one writing call.
type Fault string

// The faults. Lost and Done502 have acted, the others have not.
const (
	Lost        Fault = "lost"        // done, but the connection is cut
	Done502     Fault = "done 502"    // done, but a proxy answers 502
	BadGateway  Fault = "bad gateway" // 502
	Broken      Fault = "broken"      // 500
	Unavailable Fault = "unavailable" // 503
	Limit       Fault = "limit"       // 429 for this route, retry_after 1
	GlobalLimit Fault = "global"      // 429 for all routes, retry_after 1
)

// maxBody is what a request without files may weigh.
const maxBody = 10 << 20

// call is a request on its way through.
type call struct {
	r     *http.Request
	body  []byte // JSON
	files []upload
}

func (c *call) at(name string) string    { return c.r.PathValue(name) }
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// json reads the body into v.
func (c *call) json(v any) error {
	if json.Unmarshal(c.body, v) != nil {
		return errJSON
	}
	return nil
}

// route is a REST method. Its function runs with the server's lock held and
// gives the answer's body, nil for 204.
type route struct {
	pattern string
	open    bool // takes no bot token, and does not count in the global rate
	do      func(s *Server, c *call) (any, error)
}

func routes() []route {
	return []route{
		{"GET /gateway", true, (*Server).getGateway},
		{"GET /gateway/bot", false, (*Server).getGatewayBot},
		{"GET /users/@me", false, (*Server).getMe},
		{"GET /users/@me/guilds", false, (*Server).getMyGuilds},
		{"POST /users/@me/channels", false, (*Server).postDM},
		{"GET /users/{user}", false, (*Server).getUser},
		{"GET /applications/@me", false, (*Server).getApplication},
		{"GET /oauth2/applications/@me", false, (*Server).getApplication},
		{"GET /guilds/{guild}", false, (*Server).getGuild},
		{"GET /guilds/{guild}/roles", false, (*Server).getRoles},
		{"GET /guilds/{guild}/channels", false, (*Server).getChannels},
		{"GET /guilds/{guild}/threads/active", false, (*Server).getActiveThreads},
		{"GET /guilds/{guild}/members/{user}", false, (*Server).getMember},
		{"GET /channels/{channel}", false, (*Server).getChannel},
		{"PATCH /channels/{channel}", false, (*Server).patchChannel},
		{"DELETE /channels/{channel}", false, (*Server).deleteChannel},
		{"POST /channels/{channel}/typing", false, (*Server).postTyping},
		{"GET /channels/{channel}/messages", false, (*Server).getMessages},
		{"POST /channels/{channel}/messages", false, (*Server).postMessage},
		{"GET /channels/{channel}/messages/{message}", false, (*Server).getMessage},
		{"PATCH /channels/{channel}/messages/{message}", false, (*Server).patchMessage},
		{"DELETE /channels/{channel}/messages/{message}", false, (*Server).deleteMessage},
		{"POST /channels/{channel}/messages/{message}/threads", false, (*Server).postThread},
		{"POST /channels/{channel}/threads", false, (*Server).postThreadAlone},
		{"GET /channels/{channel}/threads/archived/public", false, (*Server).getArchivedThreads},
		{"PUT /channels/{channel}/thread-members/@me", false, (*Server).putThreadMember},
		{"GET /applications/{app}/commands", false, (*Server).getCommands},
		{"PUT /applications/{app}/commands", false, (*Server).putCommands},
		{"GET /applications/{app}/guilds/{guild}/commands", false, (*Server).getCommands},
		{"PUT /applications/{app}/guilds/{guild}/commands", false, (*Server).putCommands},
		{"POST /interactions/{interaction}/{token}/callback", true, (*Server).postCallback},
		{"POST /webhooks/{webhook}/{token}", true, (*Server).postFollowUp},
		{"GET /webhooks/{webhook}/{token}/messages/{message}", true, (*Server).getFollowUp},
		{"PATCH /webhooks/{webhook}/{token}/messages/{message}", true, (*Server).patchFollowUp},
		{"DELETE /webhooks/{webhook}/{token}/messages/{message}", true, (*Server).deleteFollowUp},
	}
}

// router serves the routes below /v9, /v10 and without a version.
func (s *Server) router() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, rt) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { write(w, errNoRoute.status, errNoRoute.body()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case version == "v9" || version == "v10":
			http.StripPrefix("/"+version, mux).ServeHTTP(w, r)
		case len(version) > 1 && version[0] == 'v' && rest != "" && version[1] >= '0' && version[1] <= '9':
			write(w, errVersion.status, errVersion.body())
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// serve answers one call, or lets it meet its fault.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rt route) {
	c, err := read(r)
	rec := httptest.NewRecorder()
	s.mu.Lock()
	for i := range c.files {
		c.files[i].ID = s.id()
	}
	s.calls[rt.pattern]++
	fault := Fault("")
	if r.Method != http.MethodGet {
		fault = s.fault()
	}
	if err == nil {
		err = s.admit(rec, r, rt, fault)
	}
	var body any
	if err == nil {
		body, err = rt.do(s, c)
	}
	s.count(err)
	s.wake()
	s.mu.Unlock()
	switch {
	case err == nil && fault == Lost:
		cut(w)
		return
	case err == nil && fault == Done502:
		err = errBadGatewayAnswer
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	answer(w, body, err)
}

// admit lets a call in: not banned, not limited, with a good token, and
// without a fault that keeps it from acting.
func (s *Server) admit(rec http.ResponseWriter, r *http.Request, rt route, fault Fault) error {
	if s.banned() {
		return &limited{after: time.Hour, scope: "user", global: true}
	}
	if err := s.limit(rec, r, rt, fault); err != nil {
		return err
	}
	if !rt.open {
		token, isBot := strings.CutPrefix(r.Header.Get("Authorization"), "Bot ")
		if !isBot || token != BotToken || s.revoked {
			return errUnauthorized
		}
	}
	switch fault {
	case BadGateway:
		return errBadGatewayAnswer
	case Broken:
		return errBroken
	case Unavailable:
		return errUnavailable
	}
	return nil
}

// Fail lets the next calls that write meet these faults, in order.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// fault takes the next fault. With the lock held.
func (s *Server) fault() Fault {
	if len(s.faults) > 0 {
		f := s.faults[0]
		s.faults = s.faults[1:]
		return f
	}
	switch dice := s.random.Float64(); {
	case dice < s.cfg.Lose:
		return Lost
	case dice < s.cfg.Lose+s.cfg.Storm:
		s.faults = append(s.faults, Limit, Limit, Limit)
		return Limit
	}
	return ""
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
		}
	}
}

func answer(w http.ResponseWriter, body any, err error) {
	var refused *apiError
	var slow *limited
	switch {
	case errors.As(err, &slow):
		slow.write(w)
	case errors.As(err, &refused):
		write(w, refused.status, refused.body())
	case err != nil:
		write(w, http.StatusInternalServerError, map[string]any{"message": err.Error(), "code": 0})
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		write(w, http.StatusOK, body)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// read takes a body in: JSON, or a form with payload_json and files.
func read(r *http.Request) (*call, error) {
	c := &call{r: r}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		if err := c.parts(multipart.NewReader(http.MaxBytesReader(nil, r.Body, maxForm), params["boundary"])); err != nil {
			return c, err
		}
		if !json.Valid(c.body) {
			return c, errJSON
		}
		return c, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return c, errTooLarge
	}
	c.body = body
	switch {
	case len(body) == 0 && kind != "":
		return c, errJSON
	case len(body) > 0 && (kind != "application/json" || !json.Valid(body)):
		return c, errJSON
	}
	return c, nil
}

// number reads a query's number, with a default and bounds.
func (c *call) number(name string, otherwise, least, most int) (int, error) {
	raw := c.query(name)
	if raw == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < least || n > most {
		return 0, form("%s: an integer between %d and %d", name, least, most)
	}
	return n, nil
}
