package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/load"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	// drainRate bounds the load of a stop, in requests per second: enough for
	// some to be under way, too few to make the stop itself slow.
	drainRate = 50
	// drainSlow is the rate where none is known yet, as in a warm-up.
	drainSlow = 10
	// drainLead is how long the load has been there when the signal is sent.
	drainLead = 300 * time.Millisecond
)

// drain is the load that goes on while the app stops.
type drain struct {
	rate  float64
	until chan struct{} // closed when the app has stopped
	done  chan struct{}

	result load.Result // valid once done is closed
	err    error
}

// beginDrain starts the load and returns when it is under way.
func (t *trial) beginDrain(ctx context.Context) *drain {
	d := &drain{rate: drainRate, until: make(chan struct{}), done: make(chan struct{})}
	if n := len(t.spec.Load.Stages); n > 0 {
		d.rate = min(d.rate, t.spec.Load.Stages[n-1].Rate)
	}
	if d.rate <= 0 {
		d.rate = drainSlow
	}
	go func() {
		defer close(d.done)
		d.err = t.sendDrain(ctx, d)
	}()
	sleep(ctx, drainLead)
	return d
}

func (t *trial) sendDrain(ctx context.Context, d *drain) error {
	address, err := target(ctx, t.seen.Ready.Port)
	if err != nil {
		return err
	}
	plan := t.spec.Load
	// Until ends it; the length is a bound for an app that is never gone.
	plan.Stages = []record.Stage{{For: record.SecondsOf(drainLead) + t.spec.StopTimeout + record.SecondsOf(time.Minute), Rate: d.rate}}
	d.result, err = load.Run(ctx, address, plan, load.Options{Host: fmt.Sprintf("localhost:%d", t.seen.Ready.Port), Until: d.until})
	return err
}

// end stops the load and counts what became of it.
func (d *drain) end() (*record.Drain, error) {
	close(d.until)
	<-d.done
	if d.err != nil {
		return nil, fmt.Errorf("load the app while it stops: %w", d.err)
	}
	refused, lost, failed := d.result.Fates()
	return &record.Drain{Rate: d.rate, Sent: d.result.Sent, Answered: d.result.Completed, Failed: failed, Lost: lost, Refused: refused}, nil
}
