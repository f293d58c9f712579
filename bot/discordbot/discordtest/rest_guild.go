package discordtest

import "strings"

func (s *Server) getGateway(*call) (any, error) {
	return map[string]any{"url": s.gatewayURL("main")}, nil
}

func (s *Server) getGatewayBot(*call) (any, error) {
	return map[string]any{"url": s.gatewayURL("main"), "shards": 1,
		"session_start_limit": map[string]any{"total": 1000, "remaining": 1000 - s.gate.starts(), "reset_after": 86_400_000, "max_concurrency": 1}}, nil
}

func (s *Server) gatewayURL(name string) string {
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/gateway/" + name
}

func (s *Server) getMe(*call) (any, error) { return s.people[App].wire(), nil }

func (s *Server) getUser(c *call) (any, error) {
	if p := s.people[c.at("user")]; p != nil {
		return p.wire(), nil
	}
	return nil, errUnknownUser
}

func (s *Server) getMyGuilds(*call) (any, error) {
	if s.kicked {
		return []any{}, nil
	}
	return []any{map[string]any{"id": Guild, "name": "Acme", "icon": nil, "owner": false, "permissions": "0", "features": []any{}}}, nil
}

const (
	flagContent        = 1 << 18
	flagContentLimited = 1 << 19 // under a hundred servers
)

func (s *Server) getApplication(*call) (any, error) {
	flags := 0
	if s.cfg.MessageContent {
		flags |= flagContentLimited
	}
	var endpoint any
	if s.cfg.HTTP != "" {
		endpoint = s.cfg.HTTP
	}
	return map[string]any{"id": App, "name": "evenkeel", "icon": nil, "description": "", "bot_public": false, "bot_require_code_grant": false,
		"verify_key": s.PublicKey, "flags": flags, "interactions_endpoint_url": endpoint, "owner": s.people[owner].wire(), "team": nil, "bot": s.people[App].wire(),
		"approximate_guild_count": 1, "summary": "", "hook": true}, nil
}

// inGuild refuses a guild that the bot is not in. With the lock held.
func (s *Server) inGuild(c *call) error {
	if c.at("guild") != Guild || s.kicked {
		return errUnknownGuild
	}
	return nil
}

func (s *Server) getGuild(c *call) (any, error) {
	if err := s.inGuild(c); err != nil {
		return nil, err
	}
	return s.wireGuild(false), nil
}

func (s *Server) getRoles(c *call) (any, error) {
	if err := s.inGuild(c); err != nil {
		return nil, err
	}
	return s.wireRoles(), nil
}

func (s *Server) getChannels(c *call) (any, error) {
	if err := s.inGuild(c); err != nil {
		return nil, err
	}
	out := []any{}
	for _, id := range s.order {
		if r := s.rooms[id]; r.Type != DM && !r.isThread() {
			out = append(out, s.wireRoom(r))
		}
	}
	return out, nil
}

func (s *Server) getMember(c *call) (any, error) {
	if err := s.inGuild(c); err != nil {
		return nil, err
	}
	p := s.people[c.at("user")]
	if p == nil {
		return nil, errUnknownMember
	}
	out := s.wireMember(p)
	out["user"] = p.wire()
	return out, nil
}
