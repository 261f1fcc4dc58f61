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
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// exchangeH2C is exchange in HTTP/2 without TLS, for an app that speaks nothing
// else: to a request in HTTP/1.1 it answers with a reset, or with a frame.
func (p *probe) exchangeH2C(ctx context.Context, connection net.Conn, a *attempt) {
	ctx, cancel := context.WithDeadline(ctx, a.connected.Add(answerTimeout))
	defer cancel()
	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return connection, nil },
		Protocols:   &h2c, DisableCompression: true, MaxResponseHeaderBytes: maxHead,
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:"+strconv.Itoa(p.port)+p.path, nil)
	if err != nil {
		a.err = err
		return
	}
	request.Header.Set("User-Agent", "plimsoll")
	response, err := transport.RoundTrip(request)
	if err != nil {
		a.err, a.foreign = timely(err), strings.HasSuffix(err.Error(), "looked like an HTTP/1.1 header")
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)); err != nil {
		a.err = timely(err)
		return
	}
	a.answered, a.status = time.Now(), response.StatusCode
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
