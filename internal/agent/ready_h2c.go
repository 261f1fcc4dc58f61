package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// exchangeH2C is exchange in HTTP/2 without TLS, for an app that speaks nothing
// else: to a request in HTTP/1.1 it answers with a reset, or with a frame.
func (p *probe) exchangeH2C(ctx context.Context, connection net.Conn, a *attempt) {
	ctx, cancel := context.WithDeadline(ctx, a.connected.Add(answerTimeout))
	defer cancel()
	heard := &overheard{Conn: connection}
	transport := overOne(heard)
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:"+strconv.Itoa(p.port)+p.path, nil)
	if err != nil {
		a.err = err
		return
	}
	request.Header.Set("User-Agent", "plimsoll")
	response, err := transport.RoundTrip(request)
	if err != nil {
		a.err, a.foreign = timely(err), heard.http1()
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)); err != nil {
		a.err = timely(err)
		return
	}
	a.answered, a.status = time.Now(), response.StatusCode
}

// overheard is a connection that keeps how the other side began. Which error
// net/http makes of an answer in another protocol depends on who notices first.
type overheard struct {
	net.Conn
	mu   sync.Mutex // guards head: the transport reads on a goroutine of its own
	head [len(http1Head)]byte
	n    int
}

// http1Head is how every answer in HTTP/1 begins.
const http1Head = "HTTP/1."

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n += copy(o.head[o.n:], p[:n])
	return n, err
}

// http1 reports whether the other side answered in HTTP/1.
func (o *overheard) http1() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.head[:o.n]) == http1Head
}

// timely is err, in the words of a connection's deadline where time ran out.
func timely(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// language names what the probe speaks, for the error the user reads.
func (p *probe) language() string {
	if p.h2c {
		return "HTTP/2 without TLS"
	}
	return "HTTP"
}

// hintH2C is a note on a port that was taken for a plain one and speaks HTTP/2:
// nobody can tell by its silence to HTTP/1.1.
func hintH2C(ctx context.Context, port int) (note string) {
	p := probe{kind: record.ReadyHTTP, path: "/", port: port, h2c: true}
	if p.try(ctx).status == 0 {
		return ""
	}
	return fmt.Sprintf("port %d speaks HTTP/2 without TLS and nothing else, so it counted as ready when it was open: "+
		"write `protocol: h2c` in the service's load, and both readiness and load are asked in it", port)
}
