package discordtest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"time"
)

// maxInvalid is how many answers of 401, 403 and 429 an address may earn in
// ten minutes before it is banned for an hour.
// https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
const maxInvalid = 10_000

// window counts calls until it ends.
type window struct {
	end  time.Time
	used int
}

// take counts a call; free is what is left after it, negative for too many.
func (b *window) take(now time.Time, length time.Duration, limit int) (free int) {
	if !now.Before(b.end) {
		b.end, b.used = now.Add(length), 0
	}
	b.used++
	return limit - b.used
}

// limited is an answer of 429.
type limited struct {
	after  time.Duration
	scope  string
	global bool
}

func (l *limited) Error() string { return fmt.Sprintf("429, retry after %v", l.after) }

func (l *limited) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(l.after.Seconds()))))
	h.Set("X-RateLimit-Scope", l.scope)
	if l.global {
		h.Set("X-RateLimit-Global", "true")
	}
	write(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": l.after.Seconds(), "global": l.global})
}

// limit counts a call in its bucket and in everybody's, and writes the
// headers. Interactions count only in their bucket. With the lock held.
// https://docs.discord.com/developers/topics/rate-limits
func (s *Server) limit(w http.ResponseWriter, r *http.Request, rt route, fault Fault) error {
	switch fault {
	case Limit:
		return &limited{after: time.Second, scope: "user"}
	case GlobalLimit:
		return &limited{after: time.Second, scope: "global", global: true}
	}
	now := s.now()
	if !rt.open && s.cfg.Global > 0 {
		if b := s.bucket(""); b.take(now, time.Second, s.cfg.Global) < 0 {
			return &limited{after: b.end.Sub(now), scope: "global", global: true}
		}
	}
	if s.cfg.Limit <= 0 {
		return nil
	}
	key := rt.pattern
	for _, major := range []string{"channel", "guild", "webhook", "interaction", "token"} {
		key += "/" + r.PathValue(major)
	}
	b := s.bucket(key)
	free := b.take(now, s.cfg.Window, s.cfg.Limit)
	after := b.end.Sub(now)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(s.cfg.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(free, 0)))
	h.Set("X-RateLimit-Reset", strconv.FormatFloat(float64(b.end.UnixMilli())/1000, 'f', 3, 64))
	h.Set("X-RateLimit-Reset-After", strconv.FormatFloat(after.Seconds(), 'f', 3, 64))
	h.Set("X-RateLimit-Bucket", bucketName(rt.pattern))
	if free < 0 {
		return &limited{after: after, scope: "user"}
	}
	return nil
}

// bucketName hides a route behind a hash, as Discord does.
func bucketName(pattern string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(pattern))
	return strconv.FormatUint(h.Sum64(), 16)
}

func (s *Server) bucket(key string) *window {
	b := s.buckets[key]
	if b == nil {
		b = &window{}
		s.buckets[key] = b
	}
	return b
}

// count notes answers that lead to a ban. With the lock held.
func (s *Server) count(err error) {
	var refused *apiError
	var slow *limited
	bad := errors.As(err, &slow) || errors.As(err, &refused) && (refused.status == http.StatusUnauthorized || refused.status == http.StatusForbidden)
	if bad {
		s.invalid.take(s.now(), 10*time.Minute, maxInvalid)
	}
}

func (s *Server) banned() bool { return s.now().Before(s.invalid.end) && s.invalid.used >= maxInvalid }
