// Package shoptest holds the connectors of shops against real shops, which
// other people wrote: Medusa with its reviews plugin on a real PostgreSQL, and
// WordPress on a real MariaDB. Each is installed, started on loopback in a
// folder of the test's own, and stopped with the test. A customer writes as
// customers do, the review becomes a case of a real desk, two people approve an
// answer, and it is read where the next customer would read it.
//
// The tests carry the build tag "peers" and run by make test-peers, which
// brings what they need. Packages from npm are kept in the user's cache folder,
// so that only the first run needs the network.
package shoptest
