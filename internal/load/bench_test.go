package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// serverVariable turns the test binary into a server of its own process, so that
// the CPU time of this process is the generator's alone.
const serverVariable = "PLIMSOLL_LOAD_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) == "" {
		m.Run()
		return
	}
	serve()
}

func serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":1,"name":"somebody"}`)
	}))
	io.Copy(io.Discard, os.Stdin) // until the parent is gone
}

// process starts the server and gives its address.
func process(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{serverVariable + "=1"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// used is the CPU time of this process.
func used(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkSaturation is the generator's CPU time per request when the app never
// rests; the goal is 60 µs.
func BenchmarkSaturation(b *testing.B) {
	g, err := newGenerator(process(b), record.Load{}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer g.client.close()
	before := used(b)
	for b.Loop() {
		g.closedLoop(b.Context(), time.Now(), schedule{{For: 0.1, Users: connections}})
	}
	n := g.tally.completed
	b.ReportMetric(float64((used(b)-before).Microseconds())/float64(n), "cpu-µs/request")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOffered is a second at 200 requests per second: the share of a core it
// takes (the goal is 15 %), how late it sends, and the latency it sees.
func BenchmarkOffered(b *testing.B) {
	address := process(b)
	plan := record.Load{Stages: []record.Stage{{For: 1, Rate: 200}}}
	var lag, p50, p99 time.Duration
	before := used(b)
	for b.Loop() {
		r, err := Run(b.Context(), address, plan, Options{})
		if err != nil || r.Errors > 0 {
			b.Fatal(r.Causes, err)
		}
		lag, p50, p99 = lag+r.Lag.Duration(), p50+r.Quantile(0.5), p99+r.Quantile(0.99)
	}
	mean := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) }
	b.ReportMetric(100*(used(b)-before).Seconds()/b.Elapsed().Seconds(), "%core")
	b.ReportMetric(mean(lag), "lag-p99-µs")
	b.ReportMetric(mean(p50), "p50-µs")
	b.ReportMetric(mean(p99), "p99-µs")
	b.ReportMetric(0, "ns/op")
}
