package main

import (
	"strconv"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/ecwid"
	"github.com/evenkeel/evenkeel/sources/etsy"
	"github.com/evenkeel/evenkeel/sources/facebook"
	"github.com/evenkeel/evenkeel/sources/wire"
	"github.com/evenkeel/evenkeel/sources/yelp"
)

// The platforms whose reviews are read by API and answered by hand.

// numbered reads a setting that is a number on the platform.
func numbered(s playbook.Source, setting string) (int64, error) {
	have, err := needs(s, setting)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(have[0], 10, 64)
	if err != nil || n < 1 {
		return 0, s.Problem(setting, "%s is a number, not %q", setting, have[0])
	}
	return n, nil
}

func makeEtsy(k kit, s playbook.Source) (sources.Source, error) {
	shop, err := numbered(s, "shop")
	if err != nil {
		return nil, err
	}
	key, err := k.needsSecret(s, "key")
	if err != nil {
		return nil, err
	}
	return orProblem(s, etsy.New, etsy.Settings{
		Name: s.Name, Shop: shop, Key: key, Open: s.Settings.Get("open"), MinPoll: s.Poll, Wire: wire.Config{Now: k.now},
	})
}

func makeEcwid(k kit, s playbook.Source) (sources.Source, error) {
	store, err := numbered(s, "store")
	if err != nil {
		return nil, err
	}
	token, err := k.needsSecret(s, "token")
	if err != nil {
		return nil, err
	}
	return orProblem(s, ecwid.New, ecwid.Settings{
		Name: s.Name, Store: store, Token: token, Open: s.Settings.Get("open"), MinPoll: s.Poll, Wire: wire.Config{Now: k.now},
	})
}

func makeYelp(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "business")
	if err != nil {
		return nil, err
	}
	key, err := k.needsSecret(s, "key")
	if err != nil {
		return nil, err
	}
	return orProblem(s, yelp.New, yelp.Settings{
		Name: s.Name, Business: have[0], Key: key, Open: s.Settings.Get("open"), MinPoll: s.Poll, Wire: wire.Config{Now: k.now},
	})
}

func makeFacebook(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "page")
	if err != nil {
		return nil, err
	}
	token, err := k.needsSecret(s, "token")
	if err != nil {
		return nil, err
	}
	return orProblem(s, facebook.New, facebook.Settings{
		Name: s.Name, Page: have[0], Token: token, Open: s.Settings.Get("open"), MinPoll: s.Poll, Wire: wire.Config{Now: k.now},
	})
}

// orProblem makes a source; what is wrong is said at its place in the playbook.
func orProblem[Set any, S sources.Source](s playbook.Source, make func(Set) (S, error), set Set) (sources.Source, error) {
	made, err := make(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
