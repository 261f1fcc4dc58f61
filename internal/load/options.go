package load

import (
	"context"
	"net"
	"time"
)

// Options tune the generator. The zero value is the default.
type Options struct {
	Host     string          // Host header; the target's address when empty
	Timeout  time.Duration   // per request, from the moment it is due; DefaultTimeout when 0
	InFlight int             // requests under way at once; DefaultInFlight when 0
	Accept   func(int) bool  // which statuses are good answers; those below 500 when nil
	Until    <-chan struct{} // once closed, nothing more is sent, and what is under way is waited for; nil for the whole schedule
	Seed     uint64          // of the order of the mix; the same seed gives the same order

	dial func(context.Context) (net.Conn, error)          // tests put a pipe here
	wait func(ctx context.Context, until time.Time) error // tests sleep by a fake clock
}

// The defaults of Options. Two seconds are ten times what users put up with, and
// short enough that an app that hangs does not stretch a trial.
const (
	DefaultTimeout  = 2 * time.Second
	DefaultInFlight = 512
)

// The bounds of one answer, in bytes. A body is read and forgotten; a head is
// kept, at several times its size, and 512 of them may come at once.
const (
	headLimit = 64 << 10
	bodyLimit = 16 << 20
)

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.InFlight <= 0 {
		o.InFlight = DefaultInFlight
	}
	if o.Accept == nil {
		o.Accept = func(status int) bool { return status < 500 }
	}
	if o.wait == nil {
		o.wait = waitUntil
	}
	return o
}
