// Package chart draws the few pictures by which a team sees its numbers: how
// ratings move and are spread, how long customers wait, where the number of
// good reviews beside a bad one lies, which causes come back.
//
// A [Drawing] is a list of shapes in 360 units of width, which is about what a
// phone shows. It is written as SVG for the console, where the style sheet
// gives the colours, or as PNG for chats, on a background of its own that can
// be read on a light and on a dark screen. [Drawing.Alt] says the same in
// words.
//
// The package is pure: numbers of [stats.Report] go in, shapes come out. It
// has no library for charts, because each that we tried adds megabytes to the
// program and text that is too small for a phone; drawing lines, boxes and
// words takes a page.
package chart
