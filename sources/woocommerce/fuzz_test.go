package woocommerce

import "testing"

// FuzzRows: whatever a site answers as a review or a comment, it is refused or
// becomes a review with a number and a rating that is one.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"id":7,"date_created_gmt":"2026-05-01T10:00:00","product_id":3,"product_name":"Lamp","status":"approved","reviewer":"Jo","review":"<p>Late</p>","rating":2,"verified":true}`))
	f.Add([]byte(`{"id":7,"post":3,"date_gmt":"2026-05-01T10:00:00","author_name":"Jo","content":{"rendered":"<p>Late</p>"},"status":"approved","type":"comment"}`))
	f.Add([]byte(`{"id":-1,"rating":99,"date_created_gmt":null,"review":"\u0000<script>"}`))
	f.Add([]byte(`{"id":1,"content":{"rendered":"<b><b><b>&#x202e;"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, read := range map[string]func([]byte) (row, error){"review": readProduct, "comment": readComment} {
			r, err := read(raw)
			if err != nil {
				continue
			}
			if r.id == 0 || r.review.Key.ID == "" || r.review.Rating.Valid() != nil {
				t.Errorf("the %s %q gave %+v", name, raw, r)
			}
		}
	})
}
