//go:build peers

package handover_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/handover"
	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// TestTheirLibraryTakesOurEvents hands events to Standard Webhooks' own library
// in another language; it checks the signature and the age of each. While a
// secret is replaced it knows the old one alone, and a stranger's is refused.
func TestTheirLibraryTakesOurEvents(t *testing.T) {
	key := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a key of twenty-four byt"))
	port := peers.Port(t)
	p := peers.Start(t, peers.Program{Dir: peers.NPM(t, "testdata/peers"), Args: []string{"node", "receive.mjs"}, Env: []string{"PORT=" + port, "SECRET=" + key}})
	var ready struct{ Ready bool }
	p.Says(&ready)

	d := newDesk(t)
	d.to.now = time.Now() // the library looks at the clock
	cfg := func(secrets string) *handover.Handover {
		c := d.config(d.target(func(to *handover.Target) {
			to.URL, to.Secret = "http://127.0.0.1:"+port+"/in", secret.New(secrets)
		}))
		c.Allow = []string{"127.0.0.1"}
		h, err := handover.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := cfg(key)
	d.runs(h)
	takes := func(h *handover.Handover) (said struct {
		ID, Problem string
		Event       handover.Event
	}) {
		d.happens(1, "approve")
		d.runs(h)
		p.Says(&said)
		return said
	}
	if said := takes(h); said.Problem != "" || said.Event.Type != "case.approve" || !strings.HasPrefix(said.ID, "evt_") {
		t.Errorf("it says %+v", said)
	}
	if said := takes(cfg("another secret of our own," + key)); said.Problem != "" {
		t.Errorf("with two secrets it says %+v", said)
	}
	if said := takes(cfg("the secret of somebody else")); said.Problem == "" {
		t.Error("it takes what somebody else signed")
	}
}
