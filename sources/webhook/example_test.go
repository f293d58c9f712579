package webhook_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/evenkeel/evenkeel/sources/webhook"
)

// printer takes deliveries by printing them.
type printer struct{}

func (printer) Accept(_ context.Context, d webhook.Delivery) (webhook.Taken, error) {
	for _, r := range d.Reviews {
		fmt.Printf("%s %s %s: %s\n", d.ID, r.Rating, r.Author, r.Body)
	}
	return webhook.Taken{Accepted: len(d.Reviews)}, nil
}

func Example() {
	const secret = "whsec_dGhpcyBpcyBub3QgYSBzZWNyZXQ="
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	hook, err := webhook.New(webhook.Config{
		Name: "shop", Secrets: []string{secret}, Intake: printer{},
		Now: func() time.Time { return now },
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	body := `{"id":"r-1001","rating":2,"body":"The parcel came nine days late.","author":"Ana M."}`
	signer, _ := standardwebhooks.NewWebhook(secret)
	signature, _ := signer.Sign("msg-1", now, []byte(body))
	req := httptest.NewRequest("POST", "/hooks/shop", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", "msg-1")
	req.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("webhook-signature", signature)

	answer := httptest.NewRecorder()
	hook.ServeHTTP(answer, req)
	fmt.Print(answer.Code, " ", answer.Body)
	// Output:
	// msg-1 ★★☆☆☆ Ana M.: The parcel came nine days late.
	// 200 {"accepted":1,"changed":0,"duplicates":0}
}
