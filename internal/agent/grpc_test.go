package agent

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// rpcPort serves gRPC by the real server.
func rpcPort(t *testing.T, register func(*grpc.Server)) int {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	server := grpc.NewServer()
	if register != nil {
		register(server)
	}
	go server.Serve(l)
	t.Cleanup(server.Stop)
	return portOf(t, l.Addr())
}

// withHealth is a server with the health service of grpc-go.
func withHealth(statuses map[string]healthpb.HealthCheckResponse_ServingStatus) func(*grpc.Server) {
	return func(s *grpc.Server) {
		h := health.NewServer()
		for service, status := range statuses {
			h.SetServingStatus(service, status)
		}
		healthpb.RegisterHealthServer(s, h)
	}
}

func rpcProbe(port int, service string) probe {
	return probe{kind: record.ReadyGRPC, service: service, port: port, began: time.Now(), closed: time.Now()}
}

func TestHealthCheckOfGRPC(t *testing.T) {
	long := strings.Repeat("s", 200)
	port := rpcPort(t, withHealth(map[string]healthpb.HealthCheckResponse_ServingStatus{
		"": healthpb.HealthCheckResponse_SERVING, "orders.v1.Orders": healthpb.HealthCheckResponse_SERVING, long: healthpb.HealthCheckResponse_SERVING,
	}))
	for _, service := range []string{"", "orders.v1.Orders", long} {
		p := rpcProbe(port, service)
		got, err := p.run(bounded(t), always)
		if err != nil || got.Kind != record.ReadyGRPC || got.Attempts != 1 || got.Status != 0 {
			t.Errorf("%q: got %+v, %v", service, got, err)
		}
	}
}

func TestHealthCheckWaitsUntilItServes(t *testing.T) {
	h := health.NewServer()
	h.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	port := rpcPort(t, func(s *grpc.Server) { healthpb.RegisterHealthServer(s, h) })
	time.AfterFunc(200*time.Millisecond, func() { h.SetServingStatus("", healthpb.HealthCheckResponse_SERVING) })
	p := rpcProbe(port, "")
	got, err := p.run(bounded(t), always)
	if err != nil || got.High < 0.2 || got.Low > got.High || got.Attempts < 2 {
		t.Errorf("got %+v, %v; it serves after 0.2 s", got, err)
	}
}

type failing struct {
	healthpb.UnimplementedHealthServer
}

func (failing) Check(context.Context, *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return nil, status.Error(codes.Internal, "the database is on fire: 100 %")
}

func TestHealthCheckSaysWhatItMet(t *testing.T) {
	for name, c := range map[string]struct {
		port    int
		service string
		want    string
	}{
		"not serving":     {rpcPort(t, withHealth(map[string]healthpb.HealthCheckResponse_ServingStatus{"": healthpb.HealthCheckResponse_NOT_SERVING})), "", "says that the server is NOT_SERVING, expected SERVING"},
		"unknown service": {rpcPort(t, withHealth(nil)), "orders", `does not know the service "orders"`},
		"no health":       {rpcPort(t, nil), "", "offers no health service"},
		"an error":        {rpcPort(t, func(s *grpc.Server) { healthpb.RegisterHealthServer(s, failing{}) }), "", `failed with gRPC code 13: "the database is on fire: 100 %"`},
		"HTTP/1.1":        {httpPort(t, func(http.ResponseWriter, *http.Request) {}), "", "does not answer a gRPC health check over HTTP/2"},
		"another answer":  {h2cPort(t, func(http.ResponseWriter, *http.Request) {}), "", "HTTP status 200 and content type"},
		"not HTTP":        {rawPort(t, func(c net.Conn) { io.WriteString(c, "hello\n") }), "", "does not answer a gRPC health check over HTTP/2"},
		"no message":      {h2cPort(t, rpcAnswer(nil, "0")), "", "is no HealthCheckResponse"},
		"a flood":         {h2cPort(t, rpcAnswer(make([]byte, 1<<20), "0")), "", "answer is longer than 4096 bytes"},
		"no status":       {h2cPort(t, rpcAnswer([]byte{0, 0, 0, 0, 0}, "")), "", "its grpc-status is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			p := rpcProbe(c.port, c.service)
			got, err := p.run(ctx, always)
			if !errors.Is(err, errNotReady) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v; expected %q in the error", got, err, c.want)
			}
		})
	}
}

// rpcAnswer answers with a body and a status of its own making.
func rpcAnswer(body []byte, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.Write(body)
		if code != "" {
			w.Header().Set("Grpc-Status", code)
		}
	}
}

func FuzzHealthAnswer(f *testing.F) {
	f.Add([]byte{8, 1})
	f.Add([]byte{8, 2, 18, 3, 'a', 'b', 'c'})
	f.Add([]byte{9, 1, 2, 3, 4, 5, 6, 7, 8, 13, 1, 2, 3, 4, 8, 1})
	f.Add(binary.AppendUvarint([]byte{18}, 1<<63))
	f.Fuzz(func(t *testing.T, message []byte) {
		framed := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
		got, err := parseHealth(framed)
		if err != nil && got != 0 {
			t.Errorf("%v with an error", got)
		}
		if _, err := parseHealth(framed[:len(framed)-1]); err == nil {
			t.Error("a message cut short was accepted")
		}
	})
}
