// Package browsertest drives a real browser in tests: Debian's Chromium,
// headless, with a fresh profile for each test and nothing of its own to say to
// the network. It fails, and says what to install, where there is none: a page
// that nobody looked at is not tested.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds a whole browser test; nothing is measured by it.
const patience = 4 * time.Minute

// Screen is what a page is looked at on.
type Screen struct {
	Name          string
	Width, Height int64
	Phone, Dark   bool
}

// The screens that every page must be good on.
var (
	Light = Screen{Name: "light", Width: 1360, Height: 900}
	Dark  = Screen{Name: "dark", Width: 1360, Height: 900, Dark: true}
	Phone = Screen{Name: "phone", Width: 390, Height: 844, Phone: true}
)

// Browser is one tab of a fresh browser. Its context is for chromedp's actions.
type Browser struct {
	context.Context
	t *testing.T

	mu        sync.Mutex
	complains []string
	requests  []string
}

// Find gives the path of a Chromium, or fails t.
func Find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("these tests need a browser and found none: apt-get install chromium, or name one in CHROMIUM")
	return ""
}

// Open starts a browser with an empty profile. It ends with the test.
func Open(t *testing.T, s Screen) *Browser {
	t.Helper()
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(Find(t)), chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU, chromedp.NoSandbox,
		chromedp.WindowSize(int(s.Width), int(s.Height)),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("password-store", "basic"),
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	alloc, stop := chromedp.NewExecAllocator(ctx, opts...)
	tab, closeTab := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		closeTab()
		stop()
		cancel()
	})
	b := &Browser{Context: tab, t: t}
	if err := chromedp.Listen(tab, b.hear); err != nil {
		t.Fatalf("%s does not start: %v", Find(t), err)
	}
	b.must(chromedp.Call(tab, network.Enable, network.EnableParams{}))
	b.must(chromedp.Call(tab, log.Enable, cdp.Empty{}))
	b.must(chromedp.Call(tab, runtime.Enable, cdp.Empty{}))
	b.look(s)
	return b
}

// must fails the test on the error of a protocol command.
func (b *Browser) must(_ any, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("the browser: %v", err)
	}
}

// look sets up the screen.
func (b *Browser) look(s Screen) {
	scale, scheme := 1.0, "light"
	if s.Phone {
		scale = 2
	}
	if s.Dark {
		scheme = "dark"
	}
	b.must(chromedp.Call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.Width, Height: s.Height, DeviceScaleFactor: scale, Mobile: s.Phone}))
	b.must(chromedp.Call(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.Phone}))
	b.must(chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}))
}

// hear notes what the browser complains of: breaches of the content security
// policy, script errors, files that are missing.
func (b *Browser) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			b.complains = append(b.complains, string(e.Entry.Source)+": "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.complains = append(b.complains, "exception: "+text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// Complaints are all complaints so far, without those that contain one of the
// expected texts.
func (b *Browser) Complaints(expected ...string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.complains), func(c string) bool {
		return slices.ContainsFunc(expected, func(e string) bool { return strings.Contains(c, e) })
	})
}

// Requests are the addresses that the browser has asked for.
func (b *Browser) Requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests)
}

// Do runs actions and fails the test when one does.
func (b *Browser) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.t.Fatalf("the browser: %v\nit complains: %q", err, b.Complaints())
	}
}

// Open goes to an address.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(url))
}

// Click presses the first visible element that matches.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Keys types into whatever has the focus.
func (b *Browser) Keys(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Shortcut presses one key as a keyboard does: what the page makes of it as a
// shortcut is not typed as well.
func (b *Browser) Shortcut(key string) {
	b.t.Helper()
	b.must(chromedp.Call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key, UnmodifiedText: key}))
	b.must(chromedp.Call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key}))
}

// Text is the visible text of the first element that matches.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	return Eval[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// Eval gives the value of an expression in the page.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("the browser: %s: %v\nit complains: %q", expression, err, b.Complaints())
	}
	return v
}

// Until waits until an expression in the page is true. What it throws counts
// as not yet, and so does a page that is just being left.
func (b *Browser) Until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, patience/4)
	defer cancel()
	look := time.NewTicker(30 * time.Millisecond)
	defer look.Stop()
	script := "(() => { try { return !!(" + expression + ") } catch { return false } })()"
	for {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("the browser waited in vain until %s\nit complains: %q\nthe page reads: %.2000s", expression, b.Complaints(), b.Text("body"))
		case <-look.C:
		}
	}
}

// Picture takes a screenshot of what is on the screen. With the environment
// variable SCREENSHOTS naming a folder it is kept there as name.png.
func (b *Browser) Picture(name string) []byte {
	b.t.Helper()
	png, err := chromedp.Run(b, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("the browser: %v", err)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	return png
}
