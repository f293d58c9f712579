package webconsole

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image/png"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/digest/chart"
	"github.com/evenkeel/evenkeel/review/stats"
)

// months are the numbers of the showcase: twelve weeks of two sources, with a
// courier who was late in the ninth. One source has a hostile name.
func months() []stats.Row {
	rng := rand.New(rand.NewPCG(3, 5))
	last := stats.DayOf(noon, time.UTC)
	var rows []stats.Row
	for day := last - 83; day <= last; day++ {
		for _, of := range []struct{ source, subject string }{{"shop", "Walnut desk lamp"}, {"shop", "Paper lantern"}, {"maps", "Harbour street"}, {`=1+1"><script>`, ""}} {
			add := func(what stats.What, key string, n int64) {
				rows = append(rows, stats.Row{Source: of.source, Subject: of.subject, Count: stats.Count{Day: day, What: what, Key: key}, N: n})
			}
			for stars := 1; stars <= 5; stars++ {
				n := int64(rng.IntN(2 + stars*stars/7))
				if day > last-30 && day < last-20 && stars < 3 && of.source == "shop" {
					n += 2
				}
				if n == 0 || of.subject == "" && day%9 != 0 {
					continue
				}
				add(stats.Reviews, fmt.Sprint(stars), n)
				add(stats.Marks, "", int64(stars)*1000*n)
				add(stats.Moods, []string{"", "bad", "bad", "bad", "good", "good"}[stars], n)
				if stars < 4 {
					add(stats.Answered, fmt.Sprint(stars), min(n, 1))
					add(stats.Causes, []string{"", "late delivery", "broken on arrival", "no answer by phone"}[stars], n)
					for step, base := range map[stats.Step]int{stats.Triaged: 10, stats.Facts: 46, stats.Drafted: 24, stats.Approved: 47, stats.Live: 26, stats.Answer: 54} {
						add(stats.Took, fmt.Sprintf("%s:%d", step, base+rng.IntN(14)), n)
					}
				}
				if stars == 1 {
					add(stats.Promises, "made", n)
					add(stats.Promises, "kept", n/2)
					add(stats.Tokens, "", 900*n)
					add(stats.Cost, "", 2100*n)
				}
			}
		}
	}
	rows = append(rows, stats.Row{Source: "maps", Count: stats.Count{Day: last, What: stats.Reports, Key: "upheld:conflict of interest"}, N: 2})
	return rows
}

// postDigest puts a digest with its picture on the board.
func postDigest(t *testing.T, w *world) {
	t.Helper()
	p, err := stats.ParsePeriod("30d", stats.DayOf(noon, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	r := stats.Sum(p, slices.DeleteFunc(months(), func(r stats.Row) bool { return r.Day < p.From }))
	drawing := chart.Stack(chart.Trend(r), chart.Answers(r))
	img, err := drawing.PNG(chart.Light())
	if err != nil {
		t.Fatal(err)
	}
	card := bot.Card{Title: "Tuesday, 1 September", Tone: bot.Waiting, Summary: "Daily digest: 9 reviews, 6 good and 2 bad; 4 wait for an answer, 1 late", Blocks: []bot.Block{
		{Kind: bot.Fields, Items: []bot.Line{{Label: "Reviews", Text: "9: 6 good, 2 bad, 1 between"}, {Label: "Wait for an answer", Text: "4"}, {Label: "Late", Text: "1"}}},
		{Kind: bot.List, Heading: "What customers liked", Items: []bot.Line{{Label: "#31, 4 of 5, shop", Text: "“Nice shade, quick delivery, and [colleague] was very kind.”"}}},
		{Kind: bot.List, Heading: "What they did not like", Items: []bot.Line{{Label: "#43, 1 of 5, shop", Text: "“worst shop ever!!! <a href=http://spam.example.com>cheap lamps</a>”"}, {Label: "#40, 1 of 5, shop", Text: "“There was a burning smell and the plug got hot.”"}}},
		{Kind: bot.List, Heading: "Late", Items: []bot.Line{{Mark: bot.Alert, Label: "#39, 2 of 5, shop", Text: "“Flickers after ten minutes.”, due 1 Sep, 10:00"}}},
		{Kind: bot.List, Heading: "Wait for a thank-you, or for nothing", Items: []bot.Line{{Label: "#35, 5 of 5, shop", Text: "“Perfect light for my desk, thank you!”"}}},
		{Kind: bot.Small, Text: "Nothing can be approved here; names of colleagues are masked. Audit log: entry 1234, head " + strings.Repeat("4f", 32)},
	}, Buttons: []bot.Button{{Label: "Thank #35", Token: bottest.Token("verdict", 35, "thank")}}}
	at := bot.Place{Key: "digest-daily@2026-09-01T09:00", Channel: "reviews"}
	ref, err := w.console.PostPicture(t.Context(), at, card, bot.Picture{Name: "digest.png", PNG: img, Alt: drawing.Alt})
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.console.PostPicture(t.Context(), at, card, bot.Picture{Name: "digest.png", PNG: img, Alt: drawing.Alt})
	if found, ok, ferr := w.console.Find(t.Context(), at); err != nil || ferr != nil || again != ref || found != ref || !ok {
		t.Fatalf("posted as %s, again as %s, found as %s (%v, %v, %v)", ref, again, found, ok, err, ferr)
	}
}

// numbered is a world with the showcase, and a person who is signed in.
func numbered(t *testing.T) (*world, func(path string) (*http.Response, string)) {
	t.Helper()
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, func(c *Config) {
		c.Loopback, c.LocalName = true, "Ana"
		c.Now = func() time.Time { return noon }
	})
	showcase(t, w, desk)
	return w, func(path string) (*http.Response, string) {
		t.Helper()
		res, err := http.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b bytes.Buffer
		if _, err := b.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		return res, b.String()
	}
}

func TestNumbers(t *testing.T) {
	_, get := numbered(t)
	res, page := get("/numbers?period=12w")
	if res.StatusCode != http.StatusOK || strings.Contains(page, "<script>") || strings.Contains(page, "style=") || strings.Contains(page, "NaN") {
		t.Fatalf("%d\n%s", res.StatusCode, page)
	}
	for _, want := range []string{"the last 84 days", `<svg class="chart"`, "Mean rating in the last 84 days", "late delivery", "Walnut desk lamp", "conflict of interest", "/numbers/steps.csv?period=12w", "No number here is a goal"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, page = get("/numbers?period=soon&source=maps"); !strings.Contains(page, `role="alert"`) || strings.Contains(page, "Walnut") {
		t.Error("a period that cannot be read is not said, or another source's numbers are shown")
	}
	if _, page = get("/numbers?source=nowhere"); !strings.Contains(page, "no reviews") {
		t.Error("a source without numbers does not say so")
	}
}

// TestNumbersFiles reads every file as a spreadsheet would.
func TestNumbersFiles(t *testing.T) {
	_, get := numbered(t)
	for _, name := range stats.TableNames() {
		res, body := get("/numbers/" + name + ".csv?period=12w")
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") || len(rows) < 2 {
			t.Errorf("%s: %d, %v, %d rows", name, res.StatusCode, err, len(rows))
		}
		for _, row := range rows {
			if strings.HasPrefix(row[0], "=") {
				t.Errorf("%s: a name would be a formula: %q", name, row[0])
			}
		}
	}
	for path, want := range map[string]int{"/numbers/secrets.csv": http.StatusNotFound, "/numbers/trend": http.StatusNotFound, "/numbers/trend.csv?period=soon": http.StatusBadRequest} {
		if res, _ := get(path); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
}

// TestBoard reads a digest with its picture.
func TestBoard(t *testing.T) {
	_, get := numbered(t)
	_, page := get("/notices")
	at := strings.Index(page, `<img src="/picture/`)
	if at < 0 || strings.Contains(page, "<a href=http://spam") || !strings.Contains(page, `alt="Mean rating in`) {
		t.Fatalf("the digest is not as it should be:\n%s", page)
	}
	src := page[at+len(`<img src="`):]
	res, body := get(src[:strings.Index(src, `"`)])
	if _, err := png.Decode(strings.NewReader(body)); err != nil || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %v, %v", err, res.Header)
	}
	for _, path := range []string{"/picture/nothing", "/picture/case-42-parent"} {
		if res, _ := get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
