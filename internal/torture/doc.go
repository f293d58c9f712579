// Package torture kills the real program. Its tests build cmd/evenkeel with
// the crash points of internal/crash, run it as a child process against a
// platform, senders and people that live in the test and so survive it, kill
// it at every named point or at random moments, start it again until every
// review has its reply, and then let internal/torture/checker judge what the
// program left behind. There is no code here but tests.
//
// # The cast
//
//   - A program is one database with the process that runs on it, one life
//     after the other; lives say where each of them ends.
//   - A platform is a sources/simulator.Platform behind HTTP.
//   - A workspace is a bot/slackbot/slacktest.Server: there cards are posted, and
//     would stand twice or not at all. The console only shows them.
//   - A sender posts signed webhook deliveries until it is told 2xx, and some
//     of them once more, as careless senders do.
//   - People are browsers without JavaScript: they read the console's pages and
//     press the buttons that stand there, some of them twice at once.
//   - A guild is a Discord beside the console, with somebody who approves there.
//   - A wire is a network cable that a test pulls.
//   - A campaign brings them together and waits for the end. Several programs
//     may share its database, and its weather is what happens around them: the
//     database's server dies, the disk is full, the clock is stepped, cables are
//     pulled, platform and chat ask to wait, the model fails.
//   - A soak lets it live: a steady load of reviews and presses in a Slack of
//     its own, with a model that writes, and faults; it measures how long
//     acknowledgements take and whether memory and goroutines stay as they are.
//
// # Running it
//
// `go test ./internal/torture` kills at every point on both databases, a few
// reviews each, and for a short while at random, in all weathers. `make torture`
// sets EVENKEEL_TORTURE to "reviews,kills,seed" for a long run; seed 0 picks one.
// `make soak` sets EVENKEEL_SOAK to a length of time, and perhaps a seed.
// EVENKEEL_TORTURE_OLD=FILE names the program of an earlier release, built with
// the tag crashpoints, and runs it beside this one.
// Every run prints its seed, with which the same faults are planned again. (The
// moments of real processes differ from run to run all the same; a point by
// name is exact.) EVENKEEL_TORTURE_KEEP=DIR keeps the logs of all runs there,
// not only the end of those that fail.
package torture
