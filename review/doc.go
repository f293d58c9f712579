// Package review is the domain of evenkeel: what a review is, what a team can
// do with it, and when it may.
//
// A customer writes a [Review] on a platform; it has revisions. The team's
// handling of it is a [Case]. Everything that people or the program want to do
// to a case is an [Action], and [Apply] is the one function that decides
// whether it may happen and what follows from it. It is pure: the time, the
// person and the team's rules come in through an [Occasion], and what comes
// out is a [Change] that storage commits as a whole or not at all.
//
// # Life of a case
//
//	seeded ─open─► new ─announced─► open ─draft/edit─► drafted ─approve─► approved
//	                                 ▲ │                 ▲  │               │ publish
//	                        release  │ │ hold            │  └──undo─────────┤
//	                                held               rejected ◄─refused─ publishing ─doubt─► unreconciled
//	                                                     ▲                  │ accepted
//	                                                     └─missing── published ─seen─► live ─close─► closed
//
// The comment at each [Status] says who moves it and what a crash leaves
// behind. The moves themselves are one table, rules, in table.go: which verb may
// come from which status, by whom.
//
// # What binds an approval
//
// An [Approval] is one person's recorded yes to one text. It carries the
// digest of a [Binding]: text, review revision, facts revision, account and
// playbook version. When any of these moves on, the digest no longer matches
// and the approval is worth nothing; publishing computes the digest afresh and
// counts only approvals that carry it.
//
// The package uses the standard library only and knows no chat, platform,
// model or database.
package review
