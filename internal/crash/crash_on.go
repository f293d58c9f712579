//go:build crashpoints

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// at and nth are read once at start: the process that dies is not the one
// that decided where.
var at, nth = parse(os.Getenv("EVENKEEL_CRASH_AT"))

var reached atomic.Int64

func parse(s string) (string, int64) {
	name, n, ok := strings.Cut(s, "@")
	if !ok {
		return name, 1
	}
	count, err := strconv.ParseInt(n, 10, 64)
	if err != nil || count < 1 {
		count = 1
	}
	return name, count
}

// Point kills the process if this is the place and the time.
func Point(name string) {
	if name != at || at == "" || reached.Add(1) != nth {
		return
	}
	_, _ = os.Stderr.WriteString("crash: " + name + "\n") // who killed it, for those who look
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
