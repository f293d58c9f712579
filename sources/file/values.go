package file

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/review"
)

// The words of scales that are not stars.
var (
	up      = []string{"up", "positive", "recommended", "recommends", "yes", "true", "👍", "1", "+1"}
	down    = []string{"down", "negative", "not recommended", "doesn't recommend", "no", "false", "👎", "0", "-1"}
	neutral = []string{"neutral", "mixed", "0"}
)

// guessScale takes the kind of rating from the options, or from the sample.
func (r *Reader) guessScale() {
	m := &r.mapping
	m.kind, m.max = r.opts.RatingKind, r.opts.RatingMax
	if m.kind == "" {
		m.kind = review.Stars
		words, triple := 0, false
		for _, rec := range r.sample {
			v := strings.ToLower(strings.TrimSpace(m.value(rec, Rating)))
			if _, _, isNumber := number(v); v != "" && !isNumber && (slices.Contains(up, v) || slices.Contains(down, v) || slices.Contains(neutral, v)) {
				words++
				triple = triple || slices.Contains(neutral, v)
			}
		}
		if words > 0 {
			m.kind = review.Thumb
		}
		if triple {
			m.kind = review.Tri
		}
	}
	switch m.kind {
	case review.Stars:
		m.Scale = fmt.Sprintf("stars, the best is %g", m.max)
	case review.Unrated:
		delete(m.columns, Rating)
	case review.Thumb:
		m.Scale = "thumb up or down"
	case review.Tri:
		m.Scale = "positive, neutral or negative"
	}
}

// rating reads a mark on the file's scale.
func (m *Mapping) rating(s string) (review.Rating, error) {
	none := review.Rating{Kind: review.Unrated}
	if s == "" || m.kind == review.Unrated {
		return none, nil
	}
	low := strings.ToLower(s)
	switch m.kind {
	case review.Thumb:
		switch {
		case slices.Contains(up, low):
			return review.Rating{Kind: review.Thumb, Value: 1, Max: 1}, nil
		case slices.Contains(down, low):
			return review.Rating{Kind: review.Thumb, Value: 0, Max: 1}, nil
		}
		return none, fmt.Errorf("the rating %q is neither up nor down", clip(s))
	case review.Tri:
		switch {
		case slices.Contains(neutral, low):
			return review.Rating{Kind: review.Tri, Value: 0, Max: 1}, nil
		case slices.Contains(up, low):
			return review.Rating{Kind: review.Tri, Value: 1, Max: 1}, nil
		case slices.Contains(down, low):
			return review.Rating{Kind: review.Tri, Value: -1, Max: 1}, nil
		}
		return none, fmt.Errorf("the rating %q is none of positive, neutral and negative", clip(s))
	}
	value, best, ok := number(low)
	if !ok {
		return none, fmt.Errorf("the rating %q is not a number of stars", clip(s))
	}
	if best == 0 {
		best = m.max
	}
	out := review.Rating{Kind: review.Stars, Value: value, Max: best}
	if err := out.Valid(); err != nil {
		if value > best {
			return none, fmt.Errorf("%w; if the best mark is higher, say so with --rating-max", err)
		}
		return none, err
	}
	return out, nil
}

// starWords are Google's names of its marks, as its exports write them.
var starWords = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}

// number reads "4", "4,5", "4/5", "8 of 10", "★★★★☆", "4 stars", "FOUR"; best is
// 0 when the text does not say it.
func number(s string) (value, best float64, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if v, ok := starWords[s]; ok {
		return v, 5, true
	}
	if full := strings.Count(s, "★") + strings.Count(s, "⭐"); full > 0 {
		empty := strings.Count(s, "☆")
		if strings.Trim(s, "★⭐☆\ufe0f ") != "" {
			return 0, 0, false
		}
		if empty > 0 {
			best = float64(full + empty)
		}
		return float64(full), best, true
	}
	for _, word := range []string{"stars", "star", "sterne", "stern", "sterren", "étoiles", "estrellas", "星", "점"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, word))
	}
	for _, between := range []string{"/", " of ", " out of ", " von ", " van ", " sur ", " de "} {
		if a, b, cut := strings.Cut(s, between); cut {
			a, b = strings.TrimSuffix(strings.TrimSpace(a), " out"), strings.TrimSpace(b)
			v, err1 := parseFloat(a)
			m, err2 := parseFloat(b)
			return v, m, err1 == nil && err2 == nil && m > 0
		}
	}
	v, err := parseFloat(s)
	return v, 0, err == nil
}

// parseFloat takes a decimal comma too, and only plain digits.
func parseFloat(s string) (float64, error) {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789.,-") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
}

// language reads a tag; what is none leaves it to the file's.
func (r *Reader) language(s string) string {
	if s == "" {
		return r.mapping.Language
	}
	tag, err := language.Parse(s)
	if err != nil {
		r.notes.add(Language, s, "is no language tag")
		return r.mapping.Language
	}
	return tag.String()
}

// link takes http and https addresses only: others could run something when a
// person follows them.
func (r *Reader) link(role Role, s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(s) > 4<<10 {
		r.notes.add(role, s, "is no web address")
		return ""
	}
	return s
}

var truths = map[string]bool{
	"true": true, "yes": true, "1": true, "y": true, "verified": true, "buyer": true, "verified-purchase": true, "ja": true, "oui": true, "sí": true, "si": true, "はい": true, "예": true,
	"false": false, "no": false, "0": false, "n": false, "unverified": false, "nein": false, "nee": false, "non": false, "いいえ": false, "아니오": false,
}

func (r *Reader) truth(s string) *bool {
	if s == "" {
		return nil
	}
	v, ok := truths[strings.ToLower(s)]
	if !ok {
		r.notes.add(Verified, s, "is neither yes nor no")
		return nil
	}
	return &v
}

// dateOrder is what comes first in 03/04/2026.
type dateOrder int

const (
	unclear dateOrder = iota
	dayFirst
	monthFirst
)

// layouts that say by themselves what is what. Times without a zone are UTC.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 Z0700 MST",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05 MST", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006/1/2",
	"2006年1月2日", "2006. 1. 2.", "2006.01.02", "20060102",
	"2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006, 15:04", "2.1.2006", "2-1-2006 15:04", "2-1-2006",
	time.RFC1123, time.RFC1123Z, time.ANSIC, time.UnixDate,
	"2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "Jan 2, 2006 15:04", "Jan 2, 2006, 3:04 PM", "Jan 2, 2006 3:04:05 PM", "2 Jan 2006 15:04",
}

// slashed are layouts of a day and month with slashes, which come first depends.
var slashed = map[dateOrder][]string{
	dayFirst:   {"2/1/2006", "2/1/2006 15:04", "2/1/2006 15:04:05", "2/1/06"},
	monthFirst: {"1/2/2006", "1/2/2006 15:04", "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 3:04:05 PM", "1/2/06"},
}

// guessDates finds out from the sample what 03/04/2026 means in this file.
func (r *Reader) guessDates() {
	day, month := false, false
	for _, rec := range r.sample {
		for _, role := range []Role{Created, Updated, ReplyAt} {
			a, rest, ok := strings.Cut(strings.TrimSpace(r.mapping.value(rec, role)), "/")
			b, _, ok2 := strings.Cut(rest, "/")
			x, err1 := strconv.Atoi(a)
			y, err2 := strconv.Atoi(b)
			if ok && ok2 && err1 == nil && err2 == nil && x <= 31 {
				day = day || x > 12
				month = month || y > 12
			}
		}
	}
	switch {
	case day && !month:
		r.mapping.order = dayFirst
	case month && !day:
		r.mapping.order = monthFirst
	}
}

// time reads a moment; what cannot be read is noted and left empty, since a
// review is worth more than its date.
func (r *Reader) time(role Role, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, ok := parseTime(s, r.mapping.order); ok {
		return t
	}
	what := "is not a time that is understood"
	if strings.Count(s, "/") == 2 && r.mapping.order == unclear {
		what = "may be day or month first"
	}
	r.notes.add(role, s, what)
	return time.Time{}
}

func parseTime(s string, order dateOrder) (time.Time, bool) {
	if len(s) > 64 {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch len(s) {
		case 10:
			return time.Unix(n, 0).UTC(), true
		case 13:
			return time.UnixMilli(n).UTC(), true
		}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return plausible(t)
		}
	}
	for _, layout := range slashed[order] {
		if t, err := time.Parse(layout, s); err == nil {
			return plausible(t)
		}
	}
	return time.Time{}, false
}

// plausible refuses years that are a mistake.
func plausible(t time.Time) (time.Time, bool) {
	t = t.UTC()
	return t, t.Year() >= 1970 && t.Year() < 2200
}

// identify gives the review its id and holds it against the file's others.
func (r *Reader) identify(out *review.Review, at int) string {
	content := out.ContentHash()
	if out.Key.ID == "" {
		content = review.DigestOf(content.String(), out.Author, out.Created.Format(time.RFC3339Nano), out.Subject.ID, out.Subject.Name)
		id := "h-" + content.String()[:24]
		if out.StarOnly() {
			// Marks without words are alike; the nth of them is the nth again in
			// the next import.
			if n := r.seen.count(id); n > 1 {
				id += "-" + strconv.Itoa(n)
			}
		}
		out.Key.ID = id
		return ""
	}
	if strings.ContainsFunc(out.Key.ID, unicode.IsControl) || !utf8.ValidString(out.Key.ID) {
		return "the id holds control characters"
	}
	var first int
	if first, r.again = r.seen.other(out.Key, content, at); first > 0 {
		return fmt.Sprintf("the id %q stands on line %d too, with other words; this one was left out", clip(out.Key.ID), first)
	}
	return ""
}

// maxSeen bounds the memory of what a file held: about 30 bytes for each.
const maxSeen = 2_000_000

// seen remembers ids by hash. Beyond maxSeen it forgets to look: the store still
// takes each id once.
type seen struct {
	ids    map[uint64]sighting
	counts map[uint64]int
}

// sighting is where an id stood first. What 32 bits of its content take for the
// same words, the store still tells apart.
type sighting struct{ content, line uint32 }

func newSeen() *seen { return &seen{ids: map[uint64]sighting{}, counts: map[uint64]int{}} }

func short(d review.Digest) uint64 {
	var n uint64
	for _, b := range d[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

// count is how often id was asked for, this time included.
func (s *seen) count(id string) int {
	k := short(review.DigestOf(id))
	if _, there := s.counts[k]; !there && len(s.counts) >= maxSeen {
		return 1
	}
	s.counts[k]++
	return s.counts[k]
}

// other is the line on which the same id stood with other content, or 0. again
// tells that the id stood before.
func (s *seen) other(k review.Key, content review.Digest, at int) (line int, again bool) {
	id, c := short(review.DigestOf(k.Account, k.Location, k.ID)), uint32(short(content)>>32)
	was, there := s.ids[id]
	switch {
	case there && was.content != c:
		return int(was.line), true
	case !there && len(s.ids) < maxSeen:
		s.ids[id] = sighting{c, uint32(at)}
	}
	return 0, there
}
