package trace

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
)

// Config says where spans go. [FromEnv] reads it.
type Config struct {
	Endpoint     string // full address; "" records nothing
	Headers      map[string]secret.Value
	Timeout      time.Duration // of one request
	Service      string
	Resource     map[string]string // further attributes of the program
	Ratio        float64           // of the traces that are kept, 0 to 1
	Installation string            // what tells the traces of one database from another's
}

// FromEnv reads the standard variables
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
// ok is false when tracing is off. Errors name the variable, never its value.
func FromEnv(env func(string) (string, bool)) (c Config, ok bool, err error) {
	get := func(names ...string) string {
		for _, n := range names {
			if v, _ := env(n); strings.TrimSpace(v) != "" {
				return strings.TrimSpace(v)
			}
		}
		return ""
	}
	if strings.EqualFold(get("OTEL_SDK_DISABLED"), "true") || strings.EqualFold(get("OTEL_TRACES_EXPORTER"), "none") {
		return c, false, nil
	}
	c = Config{Service: "evenkeel", Timeout: 10 * time.Second, Ratio: 1, Resource: map[string]string{}, Headers: map[string]secret.Value{}}
	if c.Endpoint = get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); c.Endpoint == "" {
		base := get("OTEL_EXPORTER_OTLP_ENDPOINT")
		if base == "" {
			return c, false, nil
		}
		c.Endpoint = strings.TrimRight(base, "/") + "/v1/traces"
	}
	u, uerr := url.Parse(c.Endpoint)
	if uerr != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return c, false, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT is no address that begins with http:// or https://")
	}
	if p := get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); p == "grpc" {
		return c, false, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is grpc; traces go out over HTTP only, so use the collector's HTTP port (4318) and http/json")
	}
	if v := get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"); v != "" {
		ms, perr := strconv.Atoi(v)
		if perr != nil || ms <= 0 {
			return c, false, fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT is no number of milliseconds")
		}
		c.Timeout = time.Duration(ms) * time.Millisecond
	}
	for k, v := range pairs(get("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")) {
		c.Headers[k] = secret.New(v)
	}
	c.Resource = pairs(get("OTEL_RESOURCE_ATTRIBUTES"))
	if s := c.Resource["service.name"]; s != "" {
		c.Service = s
	}
	delete(c.Resource, "service.name")
	if s := get("OTEL_SERVICE_NAME"); s != "" {
		c.Service = s
	}
	if err := c.sampler(get("OTEL_TRACES_SAMPLER"), get("OTEL_TRACES_SAMPLER_ARG")); err != nil {
		return c, false, err
	}
	return c, true, nil
}

func (c *Config) sampler(name, arg string) error {
	switch strings.TrimPrefix(name, "parentbased_") {
	case "", "always_on":
	case "always_off":
		c.Ratio = 0
	case "traceidratio":
		r, err := strconv.ParseFloat(arg, 64)
		if arg == "" {
			r, err = 1, nil
		}
		if err != nil || !(r >= 0 && r <= 1) {
			return fmt.Errorf("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1")
		}
		c.Ratio = r
	default:
		return fmt.Errorf("OTEL_TRACES_SAMPLER is none of always_on, always_off and traceidratio")
	}
	return nil
}

// sampled decides by the trace's id, so that a trace is kept whole or not at
// all, in every replica alike.
func (c Config) sampled(id ID) bool {
	switch {
	case c.Ratio >= 1:
		return true
	case c.Ratio <= 0:
		return false
	}
	return float64(binary.BigEndian.Uint64(id[8:])>>1) < c.Ratio*math.MaxInt64
}

// pairs reads "a=b,c=d", whose values are percent-encoded.
func pairs(s string) map[string]string {
	out := make(map[string]string)
	for part := range strings.SplitSeq(s, ",") {
		k, v, ok := strings.Cut(part, "=")
		k = strings.TrimSpace(k)
		if !ok || k == "" {
			continue
		}
		if plain, err := url.PathUnescape(strings.TrimSpace(v)); err == nil {
			out[k] = plain
		}
	}
	return out
}
