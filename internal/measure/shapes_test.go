package measure_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// shape is the fixture for everything that is no ordinary web server. The
// environment is NAME=VALUE pairs.
func (r *rig) shape(t *testing.T, ready record.Ready, mode []string, env ...string) measure.Target {
	t.Helper()
	target := r.target(t, "shapes")
	target.Setup.Ready = ready
	if ready.Timeout == 0 {
		target.Setup.Ready.Timeout = 30
	}
	target.Setup.Command = append([]string{"/server"}, mode...)
	target.Env = map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		target.Env[name] = value
		target.Setup.Environment = append(target.Setup.Environment, name)
	}
	return target
}

func (r *rig) boot(t *testing.T, target measure.Target) measure.Observation {
	t.Helper()
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The job tells how long it ran and what it used; the runtime's own start, up
// to the first line of Go, is about a millisecond of both.
func TestAJobIsTimedToItsEnd(t *testing.T) {
	r := newRig(t)
	job := record.Ready{Kind: record.ReadyExit}
	for _, c := range []struct{ length, burn string }{{"0s", "1ms"}, {"5ms", "2ms"}, {"30ms", "20ms"}, {"300ms", "150ms"}, {"1500ms", "20ms"}} {
		got := r.boot(t, r.shape(t, job, []string{"job"}, "RUN_FOR="+c.length, "BURN="+c.burn))
		truth := fact(t, got.Log, "ran")
		used := truth["used"].(float64)
		ran := truth["ended"].(float64)/1e9 - float64(got.Trial.Gate)
		m := got.Trial.Metrics
		t.Logf("%s, %s of CPU: ran %.4f s, measured %.4f; used %.4f s, measured %.4f; peak %.0f; bracket [%v, %v]; notes %q", c.length, c.burn,
			ran, m[record.RunSeconds], used, m[record.RunCPU], m[record.MemoryPeak], got.Trial.Ready.Low, got.Trial.Ready.High, got.Trial.Notes)
		// The bounds are wide, since other tests keep the machine busy meanwhile: it
		// ended somewhere in the bracket, of which run.seconds is the middle.
		half := float64(got.Trial.Ready.High-got.Trial.Ready.Low) / 2
		if over := m[record.RunSeconds] - ran; over < -0.001-half || over > 0.25+0.2*ran {
			t.Errorf("%s: run.seconds is %v, it ran %v", c.length, m[record.RunSeconds], ran)
		}
		if over := m[record.RunCPU] - used; over < -0.001 || over > 0.02+0.1*used {
			t.Errorf("%s: run.cpu is %v, it used %v", c.length, m[record.RunCPU], used)
		}
		for _, id := range []record.MetricID{record.StartupReady, record.StopSeconds, record.MemoryIdle, record.CPUIdle, record.LoadP50} {
			if _, ok := m[id]; ok {
				t.Errorf("a job has no %s", id)
			}
		}
		if got.Trial.Exit.Code != 0 || got.Trial.Exit.Stop != 0 || got.Trial.Ready.Kind != record.ReadyExit {
			t.Errorf("%+v %+v", got.Trial.Exit, got.Trial.Ready)
		}
	}
}

func TestTheMemoryOfAShortJobIsSeen(t *testing.T) {
	r := newRig(t)
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyExit}, []string{"job"}, "RUN_FOR=60ms", "TOUCH_MB=64"))
	peak := got.Trial.Metrics[record.MemoryPeak]
	if off := math.Abs(peak/(64<<20) - 1); off > 0.1 {
		t.Errorf("memory.peak is %.1f MiB, it touched 64", peak/(1<<20))
	}
}

func TestAJobThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.pods.Boot(t.Context(), r.shape(t, record.Ready{Kind: record.ReadyExit}, []string{"exits"}), 0)
	var boot *measure.BootError
	if !errors.As(err, &boot) || boot.Exit == nil || boot.Exit.Code != 3 || !slices.Contains(boot.Logs, "giving up") {
		t.Fatalf("got %#v, expected exit code 3 and the log", err)
	}
	if text := err.Error(); !strings.Contains(text, "the job failed") || !strings.Contains(text, "expected exit code 0 (exit code 3)") {
		t.Errorf("got %q", text)
	}
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyExit, Exit: 3}, []string{"exits"}))
	if got.Trial.Exit.Code != 3 || got.Trial.Metrics[record.RunSeconds] <= 0 {
		t.Errorf("with the code expected: %+v", got.Trial)
	}
}

func TestAJobIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.pods.Boot(t.Context(), r.shape(t, record.Ready{Kind: record.ReadyExit, Timeout: 0.5}, []string{"silent"}), 0)
	var failure *agent.Failure
	if !errors.As(err, &failure) || failure.Kind != agent.FailTimeout || !strings.Contains(err.Error(), "the job had not ended after 500ms") {
		t.Errorf("got %v", err)
	}
}

func TestAWorkerThatEndsIsNoWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.pods.Boot(t.Context(), r.shape(t, record.Ready{Kind: record.ReadyNone}, []string{"job"}), 0)
	if err == nil || !strings.Contains(err.Error(), "ended by itself") || !strings.Contains(err.Error(), "ready: exit") {
		t.Errorf("got %v, expected the advice to call it a job", err)
	}
}

func TestWorkerMetrics(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyNone}, []string{"silent"}))
	for _, id := range []record.MetricID{record.MemoryIdle, record.MemoryPeak, record.CPUIdle, record.StopSeconds} {
		if _, ok := got.Trial.Metrics[id]; !ok {
			t.Errorf("a worker has %s", id)
		}
	}
	for _, id := range []record.MetricID{record.StartupReady, record.StartupCPU, record.CPURequest, record.LoadP50, record.RunSeconds} {
		if _, ok := got.Trial.Metrics[id]; ok {
			t.Errorf("a worker has no %s", id)
		}
	}
}

func TestGRPCHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, service := range []string{"", "orders.v1.Orders"} {
		target := r.shape(t, record.Ready{Kind: record.ReadyGRPC, Service: service, Port: 9000}, []string{"rpc"}, "SERVING_AFTER=300ms")
		target.Setup.Load = record.Load{}
		got := r.boot(t, target)
		if ready := got.Trial.Ready; ready.Kind != record.ReadyGRPC || ready.High < 0.3 || ready.Low > 0.5 {
			t.Errorf("%q: ready %+v; it serves after 0.3", service, ready)
		}
	}
	target := r.shape(t, record.Ready{Kind: record.ReadyGRPC, Service: "orders", Port: 9000, Timeout: 1}, []string{"rpc"})
	if _, err := r.pods.Boot(t.Context(), target, 0); err == nil || !strings.Contains(err.Error(), `does not know the service "orders"`) {
		t.Errorf("got %v", err)
	}
}

// The line bears the app's own clock, which is the gate's.
// The engine stamps a line when it reads it, which is never before it was written,
// and late where the machine is busy with other tests: one boot of three must show
// how soon it can be.
func TestLogLineIsTimedByTheEngine(t *testing.T) {
	r := newRig(t)
	for _, pattern := range []string{"Listening on", `/^Listening on :\d+/`} {
		for _, flood := range []string{"0", "3000"} {
			late := math.Inf(1)
			for attempt := 0; attempt < 3 && late > 0.02; attempt++ {
				late = min(late, r.logLineIsLate(t, pattern, flood))
			}
			if late > 0.02 {
				t.Errorf("%s after %s lines: the line was stamped %.4f s late", pattern, flood, late)
			}
		}
	}
}

// logLineIsLate is by how many seconds the engine stamped the line after the app
// had written it.
func (r *rig) logLineIsLate(t *testing.T, pattern, flood string) float64 {
	t.Helper()
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyLog, Log: pattern, Port: 8080}, []string{"logs"}, "LISTEN_AFTER=250ms", "FLOOD="+flood))
	var stamp int64
	for _, line := range got.Log {
		fmt.Sscanf(line, "Listening on :8080 at %d ns", &stamp)
	}
	truth := float64(stamp)/1e9 - float64(got.Trial.Gate)
	ready := got.Trial.Metrics[record.StartupReady]
	t.Logf("%s after %s lines: %.4f s, measured %.4f (clocks off by %v), CPU %v", pattern, flood, truth, ready, got.Trial.Ready.Clocks, got.Trial.Metrics[record.StartupCPU])
	if ready < truth-0.001 {
		t.Errorf("the line came after %.4f s, measured %.4f", truth, ready)
	}
	checkObserved(t, got)
	return ready - truth
}

func TestALogWithoutTheLine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.pods.Boot(t.Context(), r.shape(t, record.Ready{Kind: record.ReadyLog, Log: "Ready!", Timeout: 1}, []string{"logs"}), 0)
	if err == nil || !strings.Contains(err.Error(), `no line of the log matches "Ready!"`) || !strings.Contains(err.Error(), "it listens on [::]:8080") {
		t.Errorf("got %v", err)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, ready := range map[string]record.Ready{
		"http": {Kind: record.ReadyAuto},
		"log":  {Kind: record.ReadyLog, Log: "Listening on", Port: 8080},
	} {
		t.Run(name, func(t *testing.T) {
			target := r.shape(t, ready, []string{"logs"}, "LISTEN_AFTER=400ms")
			target.Setup.Recover = true
			got := r.boot(t, target)
			recovery, total := got.Trial.Recover, got.Trial.Metrics[record.RecoverSeconds]
			if recovery == nil || recovery.Ready < 0.4 || recovery.Ready > 1 || recovery.Emptied <= 0 || recovery.Engine <= 0 {
				t.Fatalf("recovery %+v, it listens after 0.4 s", recovery)
			}
			if sum := float64(recovery.Emptied + recovery.Engine + recovery.Ready); math.Abs(sum-total) > 1e-9 {
				t.Errorf("recover.seconds is %v, its parts are %+v", total, recovery)
			}
			t.Logf("%+v of %.3f s", *recovery, total)
			checkObserved(t, got)
			if got.Trial.Exit.Code != 0 || got.Trial.Exit.Ending != record.EndedGracefully {
				t.Errorf("ended with %+v, expected a graceful end of its second life", got.Trial.Exit)
			}
		})
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		fixture string
		command []string
		ending  record.Ending
		cause   []string
	}{
		"graceful":          {"shapes", []string{"/server", "serve"}, record.EndedGracefully, nil},
		"ignored":           {"shapes", []string{"/server", "linger"}, record.EndedByKill, []string{"had to be killed 1s after SIGTERM", `PID 1 ("server") ignores it`}},
		"caught and kept":   {"shapes", []string{"/server", "stubborn"}, record.EndedByKill, []string{`PID 1 ("server") has a handler for it and did not end`}},
		"no handler":        {"tini", []string{"sleep", "60"}, record.EndedByKill, []string{`PID 1 ("sleep") has no handler`, "tini"}},
		"swallowed by sh":   {"tini", []string{"sh", "-c", "/server serve; true"}, record.EndedByKill, []string{`PID 1 is a shell ("sh") with "server" below it`, "exec form"}},
		"by the signal":     {"tini", []string{"tini", "--", "sleep", "60"}, record.EndedBySignal, []string{"does not handle SIGTERM", "exit code 143"}},
		"exits 143 as told": {"tini", []string{"bash", "-c", "trap 'exit 143' TERM; while true; do sleep 0.05; done"}, record.EndedGracefully, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := r.target(t, c.fixture)
			target.Setup.Ready, target.Setup.StopTimeout, target.Setup.Command = record.Ready{Kind: record.ReadyNone}, 1, c.command
			got := r.boot(t, target)
			exit := got.Trial.Exit
			if exit.Ending != c.ending || (exit.Cause == "") != (c.cause == nil) {
				t.Errorf("ended with %+v, expected %s", exit, c.ending)
			}
			for _, want := range c.cause {
				if !strings.Contains(exit.Cause, want) {
					t.Errorf("the cause is %q, expected %q in it", exit.Cause, want)
				}
			}
		})
	}
}

func TestRequestsLostInAStop(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for mode, c := range map[string]struct {
		args []string
		lost bool
	}{
		"abrupt":   {[]string{"slow"}, true},
		"graceful": {[]string{"slow", "graceful"}, false},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			target := r.shape(t, record.Ready{Kind: record.ReadyAuto}, c.args)
			target.Setup.StopUnderLoad = true
			got := r.boot(t, target)
			d := got.Trial.Drain
			if d == nil || d.Rate != 50 || d.Sent != d.Answered+d.Failed+d.Lost+d.Refused {
				t.Fatalf("drain %+v", d)
			}
			// Some 16 are under way when it is told. One may come as the port is closed,
			// which the app never accepts.
			if (d.Lost > 10) != c.lost || !c.lost && d.Lost > 1 || d.Failed > 0 || !c.lost && d.Answered < 15 {
				t.Errorf("drain %+v, expected lost requests: %v", d, c.lost)
			}
			t.Logf("%+v, exit %+v", *d, got.Trial.Exit)
		})
	}
}

func TestProcessesThatSurviveAreTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := "plimsoll-orphan-" + engine.NewID()
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyAuto}, []string{"orphans"}, "TOKEN="+token))
	if n := fact(t, got.Log, "lingering")["lingering"]; n != 1.0 {
		t.Fatalf("%v processes lingered in the container, expected 1", n)
	}
	if got.Trial.Exit.Ending != record.EndedGracefully || got.Trial.Metrics[record.StopSeconds] <= 0 {
		t.Errorf("ended with %+v", got.Trial.Exit)
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(commands) == 0 {
		t.Fatal("no processes to look at", err)
	}
	for _, file := range commands {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), token) {
			t.Errorf("%s survived: %q", file, text)
		}
	}
}

func TestIPv6LoopbackAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyAuto}, []string{"six"}))
	if d := cmp.Diff([]string{"[::1]:8080"}, got.Trial.Ready.Listeners); d != "" {
		t.Error(d)
	}
	checkObserved(t, got)
}

func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		mode string
		want []string // of the error; none boots
	}{
		"unix socket": {"unix", []string{"it listens on no port at all", `"/app.sock", "@app"`, "ready: none"}},
		"drip":        {"drip", []string{"port 8080", "did not finish its answer to GET / within 2s"}},
		"redirects":   {"circle", nil},
		"clock":       {"setclock", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := r.shape(t, record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 4}, []string{c.mode})
			got, err := r.pods.Boot(t.Context(), target, 0)
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				checkObserved(t, got)
				return
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, expected %q in it", err, want)
				}
			}
		})
	}
}

func TestAnAnswerOfAGigabyte(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.shape(t, record.Ready{Kind: record.ReadyAuto}, []string{"gigabyte"})
	target.Setup.Load.Stages = []record.Stage{{For: 1, Rate: 3}}
	got := r.boot(t, target)
	if n := got.Trial.Load.Causes["answer longer than 16 MiB"]; n == 0 || n != got.Trial.Load.Errors {
		t.Errorf("load %+v, expected long answers", got.Trial.Load)
	}
}

func TestNobodySetsTheClock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.boot(t, r.shape(t, record.Ready{Kind: record.ReadyAuto}, []string{"setclock"}))
	if said := fact(t, got.Log, "clock")["clock"]; said != "operation not permitted" {
		t.Errorf("clock_settime said %v", said)
	}
}
