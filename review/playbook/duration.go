package playbook

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	year = 366 * day
)

// ParseDuration reads a length of time as the playbook has it: the units of
// time.ParseDuration and besides them d (24 hours) and w (7 days), as in
// "1d12h". A plain 0 needs no unit; nothing is negative.
func ParseDuration(s string) (time.Duration, error) {
	bad := errors.New("no length of time")
	s = strings.TrimSpace(s)
	if s == "0" {
		return 0, nil
	}
	var sum time.Duration
	rest := s
	for _, unit := range []struct {
		name string
		d    time.Duration
	}{{"w", week}, {"d", day}} {
		number, after, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n > uint64((math.MaxInt64-int64(sum))/int64(unit.d)) {
			return 0, bad
		}
		sum, rest = sum+time.Duration(n)*unit.d, after
	}
	if rest == "" {
		if s == "" {
			return 0, bad
		}
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || rest[0] == '+' || rest[0] == '-' || d > math.MaxInt64-sum {
		return 0, bad
	}
	return sum + d, nil
}

// FormatDuration writes d as people would: "30d", "24h", "1h30m", "90s".
func FormatDuration(d time.Duration) string {
	if d >= 2*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
