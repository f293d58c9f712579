// Package style learns how a team writes from what its people change in the
// drafts they are given.
//
// [Propose] compares drafts with the texts that people published instead and
// proposes rules: shorter, another greeting, a phrase that always goes. It
// counts and guesses nothing. A rule holds only after a lead accepted it; the
// [Book] keeps who accepted what and when, in versions, and can go back to any
// of them. Rules are for the drafter's prompt; no check depends on them.
//
// The package is pure. Whoever stores a book and the numbered proposals
// ([Offers]) keeps them as JSON.
package style
