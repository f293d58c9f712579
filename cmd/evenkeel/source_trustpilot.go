package main

import (
	"strconv"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/trustpilot"
)

// makeTrustpilot makes a source of Trustpilot's service reviews.
func makeTrustpilot(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "business_unit", "client_id")
	if err != nil {
		return nil, err
	}
	key, err := k.needsSecret(s, "client_secret")
	if err != nil {
		return nil, err
	}
	set := trustpilot.Settings{
		Name: s.Name, BusinessUnit: have[0], Author: s.Settings.Get("author"), MinPoll: s.Poll, Intake: k.intake,
	}
	if v := s.Settings.Get("calls_per_year"); v != "" {
		if set.CallsPerYear, err = strconv.Atoi(v); err != nil || set.CallsPerYear < 1 {
			return nil, s.Problem("calls_per_year", "%q is no number of calls; write 200000", v)
		}
	}
	if v := s.Settings.Get("hook_secret"); v != "" {
		if set.Secret, err = k.secret(s, "hook_secret", v); err != nil {
			return nil, err
		}
	}
	set.Wire, err = k.signedIn(s, oauth.ClientCredentials{App: oauth.App{
		ClientID: have[1], ClientSecret: secret.New(key), TokenURL: trustpilot.TokenURL, InHeader: true,
	}}, "Look in Trustpilot Business under Integrations, Developers, APIs whether the key and the secret are still valid.")
	if err != nil {
		return nil, err
	}
	made, err := trustpilot.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
