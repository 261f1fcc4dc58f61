package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"
)

// LostError says that the engine ended, or hangs, while it was needed.
type LostError struct {
	Host  string
	Cause error
}

func (e *LostError) Error() string {
	if errors.Is(e.Cause, context.DeadlineExceeded) {
		return fmt.Sprintf("the container engine at %s has not answered for %v: it hangs, or its machine does", e.Host, pulsePatience)
	}
	if client.IsErrConnectionFailed(e.Cause) || errors.Is(e.Cause, syscall.ECONNREFUSED) || errors.Is(e.Cause, syscall.ENOENT) {
		return fmt.Sprintf("the container engine at %s has stopped: it accepts no connections any more", e.Host)
	}
	return fmt.Sprintf("the container engine at %s has stopped: %v", e.Host, e.Cause)
}

func (e *LostError) Unwrap() error { return e.Cause }

// The engine is asked for a sign of life every pulsePeriod. A ping reads nothing
// from a disk and waits for no lock, so one that is busy answers it in
// milliseconds, however long it takes over a container; and what has taken
// pulsePatience will take for ever. An engine that refuses gets a second chance
// after pulseAgain. All of them together stay well below 15 s, clean-up included.
const (
	pulsePeriod   = 2 * time.Second
	pulsePatience = 9 * time.Second
	pulseAgain    = 500 * time.Millisecond
)

// lifeline holds the connections to an engine. When the engine is lost it ends
// them all, so that nobody waits for an answer that cannot come.
type lifeline struct {
	host  string
	knock func(context.Context) error // makes a connection
	ping  func(context.Context) error

	lost context.Context // ends with a *LostError as its cause
	lose context.CancelCauseFunc
	stop context.CancelFunc
	done chan struct{}
}

func newLifeline(host string) *lifeline {
	l := &lifeline{host: host, done: make(chan struct{})}
	l.knock = l.connect
	l.lost, l.lose = context.WithCancelCause(context.Background())
	return l
}

// option has a client dial through the lifeline. Sockets of other kinds are left
// to the client: there the pulse alone tells.
func (l *lifeline) option() client.Opt {
	scheme, path, _ := strings.Cut(l.host, "://")
	switch scheme {
	case "unix":
		return client.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return l.dial(ctx, "unix", path)
		})
	case "tcp", "http", "https":
		return client.WithDialContext(l.dial) // of the address asked for, which may be a proxy's
	}
	return nil
}

// dial gives a connection that is tied to the life of the engine.
func (l *lifeline) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.lost, cancel)()
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, network, address)
	if cause := l.cause(); cause != nil {
		if err == nil {
			c.Close()
		}
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	return &held{c, context.AfterFunc(l.lost, func() { c.Close() })}, nil
}

// connect shows that somebody listens on a unix socket. Between us and another
// there may be a proxy, which always does.
func (l *lifeline) connect(ctx context.Context) error {
	path, ok := strings.CutPrefix(l.host, "unix://")
	if !ok {
		return nil
	}
	c, err := l.dial(ctx, "unix", path)
	if err == nil {
		err = c.Close()
	}
	return err
}

// held is a connection that the loss of the engine closes.
type held struct {
	net.Conn
	release func() bool
}

func (h *held) Close() error {
	h.release()
	return h.Conn.Close()
}

// cause is a [LostError] once the engine is lost, nil before.
func (l *lifeline) cause() error { return context.Cause(l.lost) }

// follow feels the pulse until the lifeline is let go.
func (l *lifeline) follow(ping func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	l.ping, l.stop = ping, cancel
	go func() {
		defer close(l.done)
		for l.check(ctx) == nil {
			if !pause(ctx, pulsePeriod) {
				return
			}
		}
	}()
}

// check asks for one sign of life. The error is a [LostError].
func (l *lifeline) check(ctx context.Context) error {
	if cause := l.cause(); cause != nil {
		return cause
	}
	err := l.pulse(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && pause(ctx, pulseAgain) {
		err = l.pulse(ctx)
	}
	if err != nil && ctx.Err() == nil {
		l.lose(&LostError{Host: l.host, Cause: err})
	}
	return l.cause()
}

// pulse makes a connection before it asks: one that was there before outlives
// an engine that is shutting down.
func (l *lifeline) pulse(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pulsePatience)
	defer cancel()
	err := l.knock(ctx)
	if err == nil {
		err = l.ping(ctx)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // whatever the client calls it
	}
	return err
}

// end lets the engine go.
func (l *lifeline) end() {
	l.stop()
	<-l.done
}

// pause waits, and says whether ctx lasted.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// Lost is a [LostError] if the engine no longer answers, nil if it does. It is
// for telling an engine that is gone from one that refused something.
func (c *Client) Lost(ctx context.Context) error { return c.life.check(ctx) }

// Lost is that of the run's engine.
func (r *Run) Lost(ctx context.Context) error { return r.client.Lost(ctx) }
