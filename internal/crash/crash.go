//go:build !crashpoints

// Package crash marks the points at which a process may die between two steps
// that belong together. In an ordinary build a point does nothing and costs
// nothing. Built with the tag crashpoints, the program kills itself with
// SIGKILL at the point that EVENKEEL_CRASH_AT names ("publish.called", or
// "publish.called@3" for the third time it is reached), so that tests can show
// that nothing is lost and nothing happens twice, whatever the moment.
package crash

// Point marks a place by name, "area.moment": what has just happened.
func Point(string) {}
