//go:build !race

package main

// growthBound is how much memory hostile senders may cost, with what the desk does
// meanwhile: 25 MiB were seen, a thousand connections among them.
const growthBound = 32 << 20
