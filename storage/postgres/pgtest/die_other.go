//go:build !linux

package pgtest

import "syscall"

// dieWithUs does nothing here: the watchdog ends the server.
func dieWithUs(*syscall.SysProcAttr) {}
