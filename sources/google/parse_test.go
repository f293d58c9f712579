package google

import "testing"

func FuzzReview(f *testing.F) {
	f.Add([]byte(`{"name":"accounts/1/locations/2/reviews/AbF","reviewId":"AbF","reviewer":{"displayName":"Ana","isAnonymous":false},
"starRating":"TWO","comment":"Slow service","createTime":"2026-10-01T08:00:00Z","updateTime":"2026-10-02T09:00:00.120Z",
"reviewReply":{"comment":"Sorry","updateTime":"2026-10-03T07:00:00Z","reviewReplyState":"REJECTED","policyViolation":"SPAM"}}`))
	f.Add([]byte(`{"name":"accounts//locations//reviews/x","starRating":"SIX","reviewReply":{}}`))
	s := &Source{names: map[string]string{"2": "Harbour"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		it, err := s.item(raw)
		if err != nil {
			return
		}
		r := it.Review
		if r.Key.ID == "" || r.Rating.Valid() != nil || r.Reply != nil && (r.Reply.Text == "" || r.Reply.State == "") {
			t.Errorf("%q gave %+v", raw, r)
		}
	})
}

func FuzzPlace(f *testing.F) {
	f.Add("2026-10-01T08:00:00Z token")
	f.Add(" ")
	f.Fuzz(func(t *testing.T, place string) {
		token, last := openPlace(place)
		if token == "" {
			return
		}
		again, at := openPlace(makePlace(token, last))
		if again != token || !at.Equal(last) && last.Year() >= 0 && last.Year() <= 9999 {
			t.Errorf("%q became %q at %s", place, again, at)
		}
	})
}
