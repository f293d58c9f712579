package chart

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode"
)

// Width of every drawing, in units.
const Width = 360

// Ink is what a shape is drawn with, by its meaning. As SVG it is a class of
// the style sheet ("ink-soft"), as PNG a colour of a [Palette].
type Ink string

// The inks.
const (
	Text   Ink = "text"   // words
	Soft   Ink = "soft"   // words beside
	Line   Ink = "line"   // grids
	Fill   Ink = "fill"   // boxes in the background: how many
	Accent Ink = "accent" // what the picture is about
	Band   Ink = "band"   // a range to compare with
	Star1  Ink = "star1"  // shares of marks, from one star …
	Star2  Ink = "star2"
	Star3  Ink = "star3"
	Star4  Ink = "star4"
	Star5  Ink = "star5" // … to five
)

var starInks = [6]Ink{"", Star1, Star2, Star3, Star4, Star5}

// Anchor says where a text stands from its point.
type Anchor string

// The anchors.
const (
	Start  Anchor = "start"
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// Drawing is a picture as shapes.
type Drawing struct {
	Height float64
	Alt    string // the same in words
	shapes []shape
}

type shapeKind int

const (
	box shapeKind = iota
	stroke
	dot
	words
)

type point struct{ x, y float64 }

type shape struct {
	kind   shapeKind
	points []point // one for a box, a dot and words
	w, h   float64 // of a box
	size   float64 // a stroke's width, a dot's radius, the height of letters
	ink    Ink
	text   string
	bold   bool
	anchor Anchor
}

func (d *Drawing) box(ink Ink, x, y, w, h float64) {
	d.shapes = append(d.shapes, shape{kind: box, points: []point{{x, y}}, w: max(w, 0), h: max(h, 0), ink: ink})
}

func (d *Drawing) line(ink Ink, width float64, points ...point) {
	if len(points) > 1 {
		d.shapes = append(d.shapes, shape{kind: stroke, points: points, size: width, ink: ink})
	}
}

func (d *Drawing) dot(ink Ink, at point, radius float64) {
	d.shapes = append(d.shapes, shape{kind: dot, points: []point{at}, size: radius, ink: ink})
}

func (d *Drawing) words(ink Ink, x, y float64, anchor Anchor, text string) {
	d.shapes = append(d.shapes, shape{kind: words, points: []point{{x, y}}, size: letters, ink: ink, text: oneLine(text), anchor: anchor})
}

func (d *Drawing) title(text string) {
	d.shapes = append(d.shapes, shape{kind: words, points: []point{{0, 14}}, size: letters + 1, ink: Text, text: text, bold: true, anchor: Start})
}

// letters is the size of words: 12 of 360 units can be read on a phone.
const letters = 12

// Stack puts drawings below each other.
func Stack(list ...Drawing) Drawing {
	var out Drawing
	var alts []string
	for _, d := range list {
		if out.Height > 0 {
			out.Height += 14
		}
		for _, s := range d.shapes {
			moved := make([]point, len(s.points))
			for i, p := range s.points {
				moved[i] = point{p.x, p.y + out.Height}
			}
			s.points = moved
			out.shapes = append(out.shapes, s)
		}
		out.Height += d.Height
		alts = append(alts, d.Alt)
	}
	out.Alt = strings.Join(alts, " ")
	return out
}

// SVG is the drawing as an element to stand within HTML. It has no styles of
// its own, only classes, as a strict content security policy demands. Whatever
// a text holds stays text.
func (d Drawing) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %s" role="img" aria-label="%s">`, Width, number(d.Height), html.EscapeString(oneLine(d.Alt)))
	for _, s := range d.shapes {
		p := s.points[0]
		switch s.kind {
		case box:
			fmt.Fprintf(&b, `<rect class="ink-%s" x="%s" y="%s" width="%s" height="%s"/>`, s.ink, number(p.x), number(p.y), number(s.w), number(s.h))
		case dot:
			fmt.Fprintf(&b, `<circle class="ink-%s" cx="%s" cy="%s" r="%s"/>`, s.ink, number(p.x), number(p.y), number(s.size))
		case stroke:
			fmt.Fprintf(&b, `<polyline class="line-%s" stroke-width="%s" points="`, s.ink, number(s.size))
			for i, p := range s.points {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(number(p.x) + "," + number(p.y))
			}
			b.WriteString(`"/>`)
		case words:
			weight := ""
			if s.bold {
				weight = ` font-weight="600"`
			}
			fmt.Fprintf(&b, `<text class="ink-%s" x="%s" y="%s" font-size="%s" text-anchor="%s"%s>%s</text>`,
				s.ink, number(p.x), number(p.y), number(s.size), s.anchor, weight, html.EscapeString(s.text))
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

// oneLine makes any text one that XML can hold.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func number(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 1, 64), "0"), ".")
}
