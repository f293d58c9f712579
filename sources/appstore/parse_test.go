package appstore

import (
	"encoding/json"
	"testing"
)

func FuzzList(f *testing.F) {
	f.Add([]byte(`{"data":[{"type":"customerReviews","id":"r1","attributes":{"rating":2,"title":"Meh","body":"Logs me out","reviewerNickname":"kx",
"createdDate":"2026-10-01T01:02:03-07:00","territory":"USA"},"relationships":{"response":{"data":{"type":"customerReviewResponses","id":"p1"}}}}],
"included":[{"type":"customerReviewResponses","id":"p1","attributes":{"responseBody":"Sorry","state":"PENDING_PUBLISH",
"lastModifiedDate":"2026-10-02T00:00:00Z"}}],"links":{"self":"..","next":"https://api.example.test/x?cursor=1"},"meta":{"paging":{"total":9,"limit":1}}}`))
	f.Add([]byte(`{"data":[{"id":"r1","attributes":{"rating":9,"createdDate":"2026-10-01T01:02:03Z","territory":"XX"}}],"links":{"next":"%"}}`))
	s := &Source{set: Settings{Name: "ios", App: "1", Title: "Harbour"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d document[[]json.RawMessage]
		if json.Unmarshal(raw, &d) != nil {
			return
		}
		for _, one := range d.Data {
			r, ok := s.review(one, d.Included)
			if ok && (r.Key.ID == "" || r.Created.IsZero() || r.Rating.Valid() != nil || r.Reply != nil && r.Reply.Text == "") {
				t.Errorf("%q gave %+v", one, r)
			}
		}
		if place, ok := makePlace(7, d.Links.Next); ok && place != "" {
			if read, _ := openPlace(place); read != 7 && len(place) < maxPlace {
				t.Logf("%q is no query", place) // read from the first page again
			}
		}
	})
}

func FuzzExplain(f *testing.F) {
	f.Add(409, []byte(`{"errors":[{"status":"409","code":"ENTITY_ERROR.ATTRIBUTE.INVALID","title":"t","detail":"d"}]}`))
	f.Fuzz(func(_ *testing.T, status int, body []byte) {
		_, _ = explain(status, body)
	})
}
