package webconsole

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/webconsole/browsertest"
	"github.com/evenkeel/evenkeel/commands"
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

// faint lists visible texts with less contrast than WCAG AA asks for: 4.5, or
// 3 for large ones (https://www.w3.org/TR/WCAG22/#contrast-minimum).
const faint = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255); };
  const light = (c) => { const f = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
  const behind = (el) => { for (; el; el = el.parentElement) { const c = rgba(getComputedStyle(el).backgroundColor); if (c[3] > .99) return c; } return [1, 1, 1, 1]; };
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const el = n.parentElement;
    if (!n.data.trim() || !el.checkVisibility({ visibilityProperty: true }) || el.closest(".sr, option, [disabled]")) continue;
    const s = getComputedStyle(el), a = light(rgba(s.color)), b = light(behind(el));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(s.fontSize), large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) out.push(n.data.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return out;
})()`

// small lists what a finger can hardly hit: controls lower than 24 pixels,
// links within text apart (https://www.w3.org/TR/WCAG22/#target-size-minimum).
const small = `[...document.querySelectorAll("button, summary, input:not([type=hidden]), textarea, .row, .views a, .tabs a")]
  .filter((e) => e.checkVisibility() && !e.closest(".sr") && !e.matches(".sr, .link") && e.getBoundingClientRect().height < 24)
  .map((e) => e.outerHTML.slice(0, 120))`

// nameless lists controls that a screen reader could not name.
const nameless = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, select, summary")]
  .filter((e) => !(e.getAttribute("aria-label") || (e.matches("input, textarea, select") ? e.labels.length : e.textContent.trim())))
  .map((e) => e.outerHTML.slice(0, 120))`

// cut lists tables that do not fit into their figure, folded ones apart.
const cut = `[...document.querySelectorAll(".figure > .scroll")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.ariaLabel)`

// TestPictures draws every page on every screen. It fails on whatever the
// browser complains of, on pages wider than the screen, on faint texts, on
// small and nameless controls, on tables that are cut where there is room, and
// on requests to anywhere else. With
// SCREENSHOTS naming a folder, the pictures are kept for people to look at.
func TestPictures(t *testing.T) {
	for _, s := range []browsertest.Screen{browsertest.Light, browsertest.Dark, browsertest.Phone} {
		t.Run(s.Name, func(t *testing.T) {
			b, w, _ := stage(t, s)
			for _, p := range []struct{ name, path string }{
				{"inbox", "/"}, {"case", "/case/42"}, {"record", "/case/42/record"}, {"help", "/help"}, {"hostile", "/case/43"},
				{"rtl", "/case/38"}, {"quiet", "/?view=quiet"}, {"empty", "/?view=history"}, {"missing", "/case/999"},
				{"numbers", "/numbers?period=12w"}, {"numbers-source", "/numbers?source=maps&period=nonsense"}, {"notices", "/notices"}, {"notices-none", "/notices?month=2020-01"},
			} {
				b.Open(w.server.URL + p.path)
				b.Until(`document.readyState == "complete"`)
				b.Picture(s.Name + "-" + p.name)
				if over := browsertest.Eval[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
					t.Errorf("%s is %d pixels wider than the screen", p.path, over)
				}
				checks := map[string]string{"faint texts": faint, "small controls": small, "nameless controls": nameless}
				if !s.Phone {
					checks["cut tables"] = cut
				}
				for what, script := range checks {
					if bad := browsertest.Eval[[]string](b, script); len(bad) > 0 {
						t.Errorf("%s has %s: %q", p.path, what, bad)
					}
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

// at waits until an element has the focus.
func at(b *browsertest.Browser, selector string) {
	b.Until(`document.activeElement && document.activeElement.matches('` + selector + `')`)
}

// TestKeysOnly goes through a case with the keyboard alone: to the list, into
// the case, through a question, through a form, to an approval.
func TestKeysOnly(t *testing.T) {
	b, w, desk := stage(t, browsertest.Light)
	b.Open(w.server.URL)
	b.Until(`document.documentElement.classList.contains("js") && window.htmx`)
	b.Keys("j")
	at(b, "#row-43")
	b.Keys("j")
	at(b, "#row-42")
	b.Keys("k")
	at(b, "#row-43")
	b.Keys("j\r")
	b.Until(`location.pathname == "/case/42" && document.documentElement.classList.contains("js") && window.htmx`)

	b.Keys("e") // Edit has the focus, Enter opens the form
	at(b, `button[data-key="e"]`)
	b.Keys("\r")
	b.Until(`document.querySelector("#sheet").open`)
	at(b, "#sheet textarea")
	b.Picture("light-form")
	if bad := browsertest.Eval[[]string](b, nameless); len(bad) > 0 {
		t.Errorf("the form has nameless controls: %q", bad)
	}
	if got := browsertest.Eval[string](b, `document.activeElement.value`); got != lampText {
		t.Errorf("the form shows %q", got)
	}
	desk.Answers("edit", commands.Outcome{Refused: true, Text: "The text is empty; please write something."})
	b.Click("#sheet .btn.primary")
	b.Until(`document.querySelector("#sheet-notice .notice.refused")`)
	if !browsertest.Eval[bool](b, `document.querySelector("#sheet").open && document.querySelector("#sheet textarea").value.startsWith("Bonjour")`) {
		t.Error("a refused form is closed or lost its words")
	}
	desk.Answers("edit", commands.Outcome{Text: "Saved as draft 3."})
	b.Click("#sheet .btn.primary")
	b.Until(`!document.querySelector("#sheet").open && document.querySelector("#notices").innerText.includes("Saved as draft 3.")`)

	b.Keys("a")
	at(b, `button[data-key="a"]`)
	b.Keys("\r")
	b.Until(`document.querySelector("#notices").innerText.includes("It goes out at 12:10:00.")`)
	b.Picture("light-approved")
	b.Keys("\x1b\x1b")
	b.Until(`!document.querySelector("#notices .notice")`)

	b.Click(`.thread .btn.danger`) // Discard asks first
	b.Until(`document.querySelector("#sheet").open`)
	b.Picture("light-question")
	b.Keys("\x1b")
	b.Until(`!document.querySelector("#sheet").open`)
	at(b, ".thread .btn.danger")

	var names []string
	for _, c := range desk.Calls() {
		names = append(names, c.Command)
	}
	if got := strings.Join(names, " "); got != "edit edit edit approve" {
		t.Errorf("the desk heard %q", got)
	}
	if c := b.Complaints(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
}

// TestTalking types a command with completion, writes in the thread and sees
// what others do without loading anything.
func TestTalking(t *testing.T) {
	b, w, desk := stage(t, browsertest.Light)
	desk.Answers("inbox", commands.Outcome{Text: "Two wait.", Items: []commands.Item{
		{Case: 42, Title: "★★☆☆☆ Walnut desk lamp", Note: "waits for approval"}, {Case: 43, Title: "★☆☆☆☆ Desk lamp", Note: "needs a decision"}}})
	b.Open(w.server.URL + "/case/42")
	b.Until(`document.documentElement.classList.contains("js") && window.htmx`)
	b.Shortcut("/")
	at(b, "#line")
	b.Keys("in")
	b.Until(`document.querySelector("#completions [data-value=inbox]") && !document.querySelector("#completions").hidden`)
	b.Picture("light-completion")
	b.Keys("\t")
	b.Until(`document.querySelector("#line").value == "inbox"`)
	b.Keys("\r")
	b.Until(`document.querySelector("#notices").innerText.includes("Two wait.")`)
	b.Until(`document.querySelector("#line").value == "" && document.querySelector("#completions").hidden`)
	b.Picture("light-answer")
	b.Keys("\x1b\x1b\x1b")

	b.Shortcut("m")
	at(b, "#words")
	b.Keys("We have the spare part.")
	b.Click(".say .btn.primary")
	b.Until(`document.querySelector(".thread").innerText.includes("\nWe have the spare part.") && document.querySelector("#words").value == ""`)
	b.Keys("Me neither")
	b.Keys("\x1b") // leaves the field, keeps the words

	shown, err := w.console.thread(t.Context(), 42, 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	post(t, w, bot.Place{Case: 42, Key: "draft-3", Thread: ref(shown.parent.ID)}, bot.Card{Case: 42, Tone: bot.Good, Title: "Live", Summary: "Live"})
	b.Until(`[...document.querySelectorAll(".card-title")].some((n) => n.innerText.startsWith("Live"))`)
	post(t, w, bot.Place{Case: 42, Key: "draft-4", Thread: ref(shown.parent.ID)}, bottest.StoryCard(42))
	// It came below the screen.
	b.Until(`(() => { const last = [...document.querySelectorAll(".slot")].pop(), below = document.querySelector("#below");
		return last.innerText.includes("Walnut desk lamp") && !below.hidden && below.dataset.to == last.id })()`)
	b.Picture("light-below")
	b.Click("#below")
	b.Until(`document.querySelector("#below").hidden && document.activeElement.innerText.includes("Walnut desk lamp")`)
	if err := w.console.Update(t.Context(), bot.Place{Case: 42, Key: "parent"}, ref(shown.parent.ID), bot.Card{Case: 42, Title: "Redrawn from elsewhere", Summary: "x"}); err != nil {
		t.Fatal(err)
	}
	b.Until(`document.querySelector("#note-` + ref(shown.parent.ID) + `").innerText.includes("Redrawn from elsewhere")`)
	c := w.store.cases[41]
	c.ID, c.Version = 45, 1
	c.Review.Title = "Just arrived"
	w.store.putCase(c)
	w.console.hub.wake()
	b.Until(`document.querySelector("#row-45").innerText.includes("Just arrived")`)
	if got := browsertest.Eval[string](b, `document.querySelector("#words").value`); got != "Me neither" {
		t.Errorf("what was being written is now %q", got)
	}
	if n := browsertest.Eval[int](b, `document.querySelectorAll(".thread .slot").length - new Set([...document.querySelectorAll(".thread .slot")].map((n) => n.id)).size`); n != 0 {
		t.Errorf("%d notes stand there twice", n)
	}
	if c := b.Complaints(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
}

// TestBurst: whatever is posted and redrawn while the page is busy fetching,
// in the end it shows all of it, once each, as it stands.
func TestBurst(t *testing.T) {
	b, w, _ := stage(t, browsertest.Light)
	b.Open(w.server.URL + "/case/42")
	b.Until(`document.documentElement.classList.contains("js") && window.htmx`)
	shown, err := w.console.thread(t.Context(), 42, 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	const many = 40
	for n := range many {
		post(t, w, bot.Place{Case: 42, Key: fmt.Sprint("burst-", n), Thread: ref(shown.parent.ID)}, bot.Card{Case: 42, Title: fmt.Sprintf("Burst %d.", n), Summary: "x"})
		if err := w.console.Update(t.Context(), bot.Place{Case: 42, Key: "parent"}, ref(shown.parent.ID), bot.Card{Case: 42, Title: fmt.Sprintf("Redrawn %d.", n), Summary: "x"}); err != nil {
			t.Fatal(err)
		}
		browsertest.Eval[bool](b, "true") // lets the page breathe, so that events come one by one
	}
	b.Until(fmt.Sprintf(`document.querySelector(".thread .note").innerText.includes("Redrawn %d.") &&
		[...document.querySelectorAll(".card-title")].filter((n) => n.innerText.startsWith("Burst")).length == %d`, many-1, many))
}

// TestImpatience presses a button many times at once: it is one press.
func TestImpatience(t *testing.T) {
	b, w, desk := stage(t, browsertest.Light)
	b.Open(w.server.URL + "/case/42")
	b.Until(`document.documentElement.classList.contains("js") && window.htmx`)
	browsertest.Eval[bool](b, `(() => { const p = document.querySelector('.thread [data-key="a"][value^=approve]'); for (let i = 0; i < 5; i++) p.click(); return true; })()`)
	b.Until(`document.querySelector("#notices").innerText.includes("It goes out")`)
	ids := map[string]bool{}
	for _, c := range desk.Calls() {
		ids[c.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("five clicks at once came as %d presses", len(ids))
	}
}

// TestPhonePress goes from the list into a case and opens its form and menu
// with taps.
func TestPhonePress(t *testing.T) {
	b, w, _ := stage(t, browsertest.Phone)
	b.Open(w.server.URL)
	b.Until(`document.documentElement.classList.contains("js") && window.htmx`)
	b.Click("#row-42")
	b.Until(`location.pathname == "/case/42" && window.htmx && document.documentElement.classList.contains("js")`)
	browsertest.Eval[bool](b, `(() => { document.querySelector('.thread [data-key="e"]').scrollIntoView({block: "center"}); return true; })()`)
	b.Picture("phone-draft")
	b.Click(`.thread [data-key="e"]`)
	b.Until(`document.querySelector("#sheet").open`)
	b.Picture("phone-form")
	b.Click("#sheet .cancel")
	b.Until(`!document.querySelector("#sheet").open`)
	b.Click(`.thread .menu summary`)
	b.Until(`document.querySelector(".menu[open]")`)
	b.Picture("phone-menu")
	if over := browsertest.Eval[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("the page is %d pixels wider than the screen", over)
	}
}
