package main

import (
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/play"
)

// makePlay makes a source of one app on Google Play.
func makePlay(k kit, s playbook.Source) (sources.Source, error) {
	ref := s.Settings.Get("key")
	if ref == "" {
		return nil, s.Problem("key", "a source of kind %s needs key: the JSON key file of a service account, as file:PATH or ${NAME}", s.Kind)
	}
	file, err := k.secret(s, "key", ref)
	if err != nil {
		return nil, err
	}
	account, err := oauth.ParseServiceAccount([]byte(file), play.Scope)
	if err != nil {
		return nil, s.Problem("key", "%v", err)
	}
	tokens, err := oauth.New(oauth.Config{
		Source: s.Name, Grant: account, Now: k.now, Logger: k.log,
		Renew: "Check in the Play Console that the service account may reply to reviews, or make a new key for it.",
	})
	if err != nil {
		return nil, s.Problem("key", "%v", err)
	}
	made, err := play.New(play.Settings{
		Name: s.Name, Package: s.Settings.Get("package"), Title: s.Settings.Get("title"), Tokens: tokens,
		MinPoll: s.Poll, Now: k.now,
	})
	if err != nil {
		return nil, s.Problem("package", "%v", err)
	}
	return made, nil
}
