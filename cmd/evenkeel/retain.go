package main

import (
	"fmt"
	"strconv"
)

// mostMonths bounds how long words may be kept by the setting: a century.
const mostMonths = 1200

func checkMonths(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > mostMonths {
		return fmt.Errorf("%q is no number of months from 1 to %d", s, mostMonths)
	}
	return nil
}
