package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// The pace of the readiness probe: every probePeriod at first, and once the
// app has taken longer than probeEager, a probeShare of the time elapsed. A port
// that is closed costs the app nothing. Where it takes connections, what it does
// for them is part of what is measured, so it is asked less: after an
// answeredShare of the time elapsed.
const (
	probePeriod   = 2 * time.Millisecond
	probeEager    = 5 * time.Second
	probeShare    = 1000
	answeredShare = 50
	// answerTimeout bounds one exchange. It is long: a request that waits for
	// the app to come up is answered the moment it does.
	answerTimeout = 2 * time.Second
	// mutePatience is how long a port that closes every connection without a
	// word is taken for an HTTP server that is not up yet.
	mutePatience = time.Second
	// maxHead bounds the head of an answer, interim answers included, in bytes.
	// The app is not trusted: an endless head would fill the machine's memory.
	maxHead = 64 << 10
	// maxBody is how much of a body is waited for, in bytes: a health answer is
	// short, and a flood must not hold up the clock.
	maxBody = 1 << 20
)

// probe asks one port whether the app is ready.
type probe struct {
	kind    record.ReadyKind // http, tcp, grpc or auto
	path    string
	service string // of a gRPC health check
	port    int
	h2c     bool      // ask in HTTP/2 without TLS
	began   time.Time // the moment of the gate
	closed  time.Time // the last instant at which the port is known not to have been open
}

// attempt is the outcome of one connection.
type attempt struct {
	at        time.Time // when it was begun
	unready   time.Time // the last instant at which it shows the app was not ready
	connected time.Time // zero when refused
	answered  time.Time // zero when there was no answer
	status    int
	health    healthAnswer // of a gRPC health check
	begun     bool         // some of the answer came
	foreign   bool         // the answer was not HTTP
	err       error
}

// hungUp reports a connection that the app ended without an answer.
func (a attempt) hungUp() bool {
	return a.err != nil && !a.connected.IsZero() && !errors.Is(a.err, os.ErrDeadlineExceeded)
}

// errNotReady wraps the last outcome when time ran out.
var errNotReady = errors.New("not ready")

// run probes until the app is ready, ctx ends, or alive says no. The result
// brackets the moment: polling saw the port closed at one instant and open at
// the next, and what the app then took to answer belongs to the app.
func (p *probe) run(ctx context.Context, alive func() bool) (record.Readiness, error) {
	result := record.Readiness{Kind: p.kind, Port: p.port}
	closed := p.closed // the last instant the app is known not to have been ready
	var firstOpen time.Time
	var last attempt
	for {
		if ctx.Err() != nil || !alive() {
			return result, fmt.Errorf("%w: %s", errNotReady, p.describe(last))
		}
		now := p.try(ctx)
		result.Attempts++
		if !now.connected.IsZero() && firstOpen.IsZero() {
			firstOpen = now.connected
			result.Open = p.midpoint(closed, now.connected)
		}
		if kind, moment := p.judge(now, firstOpen); kind != "" {
			result.Kind, result.Status = kind, now.status
			gap := record.SecondsOf(now.connected.Sub(closed))
			result.High = record.SecondsOf(moment.Sub(p.began))
			result.Low = max(0, result.High-gap)
			return result, nil
		}
		if !expired(ctx) || last.at.IsZero() { // an attempt cut short says nothing of the app
			// A reset on the heels of an answer may overtake it.
			now.foreign = now.foreign || p.h2c && last.foreign && now.hungUp()
			last, closed = now, now.unready
		}
		p.rest(ctx, now)
	}
}

// expired is ctx.Err() != nil, without the moment by which a connection's own
// deadline is ahead of it.
func expired(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// judge decides whether an attempt proves readiness, of which kind, and when.
func (p *probe) judge(a attempt, firstOpen time.Time) (record.ReadyKind, time.Time) {
	switch {
	case a.connected.IsZero():
		return "", time.Time{}
	case p.kind == record.ReadyTCP:
		return record.ReadyTCP, a.connected
	case p.kind == record.ReadyGRPC && a.health.serving():
		return record.ReadyGRPC, a.answered
	case p.kind == record.ReadyGRPC:
		return "", time.Time{}
	case a.status != 0 && a.status < http.StatusInternalServerError:
		return record.ReadyHTTP, a.answered
	case p.kind == record.ReadyHTTP || a.status != 0:
		return "", time.Time{}
	case a.foreign, a.hungUp() && a.at.Sub(firstOpen) > mutePatience:
		return record.ReadyTCP, a.connected
	}
	return "", time.Time{}
}

// midpoint is the middle of a bracket, in seconds since the gate.
func (p *probe) midpoint(low, high time.Time) record.Seconds {
	return record.SecondsOf((low.Sub(p.began) + high.Sub(p.began)) / 2)
}

// rest waits until the next attempt is due. Short rests are slept in the kernel:
// what a timer is late by would widen the bracket.
func (p *probe) rest(ctx context.Context, last attempt) {
	period := probePeriod
	switch elapsed := last.at.Sub(p.began); {
	case !last.connected.IsZero():
		period = max(period, elapsed/answeredShare)
	case elapsed > probeEager:
		period = max(period, elapsed/probeShare)
	}
	due := last.at.Add(period)
	if period > resolvePeriod {
		sleep(ctx, time.Until(due))
		return
	}
	for left := time.Until(due); left > 0; left = time.Until(due) {
		sample.Sleep(left)
	}
}

// try makes one connection and, unless the open port is enough, one exchange.
func (p *probe) try(ctx context.Context) attempt {
	a := attempt{at: time.Now()}
	a.unready = a.at
	connection, err := dialLoopback(ctx, p.port)
	if err != nil {
		a.err = err
		return a
	}
	defer connection.Close()
	a.connected = time.Now()
	if p.kind == record.ReadyTCP {
		return a
	}
	if a.err = connection.SetDeadline(a.connected.Add(answerTimeout)); a.err != nil {
		return a
	}
	stop := context.AfterFunc(ctx, func() { connection.Close() })
	defer stop()
	switch {
	case p.kind == record.ReadyGRPC:
		p.health(ctx, connection, &a)
	case p.h2c:
		p.exchangeH2C(ctx, connection, &a)
	default:
		p.exchange(connection, &a)
	}
	if errors.Is(a.err, os.ErrDeadlineExceeded) {
		a.unready = time.Now() // an app that had come up meanwhile would have answered
	}
	return a
}

// exchange sends the request and reads the answer's head and body.
func (p *probe) exchange(connection net.Conn, a *attempt) {
	request := "GET " + p.path + " HTTP/1.1\r\nHost: localhost:" + strconv.Itoa(p.port) +
		"\r\nUser-Agent: plimsoll\r\nAccept: */*\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(connection, request); err != nil {
		a.err = err
		return
	}
	limited := &io.LimitedReader{R: connection, N: maxHead}
	reader := bufio.NewReader(limited)
	head, err := reader.Peek(len("HTTP/"))
	if err != nil {
		a.err = err
		a.foreign = len(head) > 0
		return
	}
	a.begun = true
	if string(head) != "HTTP/" {
		a.foreign = true
		return
	}
	response, err := finalResponse(reader)
	if err != nil {
		a.err = err
		if limited.N == 0 {
			a.err = errLongHead
		} else if !time.Now().Before(a.connected.Add(answerTimeout)) {
			a.err = os.ErrDeadlineExceeded // what it had read looked malformed
		}
		return
	}
	defer response.Body.Close()
	limited.N = maxBody
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)); err != nil && limited.N > 0 {
		a.err = err
		return
	}
	a.answered, a.status = time.Now(), response.StatusCode
}

var errLongHead = fmt.Errorf("its head is longer than %d KiB", maxHead>>10)

// finalResponse reads answers to the first that is not interim: 100 Continue or
// 103 Early Hints say nothing of what comes of the request (RFC 9110, 15.2).
func finalResponse(reader *bufio.Reader) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(reader, nil)
		switch {
		case err != nil:
			return nil, err
		case response.StatusCode < http.StatusContinue:
			return nil, fmt.Errorf("status %03d is not one of HTTP", response.StatusCode)
		case response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols:
			return response, nil
		}
	}
}

// describe says what the last attempt met, for the error the user reads.
func (p *probe) describe(a attempt) string {
	switch {
	case a.at.IsZero():
		return "not tried"
	case a.connected.IsZero() && errors.Is(a.err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens on port %d", p.port)
	case a.connected.IsZero():
		return fmt.Sprintf("port %d does not accept connections (%v)", p.port, a.err)
	case p.kind == record.ReadyGRPC:
		return p.describeHealth(a)
	case a.status != 0:
		return fmt.Sprintf("port %d answered GET %s with %d, expected a status below 500", p.port, p.path, a.status)
	case a.foreign:
		return fmt.Sprintf("port %d answered GET %s with something that is not %s", p.port, p.path, p.language())
	case errors.Is(a.err, os.ErrDeadlineExceeded) && a.begun:
		return fmt.Sprintf("port %d is open but did not finish its answer to GET %s within %v", p.port, p.path, answerTimeout)
	case errors.Is(a.err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("port %d is open but did not answer GET %s", p.port, p.path)
	}
	return fmt.Sprintf("port %d is open but broke off the answer to GET %s (%v)", p.port, p.path, a.err)
}

// loopbacks are where an app of the pod can be reached.
var loopbacks = []string{"127.0.0.1", "::1"}

// dialLoopback connects to a port of the pod.
func dialLoopback(ctx context.Context, port int) (net.Conn, error) {
	connection, _, err := dialAny(ctx, port)
	return connection, err
}

func dialAny(ctx context.Context, port int) (net.Conn, string, error) {
	var dialer net.Dialer
	var first error
	for _, host := range loopbacks {
		target := net.JoinHostPort(host, strconv.Itoa(port))
		connection, err := dialer.DialContext(ctx, "tcp", target)
		if err == nil {
			return connection, target, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, "", first
}

// target gives the address the load is to be sent to.
func target(ctx context.Context, port int) (string, error) {
	connection, address, err := dialAny(ctx, port)
	if err != nil {
		return "", fmt.Errorf("connect to port %d for the load: %w", port, err)
	}
	return address, connection.Close()
}

// requestPath is the path readiness is asked for.
func requestPath(ready record.Ready) string {
	if ready.Path == "" {
		return "/"
	}
	if !strings.HasPrefix(ready.Path, "/") {
		return "/" + ready.Path
	}
	return ready.Path
}
