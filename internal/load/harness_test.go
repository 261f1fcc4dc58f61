package load

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	ms     = time.Millisecond
	target = "127.0.0.1:8080"
)

// pipes is a network of one server, made of net.Pipe, so that it runs by the fake
// clock of a synctest bubble.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p pipes) Close() error   { return nil }

func (p pipes) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serveFake serves the handler inside a bubble, and gives options that reach it
// and sleep by the bubble's clock.
func serveFake(t *testing.T, handler http.HandlerFunc, change ...func(*http.Server)) Options {
	t.Helper()
	p := pipes{make(chan net.Conn)}
	server := &http.Server{Handler: handler}
	for _, f := range change {
		f(server)
	}
	go server.Serve(p)
	t.Cleanup(func() {
		close(p.conns)
		server.Close()
	})
	return Options{
		dial: p.dial,
		wait: func(ctx context.Context, until time.Time) error {
			time.Sleep(time.Until(until))
			return ctx.Err()
		},
	}
}

// steady is a plan of one stage.
func steady(seconds, rate float64) record.Load {
	return record.Load{Stages: []record.Stage{{For: record.Seconds(seconds), Rate: rate}}}
}

// between fails the test when a latency is out of bounds.
func between(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s = %v, want %v to %v", what, got, low, high)
	}
}
