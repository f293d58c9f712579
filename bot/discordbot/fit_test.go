package discordbot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/commands"
)

// A table that grows makes the words shorter, not the command too long.
func TestTheCommandAlwaysFits(t *testing.T) {
	var rows []commands.Command
	for n := range 90 {
		rows = append(rows, commands.Command{Name: fmt.Sprintf("row-%d", n), Help: strings.Repeat("help ", 30), OnCase: n%3 > 0})
	}
	c := commandSet(rows)[0]
	if n := length(c.Options); n > maxCommandTotal {
		t.Errorf("the command has %d characters, at most %d fit", n, maxCommandTotal)
	}
}
