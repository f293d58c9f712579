package main

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google"
	"github.com/evenkeel/evenkeel/sources/oauth"
)

// makeGoogle makes a source of Google Business Profile.
func makeGoogle(k kit, s playbook.Source) (sources.Source, error) {
	tokens, err := googleSignIn(k, s, google.Scope)
	if err != nil {
		return nil, err
	}
	set := google.Settings{
		Name: s.Name, Account: strings.TrimPrefix(s.Account, "accounts/"), Tokens: tokens,
		MinPoll: s.Poll, Now: k.now,
	}
	places := s.Settings["locations"]
	if s.Location != "" {
		places = append([]string{s.Location}, places...)
	}
	for _, p := range places {
		id, name, _ := strings.Cut(strings.TrimSpace(p), " ")
		set.Locations = append(set.Locations, google.Location{ID: strings.TrimPrefix(id, "locations/"), Name: strings.TrimSpace(name)})
	}
	made, err := google.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}

// googleApp is the OAuth client of a source's settings.
func googleApp(k kit, s playbook.Source, scope string) (oauth.App, error) {
	have, err := needs(s, "client_id")
	if err != nil {
		return oauth.App{}, err
	}
	key, err := k.needsSecret(s, "client_secret")
	if err != nil {
		return oauth.App{}, err
	}
	return oauth.GoogleApp(have[0], secret.New(key), scope), nil
}

// googleSignIn is a person's consent: an OAuth client with the refresh token
// that the vault keeps, or one that the playbook refers to.
func googleSignIn(k kit, s playbook.Source, scope string) (*oauth.Source, error) {
	app, err := googleApp(k, s, scope)
	if err != nil {
		return nil, err
	}
	grant := oauth.Refresh{App: app}
	if ref := s.Settings.Get("refresh_token"); ref != "" {
		token, err := k.secret(s, "refresh_token", ref)
		if err != nil {
			return nil, err
		}
		grant.Token = secret.New(token)
	} else if k.vault == nil {
		return nil, s.Problem("refresh_token", "nobody has signed in for %s: %s, then `evenkeel source sign-in %s`; or give refresh_token", s.Name, setKeyFirst, s.Name)
	}
	tokens, err := oauth.New(oauth.Config{
		Source: s.Name, Now: k.now, Logger: k.log, Keeper: k.keeper(s.Name), Transport: k.via, Grant: grant,
		Renew: "Sign in with the Google account that manages the places: evenkeel source sign-in " + s.Name,
	})
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return tokens, nil
}
