// Package rubric is the deterministic half of the reply rubric: fourteen checks
// that need no model, and two that follow from what a drafter says of its own
// sentences.
//
// [Check] looks at one reply and says what keeps it from being approved, or what
// a person should look at. It runs on the words of a machine and on those of a
// person alike, after every edit and once more right before publishing; the same
// input always gives the same findings.
//
// # How words are recognised
//
// What a reply must not say is written down in data/lexicon/*.txt, one file a
// language, in a notation that a person who speaks the language can read and
// extend; data/lexicon/README.md explains it. A file names concepts (families of
// words) and patterns of concepts, so that a rule covers the many ways of
// breaking it and not one phrase.
//
// Before anything is compared, a text is made plain: Unicode compatibility forms
// are folded (NFKC), case and accents dropped, invisible characters removed,
// letters of other alphabets that look like Latin ones replaced, stars spelled
// out. A second reading repairs what looks like disguise ("r3view", "st*rs",
// "r e f u n d"). Findings always quote the words as they stand in the reply.
//
// Languages without a lexicon are not judged by guesswork: the finding
// `human_only` says that a person who reads the language must.
//
// The package does no input or output and knows no clock.
package rubric
