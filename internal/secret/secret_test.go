package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/secret"
)

func TestNothingPrintsIt(t *testing.T) {
	s := secret.New("canary-7261")
	within := struct {
		Key  secret.Value
		deep struct{ key secret.Value }
	}{Key: s}
	within.deep.key = s
	var shown strings.Builder
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "key", s, "all", within)
	b, err := json.Marshal(map[string]any{"a": s, "b": within, "c": &s})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(b)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&shown, verb+verb+verb+verb, s, &s, within, []secret.Value{s})
	}
	if out := shown.String(); strings.Contains(out, "canary") || strings.Contains(out, fmt.Sprintf("%x", "canary")) {
		t.Errorf("the secret got out:\n%s", out)
	}
	if s.Reveal() != "canary-7261" || !s.IsSet() || (secret.Value{}).IsSet() || (secret.Value{}).Reveal() != "" {
		t.Error("the secret is lost, or one is made up")
	}
}
