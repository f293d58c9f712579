package peers_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/evenkeel/evenkeel/internal/peers"
)

// A program says lines of JSON among others, hears what it is told, and knows
// its surroundings.
func TestAProgramSpeaks(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho hello\nread word\necho \"{\\\"heard\\\":\\\"$word\\\",\\\"name\\\":\\\"$NAME\\\"}\"\n"
	if err := os.WriteFile(filepath.Join(dir, "peer.sh"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	p := peers.Start(t, peers.Program{Dir: dir, Args: []string{"sh", "peer.sh"}, Env: []string{"NAME=Jo"}})
	p.Tell("calm")
	var got struct{ Heard, Name string }
	p.Says(&got)
	if got.Heard != "calm" || got.Name != "Jo" {
		t.Errorf("it says %+v", got)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	p.Answers(server.URL)
	if peers.Port(t) == "0" {
		t.Error("no port")
	}
}
