package discordtest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Headers of signed requests.
// https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
const (
	SignatureHeader = "X-Signature-Ed25519"
	StampHeader     = "X-Signature-Timestamp"
)

// Sign is the hex signature of a body at a time, and the time as it is sent.
func (s *Server) Sign(at time.Time, body []byte) (signature, stamp string) {
	stamp = strconv.FormatInt(at.Unix(), 10)
	return hex.EncodeToString(ed25519.Sign(s.key, append([]byte(stamp), body...))), stamp
}

// Post sends a body to the bot's interactions endpoint with a signature and a
// timestamp, good or bad, and gives back what the bot answers.
func (s *Server) Post(ctx context.Context, body []byte, signature, stamp string) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.HTTP, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)")
	if signature != "" {
		req.Header.Set(SignatureHeader, signature)
	}
	if stamp != "" {
		req.Header.Set(StampHeader, stamp)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, answer, err
}

// Probe does what Discord does when somebody enters the endpoint's address: a
// PING that must be answered with a PONG, and one with a signature that is not
// good, which must be answered with 401.
func (s *Server) Probe(ctx context.Context) error {
	s.mu.Lock()
	body, err := json.Marshal(map[string]any{"id": s.id(), "application_id": App, "type": kindPing, "token": s.secret("ping"), "version": 1,
		"user": s.people[owner].wire(), "entitlements": []any{}, "authorizing_integration_owners": map[string]any{}})
	at := s.now()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	signature, stamp := s.Sign(at, body)
	status, answer, err := s.Post(ctx, body, signature, stamp)
	if err != nil {
		return err
	}
	var pong struct {
		Type int `json:"type"`
	}
	if status != http.StatusOK || json.Unmarshal(answer, &pong) != nil || pong.Type != Pong {
		return fmt.Errorf("discordtest: a PING was answered %d %s", status, answer)
	}
	forged := "00" + signature[2:]
	if forged == signature {
		forged = "01" + signature[2:]
	}
	if status, answer, err = s.Post(ctx, body, forged, stamp); err != nil {
		return err
	}
	if status != http.StatusUnauthorized {
		return fmt.Errorf("discordtest: a PING with a bad signature was answered %d %s", status, answer)
	}
	return nil
}

// deliverSigned posts an interaction. The first answer may be the answer to
// this request, or 202 and a call.
func (s *Server) deliverSigned(ctx context.Context, a *action, d *Delivery) error {
	body, err := json.Marshal(a.payload)
	if err != nil {
		return err
	}
	d.body = body
	d.signature, d.stamp = s.Sign(s.now(), body)
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Ack)
	defer cancel()
	status, answer, err := s.Replay(ctx, *d)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return ErrLate
	case err != nil:
		return err
	case status == http.StatusAccepted || status == http.StatusNoContent:
		return nil
	case status != http.StatusOK:
		return fmt.Errorf("discordtest: the endpoint answered %d %s", status, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wake()
	if err := s.callback(a, answer, nil); err != nil {
		return fmt.Errorf("discordtest: the endpoint's answer is refused: %w", err)
	}
	return nil
}

// Replay posts the very request of a delivery once more, as somebody who
// recorded it would.
func (s *Server) Replay(ctx context.Context, d Delivery) (status int, answer []byte, err error) {
	return s.Post(ctx, d.body, d.signature, d.stamp)
}
