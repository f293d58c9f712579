package main

import (
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/medusa"
)

func makeMedusa(k kit, s playbook.Source) (sources.Source, error) {
	set := medusa.Settings{Name: s.Name, BaseURL: s.Settings.Get("url"), Store: s.Settings.Get("store"), MinPoll: s.Poll, Now: k.now}
	if v := s.Settings.Get("key"); v != "" {
		key, err := k.secret(s, "key", v)
		if err != nil {
			return nil, err
		}
		set.Key = key
	}
	made, err := medusa.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
