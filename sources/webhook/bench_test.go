package webhook_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evenkeel/evenkeel/sources/webhook"
)

const appReview = `{"source":"bench","external_id":"r-1","rating":2,"title":"Crashes when I open the camera",` +
	`"body":"Since the last update the app closes every time I try to add a photo to my order. I tried to reinstall it twice and restarted my phone, nothing helps. Please fix this soon, I really liked the app before.",` +
	`"author":"Ana M.","locale":"en_GB","version":"4.12.1","created_at":"2026-11-01T10:00:00Z"}`

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := webhook.Parse("shop", []byte(appReview)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDelivery is one delivery from the header to the answer, with an
// intake that stores nothing.
func BenchmarkDelivery(b *testing.B) {
	for name, request := range map[string]*http.Request{
		"standard": signed(newSecret, "d1", noon, appReview),
		"hub":      hubSigned(hubSecret, appReview),
	} {
		b.Run(name, func(b *testing.B) {
			h, _ := newHook(b, func(c *webhook.Config) {
				if name == "hub" {
					hub(c)
				}
			})
			for b.Loop() {
				r := request.Clone(b.Context())
				r.Body = readCloser{bytes.NewReader([]byte(appReview))}
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
