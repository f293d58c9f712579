package main

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
)

// writers are who reads reviews and who writes, judges and translates texts.
// Without a model nobody judges or translates.
type writers struct {
	drafter    bot.Drafter
	triager    bot.Triager
	judge      bot.Judge
	translator bot.Translator
}

// offline is the built-in drafter alone.
func offline() writers {
	o := llm.NewOffline()
	return writers{drafter: o, triager: o}
}

// writers are the model of the settings, or the built-in drafter without one.
// What it spends is counted in the database, for all replicas together.
func (c *call) writers(rules *playbook.Playbook, spent spender) (writers, error) {
	address := c.values.Get(setModelURL)
	if address == "" {
		return offline(), nil
	}
	model := c.values.Get(setModel)
	if model == "" {
		return writers{}, usagef("a model endpoint is set, but no model is named; set EVENKEEL_MODEL or --model too")
	}
	prompt, answer := price(c.values.Get(setPromptPrice)), price(c.values.Get(setAnswerPrice))
	endpoints := []llm.Endpoint{{BaseURL: address, Model: model, Key: c.values.Secret(setModelKey), PromptPrice: prompt, CompletionPrice: answer}}
	if spare := c.values.Get(setSpareURL); spare != "" {
		if c.values.Get(setSpare) == "" {
			return writers{}, usagef("a second model endpoint is set, but no model is named for it; set EVENKEEL_SPARE_MODEL too")
		}
		// Its prices are taken to be the first one's, so that the budget is kept
		// at least roughly.
		endpoints = append(endpoints, llm.Endpoint{BaseURL: spare, Model: c.values.Get(setSpare), Key: c.values.Secret(setSpareKey), PromptPrice: prompt, CompletionPrice: answer})
	}
	limits := rules.Drafting()
	client, err := llm.New(llm.Config{
		Endpoints: endpoints,
		Budget:    llm.Spending{Tokens: int(limits.TokensPerDay), Cost: limits.CostPerDay},
		Ledger:    ledger{spent},
		Location:  rules.Location(),
		Now:       c.now,
		Log:       c.log,
	})
	if err != nil {
		return writers{}, usage(err)
	}
	return writers{drafter: client, triager: client, judge: client, translator: client}, nil
}

// price reads a price that was checked with the settings; "" is not known.
func price(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func checkPrice(s string) error {
	if f, err := strconv.ParseFloat(s, 64); err != nil || f < 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return fmt.Errorf("%q is no price; write a number such as 0.15", s)
	}
	return nil
}

// spender is where the database counts.
type spender interface {
	Spend(ctx context.Context, day string, add storage.Spending) (storage.Spending, error)
}

// ledger counts in the database, which keeps money in millionths.
type ledger struct{ spender }

const millionths = 1e6

// Spend implements [llm.Ledger].
func (l ledger) Spend(ctx context.Context, day string, add llm.Spending) (llm.Spending, error) {
	sum, err := l.spender.Spend(ctx, day, storage.Spending{Tokens: int64(add.Tokens), Cost: int64(math.Round(add.Cost * millionths))})
	return llm.Spending{Tokens: int(sum.Tokens), Cost: float64(sum.Cost) / millionths}, err
}

var _ llm.Ledger = ledger{}
