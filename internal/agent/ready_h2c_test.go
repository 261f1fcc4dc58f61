package agent

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// h2cPort serves HTTP/2 without TLS, and nothing else.
func h2cPort(t *testing.T, handler http.HandlerFunc) int {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	server := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return portOf(t, l.Addr())
}

func TestProbeInHTTP2(t *testing.T) {
	var asked atomic.Int64
	port := h2cPort(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" || r.ProtoMajor != 2 {
			t.Errorf("asked for %s in %s", r.URL.Path, r.Proto)
		}
		if asked.Add(1) < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for _, kind := range []record.ReadyKind{record.ReadyAuto, record.ReadyHTTP} {
		asked.Store(0)
		p := probe{kind: kind, path: "/health", port: port, h2c: true, began: time.Now(), closed: time.Now()}
		got, err := p.run(bounded(t), always)
		if err != nil || got.Kind != record.ReadyHTTP || got.Status != http.StatusOK || got.Attempts != 4 {
			t.Errorf("got %+v, %v; expected http 200 at the fourth attempt", got, err)
		}
	}
}

func TestProbeInHTTP2SaysWhatItMet(t *testing.T) {
	for name, c := range map[string]struct {
		port int
		want string
	}{
		"HTTP/1.1":       {httpPort(t, func(http.ResponseWriter, *http.Request) {}), "with something that is not HTTP/2 without TLS"},
		"500":            {h2cPort(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), "with 500, expected a status below 500"},
		"aborts":         {h2cPort(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "broke off the answer"},
		"not HTTP":       {rawPort(t, func(c net.Conn) { io.WriteString(c, "hello\n") }), "broke off the answer"},
		"an endless one": {h2cPort(t, func(w http.ResponseWriter, r *http.Request) { trickle(w, r) }), "port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			p := probe{kind: record.ReadyHTTP, path: "/", port: c.port, h2c: true, began: time.Now(), closed: time.Now()}
			_, err := p.run(ctx, always)
			if !errors.Is(err, errNotReady) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %q in it", err, c.want)
			}
		})
	}
}

// trickle answers byte by byte for as long as somebody reads.
func trickle(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		io.WriteString(w, ".")
		w.(http.Flusher).Flush()
		time.Sleep(time.Millisecond)
	}
}

// A server in HTTP/2 resets what is asked in HTTP/1.1, like any plain port. The
// note tells the two apart.
func TestAPortInHTTP2GetsAHint(t *testing.T) {
	port := h2cPort(t, func(http.ResponseWriter, *http.Request) {})
	p := probe{kind: record.ReadyAuto, path: "/", port: port, began: time.Now(), closed: time.Now()}
	got, err := p.run(bounded(t), always)
	if err != nil || got.Kind != record.ReadyTCP {
		t.Fatalf("got %+v, %v; expected that it passes for an open port", got, err)
	}
	if note := hintH2C(t.Context(), port); !strings.Contains(note, "write `protocol: h2c`") {
		t.Errorf("the note is %q", note)
	}
	for name, serve := range map[string]func(net.Conn){
		"speaks first": func(c net.Conn) { io.WriteString(c, "220 smtp.example ready\r\n") },
		"resets":       func(c net.Conn) { c.Read(make([]byte, 10)) },
	} {
		if note := hintH2C(t.Context(), rawPort(t, serve)); note != "" {
			t.Errorf("%s: the note is %q, expected none", name, note)
		}
	}
}
