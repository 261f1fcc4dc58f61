package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// outsider measures boots as it is usually done: from the engine's start event,
// by asking every 100 ms, sleeping first. Pods have no network, so it asks from
// a thread inside their network namespace.
type outsider struct {
	outcomes chan outcome
}

type outcome struct {
	took time.Duration
	err  error
}

const outsidePeriod = 100 * time.Millisecond

func newOutsider(b *testing.B, run string) *outsider {
	b.Helper()
	o := &outsider{outcomes: make(chan outcome, 1)}
	beside(b, func(ctx context.Context, api *client.Client) {
		o.watch(ctx, api, run)
	})
	return o
}

// beside asks the engine something of its own until the bench ends.
func beside(b *testing.B, watch func(context.Context, *client.Client)) {
	b.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		watch(ctx, api)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		api.Close()
	})
}

// starts are the events of a run's containers that begin.
func starts(ctx context.Context, api *client.Client, run string) client.EventsResult {
	return api.Events(ctx, client.EventsListOptions{Filters: client.Filters{}.
		Add("type", "container").Add("event", "start").Add("label", engine.LabelRun+"="+run)})
}

// watch follows the run's containers: an agent's start gives the namespace, an
// app's start begins the clock.
func (o *outsider) watch(ctx context.Context, api *client.Client, run string) {
	events, pid := starts(ctx, api, run), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-events.Err:
			return
		case event := <-events.Messages:
			if event.Actor.Attributes["plimsoll.role"] == "agent" {
				found, err := api.ContainerInspect(ctx, event.Actor.ID, client.ContainerInspectOptions{})
				if err == nil && found.Container.State != nil {
					pid = found.Container.State.Pid
				}
				continue
			}
			took, err := poll(ctx, pid, time.Now())
			o.outcomes <- outcome{took, err}
		}
	}
}

// poll asks from inside the namespace of pid until there is an answer.
func poll(ctx context.Context, pid int, started time.Time) (time.Duration, error) {
	result := make(chan outcome, 1)
	go func() {
		// The thread is not given back: it has left the process's namespace.
		runtime.LockOSThread()
		took, err := pollInside(ctx, pid, started)
		result <- outcome{took, err}
	}()
	got := <-result
	return got.took, got.err
}

func pollInside(ctx context.Context, pid int, started time.Time) (time.Duration, error) {
	namespace, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open the pod's network namespace (the bench needs root on the engine's host): %w", err)
	}
	defer unix.Close(namespace)
	if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
		return 0, fmt.Errorf("enter the pod's network namespace: %w", err)
	}
	for time.Since(started) < give {
		time.Sleep(outsidePeriod)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if answered() {
			return time.Since(started), nil
		}
	}
	return 0, fmt.Errorf("no answer within %v", give)
}

// answered makes one request from this very thread.
func answered() bool {
	connection, err := net.DialTimeout("tcp", "127.0.0.1:8080", outsidePeriod)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: outsidePeriod, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return connection, nil },
	}}
	response, err := client.Get("http://127.0.0.1:8080/outside")
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
