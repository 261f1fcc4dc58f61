package load

import (
	"context"
	"fmt"
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
	g, err := newGenerator(target, plan, o)
	if err != nil {
		return Result{}, err
	}
	defer g.client.close()
	start := time.Now()
	var users sync.WaitGroup
	users.Go(func() { g.closedLoop(ctx, start, s) })
	g.openLoop(ctx, start, s)
	users.Wait()
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("load on %s stopped: %w", target, err)
	}
	return g.tally.result(start, plan), nil
}

// generator is what the open loop and the closed loop share.
type generator struct {
	Options
	client *client
	mix    *mix
	tally  *tally
	think  time.Duration // of virtual users

	slots chan struct{} // holds one entry per request under way
	jobs  chan job      // to workers that have nothing to do
}

// job is one request to send; the times are those of its outcome. A request of
// a virtual user is due when it is sent, and due is zero until then.
type job struct {
	kind       *kind
	due, could time.Time
}

func newGenerator(target string, plan record.Load, o Options) (*generator, error) {
	o = o.withDefaults()
	address, err := loopback(target)
	if err != nil {
		return nil, err
	}
	if err := checkThink(plan.Think); err != nil {
		return nil, err
	}
	mix, err := newMix(address.String(), plan, o)
	if err != nil {
		return nil, err
	}
	return &generator{
		Options: o,
		client:  newClient(address, plan, o),
		mix:     mix,
		tally:   newTally(o.Timeout),
		think:   plan.Think.Duration(),
		slots:   make(chan struct{}, o.InFlight),
		jobs:    make(chan job),
	}, nil
}

// openLoop follows the stages by rate to their end, or to that of ctx, and waits
// for the answers.
func (g *generator) openLoop(ctx context.Context, start time.Time, s schedule) {
	var workers sync.WaitGroup
	var held time.Time // when the last wait for a slot ended
	for at := range s.due() {
		j := job{kind: g.mix.deal(), due: start.Add(at)}
		if g.wait(ctx, j.due) != nil || g.ended() {
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
func (g *generator) serve(ctx context.Context, j job) outcome {
	o := outcome{due: j.due, could: j.could, sent: time.Now()}
	if o.due.IsZero() {
		o.due = o.sent
	}
	ctx, cancel := context.WithDeadline(ctx, o.due.Add(g.Timeout))
	defer cancel()
	o.status, o.cause = g.client.exchange(ctx, j.kind)
	o.done = time.Now()
	g.tally.add(o)
	return o
}
