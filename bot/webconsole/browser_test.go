package webconsole

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/webconsole/browsertest"
)

// stage is a console on loopback with the showcase in it and a browser in
// front: the person at the machine is signed in by coming.
func stage(t *testing.T, s browsertest.Screen) (*browsertest.Browser, *world, *bottest.FakeDesk) {
	t.Helper()
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, func(c *Config) {
		c.Loopback, c.LocalName = true, "Ana"
		c.Now = func() time.Time { return noon }
	})
	t.Cleanup(w.console.hub.close) // before the server waits for its streams
	showcase(t, w, desk)
	return browsertest.Open(t, s), w, desk
}

// TestPictures draws every page on every screen. It fails on whatever the
// browser complains of and on pages wider than the screen; with SCREENSHOTS
// naming a folder, the pictures are kept for people to look at.
func TestPictures(t *testing.T) {
	for _, s := range []browsertest.Screen{browsertest.Light, browsertest.Dark, browsertest.Phone} {
		t.Run(s.Name, func(t *testing.T) {
			b, w, _ := stage(t, s)
			for _, p := range []struct{ name, path string }{
				{"inbox", "/"}, {"case", "/case/42"}, {"record", "/case/42/record"}, {"help", "/help"}, {"hostile", "/case/43"}, {"rtl", "/case/38"}, {"missing", "/case/999"},
			} {
				b.Open(w.server.URL + p.path)
				b.Until(`document.readyState == "complete"`)
				b.Picture(s.Name + "-" + p.name)
				if over := browsertest.Eval[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
					t.Errorf("%s is %d pixels wider than the screen", p.path, over)
				}
			}
			if c := b.Complaints("status of 404"); len(c) > 0 {
				t.Errorf("the browser complains: %q", c)
			}
			for _, r := range b.Requests() {
				if !strings.HasPrefix(r, w.server.URL) && !strings.HasPrefix(r, "about:") {
					t.Errorf("a page asked for %s", r)
				}
			}
		})
	}
}

