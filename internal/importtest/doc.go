// Package importtest holds the architecture as a test: which package may
// import which, where each library lives, and what must never be linked into
// the program. The rules are the tables in rooms_test.go, written to be read;
// an import that they do not list fails the test, and whoever needs it adds a
// line there and says why.
//
// The package has no code besides its tests.
package importtest
