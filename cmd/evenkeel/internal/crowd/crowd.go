// Package crowd bounds what an HTTP server spends on senders who do not finish:
// slow headers, bodies that trickle in, connections that are only held open.
// Time-outs alone do not bound it, because a thousand senders may all be slow
// within their time.
//
// Whoever makes the server wait stands in a queue. When the queue is too long,
// or the bodies begun hold too many bytes, the one that has kept the server
// waiting longest is hung up on; an honest sender is done in milliseconds and
// hardly ever is that one. A request that has arrived whole has left the queue:
// it is served to its end, and so is an answer without an end.
//
// A Crowd lives as long as its server, and is put around it once, before it
// serves.
package crowd

import (
	"container/list"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// Limits is how much waiting a server puts up with.
type Limits struct {
	Waiting int   // connections without a whole request, idle ones among them
	Bytes   int64 // of bodies that have begun and are not whole
}

// Crowd is the queue. It is safe for concurrent use.
type Crowd struct {
	limits Limits
	note   func()

	mu     sync.Mutex
	queue  *list.List // of *guest, who waits longest first
	bytes  int64      // of all guests in the queue
	guests map[net.Conn]*guest
}

// guest is a connection.
type guest struct {
	conn  net.Conn
	at    *list.Element // its place in the queue, nil for none
	bytes int64         // of a body that is not whole
}

// New makes a crowd; note is called for each connection that is hung up on, and
// must return soon.
func New(limits Limits, note func()) *Crowd {
	return &Crowd{limits: limits, note: note, queue: list.New(), guests: map[net.Conn]*guest{}}
}

// Around puts the crowd around a server that does not serve yet.
func (c *Crowd) Around(s *http.Server) {
	next := s.Handler
	s.ConnContext = c.arrived
	s.ConnState = c.changed
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g, ok := r.Context().Value(key{}).(*guest)
		switch {
		case !ok:
		case r.Body == nil || r.Body == http.NoBody:
			c.leave(g)
		default:
			c.enter(g)
			counted := *r // the server looks at its own body in the end
			counted.Body = &body{ReadCloser: r.Body, crowd: c, guest: g}
			r = &counted
		}
		next.ServeHTTP(w, r)
	})
}

type key struct{}

func (c *Crowd) arrived(ctx context.Context, conn net.Conn) context.Context {
	g := &guest{conn: conn}
	c.mu.Lock()
	c.guests[conn] = g
	c.mu.Unlock()
	return context.WithValue(ctx, key{}, g)
}

// changed follows a connection. What is left of a body after its handler is
// read by the server itself, so the place in the queue ends with the request,
// not with the handler.
func (c *Crowd) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	g := c.guests[conn]
	if state == http.StateClosed || state == http.StateHijacked {
		delete(c.guests, conn)
	}
	c.mu.Unlock()
	switch {
	case g == nil:
	case state == http.StateNew, state == http.StateIdle:
		c.enter(g)
	case state == http.StateClosed, state == http.StateHijacked:
		c.leave(g)
	}
}

// enter puts a guest at the end of the queue: what is waited for is new.
func (c *Crowd) enter(g *guest) {
	c.mu.Lock()
	c.remove(g)
	g.at = c.queue.PushBack(g)
	over := c.over()
	c.mu.Unlock()
	c.hangUp(over)
}

func (c *Crowd) leave(g *guest) {
	c.mu.Lock()
	c.remove(g)
	c.mu.Unlock()
}

// came counts bytes of a body that is not whole yet.
func (c *Crowd) came(g *guest, n int) {
	c.mu.Lock()
	var over []*guest
	if g.at != nil {
		g.bytes += int64(n)
		c.bytes += int64(n)
		over = c.over()
	}
	c.mu.Unlock()
	c.hangUp(over)
}

// remove takes a guest out of the queue; the lock is held.
func (c *Crowd) remove(g *guest) {
	if g.at == nil {
		return
	}
	c.queue.Remove(g.at)
	c.bytes -= g.bytes
	g.at, g.bytes = nil, 0
}

// over takes those out for whom there is no room; the lock is held. For bytes
// only those are asked who hold some, and the last of them may always stay: the
// server bounds a single body.
func (c *Crowd) over() []*guest {
	var out []*guest
	for c.queue.Len() > max(c.limits.Waiting, 1) {
		out = append(out, c.queue.Front().Value.(*guest))
		c.remove(out[len(out)-1])
	}
	for e := c.queue.Front(); e != nil && c.bytes > c.limits.Bytes; {
		g := e.Value.(*guest)
		e = e.Next()
		if g.bytes > 0 && g.bytes < c.bytes {
			out = append(out, g)
			c.remove(g)
		}
	}
	return out
}

func (c *Crowd) hangUp(on []*guest) {
	for _, g := range on {
		_ = g.conn.Close() // its reader and its handler see the end
		c.note()
	}
}

// body tells the crowd what came of a body, and that it is whole.
type body struct {
	io.ReadCloser
	crowd *Crowd
	guest *guest
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.crowd.leave(b.guest)
	case n > 0:
		b.crowd.came(b.guest, n)
	}
	return n, err
}
