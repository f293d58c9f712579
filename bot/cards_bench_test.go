package bot_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
)

// BenchmarkCards is what drawing a new complaint's cards costs, up to the hash
// by which the desk knows them again.
func BenchmarkCards(b *testing.B) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	desk, err := bot.New(bot.Config{Store: struct{ storage.Store }{}, Playbook: playbook.Default(), Drafter: &scripted{}, Triager: llm.NewOffline(),
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler), ConsoleURL: "https://desk.example.test"})
	if err != nil {
		b.Fatal(err)
	}
	c := complaint(b, now)
	b.ReportAllocs()
	for b.Loop() {
		cards, err := bot.Cards(b.Context(), desk, c)
		if err != nil {
			b.Fatal(err)
		}
		for _, k := range cards {
			if k.Card.Hash() == (review.Digest{}) {
				b.Fatal("no hash")
			}
		}
	}
}

// complaint is a case as it is when its first card is drawn.
func complaint(tb testing.TB, now time.Time) review.Case {
	tb.Helper()
	r := review.Review{
		Key: review.Key{Source: "shop", ID: "r-1042"}, Revision: 1, Rating: review.StarRating(2), Title: "Crashes when I open the camera",
		Body:   "Since the last update the app closes every time I try to add a photo to my order. I tried to reinstall it twice and restarted my phone, nothing helps. Please fix this soon, I really liked the app before.",
		Author: "Jo", Language: "en", Created: now.Add(-time.Hour), Seen: now, URL: "https://shop.example.test/reviews/1042",
	}
	read, err := llm.NewOffline().Triage(tb.Context(), llm.TriageRequest{Review: r})
	if err != nil {
		tb.Fatal(err)
	}
	c := review.Case{
		ID: 1042, Version: 1, Status: review.Open, Review: r, Opened: now, Changed: now, Triaged: read.By,
		Claims: read.Claims, Topics: read.Topics, Cause: read.Cause, Heat: read.Heat, Suggested: read.Suggested,
	}
	for i, q := range read.Questions {
		c.Questions = append(c.Questions, review.Question{N: i + 1, Text: q, At: now})
	}
	return c
}
