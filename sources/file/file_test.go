package file_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/file"
)

// read is everything that a file gives.
type read struct {
	reviews []review.Review
	errors  []string
	mapping file.Mapping
	notes   []string
}

func readAll(t testing.TB, in io.Reader, o file.Options) read {
	t.Helper()
	o.Source = "import"
	r, err := file.Open(in, o)
	if err != nil {
		t.Fatal(err)
	}
	out := read{mapping: r.Mapping()}
	for v, err := range r.All() {
		if err != nil {
			out.errors = append(out.errors, err.Error())
			continue
		}
		if err := v.Valid(); err != nil {
			t.Errorf("gave a review that is not valid: %v", err)
		}
		out.reviews = append(out.reviews, v)
	}
	out.notes = r.Notes()
	return out
}

func readText(t testing.TB, text string, o file.Options) read {
	t.Helper()
	return readAll(t, strings.NewReader(text), o)
}

func TestRealSentences(t *testing.T) {
	f := bytes.NewReader(sharedtest.Read(t, "data", "jalan-review-sentences-ja.tsv"))
	got := readAll(t, f, file.Options{Columns: []string{"id", "-", "body"}, Language: "ja", RatingKind: review.Unrated})
	if len(got.reviews) != 5553 || len(got.errors) != 0 {
		t.Fatalf("%d reviews, errors %q", len(got.reviews), got.errors)
	}
	if got.mapping.Header || got.mapping.Separator != '\t' || len(got.notes) != 0 {
		t.Errorf("read as %s; notes %q", got.mapping, got.notes)
	}
	ids := map[string]bool{}
	for _, r := range got.reviews {
		ids[r.Key.ID] = true
		if r.Language != "ja" || r.Rating.Kind != review.Unrated || r.Body == "" || strings.Contains(r.Body, "\t") {
			t.Fatalf("%+v", r)
		}
	}
	if len(ids) != 5553 {
		t.Errorf("%d different ids", len(ids))
	}
	if r := got.reviews[0]; r.Key.ID != "pn17q00001" || r.Body != "出張でお世話になりました。" {
		t.Errorf("the first: %+v", r)
	}
}

func TestRealExportOfAScraper(t *testing.T) {
	f := bytes.NewReader(sharedtest.Read(t, "data", "sample_app_reviews.json"))
	got := readAll(t, f, file.Options{})
	if len(got.reviews) != 10 || len(got.errors) != 0 || len(got.notes) != 0 {
		t.Fatalf("%d reviews, errors %q, notes %q", len(got.reviews), got.errors, got.notes)
	}
	sum, replies := 0.0, 0
	for _, r := range got.reviews {
		sum += r.Rating.Value
		if r.Reply != nil {
			replies++
			if r.Reply.Text == "" || r.Reply.State != review.ReplyLive || r.Reply.Updated.IsZero() {
				t.Errorf("reply %+v", r.Reply)
			}
		}
		if r.Language != "pt" || r.Author == "" || r.Created.IsZero() || r.Body == "" || r.Rating.Max != 5 {
			t.Errorf("%+v", r)
		}
	}
	if sum != 37 || replies != 10 {
		t.Errorf("%g stars in all and %d replies; want 37 and 10; read as %s", sum, replies, got.mapping)
	}
	first := got.reviews[0]
	if first.Key.ID != "gp:AOqpTOH1234567890" || first.Rating != review.StarRating(5) || first.Author != "João Silva" ||
		!strings.HasPrefix(first.Body, "Excelente aplicativo!") || !first.Created.Equal(time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)) ||
		!strings.HasPrefix(first.Reply.Text, "Obrigado pelo feedback positivo!") {
		t.Errorf("the first: %+v, reply %+v", first, first.Reply)
	}
}

func TestQuirksOfSeparatedValues(t *testing.T) {
	cases := []struct {
		name, in string
		opts     file.Options
		want     []string // "id|rating|title|body"
		errors   []string
	}{
		{name: "plain", in: "id,rating,title,body\n1,5,Good,\"Nice, really\"\n2,1,Bad,Late\n",
			want: []string{"1|5|Good|Nice, really", "2|1|Bad|Late"}},
		{name: "semicolons, decimal comma, CRLF", in: "ID;Sterne;Titel;Bewertungstext\r\n7;4,5;Gut;\"Schön; gut\"\r\n",
			want: []string{"7|4.5|Gut|Schön; gut"}},
		{name: "a quoted line break keeps line numbers", in: "id,rating,body\n1,5,\"one\ntwo\n\nthree\"\n2,nine,x\n3,1,y",
			want: []string{"1|5||one\ntwo\n\nthree", "3|1||y"}, errors: []string{`line 6: the rating "nine" is not a number of stars`}},
		{name: "line ends within quotes stay", in: "id,body\r\n1,\"a\r\nb\"\r\n", want: []string{"1|0||a\r\nb"}},
		{name: "doubled quotes, quotes within", in: "id,body\n1,\"say \"\"hi\"\"\"\n2,a 5\" nail\n3,\"\"\n",
			want: []string{`1|0||say "hi"`, `2|0||a 5" nail`}, errors: []string{"line 4: the review has neither text nor rating"}},
		{name: "one missing quote costs one line", in: "id,body\n1,\"open\n2,fine\n3,\"also \"fine\n4,last\n",
			want:   []string{"2|0||fine", "4|0||last"},
			errors: []string{`line 2: a quoted cell begins here and does not end as it should`, `line 4: after a closing quote comes "fine" instead of a separator`}},
		{name: "an open quote at the end", in: "id,body\n1,fine\n2,\"open\n3,fine\n",
			want: []string{"1|0||fine", "3|0||fine"}, errors: []string{"line 3: a quoted cell begins here and does not end as it should"}},
		{name: "ragged rows", in: "id,rating,body\n1,5,a\n2,5\n3,5,b,,\n4,5,b,c\n\n,,\n5,4,e",
			want: []string{"1|5||a", "3|5||b", "5|4||e"}, errors: []string{"line 3: it has 2 cells instead of 3", "line 5: it has 4 cells instead of 3"}},
		{name: "same id with other words", in: "id,body\n1,a\n1,a\n1,b\n",
			want: []string{"1|0||a", "1|0||a"}, errors: []string{`line 4: the id "1" stands on line 2 too, with other words; this one was left out`}},
		{name: "formulas are text", in: "id,body\n1,=1+1\n2,\"=cmd|' /C calc'!A0\"\n3,@SUM(A1)\n",
			want: []string{"1|0||=1+1", "2|0||=cmd|' /C calc'!A0", "3|0||@SUM(A1)"}},
		{name: "no header, positions", in: "1,x,5,Hello\n2,y,4,\"Hel\nlo\"\n", opts: file.Options{Columns: []string{"id", "-", "rating", "body"}},
			want: []string{"1|5||Hello", "2|4||Hel\nlo"}},
		{name: "names", in: "key|marks|words\na|5|Hi\n", opts: file.Options{Columns: []string{"id=key", "rating=2", "body=WORDS"}, Header: ptr(true)},
			want: []string{"a|5||Hi"}},
		{name: "a header that is a row", in: "id,body\n1,x\n", opts: file.Options{Columns: []string{"id", "body"}, Header: ptr(false)},
			want: []string{"id|0||body", "1|0||x"}},
		{name: "one text on each line", in: "Nice, really; nice\nLate\n", opts: file.Options{Columns: []string{"body"}, Header: ptr(false)},
			want: []string{"h-|0||Nice, really; nice", "h-|0||Late"}},
		{name: "tabs and quotes", in: "id\tbody\n1\t\"quoted\"\n2\t\"not closed\n3\t{\"a\": 1}\n",
			want: []string{"1|0||quoted", "2|0||\"not closed", "3|0||{\"a\": 1}"}},
		{name: "marks in many shapes", in: "id,stars\n1,4/5\n2,★★★☆☆\n3,8 of 10\n4,2 stars\n5,TWO\n6,9\n",
			want:   []string{"1|4||", "2|3||", "3|8||", "4|2||", "5|2||"},
			errors: []string{"line 7: rating 9 is not between 0 and 5 stars; if the best mark is higher, say so with --rating-max"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := readText(t, c.in, c.opts)
			var have []string
			for _, r := range got.reviews {
				id := r.Key.ID
				if strings.HasPrefix(id, "h-") {
					id = "h-"
				}
				have = append(have, fmt.Sprintf("%s|%g|%s|%s", id, r.Rating.Value, r.Title, r.Body))
			}
			if !slices.Equal(have, c.want) || !slices.Equal(got.errors, c.errors) {
				t.Errorf("read %q\nwant %q\nerrors %q\nwant   %q\nas %s", have, c.want, got.errors, c.errors, got.mapping)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestHeadersInSeveralLanguages(t *testing.T) {
	for header, want := range map[string]string{
		"review_id,rating,review_title,review_text,author_name,created_at,language,reply": "id rating title body author created language reply",
		"Bewertungs-ID;Sterne;Titel;Kommentar;Kunde;Datum;Sprache;Antwort":                "id rating title body author created language reply",
		"id;note;titre;commentaire;auteur;date;langue;réponse":                            "id rating title body author created language reply",
		"id,puntuación,título,comentario,usuario,fecha,idioma,respuesta":                  "id rating title body author created language reply",
		"id;waardering;titel;recensie;naam;datum;taal;reactie":                            "id rating title body author created language reply",
		"口コミID,評価,タイトル,本文,投稿者,投稿日,言語,返信":                                                  "id rating title body author created language reply",
		"리뷰ID,별점,제목,내용,작성자,작성일,언어,답글":                                                     "id rating title body author created language reply",
	} {
		sep := ","
		if strings.Contains(header, ";") {
			sep = ";"
		}
		row := strings.Join([]string{"1", "4", "T", "B", "A", "2026-11-01", "de", "R"}, sep)
		got := readText(t, header+"\n"+row+"\n", file.Options{})
		if len(got.reviews) != 1 {
			t.Errorf("%s: %q", header, got.errors)
			continue
		}
		r := got.reviews[0]
		if r.Key.ID != "1" || r.Rating != review.StarRating(4) || r.Title != "T" || r.Body != "B" || r.Author != "A" ||
			r.Created.Day() != 1 || r.Language != "de" || r.Reply == nil || r.Reply.Text != "R" {
			t.Errorf("%s is read as %s, want %s", header, got.mapping, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	text := "id;text\n1;Schöne Grüße – „café“ €\n"
	utf16le := []byte{0xFF, 0xFE}
	utf16be := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(text)) {
		utf16le = binary.LittleEndian.AppendUint16(utf16le, u)
		utf16be = binary.BigEndian.AppendUint16(utf16be, u)
	}
	old, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	far := strings.Repeat("0;plain\n", 20000) // the first umlaut lies beyond the first look
	for name, c := range map[string]struct {
		in       string
		encoding string
	}{
		"UTF-8":                 {text, "UTF-8"},
		"UTF-8 with a mark":     {"\xEF\xBB\xBF" + text, "UTF-8"},
		"UTF-16LE":              {string(utf16le), "UTF-16"},
		"UTF-16BE":              {string(utf16be), "UTF-16"},
		"Windows-1252":          {old, "Windows-1252"},
		"Windows-1252 far away": {"id;text\n" + far + strings.TrimPrefix(old, "id;text\n"), "Windows-1252"},
		"UTF-8 far away":        {"id;text\n" + far + strings.TrimPrefix(text, "id;text\n"), "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, c.in, file.Options{})
			if len(got.errors) > 0 || len(got.reviews) == 0 {
				t.Fatalf("%d reviews, errors %q", len(got.reviews), got.errors)
			}
			if body := got.reviews[len(got.reviews)-1].Body; body != "Schöne Grüße – „café“ €" || got.mapping.Encoding() != c.encoding {
				t.Errorf("%s: %q", got.mapping.Encoding(), body)
			}
		})
	}
	if _, err := file.Open(strings.NewReader("PK\x03\x04\x00\x00"), file.Options{}); err == nil {
		// A spreadsheet that was not exported.
		t.Error("a binary file was taken")
	}
	got := readText(t, "id;text\n1;Gr\u00fc\u00dfe\n2;kaputt \xff\n3;gut\n"+strings.Repeat("4;gut\n", 20000), file.Options{})
	if got.mapping.Encoding() != "Windows-1252" {
		t.Errorf("mixed bytes in the first look are read as %s", got.mapping.Encoding())
	}
}

func TestInvalidUTF8FarAwayCostsItsLine(t *testing.T) {
	in := "id;text\n1;Grüße\n" + strings.Repeat("1;Grüße\n", 20000) + "2;kaputt \xff\n3;gut\n"
	got := readText(t, in, file.Options{})
	if len(got.errors) != 1 || got.errors[0] != "line 20003: it is not valid UTF-8" {
		t.Fatalf("errors %q", got.errors)
	}
	if last := got.reviews[len(got.reviews)-1]; last.Key.ID != "3" {
		t.Errorf("the last is %+v", last)
	}
}

func TestJSONShapes(t *testing.T) {
	one := `{"id":"1","stars":2,"text":"a"}`
	two := `{"id":"2","stars":5,"text":"b","author":{"name":"Ana","id":7}}`
	for name, c := range map[string]struct {
		in     string
		format file.Format
	}{
		"array":                 {"[" + one + "," + two + "]", file.JSON},
		"array over lines":      {"[\n  " + one + ",\n  " + two + "\n]\n", file.JSON},
		"holder on one line":    {`{"meta":{"n":2},"reviews":[` + one + "," + two + `]}`, file.JSON},
		"holder over lines":     {"{\n \"tags\": [\"x\"],\n \"none\": [],\n \"shops\": [{\"city\":\"x\"}],\n \"page\": {\"reviews\": [" + one + "," + two + "]}\n}", file.JSON},
		"lines":                 {one + "\n" + two + "\n", file.Lines},
		"lines with empty ones": {"\n" + one + "\n\n\n" + two, file.Lines},
		"a list of any name":    {`{"bewertungen":[` + one + "," + two + `]}`, file.JSON},
	} {
		t.Run(name, func(t *testing.T) {
			got := readText(t, c.in, file.Options{})
			if len(got.reviews) != 2 || len(got.errors) != 0 || got.mapping.Format != c.format {
				t.Fatalf("%d reviews, %q, %s", len(got.reviews), got.errors, got.mapping)
			}
			a, b := got.reviews[0], got.reviews[1]
			if a.Key.ID != "1" || a.Rating.Value != 2 || a.Body != "a" || b.Author != "Ana" || b.AuthorID != "7" {
				t.Errorf("%+v\n%+v\n%s", a, b, got.mapping)
			}
		})
	}
}

func TestBrokenJSON(t *testing.T) {
	got := readText(t, "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\n[]\n{\"id\":4,\"text\":\"d\"}\n\"x\"\n{\"id\":6,\"text\":\"f\"}\n", file.Options{})
	if len(got.reviews) != 3 {
		t.Fatalf("%d reviews", len(got.reviews))
	}
	for i, line := range []string{"line 2:", "line 3:", "line 5:"} {
		if i >= len(got.errors) || !strings.HasPrefix(got.errors[i], line) {
			t.Fatalf("errors %q", got.errors)
		}
	}
	got = readText(t, "[\n{\"id\":1,\"text\":\"a\"},\n7,\n{\"id\":3,\"text\":\"c\"}\n{\"id\":4}]", file.Options{})
	if len(got.reviews) != 2 || len(got.errors) != 2 || !strings.HasPrefix(got.errors[0], "line 3: it is not a JSON object") || !strings.HasPrefix(got.errors[1], "line 5: the JSON is broken") {
		t.Fatalf("%d reviews, errors %q", len(got.reviews), got.errors)
	}
	got = readText(t, "[{\"id\":1,\"text\":\"a\"},\n{\"id\":2,\"te", file.Options{})
	if len(got.reviews) != 1 || len(got.errors) != 1 || !strings.HasPrefix(got.errors[0], "line 2: the JSON ends too early") {
		t.Fatalf("%d reviews, errors %q", len(got.reviews), got.errors)
	}
	huge := `[{"id":1,"text":"a"},{"id":2,"text":"` + strings.Repeat("x", 2<<20) + `"}]`
	got = readText(t, huge, file.Options{})
	if len(got.reviews) != 1 || len(got.errors) != 1 || !strings.Contains(got.errors[0], "larger than") {
		t.Fatalf("%d reviews, errors %.200q", len(got.reviews), got.errors)
	}
}

func TestMembersThatComeLateAreUsed(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "{\"id\":%d,\"text\":\"x%d\"}\n", i, i)
	}
	b.WriteString(`{"id":500,"text":"y","reply":"Thank you","created_at":"2026-11-01T10:00:00Z"}`)
	got := readText(t, b.String(), file.Options{})
	last := got.reviews[500]
	if last.Reply == nil || last.Reply.Text != "Thank you" || last.Created.IsZero() {
		t.Fatalf("%+v", last)
	}
	if len(got.notes) != 2 || !strings.Contains(strings.Join(got.notes, " "), "reply ← reply, met first on line 501") {
		t.Errorf("notes %q", got.notes)
	}
}

func TestIdsWithoutAnIdColumn(t *testing.T) {
	in := "author,rating,text,date\nAna,5,Nice,2026-01-01\nBo,5,Nice,2026-01-01\nAna,5,Nice,2026-01-01\n,5,,\n,5,,\n,4,,\n"
	a, b := readText(t, in, file.Options{}), readText(t, in, file.Options{})
	var ids []string
	for i, r := range a.reviews {
		ids = append(ids, r.Key.ID)
		if b.reviews[i].Key.ID != r.Key.ID {
			t.Errorf("review %d has another id the second time", i)
		}
	}
	slices.Sort(ids)
	// The third row is the first once more; the two marks without words are two.
	if len(ids) != 6 || len(slices.Compact(ids)) != 5 {
		t.Errorf("%d different ids: %q", len(slices.Compact(ids)), ids)
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 3, 24, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{"2026-03-24", "2026-03-24T00:00:00Z", "2026-03-24T01:00:00+01:00", "24.03.2026", "24.3.2026 00:00", "24/03/2026", "03/24/2026", "March 24, 2026", "24 Mar 2026", "2026/03/24", "2026年3月24日", "2026. 3. 24.", "1774310400", "1774310400000", "2026-03-24 00:00:00 UTC"} {
		got := readText(t, "id;body;created\n1;x;"+s+"\n", file.Options{})
		if len(got.reviews) != 1 || !got.reviews[0].Created.Equal(want) {
			t.Errorf("%q is read as %v (%q)", s, got.reviews, got.notes)
		}
	}
	// The file itself says what comes first.
	got := readText(t, "id;body;created\n1;x;04/03/2026\n2;y;24/03/2026\n", file.Options{})
	if d := got.reviews[0].Created; d.Day() != 4 || d.Month() != 3 {
		t.Errorf("04/03/2026 beside 24/03/2026 is read as %s", d)
	}
	got = readText(t, "id;body;created\n1;x;04/03/2026\n2;y;yesterday\n", file.Options{})
	if len(got.reviews) != 2 || !got.reviews[0].Created.IsZero() || len(got.notes) != 2 {
		t.Errorf("unclear times: %v, notes %q", got.reviews, got.notes)
	}
}

func TestScales(t *testing.T) {
	got := readText(t, "id,rating\n1,positive\n2,neutral\n3,negative\n", file.Options{})
	for i, want := range []float64{1, 0, -1} {
		if r := got.reviews[i].Rating; r.Kind != review.Tri || r.Value != want {
			t.Errorf("row %d: %+v", i+1, r)
		}
	}
	got = readText(t, "id,rating\n1,yes\n2,no\n", file.Options{})
	if got.reviews[0].Rating != (review.Rating{Kind: review.Thumb, Value: 1, Max: 1}) || got.reviews[1].Rating.Value != 0 {
		t.Errorf("%+v", got.reviews)
	}
	got = readText(t, "id,rating,body\n1,87,x\n", file.Options{RatingMax: 100})
	if got.reviews[0].Rating != (review.Rating{Kind: review.Stars, Value: 87, Max: 100}) {
		t.Errorf("%+v", got.reviews)
	}
}

func TestMappingIsShown(t *testing.T) {
	got := readText(t, "id;stars;text;colour\n1;5;x;red\n", file.Options{Language: "de"})
	want := `semicolon separated with a header, UTF-8: id ← id; rating ← stars (stars, the best is 5); body ← text; language = de where none is said; not used: colour`
	if got.mapping.String() != want {
		t.Errorf("shown as %s\nwant %s", got.mapping, want)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		opts file.Options
		says string
	}{
		"empty":                 {"", file.Options{}, "empty"},
		"no text":               {"a,b\nc,d\n", file.Options{}, "--columns"},
		"unknown role":          {"1,x\n", file.Options{Columns: []string{"id", "boddy"}}, `"boddy" is not`},
		"twice":                 {"1,x\n", file.Options{Columns: []string{"body", "body"}}, "twice"},
		"too many":              {"1,x\n", file.Options{Columns: []string{"id", "body", "title"}}, "names 3 columns"},
		"no such column":        {"id,text\n1,x\n", file.Options{Columns: []string{"body=words"}}, `no column "words"; the columns are: id, text`},
		"mixed":                 {"id,text\n1,x\n", file.Options{Columns: []string{"body=text", "id"}}, "mixes"},
		"positions in JSON":     {`[{"a":"x"}]`, file.Options{Columns: []string{"body"}}, "names, not positions"},
		"no language":           {"id,text\n1,x\n", file.Options{Language: "german!"}, "not a language"},
		"no kind":               {"id,text\n1,x\n", file.Options{RatingKind: "moons"}, "kind of rating"},
		"JSON without a list":   {`{"a":1,"b":{"c":[1,2]}}` + "\n" + `}`, file.Options{}, ""},
		"a list of nothing":     {`[]`, file.Options{}, "empty"},
		"holder without a list": {"{\n\"a\":1,\n\"b\":[{\"c\":1}]\n}", file.Options{}, "lists that are there: b"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := file.Open(strings.NewReader(c.in), c.opts)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want something about %q", err, c.says)
			}
		})
	}
}

// rows is a file of any number of rows that is made while it is read.
type rows struct {
	n, max int
	buf    bytes.Buffer
}

func (r *rows) Read(p []byte) (int, error) {
	for r.buf.Len() < len(p) && r.n < r.max {
		if r.n++; r.n == 1 {
			r.buf.WriteString("id,rating,body\n")
		}
		fmt.Fprintf(&r.buf, "r%d,%d,\"Row %d\nin two lines\"\n", r.n, 1+r.n%5, r.n)
	}
	return r.buf.Read(p)
}

// A million rows are read when EVENKEEL_LARGE=1; the default is enough to see
// that memory does not grow with the file.
func TestManyRowsStream(t *testing.T) {
	n := 50_000
	if os.Getenv("EVENKEEL_LARGE") == "1" {
		n = 1_000_000
	}
	r, err := file.Open(&rows{max: n}, file.Options{Source: "import"})
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for v, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		if got++; got == n && v.Body != fmt.Sprintf("Row %d\nin two lines", n) {
			t.Errorf("the last: %q", v.Body)
		}
	}
	var after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&after)
	// What is kept of a row is its hash, far less than the row.
	if heap, most := int(after.HeapAlloc), 16<<20+120*n; got != n || heap > most {
		t.Errorf("%d rows, want %d; %d bytes held, at most %d", got, n, heap, most)
	}
	runtime.KeepAlive(r)
	t.Logf("%d rows, %d MiB held at the end", got, after.HeapAlloc>>20)
}

func TestReadErrorEndsTheFile(t *testing.T) {
	broken := errors.New("disk on fire")
	r, err := file.Open(io.MultiReader(strings.NewReader("id,body\n1,a\n"), &failing{broken}), file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range r.All() {
	}
	if !errors.Is(last, broken) {
		t.Errorf("ended with %v", last)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// fuzz reads anything: it must end, bound what it gives, and keep lines in order.
func fuzz(t *testing.T, in []byte, o file.Options) {
	o.Source = "import"
	r, err := file.Open(bytes.NewReader(in), o)
	if err != nil {
		return
	}
	last := 0
	for v, err := range r.All() {
		var le *file.LineError
		switch {
		case errors.As(err, &le):
			if le.Line < last {
				t.Fatalf("line %d after line %d", le.Line, last)
			}
			last = le.Line
		case err != nil:
			t.Fatalf("reading from memory failed: %v", err)
		default:
			if err := v.Valid(); err != nil {
				t.Fatalf("gave a review that is not valid: %v", err)
			}
		}
	}
	_ = r.Mapping().String()
	_ = r.Notes()
}

func FuzzSeparated(f *testing.F) {
	f.Add("id,rating,body\n1,5,\"a\nb\"\n2,\"x\"y,\n")
	f.Add("id;text\n1;Sch\xf6n\n")
	f.Add("a\tb\n\"\t\"\"\n")
	f.Fuzz(func(t *testing.T, in string) {
		fuzz(t, []byte(in), file.Options{})
		fuzz(t, []byte(in), file.Options{Columns: []string{"id", "-", "body"}})
	})
}

func FuzzJSON(f *testing.F) {
	f.Add("[{\"id\":1,\"text\":\"a\"},\n{\"id\":2}]")
	f.Add("{\"a\":[{\"text\":\"b\"}],\"lang\":\"de\"}")
	f.Add("{\"id\":1,\"text\":\"a\"}\n{\"id\":\n")
	f.Fuzz(func(t *testing.T, in string) {
		fuzz(t, []byte(in), file.Options{})
		fuzz(t, []byte("{"+in), file.Options{})
		fuzz(t, []byte("[{"+in), file.Options{})
	})
}

// What was written with quotes as RFC 4180 says is read back byte for byte.
func FuzzSeparatedRoundTrip(f *testing.F) {
	f.Add("a \"b\"\nc,d", "x;y\r\nz")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || strings.TrimSpace(a) == "" || strings.TrimSpace(b) == "" || len(a)+len(b) > 60<<10 || len(b) > 4<<10 {
			return
		}
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		in := "id,body,title\n1," + quote(a) + "," + quote(b) + "\n2,x,y\n"
		got := readText(t, in, file.Options{Columns: []string{"id=id", "body=body", "title=title"}, Header: ptr(true)})
		if len(got.reviews) != 2 || got.reviews[0].Body != a || got.reviews[0].Title != b {
			t.Fatalf("%q, %q are read as %+v, errors %q, %s", a, b, got.reviews, got.errors, got.mapping)
		}
	})
}
