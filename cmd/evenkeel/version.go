package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	Static   bool   `json:"static"` // built without cgo
	// Modules is a sum over the names, versions and go.sum hashes of all modules
	// that were built in: two builds from the same sources have the same.
	Modules string   `json:"modules"`
	Deps    []module `json:"deps,omitempty"` // with --json
}

// module is one of them.
type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum,omitempty"` // as in go.sum
}

// modules are what info names, and their sum.
func modules(info *debug.BuildInfo) (string, []module) {
	h := sha256.New()
	var list []module
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		list = append(list, module{d.Path, d.Version, d.Sum})
		_, _ = fmt.Fprintf(h, "%s %s %s\n", d.Path, d.Version, d.Sum)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), list
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
	b.Modules, b.Deps = modules(info)
	for _, s := range info.Settings {
		switch s.Key {
		case "CGO_ENABLED":
			b.Static = s.Value == "0"
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
		changed := ""
		if b.Modified {
			changed = ", with changes"
		}
		c.print("source %s of %s%s", b.Revision, b.Time, changed)
	}
	c.print("%d modules, %s", len(b.Deps), b.Modules)
	return nil
}
