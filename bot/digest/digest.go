package digest

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Voice is a customer's words.
type Voice struct {
	Case  int64
	Stars string // "2 of 5"
	Where string // the source
	Words string
}

// Item is a case in a list, with our own words about it.
type Item struct {
	Voice
	Note string // "due 3 May 2026, 12:00"
}

// Cause is how many reviews had one cause, and what was changed about it.
type Cause struct {
	Name    string
	N       int
	Changed string
}

// Input is what the desk counted. Lists may be longer than what is shown; where
// a list was cut before, the count beside it has the full number.
type Input struct {
	Period
	Arrived, Good, Mixed, Bad, StarOnly int
	Praise, Criticism                   []Voice // the telling ones first
	Waiting                             int     // for an answer, not late
	Waits                               []Item  // the oldest first
	Overdue                             int
	Late                                []Item // the latest first
	PromisesOpen                        int
	Promises                            []Item // the first due first
	PromiseDays                         int    // the stretch of the three counts that follow
	Kept, KeptLate, Dropped             int
	Causes                              []Cause // the most frequent first
	Quiet                               int     // praise and star-only reviews that wait for “thank” or “none”
	Quiets                              []Voice // the oldest first
	Entries                             int64   // of the audit log
	Head                                string  // its last hash, in full
	Picture                             string  // what a picture below says, in words; "" without one
}

// Empty tells that nothing came and nothing waits.
func (in Input) Empty() bool {
	return in.Arrived+in.Waiting+in.Overdue+in.PromisesOpen+in.Quiet == 0
}

// Mark is a line's meaning at a glance.
type Mark string

// The marks.
const (
	Plain Mark = ""
	Alert Mark = "alert"
	Todo  Mark = "todo"
)

// Line is one line of a section.
type Line struct {
	Mark  Mark
	Label string
	Text  string
}

// Section is a part of a digest.
type Section struct {
	Heading string
	Lines   []Line
	Pairs   bool // short label–value pairs
}

// Page is a digest as people read it.
type Page struct {
	Title    string
	Summary  string // all of it in one line
	Urgent   bool   // something is late
	Sections []Section
	Footer   string
}

// How much is shown, so that a digest fits every chat: Discord's embed has
// 4,096 characters for all of it.
const (
	voices   = 3
	waits    = 3
	most     = 3
	causes   = 4
	Quiets   = 5 // with a button each
	wordsMax = 100
)

// Compose writes a digest. names are those of staff.
func Compose(in Input, names []string) Page {
	c := composing{names: names}
	c.page.Title = in.Title()
	c.page.Urgent = in.Overdue > 0
	c.counts(in)
	c.voices("What customers liked", in.Praise, in.Good)
	c.voices("What they did not like", in.Criticism, in.Bad)
	c.items("Late", Alert, in.Late, in.Overdue)
	c.items("Waits for an answer", Todo, in.Waits, in.Waiting)
	c.promises(in)
	c.causes(in.Causes)
	c.quiet(in)
	c.page.Footer = fmt.Sprintf("Nothing can be approved here; names of colleagues are masked. Audit log: entry %d, head %s", in.Entries, in.Head)
	if in.Head == "" {
		c.page.Footer = "Nothing can be approved here; names of colleagues are masked. The audit log is empty."
	}
	return c.page
}

type composing struct {
	page  Page
	names []string
}

func (c *composing) section(heading string, lines ...Line) {
	if len(lines) > 0 {
		c.page.Sections = append(c.page.Sections, Section{Heading: heading, Lines: lines})
	}
}

func (c *composing) counts(in Input) {
	came := fmt.Sprintf("%d", in.Arrived)
	if in.Arrived > 0 {
		came += fmt.Sprintf(": %d good, %d bad, %d between", in.Good, in.Bad, max(0, in.Arrived-in.Good-in.Bad))
	}
	late := "nothing"
	if in.Overdue > 0 {
		late = fmt.Sprint(in.Overdue)
	}
	c.page.Sections = append(c.page.Sections, Section{Pairs: true, Lines: []Line{
		{Label: "Reviews", Text: came}, {Label: "Wait for an answer", Text: fmt.Sprint(in.Waiting + in.Overdue)}, {Label: "Late", Text: late},
	}})
	kind := "Daily"
	if in.Kind == Weekly {
		kind = "Weekly"
	}
	c.page.Summary = fmt.Sprintf("%s digest: %d reviews, %d good and %d bad; %d wait for an answer, %s late", kind, in.Arrived, in.Good, in.Bad, in.Waiting+in.Overdue, late)
	if in.Picture != "" {
		c.section("In numbers", Line{Text: in.Picture})
	}
}

func (c *composing) voices(heading string, list []Voice, total int) {
	var lines []Line
	for _, v := range list[:min(len(list), voices)] {
		lines = append(lines, Line{Label: c.label(v), Text: "“" + c.words(v.Words) + "”"})
	}
	c.section(heading, more(lines, total)...)
}

// label is "#42, 2 of 5, shop".
func (c *composing) label(v Voice) string {
	s := fmt.Sprintf("#%d", v.Case)
	for _, part := range []string{v.Stars, clip(line(v.Where), 30)} {
		if part != "" {
			s += ", " + part
		}
	}
	return s
}

func (c *composing) words(s string) string { return clip(Mask(line(s), c.names), wordsMax) }

func (c *composing) items(heading string, mark Mark, list []Item, total int) {
	var lines []Line
	for _, i := range list[:min(len(list), waits)] {
		text := c.words(i.Words)
		if text == "" {
			text = "no words"
		} else {
			text = "“" + text + "”"
		}
		lines = append(lines, Line{Mark: mark, Label: c.label(i.Voice), Text: text + ", " + i.Note})
	}
	c.section(heading, more(lines, total)...)
}

// more says how many there are besides those shown.
func more(lines []Line, total int) []Line {
	if n := total - len(lines); n > 0 && len(lines) > 0 {
		lines = append(lines, Line{Text: fmt.Sprintf("and %d more", n)})
	}
	return lines
}

func (c *composing) promises(in Input) {
	var lines []Line
	for _, i := range in.Promises[:min(len(in.Promises), most)] {
		lines = append(lines, Line{Mark: Todo, Label: fmt.Sprintf("#%d", i.Case), Text: c.words(i.Words) + ", " + i.Note})
	}
	lines = more(lines, in.PromisesOpen)
	if in.Kept+in.KeptLate+in.Dropped > 0 {
		lines = append(lines, Line{Text: fmt.Sprintf("In %d days: %d kept in time, %d kept late, %d dropped", in.PromiseDays, in.Kept, in.KeptLate, in.Dropped)})
	}
	c.section("Promises", lines...)
}

func (c *composing) causes(list []Cause) {
	var lines []Line
	for _, cause := range list[:min(len(list), causes)] {
		text := fmt.Sprint(cause.N)
		if cause.Changed != "" {
			text += "; changed: " + c.words(cause.Changed)
		}
		lines = append(lines, Line{Label: clip(Mask(line(cause.Name), c.names), 60), Text: text})
	}
	c.section("Causes", lines...)
}

func (c *composing) quiet(in Input) {
	var lines []Line
	for _, v := range in.Quiets[:min(len(in.Quiets), Quiets)] {
		text := "no words"
		if w := c.words(v.Words); w != "" {
			text = "“" + w + "”"
		}
		lines = append(lines, Line{Label: c.label(v), Text: text})
	}
	c.section("Wait for a thank-you, or for nothing", more(lines, in.Quiet)...)
}

// line folds white space and leaves out what cannot be seen.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}

// Due is a note on a time, in its own zone.
func Due(t time.Time) string { return "due " + t.Format("2 Jan, 15:04") }
