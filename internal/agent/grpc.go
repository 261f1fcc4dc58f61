package agent

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// The gRPC health check is one unary call with two messages of one field each,
// so it is spoken here over net/http's HTTP/2. Note: google.golang.org/grpc
// would do it too, and make the agent, which shares the machine with the app,
// half as large again. The tests hold this against its server.
// See https://github.com/grpc/grpc/blob/master/doc/health-checking.md and
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.

const (
	healthMethod = "/grpc.health.v1.Health/Check"
	// maxHealth bounds the message of an answer, in bytes: a status has two.
	maxHealth = 4 << 10
	// frameHead is the head of a message: a flag for compression, and the length.
	frameHead = 5
)

// Codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html that a
// health check meets.
const (
	codeOK            = 0
	codeNotFound      = 5
	codeUnimplemented = 12
)

// servingStatus is grpc.health.v1.HealthCheckResponse.ServingStatus.
type servingStatus uint64

const statusServing servingStatus = 1

func (s servingStatus) String() string {
	names := []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}
	if s < servingStatus(len(names)) {
		return names[s]
	}
	return fmt.Sprintf("status %d", uint64(s))
}

// healthAnswer is what a server said of its health.
type healthAnswer struct {
	came    bool
	code    int // of the call
	message string
	status  servingStatus
}

func (h healthAnswer) serving() bool { return h.came && h.code == codeOK && h.status == statusServing }

// health makes the call on a fresh connection.
func (p *probe) health(ctx context.Context, connection net.Conn, a *attempt) {
	ctx, cancel := context.WithDeadline(ctx, a.connected.Add(answerTimeout))
	defer cancel()
	a.health, a.err = checkHealth(ctx, connection, p.port, p.service)
	if a.err != nil {
		a.err = timely(a.err)
	}
	a.answered = time.Now()
}

func checkHealth(ctx context.Context, connection net.Conn, port int, service string) (healthAnswer, error) {
	transport := overOne(connection)
	defer transport.CloseIdleConnections()
	request := &http.Request{
		Method: http.MethodPost, Host: "localhost:" + strconv.Itoa(port),
		URL:           &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(port), Path: healthMethod},
		Header:        http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "User-Agent": {"plimsoll"}},
		Body:          io.NopCloser(bytes.NewReader(healthRequest(service))),
		ContentLength: -1,
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return healthAnswer{}, err
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "application/grpc") {
		return healthAnswer{}, fmt.Errorf("it answered with HTTP status %d and content type %.40q, expected 200 and application/grpc", response.StatusCode, kind)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealth+1))
	if err != nil {
		return healthAnswer{}, err
	}
	if len(body) > maxHealth {
		return healthAnswer{}, fmt.Errorf("its health answer is longer than %d bytes", maxHealth)
	}
	return readHealth(body, response.Header, response.Trailer)
}

// overOne is a transport that speaks HTTP/2 without TLS over one connection.
func overOne(connection net.Conn) *http.Transport {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	fresh := make(chan net.Conn, 1)
	fresh <- connection
	return &http.Transport{
		Protocols: &protocols, DisableCompression: true, MaxResponseHeaderBytes: maxHead,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case c := <-fresh:
				return c, nil
			default:
				return nil, errors.New("the connection was given up")
			}
		},
	}
}

// healthRequest is HealthCheckRequest{service} as a message: field 1, a string.
func healthRequest(service string) []byte {
	var message []byte
	if service != "" {
		message = append([]byte{1<<3 | 2}, binary.AppendUvarint(nil, uint64(len(service)))...)
		message = append(message, service...)
	}
	framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	return append(framed, message...)
}

// readHealth reads an answer. Its status stands in the trailers, or, where
// there is no message, in the only headers there are.
func readHealth(body []byte, header, trailer http.Header) (healthAnswer, error) {
	from := trailer
	if from.Get("Grpc-Status") == "" {
		from = header
	}
	code, err := strconv.Atoi(from.Get("Grpc-Status"))
	if err != nil {
		return healthAnswer{}, fmt.Errorf("its grpc-status is %.20q, expected a number", from.Get("Grpc-Status"))
	}
	answer := healthAnswer{came: true, code: code}
	if code != codeOK {
		answer.message = from.Get("Grpc-Message")
		if decoded, err := url.PathUnescape(answer.message); err == nil {
			answer.message = decoded
		}
		return answer, nil
	}
	answer.status, err = parseHealth(body)
	return answer, err
}

// parseHealth reads HealthCheckResponse{status}: field 1, an enumeration.
// Fields that are not known are passed over.
func parseHealth(body []byte) (servingStatus, error) {
	malformed := fmt.Errorf("its health answer of %d bytes is no HealthCheckResponse", len(body))
	if len(body) < frameHead || body[0] != 0 || int64(len(body)-frameHead) != int64(binary.BigEndian.Uint32(body[1:])) {
		return 0, malformed
	}
	var status servingStatus
	for rest := body[frameHead:]; len(rest) > 0; {
		key, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0, malformed
		}
		rest = rest[n:]
		value, size := field(rest, key&7)
		if size < 0 {
			return 0, malformed
		}
		if key == 1<<3 {
			status = servingStatus(value)
		}
		rest = rest[size:]
	}
	return status, nil
}

// field gives the size of a protobuf field's value by its wire type, and the
// value itself where it is a number; a negative size means it does not fit.
func field(rest []byte, wire uint64) (value uint64, size int) {
	value, n := binary.Uvarint(rest)
	switch {
	case wire == 0 && n > 0:
		return value, n
	case wire == 1 && len(rest) >= 8:
		return 0, 8
	case wire == 2 && n > 0 && value <= uint64(len(rest)-n):
		return 0, n + int(value)
	case wire == 5 && len(rest) >= 4:
		return 0, 4
	}
	return 0, -1
}

// describeHealth says what the last health check met.
func (p *probe) describeHealth(a attempt) string {
	h := a.health
	switch {
	case errors.Is(a.err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("port %d is open but did not answer the gRPC health check within %v: does it speak HTTP/2 without TLS?", p.port, answerTimeout)
	case a.err != nil:
		return fmt.Sprintf("port %d does not answer a gRPC health check over HTTP/2 without TLS (%.200v)", p.port, a.err)
	case h.code == codeUnimplemented:
		return fmt.Sprintf("the gRPC server on port %d offers no health service (grpc.health.v1.Health is unimplemented): register it, or use ready: {tcp: %d}", p.port, p.port)
	case h.code == codeNotFound || h.code == codeOK && h.status == 3:
		return fmt.Sprintf("the health service on port %d does not know the service %q: check the name under ready.grpc, \"\" asks for the server as a whole", p.port, p.service)
	case h.code != codeOK:
		return fmt.Sprintf("the health check on port %d failed with gRPC code %d: %.100q", p.port, h.code, h.message)
	}
	return fmt.Sprintf("the health service on port %d says that %s is %v, expected SERVING", p.port, serviceName(p.service), h.status)
}

func serviceName(service string) string {
	if service == "" {
		return "the server"
	}
	return strconv.Quote(service)
}
