package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/evenkeel/evenkeel/review"
)

// TestExportIsAsTheSchemasSay plays the demo's story and judges every line of
// what is exported by the schemas in docs. Every name on a case's line must
// stand in its schema: what is not described is found here.
func TestExportIsAsTheSchemasSay(t *testing.T) {
	dir := t.TempDir()
	database := "sqlite:" + filepath.Join(dir, "evenkeel.db")
	evenkeel := func(args ...string) []byte {
		t.Helper()
		var out, said bytes.Buffer
		p := &program{out: &out, err: &said, now: time.Now, env: func(string) (string, bool) { return "", false }}
		if code := p.run(t.Context(), append(args, "--database", database)); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, said.String())
		}
		return out.Bytes()
	}
	evenkeel("demo", "--script")
	for name, args := range map[string][]string{"case": {"export"}, "audit": {"export", "audit"}} {
		path := filepath.Join("..", "..", "docs", "schema", name+".json")
		schema, err := jsonschema.NewCompiler().Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var described struct{ Properties map[string]any }
		if err := json.Unmarshal(text, &described); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSpace(evenkeel(args...)), []byte("\n"))
		if len(lines) < 5 {
			t.Fatalf("%s: only %d lines were judged", name, len(lines))
		}
		for _, line := range lines {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s: %v\n%s", name, err, line)
			}
			for key := range doc.(map[string]any) {
				if described.Properties[key] == nil {
					t.Errorf("%s: %q is not described", name, key)
				}
			}
		}
		if err := schema.Validate(map[string]any{"case": "one"}); err == nil {
			t.Errorf("%s: the schema takes anything", name)
		}
	}
}

// TestSchemasDescribeEveryField: whatever a case and its review may carry one
// day stands in the schema, also what the demo's story does not bring about.
func TestSchemasDescribeEveryField(t *testing.T) {
	described := func(name, def string) map[string]any {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		type object struct{ Properties map[string]any }
		var schema struct {
			object
			Defs map[string]object `json:"$defs"`
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		if def == "" {
			return schema.Properties
		}
		return schema.Defs[def].Properties
	}
	for _, c := range []struct {
		schema, def string
		of          any
		other       map[string]string // names that are others when exported
	}{
		{"case", "", review.Case{}, map[string]string{"id": "case"}},
		{"case", "review", review.Review{}, nil},
	} {
		have := described(c.schema, c.def)
		of := reflect.TypeOf(c.of)
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if other, ok := c.other[name]; ok {
				name = other
			}
			if name == "-" || name == "" && of.Field(i).Anonymous {
				continue
			}
			if have[name] == nil {
				t.Errorf("%s.%s is exported as %q, which docs/schema/%s.json does not describe", of.Name(), of.Field(i).Name, name, c.schema)
			}
		}
	}
}
