package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The protocol's messages in JSON: numbers of 64 bits are strings, ids are in
// hexadecimal (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
type (
	exportRequest struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope      `json:"scope"`
		Spans []spanJSON `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	spanJSON struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		ParentID   string     `json:"parentSpanId,omitempty"`
		Name       string     `json:"name"`
		Kind       int        `json:"kind"`
		Start      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []keyValue `json:"attributes,omitempty"`
		Status     status     `json:"status"`
	}
	status struct {
		Code    int    `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	}
	keyValue struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
)

// The protocol's numbers.
const (
	kindInternal = 1
	statusError  = 2
)

func attribute(key string, value any) keyValue {
	var v map[string]any
	switch value := value.(type) {
	case int64:
		v = map[string]any{"intValue": strconv.FormatInt(value, 10)}
	case bool:
		v = map[string]any{"boolValue": value}
	default:
		v = map[string]any{"stringValue": fmt.Sprint(value)}
	}
	return keyValue{key, v}
}

func (t *Tracer) encode(batch []Span) []byte {
	res := resource{Attributes: []keyValue{attribute("service.name", t.config.Service)}}
	for _, k := range slices.Sorted(maps.Keys(t.config.Resource)) {
		res.Attributes = append(res.Attributes, attribute(k, t.config.Resource[k]))
	}
	spans := make([]spanJSON, len(batch))
	for i, s := range batch {
		spans[i] = t.spanJSON(s)
	}
	body, _ := json.Marshal(exportRequest{[]resourceSpans{{res, []scopeSpans{{scope{"evenkeel"}, spans}}}}}) // strings and numbers only
	return body
}

func (t *Tracer) spanJSON(s Span) spanJSON {
	out := spanJSON{
		TraceID: t.Of(s.caseID).String(), SpanID: s.id.String(), Name: s.name, Kind: kindInternal,
		Start: strconv.FormatInt(s.begin.UnixNano(), 10), End: strconv.FormatInt(s.end.UnixNano(), 10),
		Attributes: []keyValue{attribute("evenkeel.case", s.caseID)},
	}
	if !s.root {
		out.ParentID = t.rootOf(s.caseID).String()
	}
	for _, a := range s.attrs {
		out.Attributes = append(out.Attributes, attribute(a.Key, a.Value))
	}
	if s.failed != "" {
		out.Status = status{statusError, s.failed}
	}
	return out
}

// sender posts requests to the collector.
type sender struct {
	config Config
	client *http.Client
}

func newSender(c Config) sender {
	// Spans go to the collector that is named and nowhere else.
	return sender{c, &http.Client{Timeout: c.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send tries once: a span that is lost is a gap in a picture, no more.
func (s sender) send(body []byte) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.config.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range s.config.Headers {
		if !strings.EqualFold(k, "content-type") {
			req.Header.Set(k, v.Reveal())
		}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %d", resp.StatusCode)
	}
	return nil
}
