//go:build race

package bot_test

// raced tells that the race detector is on: all is ten times as slow, so the
// month that is played has fewer reviews in it.
const raced = true
