package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/handover"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
)

// handOver makes what tells other programs what happens.
func (c *call) handOver(p parts, desk *bot.Desk) (*handover.Handover, error) {
	targets, err := c.handoverTargets(p.rules)
	if err != nil {
		return nil, err
	}
	return handover.New(handover.Config{
		Store: p.store, Targets: targets, Allow: c.handoverAllow(), Now: p.now, Logger: c.log, Worker: workerName(),
		Trouble: func(target string, err error) { desk.Trouble("handover "+target, err) }, News: desk.OutageNews,
	})
}

// outage tells the desk how a target fares.
func outage(store storage.Store) func(context.Context, string) (bot.Outage, error) {
	return func(ctx context.Context, target string) (bot.Outage, error) {
		st, err := handover.Load(ctx, store, target)
		return bot.Outage{Since: st.Since, Problem: st.Trouble()}, err
	}
}

// handoverTargets are those of the playbook, with their secrets. All that is
// missing is reported at once.
func (c *call) handoverTargets(rules *playbook.Playbook) ([]handover.Target, error) {
	var targets []handover.Target
	var wrong []error
	for _, h := range rules.Handover() {
		key, err := h.Secret.Resolve(c.env, os.ReadFile)
		if err != nil {
			wrong = append(wrong, h.Problem("%v", err))
			continue
		}
		targets = append(targets, handover.Target{Name: h.Name, URL: h.URL, Secret: secret.New(key), Verbs: h.Verbs, Words: h.Words})
	}
	return targets, errors.Join(wrong...)
}

// targetNames are the programs that events are handed to.
func targetNames(rules *playbook.Playbook) []string {
	var names []string
	for _, h := range rules.Handover() {
		names = append(names, h.Name)
	}
	return names
}

func (c *call) handoverAllow() []string {
	return strings.FieldsFunc(c.values.Get(setHandoverAllow), func(r rune) bool { return r == ',' || r == ' ' })
}

// handoverCheck connects to every target, sends nothing, and tells what waits.
func (e *examination) handoverCheck(ctx context.Context, rules *playbook.Playbook, store storage.Store) {
	targets, err := e.handoverTargets(rules)
	if err != nil {
		e.add("handover", attention, "set what is missing", "%v", err)
	}
	h, err := handover.New(handover.Config{Targets: targets, Allow: e.handoverAllow(), Now: e.now, Logger: e.log})
	if err != nil {
		e.add("handover", attention, "mend the playbook or the setting", "%v", err)
		return
	}
	for _, t := range targets {
		if err := h.Try(ctx, t.Name); err != nil {
			e.add("handover", attention, "see that its url is right and that it can be reached from here", "%s: %v", t.Name, err)
			continue
		}
		if store != nil {
			st, err := handover.Load(ctx, store, t.Name)
			if err != nil {
				e.add("handover", attention, "", "%s: %v", t.Name, err)
				continue
			}
			if p := st.Trouble(); p != "" {
				e.add("handover", attention, "mend the target; what waits is sent by itself", "%s: %s", t.Name, p)
				continue
			}
		}
		e.add("handover", well, "", "%s can be reached; nothing was sent", t.Name)
	}
}
