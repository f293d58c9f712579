package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run the program as `evenkeel`.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"evenkeel": func() { os.Exit(run()) }})
}

// TestScripts plays testdata/script: the command line as people use it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_DATA_HOME", e.WorkDir)
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
