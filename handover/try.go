package handover

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
)

// Try looks whether a connection to a target can be made, and sends nothing.
// The error is for people.
func (h *Handover) Try(ctx context.Context, target string) error {
	i := slices.IndexFunc(h.lanes, func(l *lane) bool { return l.Name == target })
	if i < 0 {
		return errors.New("there is no target of this name")
	}
	u, err := url.Parse(h.lanes[i].URL)
	if err != nil {
		return errors.New("its address cannot be called")
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // net knows the ports of http and https
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := h.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return errors.New(lost(err))
	}
	return conn.Close()
}
