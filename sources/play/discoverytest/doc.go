// Package discoverytest holds the Google Play connector and its fake against
// what Google says of its API: the discovery document and the Go types of
// google.golang.org/api. It is a module of its own, so that the program does not
// carry that library along. It has tests only; run them here with: go test ./...
package discoverytest
