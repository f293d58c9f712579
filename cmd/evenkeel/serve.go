package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/heaproom"
)

func (p *program) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the desk: sources, drafts, publishing, the console and webhooks",
		Long: `Run the desk until it is told to stop (Ctrl-C or SIGTERM).

The console is at the listen address, webhooks at /hooks/NAME, health at
/healthz and /readyz. On loopback, which is the default, whoever sits at this
machine is signed in as lead. Elsewhere people sign in with a link from
"evenkeel invite"; put HTTPS in front and say with --url how people reach it.

Nothing needs to be configured: without a playbook the built-in rules hold,
without a model the offline drafter writes.`,
		Example: `  evenkeel serve
  evenkeel serve --listen 127.0.0.1:9000 --playbook team.yaml
  EVENKEEL_DATABASE=postgres://evenkeel@db/evenkeel evenkeel serve --listen 0.0.0.0:8467 --url https://desk.example.com`,
		Args:        wants(0, 0, "no arguments"),
		Annotations: map[string]string{talks: ""},
		RunE:        p.with(serve),
	}
	addServeFlags(cmd)
	return cmd
}

// roomToGrow is by how many bytes the heap of a desk may always grow between two
// collections. It is given once all is open, so that it holds what reviews leave
// behind and not what the start does.
const roomToGrow = 32 << 20

func serve(ctx context.Context, c *call, _ []string) error {
	// The address first: if another evenkeel runs here, that is all to say.
	srv, err := listen(ctx, c.values.Get(setListen), c.log)
	if err != nil {
		return err
	}
	defer srv.close()
	parts, err := c.parts(ctx)
	if err != nil {
		return err
	}
	s, err := c.station(parts, srv)
	if err != nil {
		_ = parts.store.Close()
		return err
	}
	stop, err := s.serveControl(ctx, c.values.Get(setDatabase))
	if err != nil {
		c.log.WarnContext(ctx, "no control socket; `evenkeel invite` works only while this is stopped", slog.Any("error", err))
		stop = func() {}
	}
	defer stop()
	c.log.InfoContext(ctx, "evenkeel is open",
		slog.String("console", s.url), slog.String("version", readBuild().Version),
		slog.String("playbook", parts.rules.Version()), slog.Int("sources", len(parts.sources)))
	if _, chosen := c.env("GOGC"); !chosen {
		defer heaproom.Keep(roomToGrow)()
	}
	if c.terminal {
		c.note("The console is at %s. Press Ctrl-C to stop.", s.url)
	}
	return s.run(ctx)
}
