package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// How long the search for the app's port waits for more to be known.
const (
	resolvePeriod = 10 * time.Millisecond
	// resolveSettle lets an app open all its ports before one is chosen.
	resolveSettle = 500 * time.Millisecond
	// strayPatience is how long another port than the exposed one must have
	// been the only one open before EXPOSE is taken to be out of date.
	strayPatience = 5 * time.Second
)

// resolved is the outcome of the search for the app's port.
type resolved struct {
	port   int       // 0: the app listens nowhere, it is a worker
	closed time.Time // the last instant at which the port was not open
	note   string
}

// resolver finds the app's port when the user named none. It is used in
// warm-up boots only, so it may take its time.
type resolver struct {
	exposed []int
	timeout time.Duration
	open    func() ([]listener, error)
	alive   func() bool
}

// run waits for the app to listen. It gives up on an image that exposes
// nothing after half the timeout, and calls it a worker.
func (r *resolver) run(ctx context.Context) (resolved, error) {
	began := time.Now()
	var strayed time.Time
	closed := began
	for {
		looked := time.Now()
		all, err := r.open()
		if err != nil {
			return resolved{}, err
		}
		if known := r.candidates(all); len(known) > 0 {
			return r.settle(ctx, closed)
		}
		if len(all) == 0 {
			closed = looked
		} else if strayed.IsZero() {
			strayed = looked
		}
		if len(all) > 0 && time.Since(strayed) > strayPatience {
			return r.stray(all, closed)
		}
		elapsed := time.Since(began)
		switch {
		case !r.alive():
			return resolved{}, fmt.Errorf("%w: the app ended before it listened", errNotReady)
		case len(r.exposed) == 0 && len(all) == 0 && elapsed > r.timeout/2:
			return resolved{note: fmt.Sprintf("nothing listened within %v and the image exposes no port: "+
				"measured as a worker (say `ready: none` to skip the wait)", (r.timeout / 2).Round(time.Second))}, nil
		case elapsed > r.timeout || ctx.Err() != nil:
			return resolved{}, fmt.Errorf("%w: nothing listens on %s", errNotReady, portList(r.exposed))
		}
		sleep(ctx, resolvePeriod)
	}
}

// candidates are the open ports that may be the app's: the exposed ones, or
// all when the image exposes none.
func (r *resolver) candidates(all []listener) []int {
	open := ports(all)
	if len(r.exposed) == 0 {
		return open
	}
	exposed := make(map[int]bool, len(r.exposed))
	for _, port := range r.exposed {
		exposed[port] = true
	}
	return slices.DeleteFunc(open, func(port int) bool { return !exposed[port] })
}

// settle waits for further ports to open and chooses.
func (r *resolver) settle(ctx context.Context, closed time.Time) (resolved, error) {
	sleep(ctx, resolveSettle)
	all, err := r.open()
	if err != nil {
		return resolved{}, err
	}
	switch found := r.candidates(all); len(found) {
	case 0:
		return resolved{}, fmt.Errorf("%w: a port was open for a moment and closed again", errNotReady)
	case 1:
		return resolved{port: found[0], closed: closed}, nil
	default:
		return resolved{}, r.several(all)
	}
}

// stray decides about an image that listens elsewhere than it exposes.
func (r *resolver) stray(all []listener, closed time.Time) (resolved, error) {
	found := ports(all)
	if len(found) > 1 {
		return resolved{}, r.several(all)
	}
	return resolved{port: found[0], closed: closed, note: fmt.Sprintf("the image exposes %s but listens on %s: measured there (set ready.port to be sure)",
		portList(r.exposed), joined(addresses(all)))}, nil
}

func (r *resolver) several(all []listener) error {
	return &Failure{Kind: FailPorts, Listeners: addresses(all),
		Message: fmt.Sprintf("several ports are open (%s) and none is named: set ready.port to the one that serves requests",
			joined(addresses(all)))}
}

// worker is the readiness of an image that listens nowhere.
func worker() record.Readiness { return record.Readiness{Kind: record.ReadyNone} }

func portList(ports []int) string {
	if len(ports) == 0 {
		return "any port"
	}
	texts := make([]string, min(len(ports), shown))
	for i := range texts {
		texts[i] = fmt.Sprint(ports[i])
	}
	text := "port " + strings.Join(texts, " or ")
	if more := len(ports) - len(texts); more > 0 {
		text += fmt.Sprintf(" or %d more", more)
	}
	return text
}

func joined(texts []string) string { return strings.Join(texts, ", ") }

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
