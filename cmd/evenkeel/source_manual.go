package main

import (
	"strings"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
)

// manualSettings describe a site where people post replies by hand.
func manualSettings() []string {
	return []string{"open", "label", "unit", "report", "grounds", "one_reply"}
}

// makeManual makes a source whose replies are posted by hand.
func makeManual(_ kit, s playbook.Source) (sources.Source, error) {
	set := manual.Settings{
		Name: s.Name, Platform: s.Platform, MaxReply: s.MaxLength, Open: s.Settings.Get("open"),
		Label: s.Settings.Get("label"), Unit: sources.Unit(s.Settings.Get("unit")), Report: s.Settings.Get("report"),
	}
	for _, label := range s.Settings["grounds"] {
		id := strings.Join(strings.Fields(strings.ToLower(label)), "_")
		set.Grounds = append(set.Grounds, sources.Ground{ID: id, Label: label})
	}
	var err error
	if set.OneReply, err = isTrue(s, "one_reply"); err != nil {
		return nil, err
	}
	made, err := manual.New(set)
	if err != nil {
		return nil, s.Problem("", "%v", err)
	}
	return made, nil
}
