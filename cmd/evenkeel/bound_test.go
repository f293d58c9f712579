//go:build !race

package main

// growthBound is how much memory hostile senders may cost, with what the desk does
// meanwhile: 20 to 30 MiB were seen, a thousand slow connections among them.
const growthBound = 64 << 20
