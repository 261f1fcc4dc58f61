package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// endless answers with blocks until nobody reads any more.
func endless(w io.Writer, size int) (written int64) {
	block := make([]byte, size)
	for written < 1<<30 {
		n, err := w.Write(block)
		written += int64(n)
		if err != nil {
			return written
		}
	}
	return written
}

// eachProtocol runs a test against a real server in both protocols.
func eachProtocol(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, address string, plan record.Load)) {
	t.Helper()
	for protocol, address := range map[record.Protocol]func(*testing.T, http.HandlerFunc) string{record.HTTP1: listen, record.H2C: listenH2C} {
		t.Run(string(protocol), func(t *testing.T) {
			test(t, address(t, handler), record.Load{Protocol: protocol})
		})
	}
}

// Of an answer of 1 GB the generator takes 16 MiB, keeps none of it, and goes on.
func TestAnswersOfAGigabyte(t *testing.T) {
	sent := make(chan int64, 100)
	eachProtocol(t, func(w http.ResponseWriter, _ *http.Request) { sent <- endless(w, 64<<10) }, func(t *testing.T, address string, plan record.Load) {
		plan.Stages = []record.Stage{{For: 0.2, Rate: 10}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Run(t.Context(), address, plan, Options{Timeout: 30 * time.Second})
		if err != nil || r.Causes[causeTooLong] != 2 {
			t.Fatalf("%+v, %v; want two answers that are too long", r.LoadResult, err)
		}
		runtime.ReadMemStats(&after)
		if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
			t.Errorf("the process grew by %d MiB", grown>>20)
		}
		for range 2 {
			if n := <-sent; n > 64<<20 {
				t.Errorf("the server could send %d MiB", n>>20)
			}
		}
	})
}

// An answer that comes byte by byte, each in good time, ends with the timeout of
// its request.
func TestAnswersByteByByte(t *testing.T) {
	eachProtocol(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte("."))
			w.(http.Flusher).Flush()
			time.Sleep(5 * ms)
		}
	}, func(t *testing.T, address string, plan record.Load) {
		plan.Stages = []record.Stage{{For: 0.1, Users: 3}}
		began := time.Now()
		r, err := Run(t.Context(), address, plan, Options{Timeout: 300 * ms})
		if err != nil || r.Causes[causeTimeout] != 3 || r.Sent != 3 {
			t.Errorf("%+v, %v; want one timeout of each user", r.LoadResult, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the run took %v", took)
		}
	})
}

// A head that comes byte by byte, and never ends, too.
func TestAHeadByteByByte(t *testing.T) {
	address := listen(t, hijacked(func(c *net.TCPConn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nA: ")
		for {
			if _, err := c.Write([]byte("a")); err != nil {
				return
			}
			time.Sleep(5 * ms)
		}
	}))
	if got := one(t, address, Options{Timeout: 200 * ms}); got != causeTimeout {
		t.Errorf("cause %q, want %q", got, causeTimeout)
	}
}

// Redirects in a circle are answers like any other: one request each.
func TestRedirectsInACircle(t *testing.T) {
	circle := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("/%x", len(r.URL.Path)%2), http.StatusFound)
	}
	eachProtocol(t, circle, func(t *testing.T, address string, plan record.Load) {
		plan.Stages = []record.Stage{{For: 0.1, Rate: 100}}
		r, err := Run(t.Context(), address, plan, Options{Timeout: 10 * time.Second})
		if err != nil || r.Completed != 10 {
			t.Errorf("%+v, %v; want ten good answers: 302 is below 500", r.LoadResult, err)
		}
		plan.Requests = []record.Request{{Path: "/", Expect: []int{200}}}
		r, err = Run(t.Context(), address, plan, Options{Timeout: 10 * time.Second})
		if err != nil || r.Causes["unexpected status 302"] != 10 {
			t.Errorf("%+v, %v; want ten times an unexpected status", r.LoadResult, err)
		}
	})
}

// frame is one of HTTP/2 (RFC 9113, 4.1).
func frame(kind, flags, stream byte, payload string) string {
	n := len(payload)
	return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, 0, 0, 0, stream}) + payload
}

// FuzzAnswerInHTTP2: whatever frames the app answers with, an exchange ends, and
// its cause is one of ours rather than text of the app's.
func FuzzAnswerInHTTP2(f *testing.F) {
	settings := frame(4, 0, 0, "")
	for _, answer := range []string{
		"", "HTTP/1.1 400 Bad Request\r\n\r\n", settings, settings + frame(1, 5, 1, "\x88"), // :status 200
		settings + frame(3, 0, 1, "\x00\x00\x00\x08"), settings + frame(7, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x01why"),
		strings.Repeat(frame(6, 0, 0, "12345678"), 9), frame(4, 0, 0, "\x00\x03\x00\x00\x00\x00"), settings + frame(1, 4, 1, "\x88") + frame(0, 1, 1, "body"),
	} {
		f.Add([]byte(answer))
	}
	known := []string{"", causeReset, causeClosed, causeNetwork, causeMalformed, causeTooLong, causeTimeout, causeStream, causeHTTP1}
	f.Fuzz(func(t *testing.T, answer []byte) {
		o := Options{dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				io.ReadFull(theirs, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
				go io.Copy(io.Discard, theirs)
				io.Copy(theirs, bytes.NewReader(answer))
				time.Sleep(ms)
				theirs.Close()
			}()
			return ours, nil
		}}
		g, err := newGenerator(target, record.Load{Protocol: record.H2C}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer g.client.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		status, cause := g.client.exchange(ctx, g.mix.deal())
		var code int
		if n, _ := fmt.Sscanf(cause, "status %d", &code); n == 1 && code == status && cause == unexpected(code) {
			return
		}
		if !slices.Contains(known, cause) {
			t.Errorf("cause %q of the answer %q", cause, answer)
		}
	})
}
