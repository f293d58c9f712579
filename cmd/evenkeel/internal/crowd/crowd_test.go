package crowd_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/crowd"
)

// house is a server with a crowd around it. A request for /stay is answered
// when it may go; all others are answered with the length of their body.
type house struct {
	*httptest.Server
	t      *testing.T
	hungUp atomic.Int32
	inside chan struct{} // one for each request that reached a handler
	read   chan int      // bytes of a body as they are read
	leave  chan struct{} // closed when those who stay may go
	idle   chan struct{} // one for each connection that became idle
}

func open(t *testing.T, limits crowd.Limits) *house {
	h := &house{t: t, inside: make(chan struct{}, 100), read: make(chan int, 1000), leave: make(chan struct{}), idle: make(chan struct{}, 100)}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.inside <- struct{}{}
		if r.URL.Path == "/stay" {
			<-h.leave
			return
		}
		total, buf := 0, make([]byte, 4096)
		for {
			n, err := r.Body.Read(buf)
			total += n
			h.read <- n
			if err != nil {
				break
			}
		}
		_, _ = fmt.Fprint(w, total)
	}))
	crowd.New(limits, func() { h.hungUp.Add(1) }).Around(h.Config)
	changed := h.Config.ConnState
	h.Config.ConnState = func(c net.Conn, s http.ConnState) {
		changed(c, s)
		if s == http.StateIdle {
			h.idle <- struct{}{}
		}
	}
	h.Start()
	t.Cleanup(h.Close)
	return h
}

// guest is a sender with a connection of its own.
type guest struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (h *house) guest(said string) *guest {
	c, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	g := &guest{Conn: c, t: h.t, r: bufio.NewReader(c)}
	g.say(said)
	return g
}

func (g *guest) say(s string) {
	if _, err := io.WriteString(g, s); err != nil {
		g.t.Fatal(err)
	}
}

// answer is the body of what the server answers.
func (g *guest) answer() string {
	g.t.Helper()
	resp, err := http.ReadResponse(g.r, nil)
	if err != nil {
		g.t.Fatalf("no answer: %v", err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(b)
}

// gone waits until the server has hung up.
func (g *guest) gone() {
	g.t.Helper()
	var late net.Error
	switch _, err := g.r.ReadByte(); {
	case err == nil:
		g.t.Fatal("it was answered")
	case errors.As(err, &late) && late.Timeout():
		g.t.Fatal("it still has its connection")
	}
}

const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"

// TestTheLongestWaitingGoes: with room for four, the fifth connection costs the
// first one its place, whatever it is waiting with.
func TestTheLongestWaitingGoes(t *testing.T) {
	for name, said := range map[string]string{
		"nothing said":     "",
		"half of a header": "POST / HTTP/1.1\r\nHo",
		"half of a body":   fmt.Sprintf(head, 100, "abc"),
		"an idle one":      fmt.Sprintf(head, 3, "abc"),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, crowd.Limits{Waiting: 4, Bytes: 1 << 20})
			first := h.guest(said)
			switch name {
			case "half of a body":
				<-h.read
			case "an idle one":
				if first.answer() != "3" {
					t.Fatal("it was not served")
				}
				<-h.idle
			}
			for range 3 {
				h.guest("POST / HTTP/1.1\r\n")
			}
			if h.hungUp.Load() != 0 {
				t.Fatal("there was room for all")
			}
			last := h.guest("POST")
			first.gone()
			last.say(fmt.Sprintf(head, 2, "ok")[len("POST"):])
			if got := last.answer(); got != "2" {
				t.Errorf("the honest one got %q", got)
			}
		})
	}
}

// TestServedToTheEnd: a request that arrived whole is not in anybody's way.
func TestServedToTheEnd(t *testing.T) {
	h := open(t, crowd.Limits{Waiting: 2, Bytes: 1 << 20})
	whole := h.guest("GET /stay HTTP/1.1\r\nHost: x\r\n\r\n")
	<-h.inside
	for range 20 {
		h.guest("POST / HTTP/1.1\r\n")
	}
	late := h.guest(fmt.Sprintf(head, 1, "a"))
	if got := late.answer(); got != "1" {
		t.Errorf("%q", got)
	}
	close(h.leave)
	if got := whole.answer(); got != "" {
		t.Errorf("%q", got)
	}
}

// TestBytesUnderWay: bodies that are not whole share what there is, and a body
// within its own bound is always taken when nobody else is there.
func TestBytesUnderWay(t *testing.T) {
	h := open(t, crowd.Limits{Waiting: 100, Bytes: 10_000})
	idle := h.guest("")
	slow := make([]*guest, 3)
	for i := range slow {
		slow[i] = h.guest(fmt.Sprintf(head, 5_000, strings.Repeat("x", 4_000)))
		for n := 0; n < 4_000; {
			n += <-h.read
		}
	}
	slow[0].gone()
	for _, g := range slow[1:] {
		g.say(strings.Repeat("x", 1_000))
		if got := g.answer(); got != "5000" {
			t.Errorf("%q", got)
		}
	}
	large := h.guest(fmt.Sprintf(head, 50_000, strings.Repeat("x", 50_000)))
	if got := large.answer(); got != "50000" {
		t.Errorf("%q", got)
	}
	idle.say(fmt.Sprintf(head, 1, "a"))
	if got := idle.answer(); got != "1" {
		t.Errorf("who holds nothing was let go of for bytes: %q", got)
	}
	if n := h.hungUp.Load(); n != 1 {
		t.Errorf("%d were hung up on, want 1", n)
	}
}
