package webhook_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/sources/webhook"
)

// The commands that docs/webhook.md shows are run as they stand there, but for
// the address.
func TestCommandsInTheDocsWork(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "openssl", "od"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is needed to try the commands of docs/webhook.md", tool)
			}
			t.Skipf("the commands of docs/webhook.md were not tried: there is no %s here", tool)
		}
	}
	page, err := os.ReadFile("../../docs/webhook.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts := strings.Split(string(page), "```sh\n")[1:]
	if len(scripts) != 2 {
		t.Fatalf("%d scripts in the docs; want 2", len(scripts))
	}
	for i, change := range []func(*webhook.Config){
		func(c *webhook.Config) { c.Secrets = []string{"whsec_ZXhhbXBsZS1zZWNyZXQtMTIzNDU="} },
		func(c *webhook.Config) {
			c.Secrets, c.Signature = []string{"a-plain-text-secret"}, webhook.HubSignature
		},
	} {
		h, in := newHook(t, func(c *webhook.Config) { change(c); c.Now = time.Now })
		srv := httptest.NewServer(h)
		script, _, _ := strings.Cut(scripts[i], "```")
		script = strings.ReplaceAll(script, "http://127.0.0.1:8467", srv.URL)
		out, err := exec.Command("sh", "-c", script).CombinedOutput()
		srv.Close()
		if want := `{"accepted":1,"changed":0,"duplicates":0}`; err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("script %d: %v\n%s", i+1, err, out)
		}
		if len(in.reviews) != 1 {
			t.Errorf("script %d brought %d reviews", i+1, len(in.reviews))
		}
	}
}
