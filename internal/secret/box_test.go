package secret

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func box(t *testing.T, keys ...Value) *Box {
	t.Helper()
	var words []string
	for _, k := range keys {
		words = append(words, k.Reveal())
	}
	b, err := NewBox(New(strings.Join(words, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBox: what goes in comes out, in its place and under its key alone.
func TestBox(t *testing.T) {
	first, second := NewKey(), NewKey()
	rapid.Check(t, func(r *rapid.T) {
		plain := rapid.String().Draw(r, "secret")
		sealed := box(t, first).Seal(New(plain), "token:a")
		if len(plain) > 3 && strings.Contains(sealed, plain) {
			r.Fatal("the secret stands there in clear")
		}
		if again := box(t, first).Seal(New(plain), "token:a"); again == sealed {
			r.Fatal("sealing twice gives the same text: whoever reads it learns that the secret did not change")
		}
		if v, old, err := box(t, first).Open(sealed, "token:a"); err != nil || old || v.Reveal() != plain {
			r.Fatalf("opened: %q, old %v, %v", v.Reveal(), old, err)
		}
		if v, old, err := box(t, second, first).Open(sealed, "token:a"); err != nil || !old || v.Reveal() != plain {
			r.Fatalf("after a change of key: old %v, %v", old, err)
		}
		if _, _, err := box(t, second).Open(sealed, "token:a"); !errors.Is(err, ErrOtherKey) {
			r.Fatalf("without its key: %v", err)
		}
		if _, _, err := box(t, first).Open(sealed, "token:b"); !errors.Is(err, ErrBroken) {
			r.Fatalf("in another place: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(r, "at")
		changed := sealed[:at] + string(sealed[at]^1) + sealed[at+1:]
		// The last character of base64 may hold bits that nobody reads.
		if v, _, err := box(t, first).Open(changed, "token:a"); err == nil && (at < len(sealed)-1 || v.Reveal() != plain) {
			r.Fatalf("a changed character %d went unseen", at)
		}
	})
}

func TestBoxNeedsAKey(t *testing.T) {
	for _, k := range []string{"", "short", NewKey().Reveal() + ",", strings.Repeat("x", MinKey-1)} {
		if _, err := NewBox(New(k)); !errors.Is(err, ErrShortKey) {
			t.Errorf("%q: %v", k, err)
		}
	}
	if got := fmt.Sprintf("%v %+v", box(t, NewKey()), NewKey()); strings.Contains(got, "evenkeel") {
		t.Error(got)
	}
}

func FuzzOpen(f *testing.F) {
	b, err := NewBox(New(strings.Repeat("k", MinKey)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Seal(New("a token"), "here"))
	f.Add("ek1..")
	f.Fuzz(func(t *testing.T, sealed string) {
		if v, _, err := b.Open(sealed, "there"); err == nil {
			t.Fatalf("%q opened as %q", sealed, v.Reveal())
		}
	})
}
