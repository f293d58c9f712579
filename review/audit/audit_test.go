package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// chainOf chains events from the first entry on.
func chainOf(events ...review.Event) []Entry {
	var prev review.Digest
	out := make([]Entry, len(events))
	for i, e := range events {
		out[i] = Chain(prev, int64(i+1), e)
		prev = out[i].Hash
	}
	return out
}

// plain are n events such as the desk makes.
func plain(n int) []Entry {
	events := make([]review.Event, n)
	for i := range events {
		events[i] = review.Event{
			At: noon.Add(time.Duration(i) * time.Second), Case: int64(i % 7), Actor: "console:ana", Verb: "approve", From: review.Drafted, To: review.Approved,
			Detail: map[string]string{"draft": fmt.Sprint(i), "text": review.DigestOf(fmt.Sprint(i)).String(), "role": "lead"},
		}
	}
	return chainOf(events...)
}

func all(entries []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func export(t interface{ Fatal(...any) }, entries []Entry) []byte {
	var b bytes.Buffer
	if err := WriteJSONL(&b, all(entries)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(entries []Entry, heads ...Head) error {
	var v Verifier
	for _, h := range heads {
		v.ExpectHead(h.Seq, h.Hash)
	}
	for _, e := range entries {
		if err := v.Add(e); err != nil {
			return err
		}
	}
	return v.Finish()
}

// TestEncoding holds the hash against the domain's own length-prefixed sum and
// against a value written down once: logs that exist must verify for ever.
func TestEncoding(t *testing.T) {
	first := Chain(review.Digest{}, 1, review.Event{
		At: noon.Add(1234567 * time.Nanosecond), Case: 42, Actor: "console:ana", Verb: "approve", From: review.Drafted, To: review.Approved,
		Detail: map[string]string{"draft": "3", "alone": "yes", "ÄÖ": "ü"},
	})
	second := Chain(first.Hash, 2, review.Event{At: noon, Actor: "system:intake", Verb: "accept", To: review.New})
	want := review.DigestOf("evenkeel.audit.1", "", "1", "2026-09-01T12:00:00.001234Z", "42", "console:ana", "approve", "drafted", "approved", "alone", "yes", "draft", "3", "ÄÖ", "ü")
	if first.Hash != want {
		t.Errorf("the first entry's hash is %s, want %s", first.Hash, want)
	}
	const known = "2014a7450b31189272467c5f033447f0989eeca18d37aa69319c44fe16aa3ebc"
	if got := second.Hash.String(); got != known {
		t.Errorf("the second entry's hash is %s, want %s", got, known)
	}
	line := `{"seq":1,"at":"2026-09-01T12:00:00.001234Z","case":42,"actor":"console:ana","verb":"approve","from":"drafted","to":"approved","detail":{"alone":"yes","draft":"3","ÄÖ":"ü"},"prev":"","hash":"` + first.Hash.String() + `"}`
	if got, err := json.Marshal(first); err != nil || string(got) != line {
		t.Errorf("as JSON: %s, %v\nwant     %s", got, err, line)
	}
}

// TestScript runs the script of the package comment, which shares no code with
// this package, over a good and a spoilt export.
func TestScript(t *testing.T) {
	script, err := os.ReadFile("verify.py")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("audit.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(script)) {
		if !strings.Contains(string(source), strings.TrimRight("//\t"+line, "\t\n")+"\n") && strings.TrimSpace(line) != "" {
			t.Errorf("the package comment lacks the script's line %q", line)
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3 is needed to try the verification script")
		}
		t.Skip("not checked: the verification script, because there is no python3 here")
	}
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	run := func(b []byte) (string, error) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "verify.py", file).CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	entries := chainOf(
		review.Event{At: noon, Actor: "system:intake", Verb: "accept", To: review.New},
		review.Event{At: noon, Case: 1, Actor: "slack:T1/U1 \"Ü\" \\ \u2028 \x01", Verb: "fact", Detail: map[string]string{"b": "\t", "ａ": "", "a": "é"}},
		review.Event{At: noon, Case: 2, Actor: "x", Verb: "y"},
	)
	good := export(t, entries)
	if out, err := run(good); err != nil || out != "3 "+entries[2].Hash.String() {
		t.Errorf("the script says %q, %v of a good log", out, err)
	}
	if out, err := run(bytes.Replace(good, []byte("fact"), []byte("fakt"), 1)); err == nil || out != "entry 2 is broken" {
		t.Errorf("the script says %q, %v of a spoilt log", out, err)
	}
}

func TestBreaks(t *testing.T) {
	good := plain(10)
	end := Head{10, good[9].Hash}
	change := func(f func([]Entry) []Entry) []Entry { return f(slices.Clone(good)) }
	rehash := func(e Entry) Entry { e.Hash = e.sum(); return e }
	other := chainOf(append([]review.Event{{At: noon, Actor: "eve", Verb: "accept"}}, make([]review.Event, 11)...)...)
	for _, tt := range []struct {
		name    string
		entries []Entry
		heads   []Head
		want    *BrokenError
		says    string
	}{
		{name: "sound", entries: good, heads: []Head{{4, good[3].Hash}, end}},
		{name: "empty", entries: nil},
		{name: "altered", entries: change(func(e []Entry) []Entry { e[4].Actor = "eve"; return e }), want: &BrokenError{Seq: 5, Why: Altered},
			says: "audit entry 5 was altered: its content does not have its hash"},
		{name: "a forged number", entries: change(func(e []Entry) []Entry { e[4].Seq = 99; return e }), want: &BrokenError{Seq: 5, Why: Altered}},
		{name: "altered and hashed anew", entries: change(func(e []Entry) []Entry { e[4].Actor = "eve"; e[4] = rehash(e[4]); return e }), want: &BrokenError{Seq: 6, Why: Unlinked},
			says: "audit entry 6 does not follow the entry before it: one of the two was replaced"},
		{name: "one missing", entries: change(func(e []Entry) []Entry { return slices.Delete(e, 4, 5) }), want: &BrokenError{Seq: 5, Why: Gap, Have: 6},
			says: "audit entry 5 is missing"},
		{name: "three missing", entries: change(func(e []Entry) []Entry { return slices.Delete(e, 4, 7) }), want: &BrokenError{Seq: 5, Why: Gap, Have: 8},
			says: "audit entry 5 is missing, and so are all up to 7"},
		{name: "the first missing", entries: good[1:], want: &BrokenError{Seq: 1, Why: Gap, Have: 2}},
		{name: "swapped", entries: change(func(e []Entry) []Entry { e[4], e[5] = e[5], e[4]; return e }), want: &BrokenError{Seq: 5, Why: Gap, Have: 6}},
		{name: "repeated", entries: change(func(e []Entry) []Entry { return slices.Insert(e, 5, e[4]) }), want: &BrokenError{Seq: 6, Why: Order, Have: 5},
			says: "audit entry 6 is not where it should be: entry 5 stands there"},
		{name: "slipped in", entries: change(func(e []Entry) []Entry {
			return slices.Insert(e, 5, Chain(e[4].Hash, 6, review.Event{At: noon, Actor: "eve"}))
		}), want: &BrokenError{Seq: 7, Why: Order, Have: 6}},
		{name: "wrong prev", entries: change(func(e []Entry) []Entry { e[4].Prev = e[0].Hash; e[4] = rehash(e[4]); return e }), want: &BrokenError{Seq: 5, Why: Unlinked}},
		{name: "cut, nothing known", entries: good[:7]},
		{name: "cut", entries: good[:7], heads: []Head{end}, want: &BrokenError{Seq: 8, Why: Cut, Have: 7},
			says: "audit entry 8 is missing: the log ends after entry 7, and later ones are known to have existed"},
		{name: "all gone", entries: nil, heads: []Head{end}, want: &BrokenError{Seq: 1, Why: Cut}},
		{name: "written anew", entries: other, heads: []Head{end}, want: &BrokenError{Seq: 10, Why: Forked},
			says: "audit entry 10 is not the one that was witnessed: the log was written anew, or an old back-up was restored"},
		{name: "two witnesses differ", entries: good, heads: []Head{end, {10, good[0].Hash}}, want: &BrokenError{Seq: 10, Why: Forked}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := verify(tt.entries, tt.heads...)
			var got *BrokenError
			if errors.As(err, &got); !cmp.Equal(got, tt.want) {
				t.Errorf("got %+v (%v), want %+v", got, err, tt.want)
			}
			if tt.says != "" && err != nil && err.Error() != tt.says {
				t.Errorf("it says %q, want %q", err, tt.says)
			}
		})
	}
}

func TestBreakIsFinal(t *testing.T) {
	good := plain(3)
	var v Verifier
	first := v.Add(good[1])
	if first == nil || !errors.Is(v.Add(good[0]), first) || !errors.Is(v.Finish(), first) || v.Head() != (Head{}) {
		t.Error("after a break the verifier went on")
	}
}

func TestPartOfALog(t *testing.T) {
	good := plain(10)
	var v Verifier
	v.After(Head{4, good[3].Hash})
	v.ExpectHead(4, good[3].Hash)
	for _, e := range good[4:] {
		if err := v.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Finish(); err != nil || v.Head() != (Head{10, good[9].Hash}) {
		t.Errorf("%v, head %s", err, v.Head())
	}
	v.ExpectHead(3, good[2].Hash) // too late to be held against the log
	if v.Finish() == nil {
		t.Error("a head that could not be checked passed")
	}
}

func TestEntryValid(t *testing.T) {
	good := plain(2)
	if err := good[1].Valid(good[0].Hash); err != nil {
		t.Error(err)
	}
	var b *BrokenError
	if err := good[1].Valid(review.Digest{}); !errors.As(err, &b) || b.Why != Unlinked {
		t.Errorf("%v", err)
	}
	good[1].Detail["draft"] = "9"
	if err := good[1].Valid(good[0].Hash); !errors.As(err, &b) || b.Why != Altered {
		t.Errorf("%v", err)
	}
}

func TestHead(t *testing.T) {
	h := Head{17, review.DigestOf("x")}
	if got, err := ParseHead(" " + h.String() + "\n"); err != nil || got != h {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range []string{"", "17", "17:", "x:" + h.Hash.String(), "0:" + h.Hash.String(), "17:abc", "-1:" + h.Hash.String()} {
		if got, err := ParseHead(s); err == nil {
			t.Errorf("ParseHead(%q) = %v", s, got)
		}
	}
}

func drawEvent(t *rapid.T) review.Event {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z:_"\\\n\t]{0,12}`), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }))
	e := review.Event{
		At:    time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(time.FixedZone("x", rapid.IntRange(-50000, 50000).Draw(t, "zone"))),
		Case:  rapid.Int64().Draw(t, "case"),
		Actor: text.Draw(t, "actor"), Verb: review.Verb(text.Draw(t, "verb")),
		From: review.Status(text.Draw(t, "from")), To: review.Status(text.Draw(t, "to")),
	}
	if rapid.Bool().Draw(t, "details") {
		e.Detail = rapid.MapOfN(text, text, 0, 5).Draw(t, "detail")
	}
	return e
}

func drawChain(t *rapid.T) []Entry {
	return chainOf(rapid.SliceOfN(rapid.Custom(drawEvent), 1, 6).Draw(t, "events")...)
}

// TestRoundTrip: whatever happened, it verifies, and a written log reads back
// as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawChain(t)
		last := entries[len(entries)-1]
		if err := verify(entries, Head{last.Seq, last.Hash}); err != nil {
			t.Fatal(err)
		}
		file := export(t, entries)
		var back []Entry
		for e, err := range ReadJSONL(bytes.NewReader(file)) {
			if err != nil {
				t.Fatalf("%v\n%s", err, file)
			}
			back = append(back, e)
		}
		if diff := cmp.Diff(entries, back); diff != "" {
			t.Fatal(diff)
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n")) {
			if !json.Valid(line) {
				t.Fatalf("not JSON: %s", line)
			}
		}
	})
}

// TestAnyFlipIsFound: no bit of an exported file can change unseen.
func TestAnyFlipIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := export(t, drawChain(t))
		at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
		file[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if err := VerifyJSONL(bytes.NewReader(file), new(Verifier)); err == nil {
			t.Fatalf("byte %d is now %q and nobody saw it:\n%s", at, file[at], file)
		}
	})
}

// TestEveryFlipOfOneFile is the same for each bit of one file.
func TestEveryFlipOfOneFile(t *testing.T) {
	file := export(t, plain(3))
	for at := range file {
		for bit := range 8 {
			file[at] ^= 1 << bit
			err := VerifyJSONL(bytes.NewReader(file), new(Verifier))
			var line *LineError
			var broken *BrokenError
			if !errors.As(err, &line) && !errors.As(err, &broken) {
				t.Fatalf("bit %d of byte %d (%q): %v", bit, at, file[at], err)
			}
			file[at] ^= 1 << bit
		}
	}
	if err := VerifyJSONL(bytes.NewReader(file), new(Verifier)); err != nil {
		t.Fatal(err)
	}
}

// TestAnyRearrangementIsFound: lines cannot be dropped, swapped, doubled or
// cut off, nor bytes put in or taken out.
func TestAnyRearrangementIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawChain(t)
		last := entries[len(entries)-1]
		file := export(t, entries)
		lines := bytes.SplitAfter(file, []byte("\n"))
		lines = lines[:len(lines)-1]
		i, j := rapid.IntRange(0, len(lines)-1).Draw(t, "i"), rapid.IntRange(0, len(lines)-1).Draw(t, "j")
		var bad []byte
		switch kind := rapid.SampledFrom([]string{"drop", "swap", "double", "cut", "insert", "delete"}).Draw(t, "kind"); kind {
		case "drop":
			bad = bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil)
		case "swap":
			if i == j {
				t.Skip("the same line")
			}
			lines[i], lines[j] = lines[j], lines[i]
			bad = bytes.Join(lines, nil)
		case "double":
			bad = bytes.Join(slices.Insert(slices.Clone(lines), i, lines[j]), nil)
		case "cut":
			bad = file[:rapid.IntRange(0, len(file)-1).Draw(t, "length")]
		case "insert":
			bad = slices.Insert(slices.Clone(file), rapid.IntRange(0, len(file)).Draw(t, "at"), rapid.Byte().Draw(t, "byte"))
		case "delete":
			at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
			bad = slices.Delete(slices.Clone(file), at, at+1)
		}
		var v Verifier
		v.ExpectHead(last.Seq, last.Hash)
		if err := VerifyJSONL(bytes.NewReader(bad), &v); err == nil {
			t.Fatalf("nobody saw it:\n%s", bad)
		}
	})
}

// TestLongLines: an entry longer than any buffer reads back as it was.
func TestLongLines(t *testing.T) {
	var events []review.Event
	for _, n := range []int{63 << 10, 64 << 10, 65 << 10, 200 << 10, MaxLine - 400} {
		events = append(events, review.Event{At: noon, Actor: strings.Repeat("x", n)})
	}
	entries := chainOf(events...)
	var v Verifier
	if err := VerifyJSONL(bytes.NewReader(export(t, entries)), &v); err != nil || v.Head().Seq != 5 {
		t.Errorf("%v, head %s", err, v.Head())
	}
}

func TestReadErrors(t *testing.T) {
	file := string(export(t, plain(2)))
	long := file + `{"seq":` + strings.Repeat("1", MaxLine) + "}\n"
	for _, tt := range []struct{ name, file, want string }{
		{"cut in a line", file[:len(file)-1], "line 2 is cut off: the file does not end with a whole line"},
		{"an empty line", file + "\n", "line 3 is not as the program writes an audit entry: it was altered, or it is another file's"},
		{"too long", long, "line 3 is longer than 1048576 bytes"},
		{"another spelling", strings.Replace(file, `"case":1`, `"case": 1`, 1), "line 2 is not as the program writes an audit entry: it was altered, or it is another file's"},
		{"another key's case", strings.Replace(file, `"actor"`, `"Actor"`, 1), "line 1 is not as the program writes an audit entry: it was altered, or it is another file's"},
		{"another field", strings.Replace(file, `{"seq"`, `{"x":1,"seq"`, 1), "line 1 is not as the program writes an audit entry: it was altered, or it is another file's"},
		{"no time", strings.Replace(file, "2026-09-01T12:00:01", "2026-09-31T12:00:01", 1), "line 2 is not as the program writes an audit entry: it was altered, or it is another file's"},
		{"altered", strings.Replace(file, "console:ana", "console:eve", 1), "line 1: audit entry 1 was altered: its content does not have its hash"},
	} {
		if err := VerifyJSONL(strings.NewReader(tt.file), new(Verifier)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := VerifyJSONL(strings.NewReader(""), new(Verifier)); err != nil {
		t.Errorf("an empty log: %v", err)
	}
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, os.ErrClosed
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	boom := errors.New("boom")
	var b bytes.Buffer
	err := WriteJSONL(&b, func(yield func(Entry, error) bool) {
		if yield(plain(1)[0], nil) {
			yield(Entry{}, boom)
		}
	})
	if !errors.Is(err, boom) || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("a failing sequence: %v, written %q", err, b.String())
	}
	if err := WriteJSONL(&failing{left: 100}, all(plain(1000))); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a failing writer: %v", err)
	}
	huge := Chain(review.Digest{}, 1, review.Event{At: noon, Actor: strings.Repeat("x", MaxLine)})
	if err := WriteJSONL(&b, all([]Entry{huge})); err == nil || !strings.Contains(err.Error(), "audit entry 1 is longer") {
		t.Errorf("a huge entry: %v", err)
	}
}

func FuzzReadJSONL(f *testing.F) {
	f.Add(export(f, plain(2)))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var entries []Entry
		for e, err := range ReadJSONL(bytes.NewReader(data)) {
			if err != nil {
				var line *LineError
				if !errors.As(err, &line) || line.Line != len(entries)+1 {
					t.Fatalf("after %d entries: %v", len(entries), err)
				}
				return
			}
			entries = append(entries, e)
		}
		if got := export(t, entries); !bytes.Equal(got, data) {
			t.Fatalf("read and written again it is\n%q, not\n%q", got, data)
		}
	})
}

func BenchmarkVerifier(b *testing.B) {
	entries := plain(10_000)
	b.ReportAllocs()
	var v Verifier
	n := 0
	for b.Loop() {
		if n == len(entries) {
			v, n = Verifier{}, 0
		}
		if err := v.Add(entries[n]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkVerifyJSONL(b *testing.B) {
	const n = 10_000
	file := export(b, plain(n))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if err := VerifyJSONL(bytes.NewReader(file), new(Verifier)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkChain(b *testing.B) {
	e := review.Event{At: noon, Case: 1, Actor: "console:ana", Verb: "approve", Detail: map[string]string{"draft": "1", "text": review.DigestOf("x").String()}}
	var prev review.Digest
	b.ReportAllocs()
	for b.Loop() {
		prev = Chain(prev, 1, e).Hash
	}
}
