package eval_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/llm/eval"
)

// TestNothingIsNoZero: a run in which there was nothing to count is not worse,
// nor better, than one in which there was.
func TestNothingIsNoZero(t *testing.T) {
	full := &eval.Report{Figures: eval.Figures{Reviews: 2, Drafted: 2, Approvable: 2, Claims: 3, Covered: 3, Length: eval.Spread{Middle: 200, Most95: 300, Most: 300}}}
	none := &eval.Report{Figures: eval.Figures{Reviews: 2, Failed: 2}}
	empty := 0
	for _, row := range eval.Compare(full, none).Rows {
		if row.Value != "nothing to count" {
			continue
		}
		if empty++; row.Change != "" || row.Better != eval.Neutral {
			t.Errorf("%s: %q, %v", row.Name, row.Change, row.Better)
		}
	}
	if empty < 8 {
		t.Errorf("only %d figures say that there was nothing to count", empty)
	}
}
