package torture

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// wire is a network cable that a test can pull: a TCP relay to the first of
// its ends that answers, beginning with another one each time.
type wire struct {
	address string // host:port
	ends    []string

	mu    sync.Mutex
	next  int
	state wireState
	open  map[net.Conn]bool
	moved chan struct{} // closed when the state changes
}

// wireState is how a wire is.
type wireState int

const (
	whole   wireState = iota
	pulled            // connections break, and no new ones come about
	stalled           // connections stand, and nothing passes
)

// newWire lays a wire to one of several ends, until the test is over.
func newWire(t *testing.T, ends ...string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: l.Addr().String(), ends: ends, open: map[net.Conn]bool{}, moved: make(chan struct{})}
	t.Cleanup(func() {
		_ = l.Close()
		w.set(pulled)
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.relay(c)
		}
	}()
	return w
}

// lead adds an end.
func (w *wire) lead(end string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, end)
}

// set changes the wire's state.
func (w *wire) set(s wireState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
	close(w.moved)
	w.moved = make(chan struct{})
	if s == pulled {
		for c := range w.open {
			_ = c.Close()
		}
	}
}

// pass waits while the wire stalls; false when it is pulled.
func (w *wire) pass() bool {
	for {
		w.mu.Lock()
		state, moved := w.state, w.moved
		w.mu.Unlock()
		if state != stalled {
			return state == whole
		}
		<-moved
	}
}

// hold remembers a connection, so that it breaks when the wire is pulled.
func (w *wire) hold(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[c] = true
}

func (w *wire) drop(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	_ = c.Close()
}

func (w *wire) relay(in net.Conn) {
	w.hold(in)
	defer w.drop(in)
	if !w.pass() {
		return
	}
	out := w.dial()
	if out == nil {
		return
	}
	w.hold(out)
	defer w.drop(out)
	go func() {
		defer w.drop(in)
		w.pump(in, out)
	}()
	w.pump(out, in)
}

// pump carries bytes one way until either side ends.
func (w *wire) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !w.pass() {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// dial reaches an end that answers, nil when none does.
func (w *wire) dial() net.Conn {
	w.mu.Lock()
	first, ends := w.next, slices.Clone(w.ends)
	w.next++
	w.mu.Unlock()
	for i := range ends {
		c, err := net.DialTimeout("tcp", ends[(first+i)%len(ends)], time.Second)
		if err == nil {
			return c
		}
	}
	return nil
}
