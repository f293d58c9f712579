package main

import (
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/trustedshops"
)

// makeTrustedShops makes a source of Trusted Shops' reviews.
func makeTrustedShops(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "client_id")
	if err != nil {
		return nil, err
	}
	key, err := k.needsSecret(s, "client_secret")
	if err != nil {
		return nil, err
	}
	set := trustedshops.Settings{
		Name: s.Name, Channels: s.Settings["channels"], Reporter: s.Settings.Get("reporter"), MinPoll: s.Poll,
	}
	if set.Notify, err = isTrue(s, "notify"); err != nil {
		return nil, err
	}
	set.Wire, err = k.signedIn(s, oauth.ClientCredentials{
		App:    oauth.App{ClientID: have[0], ClientSecret: secret.New(key), TokenURL: trustedshops.TokenURL},
		Params: map[string]string{"audience": trustedshops.Base},
	}, "Look in the eTrusted Control Centre whether the API credentials are still valid.")
	if err != nil {
		return nil, err
	}
	made, err := trustedshops.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
