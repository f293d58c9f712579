package main

import (
	"errors"
	"fmt"
)

// The exit codes, see the package comment.
const (
	exitOK      = 0
	exitNo      = 1
	exitUsage   = 2
	exitOutside = 3
)

// exitError is an error that knows its exit code. Errors without one end with
// exitOutside.
type exitError struct {
	code int
	err  error // nil when everything is said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "the answer is no"
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// errNo ends with exitNo and prints nothing more: the output has the answer.
var errNo = &exitError{code: exitNo}

// usage marks an error as the caller's: a wrong flag, setting or file.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitUsage, err: err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// exitCode is the code with which err ends the program.
func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	}
	return exitOutside
}
