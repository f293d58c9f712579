package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MinKey is how long a key must be, in characters. It is not stretched, so it
// has to be random: `openssl rand -base64 32` makes one.
const MinKey = 32

// The errors of a [Box].
var (
	ErrShortKey = fmt.Errorf("a key has at least %d random characters; make one with: openssl rand -base64 32", MinKey)
	// ErrOtherKey: the text was sealed under a key that the box does not have.
	ErrOtherKey = errors.New("this was encrypted under another key; give the earlier one too, after a comma")
	// ErrBroken: the text was changed, cut short, or belongs elsewhere.
	ErrBroken = errors.New("what is kept cannot be decrypted; it was changed or belongs elsewhere")
)

// Box keeps secrets where others can read: AES-256-GCM under keys that are
// derived from what the owner gave (HKDF with SHA-256, RFC 5869). It seals under
// its first key and opens what any of them sealed, so a key is replaced by
// putting the new one in front, and the old one is dropped once everything was
// sealed anew. A Box keeps no state; it is safe for concurrent use.
type Box struct{ keys []boxKey }

type boxKey struct {
	id   string // tells keys apart and says nothing of them
	aead cipher.AEAD
}

// sealVersion stands before all that is sealed, so that another way can come.
const sealVersion = "ek1"

// NewBox makes a box of one key, or of several with commas between, the first
// being the one to seal with.
func NewBox(keys Value) (*Box, error) {
	b := &Box{}
	for _, given := range strings.Split(keys.Reveal(), ",") {
		given = strings.TrimSpace(given)
		if len(given) < MinKey {
			return nil, ErrShortKey
		}
		k, err := newBoxKey(given)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, k)
	}
	return b, nil
}

func newBoxKey(given string) (boxKey, error) {
	key, err := hkdf.Key(sha256.New, []byte(given), nil, "evenkeel secrets, AES-256-GCM", 32)
	if err != nil {
		return boxKey{}, err
	}
	id, err := hkdf.Key(sha256.New, []byte(given), nil, "evenkeel secrets, name of the key", 4)
	if err != nil {
		return boxKey{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return boxKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return boxKey{hex.EncodeToString(id), aead}, err
}

// Seal encrypts a secret. place says where it is kept; it opens there only.
func (b *Box) Seal(v Value, place string) string {
	k := b.keys[0]
	sealed := k.aead.Seal(nil, nil, []byte(v.Reveal()), []byte(place)) //nolint:gosec // this AEAD makes a random nonce itself
	return sealVersion + "." + k.id + "." + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open decrypts what was sealed for the place. old tells that a key other than
// the first sealed it: sealing it again lets the old key go. Errors are
// [ErrOtherKey] or [ErrBroken].
func (b *Box) Open(sealed, place string) (v Value, old bool, err error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != sealVersion {
		return Value{}, false, ErrBroken
	}
	for n, k := range b.keys {
		if k.id != parts[1] {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil {
			return Value{}, false, ErrBroken
		}
		plain, err := k.aead.Open(nil, nil, raw, []byte(place))
		if err != nil {
			return Value{}, false, ErrBroken
		}
		return New(string(plain)), n > 0, nil
	}
	return Value{}, false, ErrOtherKey
}

// NewKey makes a key for [NewBox].
func NewKey() Value {
	var k [32]byte
	_, _ = rand.Read(k[:]) // never fails, see crypto/rand
	return New(base64.StdEncoding.EncodeToString(k[:]))
}
