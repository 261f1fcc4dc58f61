package load_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/load"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// On a kept connection, net/http sends again what was broken off. That nobody
// listens by then does not make a request that was worked on one that was never
// taken.
func TestARequestTakenOnAKeptConnectionIsLost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	until, served := make(chan struct{}), 0
	go http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if served++; served == 2 {
			listener.Close()
			close(until)
			time.Sleep(100 * time.Millisecond)
			panic(http.ErrAbortHandler)
		}
	}))
	plan := record.Load{Stages: []record.Stage{{For: 60, Rate: 5}}, Requests: []record.Request{{Path: "/"}}}
	result, err := load.Run(t.Context(), listener.Addr().String(), plan, load.Options{Until: until})
	if err != nil {
		t.Fatal(err)
	}
	if refused, lost, _ := result.Fates(); result.Completed != 1 || lost != 1 || refused != 0 {
		t.Errorf("completed %d, lost %d, refused %d of %s", result.Completed, lost, refused, fmt.Sprint(result.Causes))
	}
}

// A server that takes three requests and hangs up on the next, then closes its
// listener: the one hung up on is lost, the others are refused.
func TestFatesOfAStop(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	until, served := make(chan struct{}), 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch served++; served {
		case 1:
		case 2:
			w.WriteHeader(http.StatusNoContent) // not what is expected, and an answer all the same
		case 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			listener.Close()
			time.AfterFunc(200*time.Millisecond, func() { close(until) })
			panic(http.ErrAbortHandler)
		}
	})
	server := &http.Server{Handler: handler}
	server.SetKeepAlivesEnabled(false)
	go server.Serve(listener)
	plan := record.Load{Stages: []record.Stage{{For: 60, Rate: 20}}, Requests: []record.Request{{Method: "POST", Path: "/", Body: "x", Expect: []int{http.StatusOK}}}}
	result, err := load.Run(t.Context(), listener.Addr().String(), plan, load.Options{Until: until})
	if err != nil {
		t.Fatal(err)
	}
	refused, lost, failed := result.Fates()
	if result.Completed != 1 || failed != 2 || lost != 1 || refused < 2 || refused > 6 {
		t.Errorf("completed %d, failed %d, lost %d, refused %d of %s", result.Completed, failed, lost, refused, fmt.Sprint(result.Causes))
	}
}
