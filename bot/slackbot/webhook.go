package slackbot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Paths of HTTP mode, as the manifest names them. Each takes whatever Slack
// sends to any of them.
const (
	PathEvents      = "/slack/events"
	PathInteractive = "/slack/interactive"
	PathCommand     = "/slack/command"
)

const (
	// maxBody bounds a request: a submitted form of 30,000 characters fits.
	maxBody = 1 << 20
	// freshness is Slack's own advice.
	// https://docs.slack.dev/authentication/verifying-requests-from-slack
	freshness = 5 * time.Minute
	// answerTime is the last moment for an answer: Slack waits 3 seconds.
	answerTime = 2800 * time.Millisecond
)

// Handler takes Slack's requests in HTTP mode, at the paths above.
func (b *Bot) Handler() http.Handler {
	h := &webhook{bot: b, signatures: b.signatures}
	mux := http.NewServeMux()
	for _, path := range []string{PathEvents, PathInteractive, PathCommand} {
		mux.Handle("POST "+path, h)
	}
	return mux
}

type webhook struct {
	bot        *Bot
	signatures *seen
}

// Refusals of a request. None of them helps somebody who guesses.
var (
	errUnsigned = errors.New("the signature does not fit")
	errOld      = errors.New("the request is too old or from the future")
	errReplayed = errors.New("the request came before")
)

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "too large")
		return
	}
	if err := h.verify(r.Header, body); err != nil {
		h.bot.log.Warn("a request was refused", "err", err, "from", r.RemoteAddr)
		refuse(w, http.StatusUnauthorized, err.Error())
		return
	}
	h.take(w, r, body)
}

// refuse answers a request that must not be tried again as it is.
func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("X-Slack-No-Retry", "1")
	http.Error(w, why, code)
}

// verify checks signature, age and novelty of the raw body.
func (h *webhook) verify(header http.Header, body []byte) error {
	stamp := header.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errUnsigned
	}
	mac, err := hex.DecodeString(strings.TrimPrefix(header.Get("X-Slack-Signature"), "v0="))
	if err != nil || !strings.HasPrefix(header.Get("X-Slack-Signature"), "v0=") || !h.signed(stamp, body, mac) {
		return errUnsigned
	}
	if h.bot.now().Sub(time.Unix(seconds, 0)).Abs() > freshness {
		return errOld
	}
	if !h.signatures.first(string(mac)) {
		return errReplayed
	}
	return nil
}

// signed tells whether one of the secrets made this signature.
func (h *webhook) signed(stamp string, body, mac []byte) bool {
	ok := false
	for _, s := range h.bot.cfg.SigningSecrets {
		sum := hmac.New(sha256.New, []byte(s.Reveal()))
		_, _ = io.WriteString(sum, "v0:"+stamp+":") // a hash takes everything
		sum.Write(body)
		ok = hmac.Equal(sum.Sum(nil), mac) || ok
	}
	return ok
}

// take hands the request on and answers it when it is acknowledged.
func (h *webhook) take(w http.ResponseWriter, r *http.Request, body []byte) {
	answer := make(chan []byte, 1)
	done := once(func(b []byte) { answer <- b })
	ctx := context.WithoutCancel(r.Context())
	var taken bool
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		e, err := decode[event](body)
		if err == nil && e.Type == "url_verification" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, e.Challenge)
			return
		}
		taken = h.bot.takeEvent(ctx, body, done)
	} else {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			refuse(w, http.StatusBadRequest, "not a form")
			return
		}
		taken = h.takeForm(ctx, form, done)
	}
	if !taken { // busy: Slack may try again
		http.Error(w, "too busy", http.StatusServiceUnavailable)
		return
	}
	t := time.NewTimer(answerTime)
	defer t.Stop()
	select {
	case b := <-answer:
		if len(b) > 0 {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		_, _ = w.Write(b)
	case <-t.C:
		w.WriteHeader(http.StatusOK)
	}
}

func (h *webhook) takeForm(ctx context.Context, form url.Values, done ack) bool {
	if p := form.Get("payload"); p != "" {
		return h.bot.takeInteraction(ctx, []byte(p), done)
	}
	if form.Get("ssl_check") == "1" || form.Get("command") == "" {
		done(nil)
		return true
	}
	return h.bot.takeCommand(ctx, slash{
		Command: form.Get("command"), Text: form.Get("text"), UserID: form.Get("user_id"), UserName: form.Get("user_name"),
		ChannelID: form.Get("channel_id"), ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
		Team: form.Get("team_id"), Enterprise: form.Get("enterprise_id"),
	}, done)
}
