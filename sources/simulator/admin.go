package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// adminRoutes adds the other side: what customers, moderators and mishaps do.
func (p *Platform) adminRoutes(mux *http.ServeMux) {
	if p.cfg.AdminToken == "" {
		return
	}
	for route, do := range map[string]func(*http.Request) (int, any, error){
		"POST /admin/reviews":              p.adminAdd,
		"PATCH /admin/reviews/{id}":        p.adminEdit,
		"DELETE /admin/reviews/{id}":       p.adminRemove,
		"PUT /admin/reviews/{id}/reply":    p.adminAnswer,
		"DELETE /admin/reviews/{id}/reply": p.adminDropReply,
		"PUT /admin/faults":                p.adminFaults,
		"PUT /admin/rules":                 p.adminRules,
		"POST /admin/clock":                p.adminClock,
		"GET /admin/state":                 p.adminState,
	} {
		mux.HandleFunc(route, p.admin(do))
	}
}

func (p *Platform) admin(do func(*http.Request) (int, any, error)) http.HandlerFunc {
	want := []byte("Bearer " + p.cfg.AdminToken)
	return func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			fail(w, &status{http.StatusUnauthorized, "unauthorized", "the admin token is not known"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		code, answer, err := do(r)
		switch {
		case err != nil:
			fail(w, err)
		case answer == nil:
			w.WriteHeader(code)
		default:
			reply(w, code, answer)
		}
	}
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &badRequest{fmt.Sprintf("the body is not what is expected: %v", err)}
	}
	return nil
}

func (p *Platform) adminAdd(r *http.Request) (int, any, error) {
	var in Review
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := p.Add(in)
	return http.StatusCreated, out, err
}

func (p *Platform) adminEdit(r *http.Request) (int, any, error) {
	var in struct {
		Rating *int    `json:"rating"`
		Title  *string `json:"title"`
		Body   *string `json:"body"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	out, err := p.Edit(r.PathValue("id"), in.Rating, in.Title, in.Body)
	return http.StatusOK, out, err
}

func (p *Platform) adminRemove(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, p.Remove(r.PathValue("id"))
}

func (p *Platform) adminAnswer(r *http.Request) (int, any, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, p.AnswerOnSite(r.PathValue("id"), in.Text)
}

func (p *Platform) adminDropReply(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, p.DropReply(r.PathValue("id"))
}

func (p *Platform) adminFaults(r *http.Request) (int, any, error) {
	var in []Fault
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	p.SetFaults(in...)
	return http.StatusNoContent, nil, nil
}

func (p *Platform) adminRules(r *http.Request) (int, any, error) {
	var in Rules
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	p.SetRules(in)
	return http.StatusNoContent, nil, nil
}

func (p *Platform) adminClock(r *http.Request) (int, any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d < 0 {
		return 0, nil, &badRequest{`advance is a duration like "1h30m", not below zero`}
	}
	return http.StatusOK, map[string]time.Time{"now": p.Advance(d)}, nil
}

func (p *Platform) adminState(*http.Request) (int, any, error) {
	return http.StatusOK, p.State(), nil
}
