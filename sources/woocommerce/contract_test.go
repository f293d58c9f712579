package woocommerce_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	for name, plain := range map[string]bool{"product reviews": false, "comments of WordPress alone": true} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{New: func(t testing.TB) sourcetest.Bench {
				return newShop(t, plain).bench(t, nil)
			}})
		})
	}
}
