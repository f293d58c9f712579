package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/sources/webhook"
	"github.com/evenkeel/evenkeel/storage"
)

// kit is what connectors are made with.
type kit struct {
	env    func(string) (string, bool)
	now    func() time.Time
	log    *slog.Logger
	intake webhook.Intake
	vault  *vault            // of sign-ins; nil where none are kept
	via    http.RoundTripper // by which sign-in servers are called; nil but in tests
}

// kind is one kind of source that a playbook can name.
type kind struct {
	settings []string // that it knows
	make     func(kit, playbook.Source) (sources.Source, error)
}

// kinds are the sources that this program has.
func kinds() map[string]kind {
	return map[string]kind{
		"webhook":     {[]string{"secret", "signature", "tolerance"}, makeWebhook},
		"manual":      {manualSettings(), makeManual},
		"file":        {manualSettings(), makeManual}, // imported reviews: replies are posted by hand
		"simulator":   {[]string{"url", "token", "grounds"}, makeSimulator},
		"google":      {[]string{"locations", "client_id", "client_secret", "refresh_token"}, makeGoogle},
		"google-play": {[]string{"package", "title", "key"}, makePlay},
		"app-store":   {[]string{"app", "title", "key", "key_id", "issuer"}, makeAppStore},

		"woocommerce": {woocommerceSettings(), makeWooCommerce(false)},
		"wordpress":   {woocommerceSettings(), makeWooCommerce(true)},
		"medusa":      {[]string{"url", "key", "store"}, makeMedusa},

		"trustpilot":    {[]string{"business_unit", "client_id", "client_secret", "author", "calls_per_year", "hook_secret"}, makeTrustpilot},
		"ebay":          {[]string{"user", "client_id", "client_secret", "refresh_token"}, makeEbay},
		"trusted-shops": {[]string{"client_id", "client_secret", "channels", "reporter", "notify"}, makeTrustedShops},
		"judge-me":      {[]string{"shop", "token", "mail_reviewer"}, makeJudgeMe},
		"etsy":          {[]string{"shop", "key", "open"}, makeEtsy},
		"ecwid":         {[]string{"store", "token", "open"}, makeEcwid},
		"yelp":          {[]string{"business", "key", "open"}, makeYelp},
		"facebook":      {[]string{"page", "token", "open"}, makeFacebook},
	}
}

// makeSources makes every source of the playbook. All that is wrong is
// reported at once, each at its line.
func makeSources(k kit, rules *playbook.Playbook) ([]sources.Source, error) {
	var all []sources.Source
	var wrong []error
	for _, s := range rules.Sources() {
		made, err := makeSource(k, s)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		all = append(all, made)
	}
	return all, errors.Join(wrong...)
}

func makeSource(k kit, s playbook.Source) (sources.Source, error) {
	have, ok := kinds()[s.Kind]
	if !ok {
		return nil, s.Problem("kind", "there is no kind of source %q; the kinds are %s",
			s.Kind, strings.Join(slices.Sorted(maps.Keys(kinds())), ", "))
	}
	for name := range s.Settings {
		if !slices.Contains(have.settings, name) {
			return nil, s.Problem(name, "a source of kind %s has no setting %q; it has %s",
				s.Kind, name, strings.Join(append(have.settings, "no others"), ", "))
		}
	}
	return have.make(k, s)
}

// secret fetches what a setting refers to.
func (k kit) secret(s playbook.Source, setting, value string) (string, error) {
	ref, ok := playbook.ParseRef(value)
	if !ok {
		return "", s.Problem(setting, "a secret does not stand in the playbook; write ${NAME} for an environment variable, or file:PATH")
	}
	got, err := ref.Resolve(k.env, os.ReadFile)
	if err != nil {
		return "", s.Problem(setting, "%v", err)
	}
	return got, nil
}

func makeWebhook(k kit, s playbook.Source) (sources.Source, error) {
	cfg := webhook.Config{
		Name: s.Name, Platform: s.Platform, MaxReply: s.MaxLength,
		Signature: webhook.Signature(s.Settings.Get("signature")),
		Intake:    k.intake, Now: k.now, Logger: k.log,
	}
	for _, value := range s.Settings["secret"] {
		secret, err := k.secret(s, "secret", value)
		if err != nil {
			return nil, err
		}
		cfg.Secrets = append(cfg.Secrets, secret)
	}
	if t := s.Settings.Get("tolerance"); t != "" {
		d, err := playbook.ParseDuration(t)
		if err != nil {
			return nil, s.Problem("tolerance", "%q is no length of time; write 5m", t)
		}
		cfg.Tolerance = d
	}
	made, err := webhook.New(cfg)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}

func makeSimulator(k kit, s playbook.Source) (sources.Source, error) {
	set := simulator.Settings{Name: s.Name, BaseURL: s.Settings.Get("url"), MinPoll: s.Poll, Now: k.now, Rules: simulator.DemoRules()}
	set.Rules.Grounds = s.Settings["grounds"]
	if t := s.Settings.Get("token"); t != "" {
		token, err := k.secret(s, "token", t)
		if err != nil {
			return nil, err
		}
		set.Token = token
	}
	made, err := simulator.New(set)
	if err != nil {
		return nil, s.Problem("url", "%v", err)
	}
	return made, nil
}

// platforms are the sites that a pasted review can name.
func platforms() []commands.Option {
	profiles := manual.Profiles()
	list := make([]commands.Option, 0, len(profiles))
	for _, p := range profiles {
		list = append(list, commands.Option{Value: p.Name, Label: p.Label})
	}
	return list
}

// reception brings a webhook's deliveries to the desk. Webhooks are made
// before the desk, which wants to know all sources; the server lets nothing in
// until both are there.
type reception struct{ desk atomic.Pointer[bot.Desk] }

var _ webhook.Intake = (*reception)(nil)

var errNoDesk = errors.New("the desk is not open yet")

// Accept stores a delivery; see [webhook.Intake].
func (r *reception) Accept(ctx context.Context, d webhook.Delivery) (webhook.Taken, error) {
	desk := r.desk.Load()
	if desk == nil {
		return webhook.Taken{}, errNoDesk
	}
	took, err := desk.Take(ctx, bot.Intake{
		By: "webhook", Reviews: d.Reviews,
		Delivery: &storage.Receipt{Scope: "webhook:" + d.Source, ID: d.ID, Body: d.Body, At: desk.Now()},
	})
	switch {
	case errors.Is(err, storage.ErrReused):
		return webhook.Taken{}, webhook.ErrReused
	case err != nil:
		return webhook.Taken{}, err
	}
	out := webhook.Taken{Accepted: took.Added, Changed: took.Revised, Duplicates: took.Duplicates}
	for _, p := range took.Problems {
		out.Problems = append(out.Problems, p.Error())
	}
	return out, nil
}
