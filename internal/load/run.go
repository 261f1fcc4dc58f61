package load

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Run sends the plan's load to the target, an address and port on the loopback
// interface, and returns when every request was answered or given up. Whatever
// the app does is a Result; errors are bad arguments and the end of ctx.
func Run(ctx context.Context, target string, plan record.Load, o Options) (Result, error) {
	s, err := newSchedule(plan.Stages)
	if err != nil {
		return Result{}, err
	}
	g, err := newGenerator(target, plan.Requests, o)
	if err != nil {
		return Result{}, err
	}
	defer g.client.close()
	start := g.openLoop(ctx, s)
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("load on %s stopped: %w", target, err)
	}
	return g.tally.result(start, s), nil
}

// generator is what the open loop and the closed loop of Calibrate share.
type generator struct {
	Options
	client *client
	mix    *mix
	tally  *tally

	slots chan struct{} // holds one entry per request under way
	jobs  chan job      // to workers that have nothing to do
}

// job is one request to send; the times are those of its outcome.
type job struct {
	request    *http.Request
	due, could time.Time
}

func newGenerator(target string, kinds []record.Request, o Options) (*generator, error) {
	o = o.withDefaults()
	address, err := loopback(target)
	if err != nil {
		return nil, err
	}
	mix, err := newMix(address.String(), kinds, o)
	if err != nil {
		return nil, err
	}
	return &generator{
		Options: o,
		client:  newClient(address, o),
		mix:     mix,
		tally:   newTally(o.Timeout),
		slots:   make(chan struct{}, o.InFlight),
		jobs:    make(chan job),
	}, nil
}

// openLoop follows the schedule to its end, or to that of ctx, and waits for the
// answers. It gives the moment the schedule began.
func (g *generator) openLoop(ctx context.Context, s schedule) time.Time {
	var workers sync.WaitGroup
	start := time.Now()
	var held time.Time // when the last wait for a slot ended
	for at := range s.due() {
		j := job{request: g.mix.deal(), due: start.Add(at)}
		if g.wait(ctx, j.due) != nil {
			break
		}
		if g.acquire() {
			held = time.Now()
		}
		j.could = later(j.due, held)
		g.dispatch(ctx, &workers, j)
	}
	close(g.jobs)
	workers.Wait()
	return start
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// acquire takes a slot, and reports whether it had to wait for one. The wait is
// bounded, since every request under way ends by its deadline, and all of those
// are before that of the request that waits.
func (g *generator) acquire() (waited bool) {
	select {
	case g.slots <- struct{}{}:
		return false
	default:
		g.slots <- struct{}{}
		return true
	}
}

// dispatch hands a job to an idle worker, or to a new one. Workers stay until
// the schedule ends, since their stacks have grown to what net/http needs.
func (g *generator) dispatch(ctx context.Context, workers *sync.WaitGroup, j job) {
	select {
	case g.jobs <- j:
	default:
		workers.Go(func() { g.work(ctx, j) })
	}
}

func (g *generator) work(ctx context.Context, j job) {
	for more := true; more; j, more = <-g.jobs {
		g.serve(ctx, j)
		<-g.slots
	}
}

// serve performs one job and records its outcome.
func (g *generator) serve(ctx context.Context, j job) {
	ctx, cancel := context.WithDeadline(ctx, j.due.Add(g.Timeout))
	defer cancel()
	sent := time.Now()
	cause := g.client.exchange(ctx, j.request)
	g.tally.add(outcome{due: j.due, could: j.could, sent: sent, done: time.Now(), cause: cause})
}
