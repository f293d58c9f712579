//go:build !race

package main

// growthBound is how much memory hostile senders may cost, with what the desk does
// meanwhile.
const growthBound = 20 << 20
