package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sameOutline holds a quick outline against the strict check and the library.
func sameOutline(t interface{ Fatalf(string, ...any) }, body []byte) {
	if !utf8.Valid(body) {
		return // refused before
	}
	fields, ok := outline(body)
	if !ok {
		return
	}
	if err := checkJSON(body); err != nil {
		t.Fatalf("%q passed, but %v", body, err)
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatalf("%q passed, but %v", body, err)
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Fatalf("%q (-want +got):\n%s", body, diff)
	}
	for name, raw := range fields {
		var s string
		err := json.Unmarshal(raw, &s)
		if got, ok := text(raw); ok != (err == nil) || ok && got != s {
			t.Fatalf("%s: %s is %q, %v", name, raw, got, ok)
		}
	}
}

func FuzzOutline(f *testing.F) {
	for _, s := range []string{
		`{"a":"b"}`, " {\n\"a\" : [1 , {\"b\":\"c\\\"d\"}, []] ,\t\"e\":-1.5e9}\r\n", `{}`, `[]`, `null`, ``, `{"a":1}{`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`,
		`{"a":{"b":1,"b":2}}`, `{"a":"\\"}`, `{"a":tru}`, `{"a":1,}`,
		strings.Repeat(`{"a":`, maxDepth) + `1` + strings.Repeat(`}`, maxDepth),
		strings.Repeat(`{"a":`, maxDepth+1) + `1` + strings.Repeat(`}`, maxDepth+1),
		`{"a":` + strings.Repeat(`[`, maxDepth) + strings.Repeat(`]`, maxDepth) + `}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) { sameOutline(t, body) })
}

// Documents put together from what JSON is made of, right and wrong.
func TestOutlineIsWhatStandsThere(t *testing.T) {
	signs := rapid.SampledFrom([]string{`{`, `}`, `[`, `]`, `:`, `,`, `"a"`, `"b"`, `"\u0061"`, `"\""`, `1`, `null`, ` `, `"a":`, `"b":1,`, `{"a":1}`, `[{},"x"]`})
	rapid.Check(t, func(t *rapid.T) {
		body := "{" + strings.Join(rapid.SliceOf(signs).Draw(t, "signs"), "") + "}"
		sameOutline(t, []byte(body))
	})
}

// What is sent every day needs no second look.
func TestOutlineKnowsPlainDocuments(t *testing.T) {
	deep := strings.Repeat(`{"a":`, maxDepth) + `1` + strings.Repeat(`}`, maxDepth)
	for body, want := range map[string]bool{
		`{"id":1,"body":"a \"b\"","author":{"name":"x"},"tags":[1,2,{"y":null}]}`: true,
		deep:                              true,
		`{"a":` + deep + `}`:              false,
		`{"a":1,"a":2}`:                   false,
		`{"x":[{"a":1,"a":2}]}`:           false,
		`{"a":1,"\u0061":2}`:              false,
		`{"a":1} {}`:                      false,
		`[{"a":1}]`:                       false,
		`{"a":01}`:                        false,
		"{\"a\":\"a\nb\"}":                false,
		`{"reviews":[{"id":1},{"id":2}]}`: true,
	} {
		if _, ok := outline([]byte(body)); ok != want {
			t.Errorf("outline(%s) is %v", body, ok)
		}
	}
}
