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

// googleSignIn is a person's consent: an OAuth client and a refresh token.
func googleSignIn(k kit, s playbook.Source, scope string) (*oauth.Source, error) {
	var value [3]string
	for i, setting := range []string{"client_id", "client_secret", "refresh_token"} {
		if value[i] = s.Settings.Get(setting); value[i] == "" {
			return nil, s.Problem(setting, "a source of kind %s needs client_id, client_secret and refresh_token; %s is missing", s.Kind, setting)
		}
	}
	var err error
	for i, setting := range []string{"client_secret", "refresh_token"} {
		if value[i+1], err = k.secret(s, setting, value[i+1]); err != nil {
			return nil, err
		}
	}
	tokens, err := oauth.New(oauth.Config{
		Source: s.Name, Now: k.now, Logger: k.log,
		Renew: "Sign in again with the Google account that manages the places, and put the new refresh token where " + s.Name + " reads it.",
		Grant: oauth.Refresh{App: oauth.GoogleApp(value[0], secret.New(value[1]), scope), Token: secret.New(value[2])},
	})
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return tokens, nil
}
