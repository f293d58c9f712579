package bot_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// TestFingerprintsAreRemembered asks for those of more texts than are kept, and
// for each again near and far: they are what they would be without a memory,
// and the memory stays within its bound.
func TestFingerprintsAreRemembered(t *testing.T) {
	var texts []string
	for n := range bot.MaxRemembered + 500 {
		texts = append(texts, fmt.Sprintf("Thank you for reading lamp %d, and sorry.", n), fmt.Sprintf("Thank you for reading lamp %d, and sorry.", n/2), "")
	}
	got, kept := bot.Remembered(texts)
	for i, f := range got {
		if !reflect.DeepEqual(f, rubric.FingerprintOf(texts[i])) {
			t.Fatalf("the fingerprint of %q is another text's", texts[i])
		}
	}
	if kept == 0 || kept > bot.MaxRemembered {
		t.Errorf("%d fingerprints are kept, at most %d should be", kept, bot.MaxRemembered)
	}
}
