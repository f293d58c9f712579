package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review/stats"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// month is a month in which a courier was late in the middle.
func month(t *testing.T) *stats.Report {
	t.Helper()
	first := stats.DayOf(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []stats.Row
	add := func(source string, day int, what stats.What, key string, n int64) {
		rows = append(rows, stats.Row{Source: source, Count: stats.Count{Day: first + stats.Day(day), What: what, Key: key}, N: n})
	}
	for day := range 30 {
		for _, source := range []string{"shop", "maps"} {
			for stars := 1; stars <= 5; stars++ {
				n := int64(rng.IntN(stars + 1))
				if day > 12 && day < 19 && stars < 3 {
					n += 3
				}
				if n == 0 {
					continue
				}
				add(source, day, stats.Reviews, fmt.Sprint(stars), n)
				add(source, day, stats.Marks, "", int64(stars)*1000*n)
				mood := []string{"", "bad", "bad", "bad", "good", "good"}[stars]
				add(source, day, stats.Moods, mood, n)
				if stars < 3 {
					add(source, day, stats.Causes, []string{"late delivery", "broken on arrival"}[stars-1], n)
				}
				for step, base := range map[stats.Step]int{stats.Triaged: 12, stats.Drafted: 30, stats.Approved: 48, stats.Live: 26, stats.Answer: 54} {
					add(source, day, stats.Took, fmt.Sprintf("%s:%d", step, base+day%7+stars), n)
				}
			}
		}
	}
	p, err := stats.ParsePeriod("2026-09", first)
	if err != nil {
		t.Fatal(err)
	}
	return stats.Sum(p, rows)
}

func nothing(t *testing.T) *stats.Report {
	t.Helper()
	p, err := stats.ParsePeriod("2026-09", 0)
	if err != nil {
		t.Fatal(err)
	}
	return stats.Sum(p, nil)
}

func all(r *stats.Report) map[string]Drawing {
	return map[string]Drawing{
		"trend": Trend(r), "answers": Answers(r), "hands": Hands(r), "spread": Spread("Marks by source", r.BySource),
		"ratio": Ratio(&r.Ratings), "causes": Causes(r), "digest": Stack(Trend(r), Answers(r)),
	}
}

// TestPictures holds the picture of the digest against its golden ones, light
// and dark. They need not agree to the bit: libraries smooth edges a little differently.
func TestPictures(t *testing.T) {
	d := all(month(t))["digest"]
	for theme, palette := range map[string]Palette{"light": Light(), "dark": Dark()} {
		file := filepath.Join("testdata", "digest-"+theme+".png")
		got, err := d.PNG(palette)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 80<<10 {
			t.Errorf("%s has %d bytes", file, len(got))
		}
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if share := differing(t, got, want); share > 0.002 {
			t.Errorf("%s differs in %.2f %% of its pixels; look at it and run with -update", file, share*100)
		}
	}
}

// differing is the share of pixels that differ by more than a shade.
func differing(t *testing.T, a, b []byte) float64 {
	t.Helper()
	var img [2]image.Image
	for i, data := range [][]byte{a, b} {
		var err error
		if img[i], err = png.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if img[0].Bounds() != img[1].Bounds() {
		return 1
	}
	size, bad := img[0].Bounds().Size(), 0
	for y := range size.Y {
		for x := range size.X {
			r1, g1, b1, _ := img[0].At(x, y).RGBA()
			r2, g2, b2, _ := img[1].At(x, y).RGBA()
			for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
				if d > 0x1800 || d < -0x1800 {
					bad++
					break
				}
			}
		}
	}
	return float64(bad) / float64(size.X*size.Y)
}

// TestDifferingSees shows that the comparison would find another month.
func TestDifferingSees(t *testing.T) {
	a, err1 := Trend(month(t)).PNG(Light())
	b, err2 := Trend(nothing(t)).PNG(Light())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if share := differing(t, a, b); share <= 0.002 {
		t.Errorf("a month and nothing differ in %.4f only", share)
	}
}

// TestNothing draws what has no numbers.
func TestNothing(t *testing.T) {
	for name, d := range all(nothing(t)) {
		if _, err := d.PNG(Light()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wellFormed(t, name, d.SVG())
		if d.Alt == "" || strings.Contains(d.Alt, "NaN") || strings.Contains(d.SVG(), "NaN") || strings.Contains(d.SVG(), "Inf") {
			t.Errorf("%s: %q\n%s", name, d.Alt, d.SVG())
		}
	}
}

// TestWords shows that pictures say the same in words.
func TestWords(t *testing.T) {
	r := month(t)
	mean, _ := r.Ratings.Mean()
	if want := fmt.Sprintf("Mean rating in September 2026: %.1f of 5", mean); !strings.HasPrefix(Trend(r).Alt, want) {
		t.Errorf("%q does not begin with %q", Trend(r).Alt, want)
	}
	for name, want := range map[string]string{
		"answers": "nine of ten within", "hands": "approved: half within", "spread": "stars 1 to 5:", "ratio": "fewer than 10 good ones", "causes": "late delivery ",
	} {
		if alt := all(r)[name].Alt; !strings.Contains(alt, want) {
			t.Errorf("%s: %q does not say %q", name, alt, want)
		}
	}
}

// TestStrangersWords shows that names stay text in SVG.
func TestStrangersWords(t *testing.T) {
	hostile := "\"><script>alert(1)</script>\x00\xff & </text>"
	r := month(t)
	r.BySource[0].Name = hostile
	r.Causes[0].Cause = hostile
	for _, d := range all(r) {
		svg := d.SVG()
		if strings.Contains(svg, "<script") {
			t.Error(svg)
		}
		wellFormed(t, "hostile", svg)
	}
}

func wellFormed(t *testing.T, name, svg string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s is not well-formed: %v\n%s", name, err, svg)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 40 * time.Second: "40 s", 90 * time.Second: "1.5 min", 10 * time.Minute: "10 min", 90 * time.Minute: "1.5 h", time.Hour: "1 h",
		20 * time.Hour: "20 h", 36 * time.Hour: "1.5 d", 30 * 24 * time.Hour: "30 d",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}
