package pgtest

import "syscall"

// dieWithUs lets the kernel end the server when the test binary dies.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
