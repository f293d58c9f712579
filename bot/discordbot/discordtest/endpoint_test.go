package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// endpoint is a bot's endpoint that checks signatures as it should, unless it
// is told to be careless.
type endpoint struct {
	key      string
	careless bool
	silent   bool
	answer   func(in object) (int, object)
}

func (e *endpoint) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, _ := hex.DecodeString(e.key)
	signature, _ := hex.DecodeString(r.Header.Get(SignatureHeader))
	if !e.careless && !ed25519.Verify(key, append([]byte(r.Header.Get(StampHeader)), body...), signature) {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	var in object
	_ = json.Unmarshal(body, &in)
	if number(in["type"]) == kindPing && !e.silent {
		_ = json.NewEncoder(rw).Encode(object{"type": Pong})
		return
	}
	status, out := e.answer(in)
	rw.WriteHeader(status)
	if out != nil {
		_ = json.NewEncoder(rw).Encode(out)
	}
}

func signed(t *testing.T) (*world, *endpoint) {
	t.Helper()
	e := &endpoint{answer: func(object) (int, object) { return http.StatusOK, object{"type": DeferredUpdate} }}
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	w := open(t, Config{HTTP: srv.URL, Ack: 20 * time.Second})
	e.key = w.PublicKey
	return w, e
}

func TestProbe(t *testing.T) {
	w, e := signed(t)
	if err := w.Probe(w.context()); err != nil {
		t.Error(err)
	}
	e.careless = true
	if w.Probe(w.context()) == nil {
		t.Error("an endpoint that takes bad signatures passes")
	}
	e.careless, e.silent = false, true
	if w.Probe(w.context()) == nil {
		t.Error("an endpoint that does not answer PING with PONG passes")
	}
}

func TestSignedInteractions(t *testing.T) {
	w, e := signed(t)
	id := w.good("POST", inReviews+"/messages", object{"content": "card", "components": buttons("go")}).body["id"].(string)
	press := func() (Answer, error) { return w.Press(w.context(), ana, w.message(Reviews, id), "go") }
	first, err := press()
	if err != nil || first.Type != DeferredUpdate {
		t.Fatalf("%+v %v", first, err)
	}
	// A replay is the very same request, with the same good signature.
	if status, _, err := w.Replay(w.context(), first.Delivery); err != nil || status != http.StatusOK {
		t.Errorf("%d %v", status, err)
	}
	if first.Delivery.stamp != strconv.FormatInt(w.clock.now().Unix(), 10) {
		t.Errorf("signed at %s", first.Delivery.stamp)
	}
	e.answer = func(object) (int, object) { return http.StatusOK, object{"type": Choices} }
	if _, err := press(); err == nil {
		t.Error("an answer that does not fit is taken")
	}
	e.answer = func(object) (int, object) { return http.StatusInternalServerError, nil }
	if _, err := press(); err == nil {
		t.Error("500 is taken for an answer")
	}
	// 202, and the answer by a call.
	e.answer = func(in object) (int, object) {
		go w.do("POST", callbackPath(in), object{"type": Reply, "data": object{"content": "by a call"}})
		return http.StatusAccepted, nil
	}
	if first, err := press(); err != nil || first.Type != Reply {
		t.Errorf("%+v %v", first, err)
	}
}

func TestASlowEndpointIsLate(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	w := open(t, Config{HTTP: srv.URL, Ack: 20 * time.Millisecond})
	id := w.good("POST", inReviews+"/messages", object{"components": buttons("go")}).body["id"].(string)
	if _, err := w.Press(w.context(), ana, w.message(Reviews, id), "go"); !errors.Is(err, ErrLate) {
		t.Errorf("%v", err)
	}
}
