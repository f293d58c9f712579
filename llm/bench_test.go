package llm

import (
	"context"
	"testing"
)

func BenchmarkOfflineTriage(b *testing.B) {
	o := NewOffline()
	c := triaged(b, o, "1", samples[0].body, 1)
	for name, lang := range map[string]string{"told": c.Language, "detected": ""} {
		b.Run(name, func(b *testing.B) {
			c.Review.Language = lang
			for b.Loop() {
				if _, err := o.Triage(context.Background(), TriageRequest{Review: c.Review}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
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
