package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The causes of errors, as LoadResult.Causes counts them. Statuses count as
// "status 503" or "unexpected status 404". None holds text the app chose.
const (
	causeTimeout   = "timeout"
	causeRefused   = "connection refused"
	causeReset     = "connection reset"
	causeClosed    = "connection closed"
	causeNetwork   = "network error"
	causeMalformed = "malformed answer"
	causeTooLong   = "answer longer than 16 MiB"
)

// client performs single exchanges with the target.
type client struct {
	transport *http.Transport
	fates     bool // tell requests that were taken from those that were refused
}

func newClient(target netip.AddrPort, plan record.Load, o Options) *client {
	dial := o.dial
	if dial == nil {
		var d net.Dialer
		dial = func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", target.String()) }
	}
	return &client{
		fates: o.Until != nil,
		transport: &http.Transport{
			// The address comes from the vetted target, never from a request.
			DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
			MaxIdleConnsPerHost:    o.InFlight + schedule(plan.Stages).users(),
			DisableCompression:     true,
			MaxResponseHeaderBytes: headLimit,
			Protocols:              protocols(plan.Protocol),
		},
	}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// exchange sends one request and reads the whole answer; redirects are answers
// like any other. It gives the status of the answer, 0 without one, and the cause
// of an error, or "".
func (c *client) exchange(ctx context.Context, k *kind) (status int, cause string) {
	var fate fate
	if c.fates {
		ctx = fate.follow(ctx)
	}
	response, err := c.transport.RoundTrip(send(ctx, k.request))
	if err != nil {
		return 0, fate.cause(err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(response.Body, bodyLimit+1))
	response.Body.Close() // after the error of reading it has nothing to add
	switch {
	case err != nil:
		return 0, causeOf(err)
	case n > bodyLimit:
		return response.StatusCode, causeTooLong
	case !k.accept(response.StatusCode):
		return response.StatusCode, unexpected(response.StatusCode)
	}
	return response.StatusCode, ""
}

// unexpected is the cause of an error by its status. One below 500 would have
// been good, had the plan not expected another.
func unexpected(status int) string {
	if status < http.StatusInternalServerError {
		return fmt.Sprintf("unexpected status %d", status)
	}
	return fmt.Sprintf("status %d", status)
}

// serverClosedIdle is the text of an error that net/http does not export.
const serverClosedIdle = "http: server closed idle connection"

func causeOf(err error) string {
	var network *net.OpError
	if cause := causeInHTTP2(err); cause != "" {
		return cause
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return causeTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return causeRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return causeReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), err.Error() == serverClosedIdle:
		return causeClosed
	case errors.As(err, &network):
		return causeNetwork
	default:
		return causeMalformed
	}
}
