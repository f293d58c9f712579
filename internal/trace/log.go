package trace

import (
	"context"
	"log/slog"
)

// Log adds the trace's id to every record that names a case, so that logs and
// traces lead to each other.
func (t *Tracer) Log(next slog.Handler) slog.Handler {
	if t == nil {
		return next
	}
	return handler{next, t}
}

type handler struct {
	slog.Handler
	tracer *Tracer
}

// Handle implements [slog.Handler].
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	var id int64
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "case" && a.Value.Kind() == slog.KindInt64 {
			id = a.Value.Int64()
		}
		return id == 0
	})
	if id != 0 {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", h.tracer.Of(id).String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.tracer}
}

// WithGroup implements [slog.Handler].
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.tracer}
}
