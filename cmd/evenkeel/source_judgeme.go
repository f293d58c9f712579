package main

import (
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/judgeme"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// makeJudgeMe makes a source of a shop's reviews on Judge.me.
func makeJudgeMe(k kit, s playbook.Source) (sources.Source, error) {
	have, err := needs(s, "shop")
	if err != nil {
		return nil, err
	}
	set := judgeme.Settings{Name: s.Name, Shop: have[0], MinPoll: s.Poll, Wire: wire.Config{Now: k.now}}
	if set.Token, err = k.needsSecret(s, "token"); err != nil {
		return nil, err
	}
	if set.Mail, err = isTrue(s, "mail_reviewer"); err != nil {
		return nil, err
	}
	made, err := judgeme.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
