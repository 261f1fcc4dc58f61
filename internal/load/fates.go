package load

import (
	"context"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
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
		case cause == causeMalformed, cause == causeTooLong, strings.HasPrefix(cause, "status "):
			failed += n
		default:
			lost += n
		}
	}
	return refused, lost, failed
}

// fate is whether a connection took a request. On one that breaks off, net/http
// may send the request once more, and its error is then that of the second try.
type fate struct{ taken atomic.Bool }

// follow gives the context that a request has to be sent with.
func (f *fate) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				f.taken.Store(true)
			}
		},
	})
}

// cause is the cause of an error of the request.
func (f *fate) cause(err error) string {
	cause := causeOf(err)
	if cause == causeRefused && f.taken.Load() {
		return causeClosed
	}
	return cause
}
