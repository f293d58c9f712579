// Package digest writes the daily and the weekly digest: what customers liked
// and what they did not, what waits, what is late, what was promised, which
// causes come back. Everybody in the channel reads both sides.
//
// It is pure: [Input] is what the desk counted, [Page] is what people read,
// short enough for every chat. Customers' words in it are data that a chat
// escapes; names of staff are masked ([Mask]), because a digest is about
// customers and causes and ranks nobody. [Period] says which stretch of time a
// digest covers, by the wall clock of the team.
//
// The pictures are in package chart.
package digest
