package bot_test

import (
	"strings"
	"testing"
)

// TestNumbersAndWords asks for the numbers, for words and for similar cases as
// people do.
func TestNumbersAndWords(t *testing.T) {
	h := open(t)
	h.taught(0)
	second := h.arrives(1, "The teapot came two weeks late as well, and its lid was dented. =配達が遅い")
	h.pass(0)
	out := h.typed(ana, "stats")
	h.ok(out)
	for _, want := range []string{"Numbers of all sources, the last 30 days", "2 reviews, mean 1.50 of 5", "5★ 0", "Answered: 50 %", "1 replies were published", "arrival to published"} {
		if !strings.Contains(out.Text, want) {
			t.Errorf("the numbers lack %q:\n%s", want, out.Text)
		}
	}
	if out := h.typed(ana, "stats shop 7d"); !strings.Contains(out.Text, "Numbers of shop, the last 7 days") {
		t.Errorf("of a source: %s", out.Text)
	}
	if out := h.typed(ana, "stats 2001"); !strings.Contains(out.Text, "No reviews came") {
		t.Errorf("of a year without any: %s", out.Text)
	}
	h.refused(h.typed(ana, "stats nowhere 7d"), "the sources are shop")
	h.refused(h.typed(ana, "stats shop 2026-13"), "30d")

	out = h.typed(ana, "search dented teapot")
	if len(out.Items) != 1 || out.Items[0].Case != second || !strings.Contains(out.Items[0].Title, "dented") {
		t.Errorf("the search gives %+v", out)
	}
	if out := h.typed(ana, "search 配達"); len(out.Items) != 1 || out.Items[0].Case != second {
		t.Errorf("two characters find %+v", out)
	}
	if out := h.typed(ana, "search nothing like that"); len(out.Items) != 0 || !strings.Contains(out.Text, "Fewer words") {
		t.Errorf("nothing is found as %+v", out)
	}
	h.refused(h.typed(ana, "search"), "needs words")

	third := h.arrives(1, "Dented kettle, broken handle, missing manual, nobody answered my calls.")
	fourth := h.arrives(1, "Kettle dented, handle broken, manual missing: nobody answered.")
	out = h.typed(ana, "similar "+h.get(fourth).Ref())
	if len(out.Items) == 0 || out.Items[0].Case != third {
		t.Errorf("similar are %+v", out)
	}
}
