package discordtest

import "slices"

// Sessions counts the bot's connections that have identified.
func (s *Server) Sessions() int {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	n := 0
	for _, c := range s.gate.conns {
		if c.session != nil && c.session.conn == c {
			n++
		}
	}
	return n
}

// Identified counts the sessions that were ever started; a resume starts none.
func (s *Server) Identified() int { return s.gate.starts() }

func (g gateway) starts() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.begun
}

// all are the connections now.
func (g gateway) all() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.conns)
}

func (g gateway) closeAll() {
	for _, c := range g.all() {
		c.end()
	}
}

func (g gateway) closeWith(code int) {
	for _, c := range g.all() {
		c.close(code)
	}
}

// Drop breaks all connections without a word; their sessions can be resumed.
func (s *Server) Drop() { s.gate.closeAll() }

// DropOldest breaks the connection that is there longest, as if its replica
// had lost the network.
func (s *Server) DropOldest() {
	if all := s.gate.all(); len(all) > 0 {
		all[0].end()
	}
}

// BreakAt lets the connection break at the next interaction.
func (s *Server) BreakAt(at Break) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.breaking = at
}

// Reconnect asks all clients to come back (op 7).
func (s *Server) Reconnect() {
	for _, c := range s.gate.all() {
		c.send(frame{Op: opReconnect})
	}
}

// AskBeat asks all clients for a heartbeat at once (op 1).
func (s *Server) AskBeat() {
	for _, c := range s.gate.all() {
		c.send(frame{Op: opHeartbeat})
	}
}

// Invalidate tells all clients that their session is invalid (op 9); one that
// is not resumable is forgotten.
func (s *Server) Invalidate(resumable bool) {
	for _, c := range s.gate.all() {
		s.gate.mu.Lock()
		if n := c.session; n != nil {
			c.session, n.conn, n.left = nil, nil, s.now()
			if !resumable {
				delete(s.gate.sessions, n.id)
			}
		}
		s.gate.mu.Unlock()
		c.send(frame{Op: opInvalid, Data: resumable})
	}
}

// CloseGateway closes all connections with a code; sessions stay.
func (s *Server) CloseGateway(code int) { s.gate.closeWith(code) }

// RefuseGateway closes with a code whoever identifies or resumes; 0 ends it.
func (s *Server) RefuseGateway(code int) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.refuse = code
}

// Mute leaves heartbeats without an acknowledgement, as a half-dead
// connection does.
func (s *Server) Mute(on bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.mute = on
}
