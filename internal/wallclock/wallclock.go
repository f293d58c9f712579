//go:build !crashpoints

// Package wallclock is the clock of the process. In an ordinary build it is
// [time.Now] and nothing else. Built with the tag crashpoints, as the tests do
// that torture the program, it is wrong by what the file says that
// EVENKEEL_CLOCK names (a Go duration, "-1h"), and the file may change at any
// time: so tests step the clock of a real process, forward and back.
package wallclock

import "time"

// Now is the time.
func Now() time.Time { return time.Now() }
