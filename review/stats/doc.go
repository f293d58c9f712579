// Package stats is the arithmetic of what a team can learn from its numbers:
// how ratings are spread and move, how many good ones stand beside a bad one,
// how long a case lay in each hand, what was promised and kept, what became of
// reports, what it cost. Everything is pure: cases go in, numbers come out.
//
// # How it is counted
//
// [Of] is all that one case adds to the numbers, as counts by day. A store
// keeps the sums of these counts (and what each case added, to take it back
// when the case changes), so a question about a year reads some thousand rows,
// not a million reviews. [Sum] makes a [Report] of such rows.
//
// Days are calendar days in the team's time zone. What belongs together is
// counted on one day, that shares stay below one: ratings, answers, causes and
// cost on the day of the review; promises and their fate on the day of the
// promise; reports and theirs on the day of the report. Durations and replies
// are counted on the day on which they came about.
//
// Nothing here ranks people, and no number is a goal: a spotless record is not
// better than an honest one, see [Band].
package stats
