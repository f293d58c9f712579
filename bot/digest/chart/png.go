package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Palette is the colours of a PNG. Contrasts of words are at least 4.5:1.
type Palette struct {
	paper color.RGBA
	inks  map[Ink]color.RGBA
}

// Light and Dark are the console's colours.
func Light() Palette {
	return Palette{rgb(0xfffefb), map[Ink]color.RGBA{
		Text: rgb(0x1b2327), Soft: rgb(0x545f60), Line: rgb(0xdcdad0), Fill: rgb(0xcfdedf), Accent: rgb(0x14505c), Band: rgb(0xd3ecd9),
		Star1: rgb(0x972c20), Star2: rgb(0xcf7d5f), Star3: rgb(0xd9b45b), Star4: rgb(0x7fb3ae), Star5: rgb(0x14505c),
	}}
}

// Dark is for dark screens.
func Dark() Palette {
	return Palette{rgb(0x17222a), map[Ink]color.RGBA{
		Text: rgb(0xe7ecea), Soft: rgb(0xa3b2b5), Line: rgb(0x2a3841), Fill: rgb(0x2c4750), Accent: rgb(0x84ccd1), Band: rgb(0x1d4630),
		Star1: rgb(0xf4aa9e), Star2: rgb(0xc9795f), Star3: rgb(0xb08f3e), Star4: rgb(0x3f8a86), Star5: rgb(0x84ccd1),
	}}
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// pixels per unit, and the margin around a PNG in units.
const (
	scale  = 2
	margin = 14
)

// PNG draws the picture for chats: 776 pixels wide, in a few tens of
// kilobytes. An error means that the fonts built into the program are broken.
func (d Drawing) PNG(colours Palette) ([]byte, error) {
	regular, err := face(goregular.TTF, letters)
	if err != nil {
		return nil, err
	}
	bold, err := face(gobold.TTF, letters+1)
	if err != nil {
		return nil, err
	}
	bounds := image.Rect(0, 0, (Width+2*margin)*scale, int(math.Ceil((d.Height+2*margin)*scale)))
	p := painter{img: image.NewRGBA(bounds), colours: colours}
	draw.Draw(p.img, bounds, image.NewUniform(colours.paper), image.Point{}, draw.Src)
	for _, s := range d.shapes {
		switch s.kind {
		case box:
			at := s.points[0]
			p.fill(s.ink, []point{at, {at.x + s.w, at.y}, {at.x + s.w, at.y + s.h}, {at.x, at.y + s.h}})
		case dot:
			p.fill(s.ink, round(s.points[0], s.size))
		case stroke:
			p.stroke(s)
		case words:
			f := regular
			if s.bold {
				f = bold
			}
			p.write(f, s)
		}
	}
	// Fast is five times as fast as the usual and adds a fortieth to the size:
	// pictures of flat colours are small either way.
	var b bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(&b, p.img); err != nil {
		return nil, fmt.Errorf("drawing a picture: %w", err)
	}
	return b.Bytes(), nil
}

func face(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("reading a built-in font: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size * scale, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("sizing a built-in font: %w", err)
	}
	return face, nil
}

type painter struct {
	img     *image.RGBA
	colours Palette
}

func pixel(p point) (x, y float32) {
	return float32((p.x + margin) * scale), float32((p.y + margin) * scale)
}

// fill paints a polygon. The rasterizer has the size of the polygon, for there
// are hundreds of small ones.
func (p painter) fill(ink Ink, corners []point) {
	left, top := pixel(corners[0])
	right, bottom := left, top
	for _, c := range corners {
		x, y := pixel(c)
		left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
	}
	area := image.Rect(int(left), int(top), int(right)+2, int(bottom)+2)
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	for i, c := range corners {
		x, y := pixel(c)
		x, y = x-float32(area.Min.X), y-float32(area.Min.Y)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(p.img, area, image.NewUniform(p.colours.inks[ink]), image.Point{})
}

// stroke paints a line with round ends and corners.
func (p painter) stroke(s shape) {
	half := s.size / 2
	for i, b := range s.points {
		if s.size > 1.2 {
			p.fill(s.ink, round(b, half))
		}
		if i == 0 {
			continue
		}
		a := s.points[i-1]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			continue
		}
		dx, dy := (b.y-a.y)/length*half, (a.x-b.x)/length*half
		p.fill(s.ink, []point{{a.x + dx, a.y + dy}, {b.x + dx, b.y + dy}, {b.x - dx, b.y - dy}, {a.x - dx, a.y - dy}})
	}
}

// round is a circle as a polygon.
func round(at point, radius float64) []point {
	const corners = 24
	out := make([]point, corners)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		out[i] = point{at.x + radius*cos, at.y + radius*sin}
	}
	return out
}

func (p painter) write(f font.Face, s shape) {
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(p.colours.inks[s.ink]), Face: f}
	x, y := pixel(s.points[0])
	switch wide := float32(d.MeasureString(s.text)) / 64; s.anchor {
	case Middle:
		x -= wide / 2
	case End:
		x -= wide
	case Start:
	}
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
	d.DrawString(s.text)
}
