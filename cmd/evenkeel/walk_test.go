package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/webconsole/browsertest"
)

// walk is a person's way through the demo, in a real browser.
type walk struct {
	*testing.T
	out *buffer
}

// stroll starts the demo as a newcomer does and returns where it is open and
// the link for the second person.
func stroll(t *testing.T) (w *walk, url, link string) {
	t.Helper()
	w = &walk{T: t, out: newBuffer()}
	log := newBuffer()
	env := map[string]string{"HOME": t.TempDir()}
	p := &program{in: strings.NewReader(""), out: w.out, err: log, now: time.Now,
		env: func(n string) (string, bool) { s, ok := env[n]; return s, ok }}
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- p.run(ctx, []string{"demo", "--no-browser"}) }()
	t.Cleanup(func() {
		stop()
		if c := <-code; c != 0 {
			t.Errorf("the demo ended with %d:\n%s", c, log)
		}
	})
	for {
		if m := regexp.MustCompile(`demo is at (http://\S+)[\s\S]*?(http://\S+/enter\?\S+)`).FindStringSubmatch(w.out.String()); m != nil {
			return w, m[1], m[2]
		}
		select {
		case <-w.out.c:
		case c := <-code:
			code <- c
			t.Fatalf("the demo ended with %d:\n%s", c, log)
		}
	}
}

// scripted waits until the page's script has taken over.
const scripted = `document.documentElement.classList.contains("js") && window.htmx`

// open goes into the case of the late parcel, from the list.
func (w *walk) open(b *browsertest.Browser) {
	w.Helper()
	b.Until(scripted)
	b.Until(`[...document.querySelectorAll("[id^=row-]")].some((r) => r.innerText.includes("Eleven days"))`)
	row := func() {
		browsertest.Eval[bool](b, `(() => { const r = [...document.querySelectorAll("[id^=row-]")].find((r) => r.innerText.includes("Eleven days")); if (r) r.click(); return true; })()`)
	}
	does(b, row, `/^.case.\d+$/.test(location.pathname)`)
	b.Until(scripted)
}

// says waits until some card's title begins like this.
func says(b *browsertest.Browser, title string) {
	b.Until(fmt.Sprintf(`[...document.querySelectorAll(".card-title")].some((n) => n.innerText.startsWith(%q))`, title))
}

// told tells that a private answer stands on the page.
func told(words string) string {
	return fmt.Sprintf(`document.querySelector("#notices").innerText.includes(%q)`, words)
}

// does acts until the page shows that it was heard: cards are redrawn while
// others work on them, and a press that comes in that very moment is made
// again, as a person would. The desk takes a press that comes twice for one.
func does(b *browsertest.Browser, act func(), shown string) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 8 {
		act()
		for range 60 {
			if browsertest.Eval[bool](b, "(() => { try { return !!("+shown+") } catch { return false } })()") {
				return
			}
			<-look.C
		}
	}
	b.Until(shown)
}

// yes tells that an approval was taken, out that the text is on its way.
var (
	yes = told("your yes is recorded") + " || " + told("It goes out at")
	out = told("It goes out at") + ` || [...document.querySelectorAll(".card-title")].some((n) => /^(Approved|On its way|Published|Live)/.test(n.innerText))`
)

// clicks clicks on a button if it is there in this moment: cards are redrawn
// while others work on them.
func clicks(b *browsertest.Browser, selector string) func() {
	return func() {
		browsertest.Eval[bool](b, fmt.Sprintf(`(() => { const it = document.querySelector(%q); if (it) it.click(); return true; })()`, selector))
	}
}

// approves presses the card's main button with keys alone.
func approves(b *browsertest.Browser) func() {
	return func() {
		b.Keys("\x1b")
		b.Keys("a")
		b.Until(`document.activeElement && document.activeElement.matches('button[data-key="a"]')`)
		b.Keys("\r")
	}
}

// TestFromArrivalToLive: a newcomer starts the demo and brings a review from
// its arrival to a live reply with clicks and keys, together with a second
// person in another browser, for this review needs two.
func TestFromArrivalToLive(t *testing.T) {
	t.Parallel()
	w, url, link := stroll(t)
	ana := browsertest.Open(t, browsertest.Light)
	ana.Open(url)
	w.open(ana)
	does(ana, clicks(ana, `.thread button[value^="verdict|"][value$="|reply"]`), told("A draft is being written")+` || [...document.querySelectorAll(".card-title")].some((n) => n.innerText.startsWith("Draft 1"))`)
	says(ana, "Draft 1")
	drafted := time.Now()
	ana.Keys("\x1b")
	browsertest.Eval[bool](ana, `(() => { [...document.querySelectorAll(".card-title")].find((n) => n.innerText.startsWith("Draft 1")).scrollIntoView({block: "start"}); document.querySelector(".case").scrollBy?.(0, -16); return true; })()`)
	ana.Picture("console") // the README's: make pictures

	// Too early: such replies have a pause, and the desk says how long. A slow
	// machine may be past it already; then this is the first yes.
	does(ana, approves(ana), told("please try again in")+" || "+yes)

	// The second person comes by the one-time link.
	bo := browsertest.Open(t, browsertest.Phone)
	bo.Open(link)
	bo.Click(`form[action="/enter"] button`)
	w.open(bo)
	says(bo, "Draft 1")
	bo.Picture("console-phone")
	bo.Until(fmt.Sprintf(`Date.now() > %d`, drafted.Add(11*time.Second).UnixMilli()))
	does(bo, clicks(bo, `.thread button[value^="approve|"]`), yes)
	if !browsertest.Eval[bool](ana, out) {
		does(ana, approves(ana), out)
	}
	says(ana, "Live")
	says(bo, "Live")
	ana.Picture("console-live")
	does(ana, clicks(ana, `.case-head a[href*="/record"]`), `location.pathname.endsWith("/record")`)
	ana.Until(`document.body.innerText.includes("seen") && document.body.innerText.includes("approve")`)
	ana.Picture("console-record")
	for _, b := range []*browsertest.Browser{ana, bo} {
		if c := b.Complaints(); len(c) > 0 {
			t.Errorf("the browser complains: %q", c)
		}
	}
}
