//go:build race

package main

// growthBound is wider under the race detector, which remembers every access.
const growthBound = 200 << 20
