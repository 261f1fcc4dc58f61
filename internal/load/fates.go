package load

import (
	"context"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// ended reports whether the user of the load has seen enough.
func (o Options) ended() bool {
	select {
	case <-o.Until:
		return true
	default:
		return false
	}
}

// Fates tells the requests without a good answer apart: refused are those no
// listener took; lost those whose connection was accepted, and then broken off,
// reset or left without an answer until the timeout; failed those that were
// answered, and not well.
func (r Result) Fates() (refused, lost, failed int) {
	for cause, n := range r.Causes {
		switch {
		case cause == causeRefused:
			refused += n
		case cause == causeMalformed, cause == causeTooLong, strings.Contains(cause, "status "):
			failed += n
		default:
			lost += n
		}
	}
	return refused, lost, failed
}

// fate is when a connection took a request. On one that breaks off, net/http may
// send the request once more, and its error is then that of the second try.
type fate struct{ taken atomic.Pointer[time.Time] }

// crossing is the longest that a request and the close of its idle connection are
// under way together. A server that stops closes those it has no work on, and
// never saw what was sent on them meanwhile. One that works on a request holds it
// longer, or answers.
const crossing = 50 * time.Millisecond

// follow gives the context that a request has to be sent with.
func (f *fate) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				now := time.Now()
				f.taken.Store(&now)
			}
		},
	})
}

// cause is the cause of an error of the request, asked for when it has come.
func (f *fate) cause(err error) string {
	cause := causeOf(err)
	if taken := f.taken.Load(); cause == causeRefused && taken != nil && time.Since(*taken) > crossing {
		return causeClosed
	}
	return cause
}
