package file

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// maxNesting bounds how deep objects are looked into.
const maxNesting = 8

// jsonLines reads an object from each line.
type jsonLines struct{ lines *lines }

func (j *jsonLines) next() (record, error) {
	for {
		l, err := j.lines.next()
		if err != nil {
			return record{}, err
		}
		text := strings.TrimSpace(l.text)
		switch {
		case l.long:
			return record{line: l.n, bad: fmt.Sprintf("it is longer than the %d bytes that are taken", maxRecord)}, nil
		case text == "":
			continue
		}
		return object(l.n, []byte(text)), nil
	}
}

// object reads one JSON object into a flat record.
func object(at int, raw []byte) record {
	out := record{line: at, object: map[string]string{}}
	if !utf8.Valid(raw) {
		out.bad = "it is not valid UTF-8"
		return out
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		out.bad = "it is not a JSON object"
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			out.bad += ": " + syntax.Error()
		}
		return out
	}
	flatten(out.object, "", members, 0)
	return out
}

// flatten writes texts, numbers and truths by their names; lists are left out.
func flatten(into map[string]string, prefix string, members map[string]json.RawMessage, depth int) {
	for name, raw := range members {
		name = prefix + name
		switch raw[0] {
		case '"':
			var s string
			if json.Unmarshal(raw, &s) == nil {
				into[name] = s
			}
		case '{':
			var inner map[string]json.RawMessage
			if depth < maxNesting && json.Unmarshal(raw, &inner) == nil {
				flatten(into, name+".", inner, depth+1)
			}
		case '[':
		case 'n':
			into[name] = ""
		default:
			into[name] = string(raw)
		}
	}
}

// listNames are members that hold reviews, in the files of those who export
// them; a list of another name is taken when its objects look like reviews.
var listNames = []string{"reviews", "data", "items", "results", "entries", "feedback", "feedbackEntries", "comments", "ratings", "records", "rows", "list"}

// document streams the objects of the array that a JSON document is or holds.
type document struct {
	in       *lineReader
	dec      *json.Decoder
	started  bool
	where    string // the list's path, "" for the document itself
	language string // as the document says beside the list
	others   []string
	first    []record // read while looking for the list
}

func newDocument(in *bufio.Reader) *document {
	lr := &lineReader{in: in, line: 1}
	return &document{in: lr, dec: json.NewDecoder(lr)}
}

func (d *document) next() (record, error) {
	if !d.started {
		d.started = true
		if err := d.find(); err != nil {
			return record{}, err
		}
	}
	if len(d.first) > 0 {
		out := d.first[0]
		d.first = d.first[1:]
		return out, nil
	}
	return d.element()
}

// element is the next one of the list that was found.
func (d *document) element() (record, error) {
	d.in.allow(d.dec.InputOffset())
	if !d.dec.More() {
		if _, err := d.dec.Token(); err != nil { // the closing bracket, or what stands there instead
			return record{}, d.broken(err)
		}
		return record{}, io.EOF
	}
	var raw json.RawMessage
	if err := d.dec.Decode(&raw); err != nil {
		return record{}, d.broken(err)
	}
	at := d.in.lineAt(d.dec.InputOffset() - int64(len(raw)))
	return object(at, raw), nil
}

// find walks to the list of reviews.
func (d *document) find() error {
	d.in.allow(0)
	t, err := d.dec.Token()
	if err != nil {
		return d.broken(err)
	}
	if t == json.Delim('[') {
		return nil
	}
	if t != json.Delim('{') {
		return errors.New("this JSON is neither a list of reviews nor an object that holds one")
	}
	found, err := d.search("", 0)
	if err != nil {
		return err
	}
	if !found {
		names := "none"
		if len(d.others) > 0 {
			names = strings.Join(d.others, ", ")
		}
		return fmt.Errorf("no list of reviews was found in this JSON; lists that are there: %s", names)
	}
	return nil
}

// search goes through the members of the object that was just entered.
func (d *document) search(path string, depth int) (bool, error) {
	for d.dec.More() {
		d.in.allow(d.dec.InputOffset())
		key, err := d.dec.Token()
		if err != nil {
			return false, d.broken(err)
		}
		name, _ := key.(string)
		value, err := d.dec.Token()
		if err != nil {
			return false, d.broken(err)
		}
		switch v := value.(type) {
		case json.Delim:
			found := false
			if v == '[' {
				found, err = d.isList(path + name)
			} else if depth < maxNesting {
				found, err = d.search(path+name+".", depth+1)
			} else {
				err = d.leave()
			}
			if found || err != nil {
				return found, err
			}
		case string:
			if tag, err := language.Parse(v); err == nil && slices.Contains(names[Language], plain(name)) {
				d.language = tag.String()
			}
		}
	}
	_, err := d.dec.Token() // the closing brace
	if err != nil {
		return false, d.broken(err)
	}
	return false, nil
}

// isList looks at the first element of an array that was just entered, and
// leaves the array behind when it holds no reviews.
func (d *document) isList(path string) (bool, error) {
	if !d.dec.More() {
		d.others = append(d.others, path+" (empty)")
		if _, err := d.dec.Token(); err != nil {
			return false, d.broken(err)
		}
		return false, nil
	}
	rec, err := d.element()
	if err != nil {
		return false, err
	}
	m := Mapping{columns: map[Role]column{}}
	m.guess(slices.Sorted(maps.Keys(rec.object)))
	_, body := m.columns[Body]
	_, rating := m.columns[Rating]
	last := path[strings.LastIndexByte(path, '.')+1:]
	if rec.bad == "" && (body || rating || slices.Contains(listNames, last)) {
		d.where, d.first = path, []record{rec}
		return true, nil
	}
	d.others = append(d.others, path)
	return false, d.leave()
}

// leave reads to the end of the array or object that was entered.
func (d *document) leave() error {
	for depth := 1; depth > 0; {
		d.in.allow(d.dec.InputOffset())
		t, err := d.dec.Token()
		if err != nil {
			return d.broken(err)
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// broken ends the file with the line on which it stopped making sense.
func (d *document) broken(err error) error {
	var large *tooLarge
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &large):
		return &LineError{d.in.lineAt(d.dec.InputOffset()), fmt.Sprintf("the value that begins here is larger than the %d bytes that are taken; the rest was not read", maxRecord)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &LineError{d.in.lineAt(d.in.read), "the JSON ends too early; what came before was read"}
	case errors.As(err, &syntax):
		return &LineError{d.in.lineAt(d.dec.InputOffset()), fmt.Sprintf("the JSON is broken from here on (%v); what came before was read", syntax)}
	}
	return err
}

// tooLarge stops a decoder that would hold too much.
type tooLarge struct{}

func (*tooLarge) Error() string { return "too large" }

// lineReader knows on which line an offset lies, looking back only as far as the
// decoder reads ahead, and bounds how much is read for one value.
type lineReader struct {
	in    *bufio.Reader
	read  int64   // bytes given so far
	limit int64   // not to be passed
	ends  []int64 // offsets of line ends that were not asked about
	line  int     // at the last offset that was asked about
}

// allow lets a value of a record's size follow after this offset.
func (l *lineReader) allow(offset int64) { l.limit = offset + maxRecord }

func (l *lineReader) Read(p []byte) (int, error) {
	if l.read >= l.limit {
		return 0, &tooLarge{}
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.limit-l.read)])
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// lineAt is the line of an offset. Offsets must not go backwards.
func (l *lineReader) lineAt(offset int64) int {
	i := 0
	for i < len(l.ends) && l.ends[i] < offset {
		i++
	}
	l.line += i
	l.ends = l.ends[i:]
	return l.line
}
