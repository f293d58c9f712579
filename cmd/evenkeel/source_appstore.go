package main

import (
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/appstore"
)

// makeAppStore makes a source of one app on the App Store.
func makeAppStore(k kit, s playbook.Source) (sources.Source, error) {
	ref := s.Settings.Get("key")
	if ref == "" {
		return nil, s.Problem("key", "a source of kind %s needs key: the AuthKey_….p8 file of an API key, as file:PATH or ${NAME}", s.Kind)
	}
	key, err := k.secret(s, "key", ref)
	if err != nil {
		return nil, err
	}
	made, err := appstore.New(appstore.Settings{
		Name: s.Name, App: s.Settings.Get("app"), Title: s.Settings.Get("title"),
		Key:     appstore.Key{ID: s.Settings.Get("key_id"), Issuer: s.Settings.Get("issuer"), PEM: []byte(key)},
		MinPoll: s.Poll, Now: k.now,
	})
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
