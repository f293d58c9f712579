package wire

import (
	"testing"
	"time"
)

func TestConnect(t *testing.T) {
	end := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p, client, err := Connect("shop", "ebay", "https://api.example.test", Config{Source: "other", Expiry: func() time.Time { return end }})
	if err != nil || client == nil || client.cfg.Base != "https://api.example.test" || client.cfg.Source != "shop" {
		t.Fatalf("%+v, %v", client, err)
	}
	if p.Name() != "shop" || p.Platform() != "ebay" || !p.TokenExpiry().Equal(end) {
		t.Errorf("%+v", p)
	}
	if p, client, err := Connect("shop", "ebay", "https://api.example.test", Config{Base: "http://127.0.0.1:1"}); err != nil || client.cfg.Base != "http://127.0.0.1:1" || !p.TokenExpiry().IsZero() {
		t.Errorf("%+v, %v", client.cfg, err)
	}
	if _, _, err := Connect("shop", "ebay", "", Config{}); err == nil {
		t.Error("a source without an address was made")
	}
}
