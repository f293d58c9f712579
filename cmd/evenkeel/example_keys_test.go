package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/review/playbook"
)

// exampleKeys are secrets of the examples that a connector looks into.
var exampleKeys = sync.OnceValue(func() map[string]string {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "robot@example.test", "private_key_id": "k", "private_key": pkcs8(rs),
	})
	if err != nil {
		panic(err)
	}
	return map[string]string{"APP_STORE_KEY": pkcs8(ec), "PLAY_SERVICE_ACCOUNT": string(account)}
})

func pkcs8(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// TestStoresSayWhatIsMissing: each setting that a source cannot do without is
// asked for, and no error holds a secret.
func TestStoresSayWhatIsMissing(t *testing.T) {
	for kind, c := range map[string]struct{ head, settings string }{
		"google":      {"account: \"1\"", "locations: [\"2 Harbour Street\"]\nclient_id: c\nclient_secret: ${S}\nrefresh_token: ${S}"},
		"google-play": {"", "package: com.example.app\nkey: ${PLAY_SERVICE_ACCOUNT}"},
		"app-store":   {"", "app: \"1\"\nkey: ${APP_STORE_KEY}\nkey_id: 2X9R4HXF34"},
	} {
		lines := append(strings.Split(c.settings, "\n"), "")
		for i, missing := range lines {
			yaml := "sources:\n  x:\n    kind: " + kind + "\n    " + c.head + "\n    settings:\n      # nothing more\n"
			for j, line := range lines {
				if i != j {
					yaml += "      " + line + "\n"
				}
			}
			rules, err := playbook.Parse("p.yaml", []byte(yaml))
			if err != nil {
				t.Fatalf("%v\n%s", err, yaml)
			}
			made, err := makeSources(exampleKit(), rules)
			setting, _, _ := strings.Cut(missing, ":")
			switch {
			case missing == "" && (err != nil || len(made) != 1):
				t.Errorf("%s: %v", kind, err)
			case missing != "" && (err == nil || !strings.Contains(err.Error(), setting)):
				t.Errorf("%s without %s: %v", kind, setting, err)
			case err != nil && (strings.Contains(err.Error(), "an-example-for-") || strings.Contains(fmt.Sprint(err), "PRIVATE KEY")):
				t.Errorf("a secret stands in %v", err)
			}
		}
	}
}
