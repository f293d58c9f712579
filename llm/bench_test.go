package llm

import (
	"context"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

func BenchmarkOfflineTriage(b *testing.B) {
	o := NewOffline()
	triage := func(b *testing.B, r review.Review) {
		for b.Loop() {
			if _, err := o.Triage(context.Background(), TriageRequest{Review: r}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, s := range samples {
		if s.stars < 3 {
			b.Run("told/"+s.lang, func(b *testing.B) {
				triage(b, review.Review{Body: s.body, Language: s.lang, Rating: review.StarRating(s.stars)})
			})
		}
	}
	b.Run("detected/en", func(b *testing.B) { triage(b, review.Review{Body: samples[0].body, Rating: review.StarRating(1)}) })
	b.Run("app", func(b *testing.B) {
		triage(b, review.Review{
			Title: "Crashes when I open the camera", Language: "en-GB", Rating: review.StarRating(2),
			Body: "Since the last update the app closes every time I try to add a photo to my order. I tried to reinstall it twice " +
				"and restarted my phone, nothing helps. Please fix this soon, I really liked the app before. Ich warte schon seit Tagen auf eine Antwort.",
		})
	})
}

func BenchmarkOfflineDraft(b *testing.B) {
	o := NewOffline()
	c := triaged(b, o, "1", samples[0].body, 1)
	for b.Loop() {
		if _, err := o.Draft(context.Background(), Request{Case: c, Contact: "help@example.test"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadLexicon(b *testing.B) {
	for b.Loop() {
		if _, err := loadLexicon("en"); err != nil {
			b.Fatal(err)
		}
	}
}
