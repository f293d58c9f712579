package discordtest

import "context"

// Forge presses something that stands on no message: a component of an older
// version, or one that somebody made up. The bot gets it like any other press.
func (s *Server) Forge(ctx context.Context, user string, m Message, customID string) (Answer, error) {
	s.mu.Lock()
	r, err := s.seen(user, m.Channel)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	a := s.interaction(kindPress, user, r, map[string]any{"custom_id": customID, "component_type": kindButton}, r.find(m.ID))
	s.mu.Unlock()
	return s.bringAction(ctx, a)
}
