package wire

import "time"

// Written is t, or no time where t lies outside of the years 1 to 9999: neither
// JSON nor a database can write such a time down, and a platform that gives one
// has said nothing.
func Written(t time.Time) time.Time {
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t
}
