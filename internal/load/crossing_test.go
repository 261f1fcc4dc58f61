package load

import (
	"net"
	"net/http/httptrace"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A request that crosses with the close of an idle connection was never taken.
func TestARequestThatCrossesWithACloseIsRefused(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for after, want := range map[time.Duration]string{crossing: causeRefused, crossing + time.Millisecond: causeClosed} {
		synctest.Test(t, func(t *testing.T) {
			var f fate
			httptrace.ContextClientTrace(f.follow(t.Context())).WroteRequest(httptrace.WroteRequestInfo{})
			time.Sleep(after)
			if got := f.cause(refused); got != want {
				t.Errorf("%v after it was sent: %q, expected %q", after, got, want)
			}
		})
	}
	var never fate
	if got := never.cause(refused); got != causeRefused {
		t.Errorf("never sent: %q", got)
	}
}
