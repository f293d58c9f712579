package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker from the tag; see the Makefile.
var version = ""

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version and what it was built from",
		Example: "  evenkeel version\n  evenkeel version --json",
		Args:    wants(0, 0, "no arguments"),
		RunE:    p.with(showVersion),
	}
}

// buildInfo is what the program knows of its own making.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // the source had changes beyond it
	Time     string `json:"time,omitempty"`     // of the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuild() buildInfo {
	b := buildInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
}

func showVersion(_ context.Context, c *call, _ []string) error {
	b := readBuild()
	if c.json {
		return c.printJSON(b)
	}
	c.print("evenkeel %s (%s, %s)", b.Version, b.Go, b.Platform)
	if b.Revision != "" {
		c.print("source %s of %s", b.Revision, b.Time)
	}
	return nil
}
