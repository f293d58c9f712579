//go:build !race

package bot_test

// raced tells that the race detector is on; see race_test.go.
const raced = false
