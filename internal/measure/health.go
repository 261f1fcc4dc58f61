package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The engine's defaults for health checks.
const (
	healthInterval = 30 * time.Second
	healthTimeout  = 30 * time.Second
	healthRetries  = 3
)

// Health checks are run here, by exec, and not by the engine: it waits for a
// whole interval, 30 s by default, before the first, and goes on with them while
// the app is measured. The period grows, since each costs the machine 90 ms.
const (
	firstPeriod   = 50 * time.Millisecond
	lastPeriod    = time.Second
	leastPatience = 10 * time.Second
)

// endPatience is how long a dependency that is to complete may take.
const endPatience = 10 * time.Minute

// check is a health check with all defaults filled in; without a test there is
// none.
type check struct {
	test     []string
	timeout  time.Duration // of one
	patience time.Duration // from the start until it counts as unhealthy
}

// check merges what the compose file says with what the image brings.
func (r *running) check() check {
	image := r.Found.Health
	test, disabled := image.Test, false
	interval, timeout, start, retries := image.Interval, image.Timeout, image.StartPeriod, image.Retries
	if own := r.Health; own != nil {
		disabled = own.Disable
		if own.Test != nil {
			test = own.Test
		}
		interval, timeout = cmp.Or(own.Interval, interval), cmp.Or(own.Timeout, timeout)
		start, retries = cmp.Or(own.StartPeriod, start), cmp.Or(own.Retries, retries)
	}
	if disabled || len(test) < 2 {
		return check{}
	}
	c := check{timeout: cmp.Or(timeout, healthTimeout)}
	c.patience = max(leastPatience, start+cmp.Or(interval, healthInterval)*time.Duration(cmp.Or(retries, healthRetries)))
	c.test = test[1:]
	if test[0] == "CMD-SHELL" {
		shell := r.Found.Shell
		if len(shell) == 0 {
			shell = []string{"/bin/sh", "-c"}
		}
		c.test = append(slices.Clone(shell), strings.Join(test[1:], " "))
	}
	return c
}

// awaitHealth returns when the dependency's check has passed.
func (r *running) awaitHealth(ctx context.Context) error {
	if r.healthy {
		return nil
	}
	c := r.check()
	if len(c.test) == 0 {
		return errors.New("has no health check, but service_healthy is asked of it: give it a `healthcheck`, or ask for service_started")
	}
	period := firstPeriod
	for {
		said, err := r.probe(ctx, c)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case said == "" && err == nil:
			r.healthy = true
			return nil
		case err != nil:
			return err
		case time.Since(r.since) > c.patience:
			return fmt.Errorf("is not healthy after %.0f s: %s", time.Since(r.since).Seconds(), said)
		}
		select {
		case <-time.After(period):
		case <-ctx.Done():
		}
		period = min(lastPeriod, period*3/2)
	}
}

// probe runs the check once. It gives what went wrong, "" for nothing, and an
// error when there is nothing to wait for any more.
func (r *running) probe(ctx context.Context, c check) (said string, err error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	code, output, execErr := r.in.Exec(limited, c.test)
	if execErr == nil && code == 0 {
		return "", nil
	}
	up, ended, err := r.in.State(ctx)
	switch {
	case err != nil:
		return "", err
	case !up:
		return "", fmt.Errorf("ended with exit code %d before it was healthy", ended)
	case limited.Err() != nil:
		return fmt.Sprintf("its check takes more than %v", c.timeout), nil
	case execErr != nil:
		return fmt.Sprintf("its check could not be run: %v", execErr), nil
	}
	text := fmt.Sprintf("its check ends with exit code %d", code)
	if len(output) > 0 {
		text += fmt.Sprintf(" and says %.200q", output[len(output)-1])
	}
	return text, nil
}

// awaitEnd returns when the dependency has ended well.
func (r *running) awaitEnd(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	code, err := r.in.Await(limited)
	switch {
	case limited.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("has not completed after %v", endPatience)
	case err != nil:
		return err
	case code != 0:
		return fmt.Errorf("was to complete, and ended with exit code %d", code)
	}
	return nil
}
