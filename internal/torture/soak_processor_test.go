package torture

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// processor is what the machine's processors did until a moment, in ticks of
// the kernel: a soak that shares them with others says so. All zero where the
// system does not tell.
type processor struct {
	program, here float64 // the program, and this test
	busy          float64 // everybody
	all           float64 // with what was idle
}

// worked reads /proc.
func worked(pid int) (p processor) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return p
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	for i, f := range strings.Fields(first) {
		ticks, err := strconv.ParseFloat(f, 64)
		if err != nil || i > 8 { // the name, and guests, who are counted as users already
			continue
		}
		p.all += ticks
		switch i {
		case 4, 5: // idle, and waiting for a disk
		default:
			p.busy += ticks
		}
	}
	p.program, p.here = ticksOf(strconv.Itoa(pid)), ticksOf("self")
	return p
}

// ticksOf is what a process took: the 14th and 15th field of its stat, counted
// behind its name.
func ticksOf(pid string) float64 {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return user + system
}

// since says who had the processors between two moments, in parts of a hundred
// of all of them together.
func (p processor) since(before processor) string {
	whole := p.all - before.all
	if whole <= 0 {
		return "? | ? | ?"
	}
	program, here, busy := p.program-before.program, p.here-before.here, p.busy-before.busy
	return fmt.Sprintf("%.0f %% | %.0f %% | %.0f %%", 100*program/whole, 100*here/whole, 100*max(0, busy-program-here)/whole)
}
