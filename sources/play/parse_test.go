package play

import "testing"

func FuzzReview(f *testing.F) {
	f.Add([]byte(`{"reviewId":"gp:1","authorName":"Jo","comments":[{"userComment":{"text":"Crash\tAfter update","starRating":1,
"reviewerLanguage":"de","appVersionName":"3.1","lastModified":{"seconds":"1790000000","nanos":1000000}}},
{"developerComment":{"text":"Fixed in 3.2","lastModified":{"seconds":"1790003600"}}}]}`))
	f.Add([]byte(`{"reviewId":"gp:1","comments":[{},{"userComment":{"starRating":9,"lastModified":{"seconds":"1790000000"}}}]}`))
	s := &Source{set: Settings{Name: "play", Package: "com.example.app", Title: "Harbour"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, ok := s.review(raw)
		if !ok {
			return
		}
		if r.Key.ID == "" || r.Updated.IsZero() || r.Rating.Valid() != nil || r.Reply != nil && r.Reply.Text == "" {
			t.Errorf("%q gave %+v", raw, r)
		}
	})
}
