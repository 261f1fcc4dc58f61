package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// one sends a single request to a real server on loopback, and gives the cause
// of its error, if any.
func one(t *testing.T, address string, o Options) string {
	t.Helper()
	return oneOf(t, address, steady(0.01, 100), o)
}

// oneOf is one for a plan of a single request.
func oneOf(t *testing.T, address string, plan record.Load, o Options) string {
	t.Helper()
	r, err := Run(t.Context(), address, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Completed+r.Errors != 1 {
		t.Fatalf("%+v, want one request", r.LoadResult)
	}
	return strings.Join(slices.Collect(maps.Keys(r.Causes)), ", ")
}

func listen(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// hijacked lets a handler do as it likes with the connection.
func hijacked(then func(*net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			then(conn.(*net.TCPConn))
			conn.Close()
		}
	}
}

func TestCauses(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	text := func(answer string) http.HandlerFunc {
		return hijacked(func(c *net.TCPConn) { io.WriteString(c, answer) })
	}
	for want, handler := range map[string]http.HandlerFunc{
		"":                   status(http.StatusNotFound),
		"status 500":         status(http.StatusInternalServerError),
		"status 503":         status(http.StatusServiceUnavailable),
		causeClosed:          text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
		causeMalformed:       text("hello\r\n\r\n"),
		causeReset:           hijacked(func(c *net.TCPConn) { c.SetLinger(0) }),
		causeTooLong:         func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, bodyLimit+1)) },
		causeTimeout:         func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		causeTimeout + "   ": trickle,
		causeMalformed + " ": text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: " + strings.Repeat("x", headLimit) + "\r\n\r\n"),
	} {
		t.Run(want, func(t *testing.T) {
			o := Options{Timeout: 10 * time.Second}
			if strings.HasPrefix(want, causeTimeout) {
				o.Timeout = 50 * ms
			}
			if got := one(t, listen(t, handler), o); got != strings.TrimSpace(want) {
				t.Errorf("cause %q, want %q", got, want)
			}
		})
	}
}

// trickle answers byte by byte for as long as somebody reads.
func trickle(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		w.Write([]byte("."))
		w.(http.Flusher).Flush()
	}
}

func TestCauseOfAClosedPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if got := one(t, address, Options{}); got != causeRefused {
		t.Errorf("cause %q, want %q", got, causeRefused)
	}
}

func TestAcceptDecidesWhichStatusIsGood(t *testing.T) {
	address := listen(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	o := Options{Accept: func(status int) bool { return status == http.StatusOK }}
	if got := one(t, address, o); got != "unexpected status 418" {
		t.Errorf("cause %q, want unexpected status 418", got)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var mu sync.Mutex
	paths := []string{}
	address := listen(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		http.Redirect(w, r, "http://192.0.2.1/elsewhere", http.StatusFound)
	})
	if got := one(t, address, Options{}); got != "" {
		t.Errorf("cause %q, want none", got)
	}
	if diff := cmp.Diff([]string{"/"}, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestRequestOnTheWire(t *testing.T) {
	type wire struct {
		Method, URI, Host, Body string
		Header                  http.Header
	}
	seen := make(chan wire, 1)
	address := listen(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- wire{r.Method, r.RequestURI, r.Host, string(body), r.Header}
	})
	for _, c := range []struct {
		request record.Request
		host    string
		want    wire
	}{
		{record.Request{Path: "/"}, "", wire{"GET", "/", address, "", http.Header{"User-Agent": {"plimsoll"}}}},
		{record.Request{Path: "/a?b=c%20d"}, "app.example", wire{"GET", "/a?b=c%20d", "app.example", "", http.Header{"User-Agent": {"plimsoll"}}}},
		{
			record.Request{Method: "POST", Path: "/login", Body: `{"user":"t"}`, Headers: map[string]string{"content-type": "application/json", "host": "own.example", "User-Agent": "me"}},
			"app.example",
			wire{"POST", "/login", "own.example", `{"user":"t"}`, http.Header{"User-Agent": {"me"}, "Content-Type": {"application/json"}, "Content-Length": {"12"}}},
		},
	} {
		plan := steady(0.01, 100)
		plan.Requests = []record.Request{c.request}
		r, err := Run(t.Context(), address, plan, Options{Host: c.host})
		if err != nil || r.Completed != 1 {
			t.Fatalf("%+v, %v", r.LoadResult, err)
		}
		if diff := cmp.Diff(c.want, <-seen); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	}
}

func TestOnlyLoopbackIsATarget(t *testing.T) {
	for _, ok := range []string{"127.0.0.1:80", "127.8.9.10:8080", "[::1]:8080", "[::ffff:127.0.0.1]:80"} {
		if _, err := loopback(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for target, want := range map[string]string{
		"192.0.2.1:80":          "only ever sent to 127.0.0.0/8 or ::1",
		"172.17.0.2:8080":       "only ever sent",
		"0.0.0.0:80":            "only ever sent",
		"[::]:80":               "only ever sent",
		"[::ffff:192.0.2.1]:80": "only ever sent",
		"[::1%lo]:80":           "only ever sent",
		"localhost:80":          "expected a loopback address and a port",
		"127.0.0.1":             "expected a loopback address and a port",
		"127.0.0.1:0":           "port 0",
		"":                      "expected a loopback address and a port",
	} {
		for what, run := range map[string]func() error{
			"Run":       func() error { _, err := Run(t.Context(), target, steady(1, 1), Options{}); return err },
			"Calibrate": func() error { _, err := Calibrate(t.Context(), target, record.Load{}, ms, Options{}); return err },
		} {
			if err := run(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s to %q: error %v, want %q", what, target, err, want)
			}
		}
	}
}

func TestBadPlans(t *testing.T) {
	request := func(r record.Request) record.Load {
		plan := steady(1, 1)
		plan.Requests = []record.Request{{Path: "/"}, r}
		return plan
	}
	nan := 0.0
	nan /= nan
	for want, plan := range map[string]record.Load{
		"no stages":                        {},
		"stage 1 lasts 0 s":                steady(0, 1),
		"stage 1 lasts NaN s":              steady(nan, 1),
		"a rate of 0 requests per second":  steady(1, 0),
		"a rate of -1 requests":            steady(1, -1),
		"a rate of NaN requests":           steady(1, nan),
		"at most 100000":                   steady(1, 1e6),
		`request 2 of the load: path "a"`:  request(record.Request{Path: "a"}),
		`path "//\x00"`:                    request(record.Request{Path: "//\x00"}),
		"weight -1":                        request(record.Request{Path: "/", Weight: -1}),
		"weight 1000000, expected 0":       request(record.Request{Path: "/", Weight: 1_000_000}),
		"invalid method":                   request(record.Request{Path: "/", Method: "GE T"}),
		"CONNECT opens a tunnel":           request(record.Request{Path: "/", Method: "connect"}),
		`header name "a b"`:                request(record.Request{Path: "/", Headers: map[string]string{"a b": ""}}),
		`header A: value "x\r\nEvil: yes"`: request(record.Request{Path: "/", Headers: map[string]string{"A": "x\r\nEvil: yes"}}),
	} {
		if _, err := Run(t.Context(), target, plan, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// FuzzAnswer: whatever the app answers, an exchange ends, and its cause is one of
// ours rather than text of the app's.
func FuzzAnswer(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 503 no\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204\r\n\r\n", "", "\x16\x03\x01",
	} {
		f.Add([]byte(answer))
	}
	known := []string{"", causeReset, causeClosed, causeNetwork, causeMalformed, causeTooLong}
	f.Fuzz(func(t *testing.T, answer []byte) {
		o := Options{dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				http.ReadRequest(bufio.NewReader(theirs))
				theirs.Write(answer)
			}()
			return ours, nil
		}}
		g, err := newGenerator(target, record.Load{}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer g.client.close()
		status, cause := g.client.exchange(t.Context(), g.mix.deal())
		var code int
		if n, _ := fmt.Sscanf(cause, "status %d", &code); n == 1 && code == status && cause == unexpected(code) {
			return
		}
		if !slices.Contains(known, cause) {
			t.Errorf("cause %q of the answer %q", cause, answer)
		}
	})
}

// A small run by the real clock: everything is sent, nothing is lost. What times
// come out is not asserted here.
func TestRealClock(t *testing.T) {
	address := listen(t, func(http.ResponseWriter, *http.Request) {})
	before := time.Now()
	r, err := Run(t.Context(), address, steady(0.2, 200), Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 40 || r.Completed != 40 || r.Histogram.TotalCount() != 40 {
		t.Errorf("%+v, want 40 of 40", r.LoadResult)
	}
	if r.Start.Before(before) || r.Quantile(0.5) <= 0 || r.Max.Duration() < r.Quantile(0.5)*999/1000 {
		t.Errorf("started %v after, p50 %v, max %v", r.Start.Sub(before), r.Quantile(0.5), r.Max)
	}
}

func TestRunAgainstIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.NotFoundHandler()}}
	server.Start()
	defer server.Close()
	if got := one(t, l.Addr().String(), Options{}); got != "" {
		t.Errorf("cause %q, want none", got)
	}
}

func TestWaitUntilEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := waitUntil(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if err := waitUntil(t.Context(), time.Now().Add(-time.Hour)); err != nil {
		t.Errorf("a moment that has passed: %v", err)
	}
	until := time.Now().Add(30 * ms)
	if err := waitUntil(t.Context(), until); err != nil || time.Now().Before(until) {
		t.Errorf("%v, returned %v early", err, time.Until(until))
	}
}

func TestScheduleCounts(t *testing.T) {
	for _, c := range []struct {
		seconds, rate float64
		want          int
	}{{1, 200, 200}, {0.1, 30, 3}, {1, 0.5, 1}, {2, 0.5, 1}, {2.1, 0.5, 2}, {0.3, 10, 3}, {1.0 / 3, 3, 1}} {
		if got := requests(record.Stage{For: record.Seconds(c.seconds), Rate: c.rate}); got != c.want {
			t.Errorf("%v s at %v/s: %d requests, want %d", c.seconds, c.rate, got, c.want)
		}
	}
}

func TestChooseAndAtRate(t *testing.T) {
	for _, c := range []struct{ base, head, want float64 }{
		{5000, 9000, 200}, {301, 900, 150}, {900, 30.9, 15}, {1.2, 900, 1}, {0, 0, 1},
	} {
		if got := Choose(c.base, c.head); got != c.want {
			t.Errorf("Choose(%v, %v) = %v, want %v", c.base, c.head, got, c.want)
		}
	}
	plan := record.Load{Stages: []record.Stage{{For: 1}, {For: 2, Rate: 7}}}
	got := AtRate(plan, 50)
	if diff := cmp.Diff([]record.Stage{{For: 1, Rate: 50}, {For: 2, Rate: 7}}, got.Stages); diff != "" {
		t.Errorf("AtRate (-want +got):\n%s", diff)
	}
	if plan.Stages[0].Rate != 0 {
		t.Error("AtRate changed the plan it was given")
	}
}

// The answer to a request that came before its schedule ended may come after.
func TestWindowReachesTheLastGoodAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serveFake(t, func(http.ResponseWriter, *http.Request) { time.Sleep(600 * ms) })
		r, err := Run(t.Context(), target, steady(1, 2), o)
		if err != nil || r.Seconds != 1.1 {
			t.Errorf("window %v s, %v; want 1.1: the second request is due at 0.5 s", r.Seconds, err)
		}
	})
}
