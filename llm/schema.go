package llm

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schemas/*.json
var schemaFiles embed.FS

// schema is what an answer of one task must look like. The same file goes to
// the endpoint, for constrained decoding, and judges what comes back.
type schema struct {
	name string
	full *jsonschema.Schema
	wire json.RawMessage
}

func loadSchema(name string) (schema, error) {
	b, err := schemaFiles.ReadFile("schemas/" + name + ".json")
	if err != nil {
		return schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	url := "evenkeel:" + name
	if err := c.AddResource(url, doc); err != nil {
		return schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	full, err := c.Compile(url)
	if err != nil {
		return schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	wire, err := json.Marshal(withoutLimits(doc))
	if err != nil {
		return schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	return schema{name: name, full: full, wire: wire}, nil
}

// withoutLimits drops the keywords that strict modes refuse; they are checked
// here instead.
//
// https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
func withoutLimits(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			switch k {
			case "$schema", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern":
			default:
				out[k] = withoutLimits(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withoutLimits(x)
		}
		return out
	}
	return v
}

// decode reads an answer strictly into into, or says why it is no answer. It
// returns the answer's strings as they read, for the canary.
func (s schema) decode(content string, into any) (plain string, err error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(content)))
	if err != nil {
		return "", asMalformed(err)
	}
	if err := s.full.Validate(doc); err != nil {
		return "", &Error{Kind: Malformed, Detail: "the answer does not follow its schema"}
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(content)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return "", asMalformed(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return "", asMalformed(err)
	}
	return b.String(), nil
}

func asMalformed(err error) *Error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Kind: Truncated, Detail: "the JSON ends in the middle"}
	}
	return &Error{Kind: Malformed, Detail: "the answer is not one JSON value"}
}
