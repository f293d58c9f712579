package wire

import "time"

// Part is what every connector has in common; a connector embeds it and says
// only what is its own. It keeps no state.
type Part struct {
	name, platform string
	expiry         func() time.Time
}

// Connect makes the client of one source of a platform, at its usual address
// base where cfg has none, with what the source embeds. The error names a
// setting.
func Connect(name, platform, base string, cfg Config) (Part, *Client, error) {
	if cfg.Base == "" {
		cfg.Base = base
	}
	cfg.Source = name
	client, err := New(cfg)
	return Part{name: name, platform: platform, expiry: cfg.Expiry}, client, err
}

// Name is the name from the playbook.
func (p Part) Name() string { return p.name }

// Platform names the platform for rules and words.
func (p Part) Platform() string { return p.platform }

// TokenExpiry is when the token at hand ends; zero when there is none, or nobody
// knows.
func (p Part) TokenExpiry() time.Time {
	if p.expiry == nil {
		return time.Time{}
	}
	return p.expiry()
}
