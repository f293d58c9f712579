package main

import (
	"net/http"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// needs gives settings that a source cannot do without; the error names the
// first that is missing.
func needs(s playbook.Source, settings ...string) ([]string, error) {
	values := make([]string, 0, len(settings))
	for _, name := range settings {
		value := s.Settings.Get(name)
		if value == "" {
			return nil, s.Problem(name, "a source of kind %s needs %s", s.Kind, name)
		}
		values = append(values, value)
	}
	return values, nil
}

// needsSecret fetches what a setting refers to that a source cannot do without.
func (k kit) needsSecret(s playbook.Source, setting string) (string, error) {
	value, err := needs(s, setting)
	if err != nil {
		return "", err
	}
	return k.secret(s, setting, value[0])
}

// isTrue reads a setting that is true or false; nothing is false.
func isTrue(s playbook.Source, setting string) (bool, error) {
	switch v := s.Settings.Get(setting); v {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, s.Problem(setting, "%s is true or false, not %q", setting, v)
	}
}

// signedIn is how a source speaks HTTP with tokens that come and go. One that
// the platform refuses before its time is dropped, and the next call fetches
// another.
func (k kit) signedIn(s playbook.Source, grant oauth.Grant, renew string) (wire.Config, error) {
	tokens, err := oauth.New(oauth.Config{Source: s.Name, Grant: grant, Renew: renew, Keeper: k.keeper(s.Name), Transport: k.via, Now: k.now, Logger: k.log})
	if err != nil {
		return wire.Config{}, s.Problem("", "%v", err)
	}
	return wire.Config{
		Authorize: tokens.Authorize, Hide: tokens.Hide, Expiry: tokens.Expiry, Now: k.now,
		Explain: func(status int, _ []byte) (string, error) {
			if status == http.StatusUnauthorized {
				tokens.Forget()
			}
			return "", nil
		},
	}, nil
}
