package slacktest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// args are a call's arguments, from a form or from JSON.
type args map[string]any

func (a args) str(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// object decodes an argument that is JSON, or JSON in a form's field.
func (a args) object(name string, into any) bool {
	raw, ok := a[name]
	if !ok || raw == "" {
		return false
	}
	if s, isString := raw.(string); isString {
		return json.Unmarshal([]byte(s), into) == nil
	}
	b, err := json.Marshal(raw)
	return err == nil && json.Unmarshal(b, into) == nil
}

// refusal is Slack's error name with what belongs to it.
type refusal struct {
	name, needed string
	detail       string
	after        time.Duration
}

func no(name string) *refusal { return &refusal{name: name} }

// method is one row of the Web API.
type method struct {
	scopes []string // any of them is enough
	post   bool     // may meet a fault
	do     func(*Server, args) (map[string]any, *refusal)
}

// methods are called with the server's lock held.
var methods = map[string]method{
	"auth.test":                    {nil, false, (*Server).authTest},
	"chat.postMessage":             {[]string{"chat:write"}, true, (*Server).postMessage},
	"chat.update":                  {[]string{"chat:write"}, true, (*Server).update},
	"chat.delete":                  {[]string{"chat:write"}, false, (*Server).deleteMessage},
	"chat.postEphemeral":           {[]string{"chat:write"}, false, (*Server).postEphemeral},
	"conversations.history":        {[]string{"channels:history", "groups:history"}, false, (*Server).history},
	"conversations.replies":        {[]string{"channels:history", "groups:history"}, false, (*Server).replies},
	"conversations.info":           {[]string{"channels:read", "groups:read"}, false, (*Server).info},
	"files.getUploadURLExternal":   {[]string{"files:write"}, false, (*Server).uploadURL},
	"files.completeUploadExternal": {[]string{"files:write"}, false, (*Server).completeUpload},
	"users.info":                   {[]string{"users:read"}, false, (*Server).userInfo},
	"usergroups.users.list":        {[]string{"usergroups:read"}, false, (*Server).groupUsers},
	"views.open":                   {nil, false, (*Server).viewOpen},
	"views.push":                   {nil, false, (*Server).viewPush},
	"views.update":                 {nil, false, (*Server).viewUpdate},
	"views.publish":                {nil, false, (*Server).viewPublish},
}

// serveAPI answers a call of the Web API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, err := readArgs(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	token := bearer(r)
	if name == "apps.connections.open" { // the token must be in the header
		s.mu.Lock()
		s.calls[name]++
		s.wake()
		s.mu.Unlock()
		s.sockets.open(w, token)
		return
	}
	if token == "" {
		token = a.str("token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[name]++
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-OAuth-Scopes", strings.Join(s.scopes(), ","))
	m, known := methods[name]
	var fault Fault
	if m.post {
		fault = s.fault()
	}
	ref := s.allowed(m, known, token)
	if ref == nil {
		ref = faulty(fault)
	}
	if ref == nil && fault == Broken {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	if ref == nil {
		ref = s.paced(name, a)
	}
	var body map[string]any
	if ref == nil {
		body, ref = m.do(s, a)
		s.wake()
	}
	if fault == Lost && ref == nil {
		panic(http.ErrAbortHandler) // the connection breaks before the answer
	}
	answer(w, body, ref)
}

func faulty(f Fault) *refusal {
	switch f {
	case Limit:
		return &refusal{name: "ratelimited", after: time.Second}
	case Archived:
		return no("is_archived")
	}
	return nil
}

// allowed looks at token and scopes. With the lock held.
func (s *Server) allowed(m method, known bool, token string) *refusal {
	switch {
	case !known:
		return no("unknown_method")
	case token == "":
		return no("not_authed")
	case s.revoked != "":
		return no(s.revoked)
	case token != BotToken:
		return no("invalid_auth")
	}
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, func(sc string) bool { return slices.Contains(s.scopes(), sc) }) {
		return &refusal{name: "missing_scope", needed: m.scopes[0]}
	}
	return nil
}

// allScopes are what the token has unless a test takes some away.
var allScopes = []string{"app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write",
	"groups:history", "groups:read", "usergroups:read", "users:read"}

func (s *Server) scopes() []string {
	if s.opts.Scopes == nil {
		return allScopes
	}
	return s.opts.Scopes
}

// paced enforces the rates. With the lock held.
func (s *Server) paced(name string, a args) *refusal {
	var key string
	var limit rate.Limit
	var burst int
	switch {
	case name == "chat.postMessage":
		key, limit, burst = "post:"+a.str("channel"), s.opts.Rate, s.opts.Burst
	case name == "chat.update" && s.opts.Updates > 0:
		key, limit, burst = "update", rate.Limit(float64(s.opts.Updates)/60), s.opts.Updates
	default:
		return nil
	}
	l := s.rates[key]
	if l == nil {
		l = rate.NewLimiter(limit, burst)
		s.rates[key] = l
	}
	r := l.ReserveN(s.now(), 1)
	if d := r.DelayFrom(s.now()); d > 0 {
		r.CancelAt(s.now())
		return &refusal{name: "ratelimited", after: d.Truncate(time.Second) + time.Second}
	}
	return nil
}

func answer(w http.ResponseWriter, body map[string]any, ref *refusal) {
	if body == nil {
		body = map[string]any{}
	}
	body["ok"] = ref == nil
	if ref != nil {
		body["error"] = ref.name
		if ref.needed != "" {
			body["needed"], body["provided"] = ref.needed, ""
		}
		if ref.detail != "" {
			body["response_metadata"] = map[string]any{"messages": []string{"[ERROR] " + ref.detail}}
		}
		if ref.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(ref.after.Seconds())))
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	_ = json.NewEncoder(w).Encode(body) // whoever asked and left cannot be told
}

func bearer(r *http.Request) string {
	t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return t
}

func readArgs(r *http.Request) (args, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	a := args{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		if len(body) > 0 {
			err = json.Unmarshal(body, &a)
		}
		return a, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	for k, v := range r.URL.Query() {
		form[k] = v
	}
	for k := range form {
		a[k] = form.Get(k)
	}
	return a, nil
}

func (s *Server) authTest(args) (map[string]any, *refusal) {
	return map[string]any{"url": "https://acme.slack.test/", "team": "Acme", "user": "evenkeel", "team_id": Team, "user_id": BotUser, "bot_id": BotID,
		"app_id": App, "is_enterprise_install": false}, nil
}

// place finds the channel of a call. With the lock held.
func (s *Server) place(a args) (*room, *refusal) {
	id := a.str("channel")
	if isUser(id) && s.people[id] != nil { // a direct message
		dm := "D" + id[1:]
		if s.channels[dm] == nil {
			s.channels[dm] = &room{id: dm, members: map[string]bool{BotUser: true, id: true}, private: true}
		}
		return s.channels[dm], nil
	}
	r := s.channels[id]
	if r == nil {
		for _, other := range s.channels {
			if other.name != "" && (other.name == id || "#"+other.name == id) {
				r = other
			}
		}
	}
	switch {
	case r == nil, r.private && !r.members[BotUser]:
		return nil, no("channel_not_found")
	case r.archived:
		return nil, no("is_archived")
	case !r.members[BotUser]:
		return nil, no("not_in_channel")
	}
	return r, nil
}

func (s *Server) info(a args) (map[string]any, *refusal) {
	r := s.channels[a.str("channel")]
	if r == nil || r.private && !r.members[BotUser] {
		return nil, no("channel_not_found")
	}
	return map[string]any{"channel": map[string]any{"id": r.id, "name": r.name, "is_channel": true, "is_archived": r.archived,
		"is_member": r.members[BotUser], "is_private": r.private, "created": 1}}, nil
}

func (s *Server) userInfo(a args) (map[string]any, *refusal) {
	p := s.people[a.str("user")]
	if p == nil {
		return nil, no("user_not_found")
	}
	return map[string]any{"user": map[string]any{"id": p.ID, "team_id": p.Team, "name": strings.ToLower(p.Name), "real_name": p.Name,
		"is_admin": p.Admin, "is_owner": p.Owner, "is_bot": p.Bot, "deleted": false,
		"profile": map[string]any{"display_name": p.DisplayName, "real_name": p.Name}}}, nil
}

func (s *Server) groupUsers(a args) (map[string]any, *refusal) {
	users, ok := s.groups[a.str("usergroup")]
	if !ok {
		return nil, no("no_such_subteam")
	}
	return map[string]any{"users": users}, nil
}
