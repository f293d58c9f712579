// Package metrics counts what the program does and writes it in Prometheus'
// text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// It is a few hundred lines because the official client brings protocol
// buffers with it, which make the program 2.4 MB larger; its tests hold what is
// written against that client's own parser and linter.
//
// A [Set] is made once; its counters and histograms are safe for concurrent
// use. What is looked up only when somebody asks is added by [Set.Gather].
package metrics

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
)

// Kind is a family's type.
type Kind string

// The kinds of families.
const (
	CounterKind   Kind = "counter"
	GaugeKind     Kind = "gauge"
	HistogramKind Kind = "histogram"
	SummaryKind   Kind = "summary"
)

// Family is a metric with all its label sets.
type Family struct {
	Name    string
	Help    string
	Kind    Kind
	Labels  []string // names
	Samples []Sample
}

// Sample is one value of a family.
type Sample struct {
	Suffix string   // "_sum", "_count", "_bucket" or ""
	Values []string // of the family's labels, in their order
	Le     string   // a bucket's upper bound
	Value  float64
}

// Add puts a sample to the family.
func (f *Family) Add(value float64, labels ...string) {
	f.Samples = append(f.Samples, Sample{Values: labels, Value: value})
}

// Set is all that one program counts.
type Set struct {
	mu       sync.Mutex
	vectors  []vector
	gatherer []func(context.Context) []Family
}

// vector is a family that counts as things happen.
type vector interface{ family() Family }

// NewSet makes an empty set.
func NewSet() *Set { return new(Set) }

// Gather adds families that are looked up when somebody asks. What cannot be
// looked up is left out.
func (s *Set) Gather(from func(context.Context) []Family) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gatherer = append(s.gatherer, from)
}

func (s *Set) add(v vector) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vectors = append(s.vectors, v)
}

// Families are all families, by name.
func (s *Set) Families(ctx context.Context) []Family {
	s.mu.Lock()
	vectors, gatherer := slices.Clone(s.vectors), slices.Clone(s.gatherer)
	s.mu.Unlock()
	var out []Family
	for _, v := range vectors {
		out = append(out, v.family())
	}
	for _, g := range gatherer {
		out = append(out, g(ctx)...)
	}
	slices.SortStableFunc(out, func(a, b Family) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Write writes all families as text.
func (s *Set) Write(ctx context.Context, w io.Writer) error {
	_, err := io.WriteString(w, Text(s.Families(ctx)))
	return err
}

// ContentType is that of [Set.Write].
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// maxSeries bounds the label sets of one family. Labels are chosen so that
// there are few; should one not be, it is counted under "other".
const maxSeries = 256

// series finds a label set's cell, made by fresh when it is new.
type series[T any] struct {
	mu    sync.Mutex
	cells map[string]*cell[T]
}

type cell[T any] struct {
	values []string
	state  T
}

const between = "\xff" // in no label: they are valid UTF-8

func (s *series[T]) with(values []string, change func(*T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.Join(values, between)
	c, ok := s.cells[key]
	if !ok && len(s.cells) >= maxSeries {
		values = slices.Repeat([]string{"other"}, len(values))
		key = strings.Join(values, between)
		c, ok = s.cells[key]
	}
	if !ok {
		if s.cells == nil {
			s.cells = make(map[string]*cell[T])
		}
		c = &cell[T]{values: slices.Clone(values)}
		s.cells[key] = c
	}
	change(&c.state)
}

// each visits the cells in the order of their labels.
func (s *series[T]) each(visit func(values []string, state *T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, 0, len(s.cells))
	for k := range s.cells {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		visit(s.cells[k].values, &s.cells[k].state)
	}
}

// Counter only rises.
type Counter struct {
	head Family
	series[float64]
}

// Counter makes a counter; its name ends in _total.
func (s *Set) Counter(name, help string, labels ...string) *Counter {
	c := &Counter{head: Family{Name: name, Help: help, Kind: CounterKind, Labels: labels}}
	s.add(c)
	return c
}

// Add counts n more for these values of the counter's labels.
func (c *Counter) Add(n float64, values ...string) { c.with(values, func(v *float64) { *v += n }) }

func (c *Counter) family() Family {
	f := c.head
	c.each(func(values []string, v *float64) { f.Add(*v, values...) })
	return f
}

// Histogram counts how often a value lay below each of some bounds.
type Histogram struct {
	head   Family
	bounds []float64
	series[spread]
}

type spread struct {
	buckets []uint64
	sum     float64
	count   uint64
}

// Seconds are bounds from a millisecond to two minutes, for how long things take.
var Seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10, 30, 120}

// Histogram makes a histogram with upper bounds in rising order.
func (s *Set) Histogram(name, help string, bounds []float64, labels ...string) *Histogram {
	h := &Histogram{head: Family{Name: name, Help: help, Kind: HistogramKind, Labels: labels}, bounds: bounds}
	s.add(h)
	return h
}

// Observe counts one value for these values of the histogram's labels.
func (h *Histogram) Observe(value float64, values ...string) {
	h.with(values, func(s *spread) {
		if s.buckets == nil {
			s.buckets = make([]uint64, len(h.bounds))
		}
		if i, _ := slices.BinarySearch(h.bounds, value); i < len(s.buckets) {
			s.buckets[i]++
		}
		s.sum += value
		s.count++
	})
}

func (h *Histogram) family() Family {
	f := h.head
	h.each(func(values []string, s *spread) {
		below := uint64(0)
		for i, bound := range h.bounds {
			below += s.buckets[i]
			f.Samples = append(f.Samples, Sample{Suffix: "_bucket", Values: values, Le: number(bound), Value: float64(below)})
		}
		f.Samples = append(f.Samples,
			Sample{Suffix: "_bucket", Values: values, Le: "+Inf", Value: float64(s.count)},
			Sample{Suffix: "_sum", Values: values, Value: s.sum},
			Sample{Suffix: "_count", Values: values, Value: float64(s.count)})
	})
	return f
}
