package main

import (
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/ebay"
	"github.com/evenkeel/evenkeel/sources/oauth"
)

// makeEbay makes a source of a seller's feedback on eBay.
func makeEbay(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "user", "client_id")
	if err != nil {
		return nil, err
	}
	key, err := k.needsSecret(s, "client_secret")
	if err != nil {
		return nil, err
	}
	refresh, err := k.needsSecret(s, "refresh_token")
	if err != nil {
		return nil, err
	}
	set := ebay.Settings{Name: s.Name, User: have[0], MinPoll: s.Poll}
	set.Wire, err = k.signedIn(s, oauth.Refresh{Token: secret.New(refresh), App: oauth.App{
		ClientID: have[1], ClientSecret: secret.New(key), TokenURL: ebay.TokenURL, Scopes: []string{ebay.Scope}, InHeader: true,
	}}, "Consent is good for 18 months: sign in once more in eBay's developer portal, and put the new refresh token where "+s.Name+" reads it.")
	if err != nil {
		return nil, err
	}
	made, err := ebay.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
