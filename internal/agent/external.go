package agent

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// External is what the orchestrator tells of a load that it runs itself, in a
// container beside the app.
type External struct {
	Container string `json:"container,omitempty"` // with the beginning: where the generator runs
	Ended     bool   `json:"ended,omitempty"`
}

// Loaded is what the agent saw of a load that the orchestrator ran. The window
// goes from the generator's start to its end, its own preparations included.
type Loaded struct {
	Window record.Seconds `json:"window"`
	App    record.Seconds `json:"app,omitempty"` // CPU time; 0 where it cannot be read
}

// LoadBegun tells the agent that a generator is about to start.
func (s *Session) LoadBegun(container string) error {
	return s.send(command{Load: &External{Container: container}})
}

// LoadEnded tells the agent that the generator has ended.
func (s *Session) LoadEnded() error { return s.send(command{Load: &External{Ended: true}}) }

// externalPeriod is how often the app and the generator are looked at while an
// external load runs. What the generator spends after the last look is not
// told apart from what other programs spend.
const externalPeriod = 20 * time.Millisecond

// external watches the app while the orchestrator loads it.
func (t *trial) external(ctx context.Context) error {
	if t.seen.Ready.Kind == record.ReadyNone {
		return &Failure{Kind: FailPorts, Message: "the app listens on no port, so there is nothing for the k6 script to load; set `ready` with the port, or remove `load.script`"}
	}
	if err := t.report.send(Event{Kind: EventLoad, Address: named(ctx, t.seen.Ready.Port)}); err != nil {
		return err
	}
	begun, err := t.awaitExternal(ctx, nil)
	if err != nil {
		return err
	}
	before, known := t.cpu()
	from := sample.Monotonic()
	watch := &generator{root: t.spec.Cgroup, container: begun.Container}
	defer watch.close()
	if _, err := t.awaitExternal(ctx, watch.look); err != nil {
		return err
	}
	t.generated = watch.spent
	seen := Loaded{Window: record.SecondsOf(sample.Monotonic() - from)}
	if after, still := t.cpu(); known && still {
		seen.App = record.SecondsOf(after.Usage - before.Usage)
	}
	t.seen.External = &seen
	return nil
}

// named is the app's address as people write it, but for an app that listens on
// ::1 alone: of what localhost stands for, a program may try 127.0.0.1 only.
func named(ctx context.Context, port int) string {
	if found, err := target(ctx, port); err == nil && strings.HasPrefix(found, "[") {
		return found
	}
	return net.JoinHostPort("localhost", strconv.Itoa(port))
}

// awaitExternal waits for the orchestrator's next word on the load, and for an
// end of the app meanwhile.
func (t *trial) awaitExternal(ctx context.Context, look func()) (External, error) {
	ticker := time.NewTicker(externalPeriod)
	defer ticker.Stop()
	alive := t.aliveness()
	for {
		select {
		case <-ctx.Done():
			return External{}, ctx.Err()
		case said := <-t.inbox.loads:
			return said, nil
		case <-ticker.C:
			if look != nil {
				look()
			}
			if alive() {
				continue
			}
			if err := t.checkAlive(); err != nil {
				return External{}, err
			}
		}
	}
}

// generator follows the CPU time of the load's generator, which is neither the
// app's nor a neighbour's.
type generator struct {
	root, container string
	group           *sample.Group // nil while it was not found
	sought          time.Time
	spent           time.Duration
}

// seekPeriod is how often the generator's cgroup is looked for. It may take a
// walk through the machine's whole tree.
const seekPeriod = 100 * time.Millisecond

// look reads the counter. Before the generator's start, and after its end, there
// is none: what was read last stands.
func (g *generator) look() {
	if g.group == nil && time.Since(g.sought) >= seekPeriod {
		g.sought = time.Now()
		if found, err := sample.Find(g.root, g.container); err == nil {
			g.group = found
		}
	}
	if g.group == nil {
		return
	}
	reading, err := g.group.CPU()
	switch {
	case err == nil:
		g.spent = max(g.spent, reading.Usage)
	case g.spent == 0:
		g.close() // found while the engine was still making it
	}
}

func (g *generator) close() {
	if g.group != nil {
		_ = g.group.Close() // files that were read from; nothing is lost
		g.group = nil
	}
}
