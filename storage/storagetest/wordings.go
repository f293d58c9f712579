package storagetest

import (
	"fmt"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// testWordings: after testHistories case 1 has no current text; two others have.
func testWordings(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	two, three := PutDrafted(t, st, 2), PutDrafted(t, st, 3)
	three = Move(t, st, three.ID, Ana, review.Edit{Base: three.Draft.Hash(), Text: "The third, by hand."})
	three = Move(t, st, three.ID, Ben, review.Approve{Text: three.Draft.Hash()})
	drafted := storage.Wording{Case: two.ID, Status: review.Drafted, Text: two.Draft.Text}
	approved := storage.Wording{Case: three.ID, Status: review.Approved, Agreed: three.Approvals[0].At, Text: "The third, by hand."}
	waiting := []review.Status{review.Drafted, review.Approved}
	read := got[[]storage.Wording](t)
	same(t, "the wordings", read(st.Wordings(ctx, "shop", waiting, 5)), []storage.Wording{approved, drafted})
	same(t, "the wordings of one status", read(st.Wordings(ctx, "shop", waiting[1:], 5)), []storage.Wording{approved})
	same(t, "another source's wordings", read(st.Wordings(ctx, "other", waiting, 5)), []storage.Wording{})
	same(t, "no wordings", read(st.Wordings(ctx, "shop", waiting, 0)), []storage.Wording{})
	same(t, "wordings of no status", read(st.Wordings(ctx, "shop", nil, 5)), []storage.Wording{})
	PutDrafted(t, st, 4)
	if w := read(st.Wordings(ctx, "shop", waiting, 1)); len(w) != 2 || w[0].Case <= three.ID || w[1] != approved {
		t.Errorf("of one of each status come %+v", w)
	}
}

// BenchWordings reads the texts that one text is compared with, of 200 that wait
// for a yes and 200 that have theirs, in a desk where every tenth time one of
// them changed.
func BenchWordings(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	waiting := []review.Status{review.Drafted, review.Approved, review.Publishing, review.HandedOver, review.Unreconciled}
	var last review.Case
	for n := range 400 {
		last = PutDrafted(b, st, n+1)
		if n%2 == 0 {
			last = Move(b, st, last.ID, Ben, review.Approve{Text: last.Draft.Hash()})
		}
	}
	b.ReportAllocs()
	before := CPU()
	b.ResetTimer()
	for n := range b.N {
		if n%10 == 9 {
			last = Move(b, st, last.ID, Ana, review.Edit{Base: last.Draft.Hash(), Text: fmt.Sprintf("The %d. text, by hand.", n)})
		}
		if w, err := st.Wordings(b.Context(), "shop", waiting, 200); err != nil || len(w) < 400 {
			b.Fatalf("%d texts: %v", len(w), err)
		}
	}
	Report(b, before)
}
