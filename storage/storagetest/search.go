package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
)

// find searches and lists the cases.
func find(tb testing.TB, st storage.Store, typed string, limit int) []int64 {
	tb.Helper()
	found, err := st.Search(tb.Context(), words.Parse(typed), "", limit)
	if err != nil {
		tb.Fatalf("searching %q: %v", typed, err)
	}
	var ids []int64
	for _, h := range found.Hits {
		ids = append(ids, h.Case.ID)
	}
	return ids
}

// written is a review with words of its own.
func written(n int, title, body string) review.Review {
	r := Review(n)
	r.Title, r.Body, r.Created = title, body, Start.AddDate(0, 0, -10+n)
	return r
}

func testSearch(t *testing.T, b *bed) {
	st := b.st
	for n, text := range []string{
		"The courier left the parcel in the rain",           // 1
		"配達が遅い。箱が開いていた",                                     // 2
		"배송이 너무 늦어요",                                        // 3
		"Der Kurier war unfreundlich, das Café geschlossen", // 4
		"PARCEL never came; the courier laughed",            // 5
		"コーヒーが冷たい",                                          // 6
		"'); DROP TABLE words; -- \" OR NEAR(x) * AND NOT",  // 7
	} {
		Put(t, st, written(n+1, fmt.Sprint("Title ", n+1), text))
	}
	other := written(9, "Elsewhere", "A courier, too")
	other.Key.Source = "maps"
	Put(t, st, other) // 8
	Move(t, st, 3, review.Person{}, review.Announced{Where: "test"})
	Move(t, st, 3, Ana, review.AddFact{Text: "The depot in Zürich was flooded."})
	Move(t, st, 3, Ana, review.Edit{Text: "We are sorry. The warehouse is told."})
	got[storage.Note](t)(st.PutNote(t.Context(), storage.Note{Channel: "reviews", Key: "n", Case: 6, Author: "Ana", Body: json.RawMessage(`{"text":"I asked the roastery"}`), At: Start}))
	got[storage.Note](t)(st.PutNote(t.Context(), storage.Note{Channel: "reviews", Key: "c", Case: 6, Body: json.RawMessage(`{"card":{"title":"unspoken"}}`), At: Start}))
	same(t, "nothing before it is indexed", len(find(t, st, "courier", 9)), 0)
	tallyAll(t, st, 3)

	for typed, want := range map[string][]int64{
		"courier":         {8, 5, 1}, // the newest first
		"parcel courier":  {5, 1},
		"the courier":     {5, 1}, // 8 has no "the"
		"courier left":    {1},
		"PARCELS":         nil,
		"parc":            {5, 1},
		"配達":              {2},
		"遅い":              {2},
		"箱":               {2},
		"達遅":              nil,
		"達":               {2},
		"配達 箱":            {2},
		"늦어":              {3},
		"배송":              {3},
		"コーヒー":            {6},
		"ｺｰﾋｰ":            {6},
		"cafe":            {4},
		"zurich":          {3},
		"warehouse":       {3},
		"roastery":        {6},
		"unspoken":        nil,
		"drop table":      {7},
		`"courier`:        {8, 5, 1},
		"courier:*":       {8, 5, 1},
		"courier' & 'x":   nil,
		"courier OR rain": nil,
		"":                nil,
		"!?* ()":          nil,
		"title 2":         {2},
	} {
		if found := find(t, st, typed, 20); !slices.Equal(found, want) {
			t.Errorf("searching %q finds %v, want %v", typed, found, want)
		}
	}
	same(t, "at most one", find(t, st, "courier", 1), []int64{8})
	hits := got[storage.Found](t)(st.Search(t.Context(), words.Parse("COURIER"), "shop", 9)).Hits
	if len(hits) != 2 || hits[0].Where != "review" || !strings.Contains(hits[0].Snippet, "the courier laughed") {
		t.Errorf("in one source: %+v", hits)
	}
	hits = got[storage.Found](t)(st.Search(t.Context(), words.Parse("flooded"), "", 9)).Hits
	if len(hits) != 1 || hits[0].Where != "fact" || hits[0].Snippet != "The depot in Zürich was flooded." {
		t.Errorf("a fact: %+v", hits)
	}
	// Words as they were typed come before the same words elsewhere.
	Put(t, st, written(8, "Rain", "The box was in a wet rain, left by the courier")) // 9, newer than 1
	tallyAll(t, st, 3)
	same(t, "the phrase first", find(t, st, "courier left", 9), []int64{1, 9})
}

// testCommonWords searches a database whose latest cases are far from its
// first ones, as after years.
func testCommonWords(t *testing.T, b *bed) {
	st := b.st
	Put(t, st, written(1, "", "even and odd, with a needle"))   // 1
	Put(t, st, written(2, "", "even and odd, and a bookmark"))  // 2
	Put(t, st, written(3, "", "even though it came yesterday")) // 3
	tallyAll(t, st, 9)
	number := func(n int) {
		if _, err := b.db.SQL(t).ExecContext(t.Context(), fmt.Sprintf("UPDATE audit_head SET cases = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	number(280_000)
	Put(t, st, written(4, "", "even and odd, and a pillow")) // 270,001: neither latest nor far
	number(300_000)
	var crowd []review.Change
	for n := range 220 {
		crowd = append(crowd, Accepted(t, written(10+n, "", fmt.Sprintf("w%d %s", n, []string{"even", "odd"}[n%2])), true))
	}
	if _, err := st.Seed(t.Context(), crowd, review.Event{At: Start, Verb: "import"}); err != nil {
		t.Fatal(err)
	}
	tallyAll(t, st, 300)

	for _, c := range []struct {
		typed  string
		want   []int64
		newest int
	}{
		{"even odd", []int64{280_001}, 30_000}, // both common
		{"even odd needle", []int64{1}, 0},     // one is not
		{"bookmark", []int64{2}, 0},
		{"even pillow", []int64{280_001}, 0},
		{"even though", []int64{3}, 0},
		{"w7 odd", []int64{300_008}, 0},
		{"nowhere odd", nil, 0},
	} {
		found := got[storage.Found](t)(st.Search(t.Context(), words.Parse(c.typed), "", 20))
		var ids []int64
		for _, h := range found.Hits {
			ids = append(ids, h.Case.ID)
		}
		if !slices.Equal(ids, c.want) || found.Newest != c.newest {
			t.Errorf("searching %q finds %v among %d, want %v among %d", c.typed, ids, found.Newest, c.want, c.newest)
		}
	}
	if hits := find(t, st, "even", 20); len(hits) != 20 || hits[0] < 300_000 {
		t.Errorf("a common word finds %v", hits)
	}
	for typed, want := range map[string]int64{"a white pillow": 280_001, "a red bookmark": 0} {
		var id int64
		for _, c := range got[[]review.Case](t)(st.Alike(t.Context(), []string{typed}, 9)) {
			id = c.ID
		}
		same(t, "alike to "+typed, id, want)
	}
}

func testForget(t *testing.T, b *bed) {
	st := b.st
	for n := range 20 {
		Put(t, st, written(n, "Late", fmt.Sprintf("Nothing special, secret%d word", n)))
	}
	Put(t, st, written(20, "Late", "A xylophone of jazzmen")) // 21
	tallyAll(t, st, 7)
	same(t, "before the edit", find(t, st, "secret4", 9), []int64{5})
	Move(t, st, 5, review.Person{}, review.Revise{Review: written(4, "Late", "I changed my mind about replacement")})
	tallyAll(t, st, 7)
	same(t, "the old words after the edit", len(find(t, st, "secret4", 9)), 0)
	same(t, "the new words", find(t, st, "replacement", 9), []int64{5})

	db := b.db.SQL(t)
	for _, query := range []string{
		"UPDATE revisions SET title = NULL, body = NULL, raw = NULL WHERE case_id IN (8, 21)",
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	must(t, st.Forget(t.Context(), 8, 21))
	same(t, "erased words", len(find(t, st, "secret7", 9)), 0)
	same(t, "the words of others", find(t, st, "secret9", 9), []int64{10})
	// Not even the index has them, beneath the search.
	query := "SELECT COUNT(*) FROM words_data WHERE instr(block, CAST('xylophone' AS BLOB)) > 0" // of SQLite
	if b.db.Shared() {
		query = "SELECT COUNT(*) FROM words WHERE 'xylophone' = ANY (tsvector_to_array(tokens)) OR 'secret7' = ANY (tsvector_to_array(tokens))"
	}
	var n int
	must(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	same(t, "rows of the index with erased words", n, 0)
	must(t, st.Forget(t.Context())) // nothing is fine
}

func testAlike(t *testing.T, b *bed) {
	st := b.st
	Put(t, st, written(1, "", "The kettle melted on the second morning"))
	Put(t, st, written(2, "", "Friendly people, quick answer"))
	Put(t, st, written(3, "", "My kettle melted as well"))
	tallyAll(t, st, 9)
	var ids []int64
	for _, c := range got[[]review.Case](t)(st.Alike(t.Context(), []string{"A melted kettle!"}, 9)) {
		ids = append(ids, c.ID)
	}
	same(t, "cases alike", ids, []int64{3, 1})
	same(t, "alike to nothing", len(got[[]review.Case](t)(st.Alike(t.Context(), []string{"", "a b"}, 9))), 0)
}
