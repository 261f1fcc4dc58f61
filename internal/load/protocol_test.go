package load

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// h2cOnly makes a server speak HTTP/2 without TLS, and nothing else.
func h2cOnly(server *http.Server) {
	server.Protocols = new(http.Protocols)
	server.Protocols.SetUnencryptedHTTP2(true)
}

func listenH2C(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	h2cOnly(server.Config)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// inH2C is a plan in HTTP/2.
func inH2C(plan record.Load) record.Load {
	plan.Protocol = record.H2C
	return plan
}

func TestRequestsInHTTP2(t *testing.T) {
	type wire struct{ Proto, Method, URI, Host, Body, Kind string }
	var mu sync.Mutex
	seen := map[wire]int{}
	address := listenH2C(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen[wire{r.Proto, r.Method, r.RequestURI, r.Host, string(body), r.Header.Get("Content-Type")}]++
		mu.Unlock()
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
	})
	plan := inH2C(steady(0.1, 80))
	plan.Requests = []record.Request{
		{Path: "/a?b=c", Expect: []int{200}},
		{Method: "POST", Path: "/login", Body: `{"user":"t"}`, Weight: 3, Headers: map[string]string{"content-type": "application/json", "host": "own.example"}, Expect: []int{200, 201}},
	}
	r, err := Run(t.Context(), address, plan, Options{Host: "app.example", Timeout: 10 * time.Second})
	if err != nil || r.Completed != 8 {
		t.Fatalf("%+v, %v; want 8 good answers", r.LoadResult, err)
	}
	get := wire{"HTTP/2.0", "GET", "/a?b=c", "app.example", "", ""}
	post := wire{"HTTP/2.0", "POST", "/login", "own.example", `{"user":"t"}`, "application/json"}
	if diff := cmp.Diff(map[wire]int{get: 2, post: 6}, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// Many streams share a connection, and latency counts as in HTTP/1.1.
func TestOpenLoopInHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, frozen(time.Now()), h2cOnly)
		var dialled atomic.Int32
		dial := o.dial
		o.dial = func(ctx context.Context) (net.Conn, error) {
			dialled.Add(1)
			return dial(ctx)
		}
		r, err := Run(t.Context(), target, inH2C(steady(4, 50)), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Completed != 200 || r.Errors != 0 {
			t.Errorf("%+v, want 200 completed", r.LoadResult)
		}
		between(t, "p99", r.Quantile(0.99), 960*ms, 985*ms)
		between(t, "p75", r.Quantile(0.75), 0, 21*ms)
		if n := dialled.Load(); n != 1 {
			t.Errorf("%d connections for 50 streams at once, want 1", n)
		}
	})
}

// A server that allows few streams on a connection gets more connections.
func TestMoreConnectionsForFewStreams(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(50 * ms) }))
	h2cOnly(server.Config)
	server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 5}
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	r, err := Run(t.Context(), server.Listener.Addr().String(), inH2C(byUsers(0.5, 40, 0)), Options{Timeout: 10 * time.Second})
	if err != nil || r.Errors > 0 {
		t.Fatalf("%+v, %v", r.LoadResult, err)
	}
	if n := connections.Load(); n < 2 {
		t.Errorf("%d connections, want several for 40 users and 5 streams on each", n)
	}
}

func TestCausesInHTTP2(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for want, handler := range map[string]http.HandlerFunc{
		"":                 status(http.StatusNotFound),
		"status 503":       status(http.StatusServiceUnavailable),
		causeStream:        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		causeTooLong:       func(w http.ResponseWriter, _ *http.Request) { endless(w, 1<<20) },
		causeTimeout:       func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		causeTimeout + " ": trickle,
	} {
		t.Run(want, func(t *testing.T) {
			o := Options{Timeout: 10 * time.Second}
			if strings.HasPrefix(want, causeTimeout) {
				o.Timeout = 100 * ms
			}
			if got := oneOf(t, listenH2C(t, handler), inH2C(steady(0.01, 100)), o); got != strings.TrimSpace(want) {
				t.Errorf("cause %q, want %q", got, want)
			}
		})
	}
}

// What was asked for is measured, or an error says why not: never the other
// protocol.
func TestTheWrongProtocol(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	for name, c := range map[string]struct {
		address string
		plan    record.Load
		want    []string
	}{
		"h2c to HTTP/1.1":     {listen(t, ok), inH2C(steady(0.01, 100)), []string{causeHTTP1, causeClosed, causeReset}},
		"HTTP/1.1 to h2c":     {listenH2C(t, ok), steady(0.01, 100), []string{causeMalformed, causeClosed, causeReset, "unexpected status 400"}},
		"h2c to a plain port": {listen(t, hijacked(func(c *net.TCPConn) { io.WriteString(c, "hello\r\n") })), inH2C(steady(0.01, 100)), []string{causeHTTP1, causeMalformed, causeClosed, causeReset}},
	} {
		t.Run(name, func(t *testing.T) {
			c.plan.Requests = []record.Request{{Path: "/", Expect: []int{200}}}
			got := oneOf(t, c.address, c.plan, Options{Timeout: 10 * time.Second})
			found := false
			for _, want := range c.want {
				found = found || got == want
			}
			if !found {
				t.Errorf("cause %q, want one of %q", got, c.want)
			}
		})
	}
}

func TestExpectedStatuses(t *testing.T) {
	address := listen(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	for _, c := range []struct {
		request record.Request
		want    string
	}{
		{record.Request{Path: "/", Expect: []int{200}}, ""},
		{record.Request{Path: "/", Expect: []int{201, 204}}, "unexpected status 200"},
		{record.Request{Path: "/missing"}, ""},
		{record.Request{Path: "/missing", Expect: []int{200}}, "unexpected status 404"},
		{record.Request{Path: "/missing", Expect: []int{404}}, ""},
		{record.Request{Path: "/broken", Expect: []int{200}}, "status 500"},
		{record.Request{Path: "/broken", Expect: []int{500}}, ""},
	} {
		plan := steady(0.01, 100)
		plan.Requests = []record.Request{c.request}
		if got := oneOf(t, address, plan, Options{}); got != c.want {
			t.Errorf("%+v: cause %q, want %q", c.request, got, c.want)
		}
	}
}

// Each kind of request has its own good statuses.
func TestExpectedStatusesOfAMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/new" {
				w.WriteHeader(http.StatusCreated)
			}
		})
		plan := steady(1, 100)
		plan.Requests = []record.Request{{Path: "/new", Expect: []int{201}}, {Path: "/old", Weight: 3, Expect: []int{201}}}
		r, err := Run(t.Context(), target, plan, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"unexpected status 200": 75}, r.Causes); diff != "" || r.Completed != 25 {
			t.Errorf("%d completed, causes (-want +got):\n%s", r.Completed, diff)
		}
	})
}

// A calibration counts the answers that the load will count, in the protocol
// that the load will speak: what is chosen is at most half of what is sustained.
func TestCalibrateInHTTP2AndWithExpectedStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		o := serveFake(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * ms)
			if r.ProtoMajor != 2 || n.Add(1)%2 == 0 {
				w.WriteHeader(http.StatusNotFound)
			}
		}, h2cOnly)
		plan := record.Load{Protocol: record.H2C, Think: 1, Requests: []record.Request{{Path: "/", Expect: []int{200}}}}
		rate, err := Calibrate(t.Context(), target, plan, time.Second, o)
		if err != nil || rate < 195 || rate > 201 {
			t.Fatalf("rate %v, %v; want the 200 expected answers of 400 per second", rate, err)
		}
		if chosen := Choose(rate, 10*rate); chosen > rate/2 {
			t.Errorf("chose %v of %v sustained", chosen, rate)
		}
	})
}

func TestCalibrateNamesUnexpectedStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) { time.Sleep(100 * ms) })
		plan := record.Load{Requests: []record.Request{{Path: "/", Expect: []int{201}}}}
		_, err := Calibrate(t.Context(), target, plan, time.Second, o)
		want := "calibrate load on 127.0.0.1:8080: no good answer in 1s, only 40 × unexpected status 200"
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}
