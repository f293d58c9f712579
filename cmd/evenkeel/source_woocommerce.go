package main

import (
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/woocommerce"
)

func woocommerceSettings() []string { return []string{"url", "user", "password", "lookback"} }

// makeWooCommerce makes a shop, or a WordPress site whose comments are the
// reviews.
func makeWooCommerce(comments bool) func(kit, playbook.Source) (sources.Source, error) {
	return func(k kit, s playbook.Source) (sources.Source, error) {
		set := woocommerce.Settings{
			Name: s.Name, BaseURL: s.Settings.Get("url"), User: s.Settings.Get("user"),
			Comments: comments, MinPoll: s.Poll, Now: k.now,
		}
		if v := s.Settings.Get("password"); v != "" {
			password, err := k.secret(s, "password", v)
			if err != nil {
				return nil, err
			}
			set.Password = password
		}
		if v := s.Settings.Get("lookback"); v != "" {
			d, err := playbook.ParseDuration(v)
			if err != nil || d <= 0 {
				return nil, s.Problem("lookback", "%q is no length of time; write 30d", v)
			}
			set.Lookback = d
		}
		made, err := woocommerce.New(set)
		if err != nil {
			return nil, s.Problem("", "%v", err)
		}
		return made, nil
	}
}
