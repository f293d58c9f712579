package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Path is where Discord posts interactions in HTTP mode.
const Path = "/discord/interactions"

const (
	// freshness is how old or how far ahead a request's time may be. Discord
	// sets no figure; discordgo and Discord's own library check none at all, so
	// that a request of last year would pass.
	freshness = 5 * time.Minute
	maxAsked  = 1 << 20 // bytes of one interaction
	// latestHTTP is when Discord gets an answer at the latest.
	latestHTTP = 2700 * time.Millisecond
)

// Handler takes Discord's requests in HTTP mode: it verifies signature, age
// and that it was not seen before, and answers in the response.
// https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint
func (b *Bot) Handler() http.Handler { return http.HandlerFunc(b.serveHTTP) }

func (b *Bot) serveHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		http.Error(w, "post here", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxAsked)
	body, status := b.verified(r)
	if status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	var i interaction
	if err := json.Unmarshal(body, &i); err != nil {
		http.Error(w, "this is no interaction", http.StatusBadRequest)
		return
	}
	if i.Type == pingAction {
		_ = writeJSON(w, response{Type: pong})
		return
	}
	answered := make(chan response, 1)
	sent := make(chan error, 1)
	b.takeRead(r.Context(), i, func(interaction) reply {
		return func(ctx context.Context, res response) error {
			select {
			case answered <- res:
			default:
				return errAnswered
			}
			select {
			case err := <-sent:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	timer := time.NewTimer(latestHTTP)
	defer timer.Stop()
	select {
	case res := <-answered:
		sent <- writeJSON(w, res)
	case <-timer.C:
		select {
		case answered <- response{}: // whoever comes now is too late
			http.Error(w, "no answer in time", http.StatusServiceUnavailable)
		case res := <-answered:
			sent <- writeJSON(w, res)
		}
	}
}

var errAnswered = errors.New("the answer came too late")

func writeJSON(w http.ResponseWriter, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(raw)
	if f, ok := w.(http.Flusher); ok {
		f.Flush() // what follows over REST must find it there
	}
	return err
}

// verified reads a request that Discord has signed, lately and for the first
// time; otherwise it gives the status to answer.
func (b *Bot) verified(r *http.Request) ([]byte, int) {
	stamp, err := strconv.ParseInt(r.Header.Get("X-Signature-Timestamp"), 10, 64)
	if err != nil {
		return nil, http.StatusUnauthorized
	}
	if age := b.now().Sub(time.Unix(stamp, 0)); age > freshness || age < -freshness {
		return nil, http.StatusUnauthorized
	}
	if len(b.key) == 0 || !discordgo.VerifyInteraction(r, b.key) {
		return nil, http.StatusUnauthorized
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, http.StatusBadRequest
	}
	if !b.signatures.First(strings.ToLower(r.Header.Get("X-Signature-Ed25519")), struct{}{}) {
		return nil, http.StatusUnauthorized
	}
	return body, 0
}
