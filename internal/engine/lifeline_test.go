package engine

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// answer is what the engine does with a ping, and when.
type answer struct {
	after time.Duration
	err   error
}

// TestPulse gives an engine that answers in the ways listed, and well ever after,
// 20 seconds.
func TestPulse(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "unix", Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		answers []answer
		lost    string        // part of the message, "" for not lost
		by      time.Duration // when that is known
	}{
		"well":                {},
		"refuses once":        {answers: []answer{{}, {err: refused}}},
		"busy":                {answers: []answer{{after: pulsePatience - time.Second}, {after: pulsePatience - time.Second}}},
		"stopped":             {[]answer{{}, {err: refused}, {err: refused}}, "accepts no connections", pulsePeriod + pulseAgain},
		"hangs":               {[]answer{{}, {after: time.Hour}}, "has not answered for 9s", pulsePeriod + pulsePatience},
		"refuses, then hangs": {[]answer{{}, {err: refused}, {after: time.Hour}}, "has not answered", pulsePeriod + pulseAgain + pulsePatience},
		"answers nonsense":    {[]answer{{}, {err: errors.New("502")}, {err: errors.New("502")}}, "has stopped: 502", pulsePeriod + pulseAgain},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers, began := c.answers, time.Now()
				l := newLifeline("unix:///engine")
				l.knock = func(context.Context) error { return nil }
				l.follow(func(ctx context.Context) error {
					if len(answers) == 0 {
						return nil
					}
					now := answers[0]
					answers = answers[1:]
					if !pause(ctx, now.after) {
						return ctx.Err()
					}
					return now.err
				})
				defer l.end()
				select {
				case <-l.lost.Done():
				case <-time.After(20 * time.Second):
				}
				var lost *LostError
				if found := errors.As(l.cause(), &lost); found != (c.lost != "") || found && !strings.Contains(lost.Error(), c.lost) {
					t.Fatalf("lost: %v, expected %q", l.cause(), c.lost)
				}
				if took := time.Since(began); lost != nil && took != c.by {
					t.Errorf("it took %v to know, expected %v", took, c.by)
				}
			})
		})
	}
}

// What waits for an engine that is lost waits no longer, and nothing new begins.
func TestLossEndsConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	l := newLifeline("unix://" + path)
	silent, err := l.dial(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ended := make(chan error)
	go func() {
		_, err := silent.Read(make([]byte, 1))
		ended <- err
	}()
	why := &LostError{Host: "unix://" + path, Cause: context.DeadlineExceeded}
	l.lose(why)
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection ended with %v", err)
	}
	if _, err := l.dial(t.Context(), "unix", path); !errors.Is(err, why) {
		t.Errorf("another connection: %v, expected the loss", err)
	}
}
