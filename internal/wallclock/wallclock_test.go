//go:build crashpoints

package wallclock

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheClockIsAsWrongAsTheFileSays(t *testing.T) {
	defer func(was string) { file = was }(file)
	file = filepath.Join(t.TempDir(), "clock")
	for text, want := range map[string]time.Duration{"": 0, "-1h\n": -time.Hour, "90s": 90 * time.Second, "soon": 0} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		now := Now().Add(-want)
		if now.Before(before) || now.After(time.Now()) {
			t.Errorf("with %q in the file it is %s, wanted %s later than %s", text, Now(), want, before)
		}
	}
}
