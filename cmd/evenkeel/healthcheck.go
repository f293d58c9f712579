package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is less than a container platform waits.
const healthTimeout = 2 * time.Second

func (p *program) healthcheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running evenkeel on this machine whether it is ready",
		Long: `Ask the evenkeel that runs with these settings on this machine whether it is
ready: exit code 0 if it is, 1 if it is not. Containers without a shell use it
as their health check.`,
		Example: "  evenkeel healthcheck\n  evenkeel healthcheck --listen 127.0.0.1:9000",
		Args:    wants(0, 0, "no arguments"),
		RunE:    p.with(healthcheck),
	}
	addServeFlags(cmd)
	return cmd
}

func healthcheck(ctx context.Context, c *call, _ []string) error {
	status, err := askReady(ctx, c.values.Get(setListen))
	if err != nil {
		c.note("not running: %v", err)
		return errNo
	}
	if status != http.StatusOK {
		c.note("running, but not ready (%d)", status)
		return errNo
	}
	c.print("ready")
	return nil
}

// askReady asks the program that listens on an address of this machine.
func askReady(ctx context.Context, listen string) (status int, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return 0, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/readyz", net.JoinHostPort(host, port)), nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}
