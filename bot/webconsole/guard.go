package webconsole

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	// maxForm bounds the body of a form. The longest thing that people send is
	// a pasted review of 64 KiB, which percent-encoding can make three times
	// as long.
	maxForm = 256 << 10
	// patience bounds reading a body, and answering one request.
	patience = 15 * time.Second
)

// policy is the content security policy: our own files and nothing else, no
// inline script or style, no framing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard is the outermost handler: headers for every answer, and a refusal for
// what cannot come from one of our own pages.
func (c *Console) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	if c.base.Host != "" {
		// Behind a proxy that rewrites Host, the browser's origin is the
		// console's address. It was parsed by New.
		if err := origins.AddTrustedOrigin(c.base.Scheme + "://" + c.base.Host); err != nil {
			c.Logger.Warn("the console's address is no origin", slog.Any("error", err))
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if c.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		switch {
		case !c.goodHost(r.Host):
			c.trouble(w, r, http.StatusMisdirectedRequest, "This console is not known by that name. Open it by its own address.")
			return
		case origins.Check(r) != nil:
			c.trouble(w, r, http.StatusForbidden, "That came from another site, so nothing was changed.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// goodHost keeps a console on loopback from being reached under a foreign
// name that somebody points at 127.0.0.1 (DNS rebinding).
func (c *Console) goodHost(host string) bool {
	return !c.Loopback || isLoopbackHost(host) || c.base.Host != "" && host == c.base.Host
}

// bounded gives a request its deadlines, for its body and for its answer, and
// its body a bound.
func bounded(next http.Handler) http.Handler { return boundedTo(maxForm, next) }

func boundedTo(most int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if r.Method == http.MethodPost {
			// A server without deadlines (a test's recorder) says so; then its own hold.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// page is a handler for signed-in people.
type page func(w http.ResponseWriter, r *http.Request, v visitor)

// known lets signed-in people through.
func (c *Console) known(next page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok, err := c.who(w, r)
		switch {
		case err != nil:
			c.broken(w, r, err)
		case !ok:
			c.trouble(w, r, http.StatusUnauthorized, "Please sign in first: ask a colleague who runs the bot for an invitation (evenkeel invite NAME --role responder).")
		default:
			next(w, r, v)
		}
	})
}

// change is known for requests that change something: they carry the
// session's CSRF token, in the form or, from htmx, in a header.
func (c *Console) change(next page) http.Handler {
	return c.known(func(w http.ResponseWriter, r *http.Request, v visitor) {
		if !c.readForm(w, r) {
			return
		}
		token := r.PostForm.Get("csrf")
		if token == "" {
			token = r.Header.Get("X-CSRF-Token")
		}
		if !v.holds(token) {
			c.trouble(w, r, http.StatusForbidden, "This page is from an earlier session, so nothing was changed. Please load it again.")
			return
		}
		next(w, r, v)
	})
}

// readForm reads the body's fields; the query's never count. It answers and
// returns false when the body is no good.
func (c *Console) readForm(w http.ResponseWriter, r *http.Request) bool {
	err := r.ParseForm()
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		c.trouble(w, r, http.StatusRequestEntityTooLarge, "That is longer than the console takes. Please shorten it.")
	case err != nil:
		c.trouble(w, r, http.StatusBadRequest, "The form did not arrive whole. Please try again.")
	}
	return err == nil
}

// trouble answers with a calm sentence, as a page or, for htmx, as a notice.
func (c *Console) trouble(w http.ResponseWriter, r *http.Request, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Retarget", "#notices")
		w.Header().Set("HX-Reswap", "afterbegin")
		w.WriteHeader(status)
		c.draw(w, r, "notice", notice{Text: text, Refused: true})
		return
	}
	w.WriteHeader(status)
	c.draw(w, r, "trouble", troublePage{frame: c.frame("Something is in the way"), Status: status, Text: text})
}

// broken answers an error of our own: logged, not shown.
func (c *Console) broken(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the person went away
	}
	c.Logger.ErrorContext(r.Context(), "console", slog.String("path", r.URL.Path), slog.Any("error", err))
	c.trouble(w, r, http.StatusServiceUnavailable, "That did not work; the trouble is on our side and in the log. Please try again in a moment.")
}

// ours tells whether an address leads into the console itself.
func (c *Console) ours(link string) (path string, ok bool) {
	u, err := url.Parse(link)
	if err != nil || c.base.Host == "" || u.Scheme != c.base.Scheme || u.Host != c.base.Host {
		return "", false
	}
	return u.RequestURI(), true
}
