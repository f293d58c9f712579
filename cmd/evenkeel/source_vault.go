package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/storage"
)

// setKeyFirst says what to do where there is no key to encrypt with.
const setKeyFirst = "set EVENKEEL_KEY to 32 random characters or more (openssl rand -base64 32) and keep it as safe as a password"

// vault keeps the sign-ins of sources in the database, encrypted under
// EVENKEEL_KEY. It is made before the database is open, as the sources are;
// until then it says so.
type vault struct {
	box   *secret.Box
	now   func() time.Time
	store atomic.Pointer[shelf]
}

// shelf is what the vault needs of storage.
type shelf interface {
	Setting(ctx context.Context, name string) (string, error)
	Commit(ctx context.Context, b *storage.Batch) error
}

func checkKey(s string) error {
	_, err := secret.NewBox(secret.New(s))
	return err
}

// vault is this run's; nil without a key: nothing is ever kept in clear.
func (c *call) vault() *vault {
	key := c.values.Secret(setKey)
	if !key.IsSet() {
		return nil
	}
	box, err := secret.NewBox(key)
	if err != nil {
		return nil // cannot be: it was checked with the settings
	}
	return &vault{box: box, now: c.now}
}

// open gives the vault its database.
func (v *vault) open(s shelf) {
	if v != nil {
		v.store.Store(&s)
	}
}

var errShut = errors.New("the database with the sign-ins is not open here; a running evenkeel may hold it")

func (v *vault) shelf() (shelf, error) {
	if s := v.store.Load(); s != nil {
		return *s, nil
	}
	return nil, errShut
}

// keeper keeps one source's tokens; nil where nothing is kept.
func (k kit) keeper(source string) oauth.Keeper {
	if k.vault == nil {
		return nil
	}
	return drawer{k.vault, "token:" + source}
}

// drawer is one source's place in the vault.
type drawer struct {
	vault *vault
	name  string
}

// kept is a token as it is encrypted.
type kept struct {
	Access  string    `json:"access,omitempty"`
	Refresh string    `json:"refresh,omitempty"`
	Expiry  time.Time `json:"expiry,omitzero"`
}

// Load implements [oauth.Keeper].
func (d drawer) Load(ctx context.Context) (oauth.Token, error) {
	s, err := d.vault.shelf()
	if err != nil {
		return oauth.Token{}, err
	}
	sealed, err := s.Setting(ctx, d.name)
	if err != nil || sealed == "" {
		return oauth.Token{}, err
	}
	plain, old, err := d.vault.box.Open(sealed, d.name)
	if err != nil {
		return oauth.Token{}, err
	}
	var k kept
	if json.Unmarshal([]byte(plain.Reveal()), &k) != nil {
		return oauth.Token{}, secret.ErrBroken
	}
	t := oauth.Token{Access: secret.New(k.Access), Refresh: secret.New(k.Refresh), Expiry: k.Expiry}
	if old { // the key was replaced; the earlier one is needed no more
		return t, d.Save(ctx, t)
	}
	return t, nil
}

// Save implements [oauth.Keeper]. Of several replicas the last one wins: each
// has a token that the platform just gave it.
func (d drawer) Save(ctx context.Context, t oauth.Token) error { return d.put(ctx, t, nil) }

// signedIn keeps the first token and says in the audit log that somebody
// signed in.
func (d drawer) signedIn(ctx context.Context, t oauth.Token) error {
	return d.put(ctx, t, []review.Event{{
		At: d.vault.now(), Actor: review.BySystem("terminal").String(), Verb: "signed_in", Detail: map[string]string{"kept": d.name},
	}})
}

func (d drawer) put(ctx context.Context, t oauth.Token, say []review.Event) error {
	s, err := d.vault.shelf()
	if err != nil {
		return err
	}
	plain, err := json.Marshal(kept{t.Access.Reveal(), t.Refresh.Reveal(), t.Expiry})
	if err != nil {
		return err
	}
	sealed := d.vault.box.Seal(secret.New(string(plain)), d.name)
	for range 5 {
		before, err := s.Setting(ctx, d.name)
		if err != nil {
			return err
		}
		err = s.Commit(ctx, &storage.Batch{Setting: &storage.Setting{Name: d.name, Before: before, Value: sealed}, Events: say})
		if !errors.Is(err, review.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", d.name, review.ErrConflict)
}
