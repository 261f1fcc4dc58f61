package agent

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func portOf(t *testing.T, address net.Addr) int {
	t.Helper()
	return address.(*net.TCPAddr).Port
}

func always() bool { return true }

// bounded keeps a probe that never ends from holding up the tests.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func httpPort(t *testing.T, handler http.HandlerFunc) int {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return portOf(t, server.Listener.Addr())
}

// rawPort serves each connection with bytes, whatever was asked.
func rawPort(t *testing.T, serve func(net.Conn)) int {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return portOf(t, l.Addr())
}

func TestProbeHTTP(t *testing.T) {
	var asked atomic.Int64
	port := httpPort(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		if asked.Add(1) < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	p := probe{kind: record.ReadyAuto, path: "/health", port: port, began: time.Now(), closed: time.Now()}
	got, err := p.run(bounded(t), always)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != record.ReadyHTTP || got.Status != http.StatusNoContent || got.Attempts != 4 {
		t.Errorf("got %+v, expected http 204 at the fourth attempt", got)
	}
	if got.Low <= 0 || got.Low > got.High || got.Open > got.High {
		t.Errorf("the bracket [%v, %v] with the port open at %v makes no sense", got.Low, got.High, got.Open)
	}
}

// An app that is up and not ready yet is asked some tens of times a second, and
// the moment it is ready is still known to a fiftieth.
func TestProbeSparesAnAppThatIsNotReady(t *testing.T) {
	began := time.Now()
	port := httpPort(t, func(w http.ResponseWriter, r *http.Request) {
		if time.Since(began) < time.Second {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	p := probe{kind: record.ReadyHTTP, path: "/", port: port, began: began, closed: began}
	got, err := p.run(bounded(t), always)
	if err != nil {
		t.Fatal(err)
	}
	if got.Attempts > 180 || got.High < 1 {
		t.Errorf("%d attempts until %v s, expected at most 180 within a second", got.Attempts, got.High)
	}
}

// What the app takes to answer belongs to the app: the bracket is as narrow as
// the polling, not as wide as the wait for the first answer.
func TestProbeBracketExcludesTheAnswer(t *testing.T) {
	release := make(chan struct{})
	port := httpPort(t, func(http.ResponseWriter, *http.Request) { <-release })
	began := time.Now()
	time.AfterFunc(300*time.Millisecond, func() { close(release) })
	p := probe{kind: record.ReadyHTTP, path: "/", port: port, began: began, closed: began}
	got, err := p.run(bounded(t), always)
	if err != nil {
		t.Fatal(err)
	}
	if got.High < 0.3 || got.High-got.Low > 0.15 {
		t.Errorf("bracket [%v, %v], expected both ends where the answer came, after 0.3 s", got.Low, got.High)
	}
}

func TestProbeForeignProtocolIsAnOpenPort(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"speaks first":         func(c net.Conn) { io.WriteString(c, "220 smtp.example ready\r\n"); io.Copy(io.Discard, c) },
		"answers in its words": func(c net.Conn) { c.Read(make([]byte, 10)); io.WriteString(c, "-ERR unknown command\r\n") },
		"resets":               func(c net.Conn) { c.Read(make([]byte, 10)) },
		"hangs up":             func(c net.Conn) { http.ReadRequest(bufio.NewReader(c)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := probe{kind: record.ReadyAuto, path: "/", port: rawPort(t, serve), began: time.Now(), closed: time.Now()}
			got, err := p.run(bounded(t), always)
			if err != nil || got.Kind != record.ReadyTCP {
				t.Errorf("got %+v, %v; expected tcp", got, err)
			}
			if got.Kind == record.ReadyTCP && got.Status != 0 {
				t.Errorf("an open port has no status, got %d", got.Status)
			}
		})
	}
}

func TestProbeSaysWhatItMet(t *testing.T) {
	closed := listen(t, "127.0.0.1:0")
	free := portOf(t, closed.Addr())
	closed.Close()
	for name, c := range map[string]struct {
		kind record.ReadyKind
		port int
		want string
	}{
		"nothing listens":    {record.ReadyHTTP, free, "nothing listens on port"},
		"500":                {record.ReadyAuto, httpPort(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), "with 500, expected a status below 500"},
		"not HTTP":           {record.ReadyHTTP, rawPort(t, func(c net.Conn) { io.WriteString(c, "hello\n") }), "not HTTP"},
		"hangs up each time": {record.ReadyHTTP, rawPort(t, func(net.Conn) {}), "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			p := probe{kind: c.kind, path: "/", port: c.port, began: time.Now(), closed: time.Now()}
			_, err := p.run(ctx, always)
			if !errors.Is(err, errNotReady) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %q in it", err, c.want)
			}
		})
	}
}

func TestProbeEndsWithTheApp(t *testing.T) {
	p := probe{kind: record.ReadyHTTP, path: "/", port: 1, began: time.Now(), closed: time.Now()}
	if _, err := p.run(bounded(t), func() bool { return false }); !errors.Is(err, errNotReady) {
		t.Errorf("got %v", err)
	}
}
