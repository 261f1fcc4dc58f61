package measure_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The tests in this file boot fixture images on the real engine.

var compiled = sync.OnceValues(func() (engine.Programs, error) {
	return programs.For(context.Background(), runtime.GOARCH, os.Getenv)
})

// rig is an engine ready for boots.
type rig struct {
	client *engine.Client
	pods   *measure.Pods
}

func newRig(t *testing.T) *rig {
	t.Helper()
	built, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	client := enginetest.Connect(t)
	return &rig{client: client, pods: &measure.Pods{Run: enginetest.Run(t, client, built), Log: 100}}
}

// target boots a fixture with short windows.
func (r *rig) target(t *testing.T, fixture string) measure.Target {
	t.Helper()
	return measure.Target{
		Name: "head", Image: enginetest.Image(t, r.client, fixture),
		Setup: record.Setup{
			Ready: record.Ready{Kind: record.ReadyAuto, Timeout: 30}, Limits: record.Limits{PIDs: 512, Memory: 512 << 20},
			Idle: 0.1, StopTimeout: 5,
			Load: record.Load{Stages: []record.Stage{{For: 0.2, Rate: 50}}, Requests: []record.Request{{Path: "/"}}},
		},
	}
}

// fact finds what a fixture printed about itself: the last line that holds key.
func fact(t *testing.T, log []string, key string) map[string]any {
	t.Helper()
	for _, line := range slices.Backward(log) {
		text, ok := strings.CutPrefix(line, "fixture: ")
		var found map[string]any
		if ok && json.Unmarshal([]byte(text), &found) == nil {
			if _, ok := found[key]; ok {
				return found
			}
		}
	}
	t.Fatalf("the fixture told nothing about %q:\n%s", key, strings.Join(log, "\n"))
	return nil
}

func TestOrdinaryImagesBootUnharmed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for fixture, c := range map[string]struct {
		change func(*measure.Target)
		want   map[string]any // of what the app says it is
	}{
		"shell":      {want: map[string]any{"pid": 1.0, "uid": 0.0, "args": []any{"/server", "serve", "from a shell"}}},
		"entrycmd":   {want: map[string]any{"pid": 1.0, "args": []any{"/server", "serve", "from", "cmd"}, "directory": "/"}},
		"relative":   {want: map[string]any{"pid": 1.0, "args": []any{"./server", "serve"}, "directory": "/srv", "executable": "/srv/server"}},
		"username":   {want: map[string]any{"pid": 1.0, "uid": 1234.0, "capabilities": "0000000000000000"}},
		"gosu":       {want: map[string]any{"pid": 1.0, "uid": 1234.0}},
		"filecaps":   {want: map[string]any{"pid": 1.0, "uid": 65534.0}},
		"tini":       {want: map[string]any{"uid": 0.0, "args": []any{"/server", "serve"}}},
		"readonly":   {change: func(t *measure.Target) { t.Setup.ReadOnly = true }, want: map[string]any{"pid": 1.0, "uid": 1000.0, "root_writable": false}},
		"distroless": {want: map[string]any{"pid": 1.0, "uid": 65532.0, "gid": 65532.0}},
		"gomemlimit": {want: map[string]any{"pid": 1.0}},
		"forks":      {want: map[string]any{"uid": 0.0}},
	} {
		t.Run(fixture, func(t *testing.T) {
			t.Parallel()
			target := r.target(t, fixture)
			if c.change != nil {
				c.change(&target)
			}
			got, err := r.pods.Boot(t.Context(), target, 0)
			if err != nil {
				t.Fatal(err)
			}
			me := fact(t, got.Log, "uid")
			for key, want := range c.want {
				if d := cmp.Diff(want, me[key]); d != "" {
					t.Errorf("%s (-want +got):\n%s", key, d)
				}
			}
			if left, ok := me["descriptors"].([]any); ok && len(left) > 0 {
				t.Errorf("the launcher left files open: %v", left)
			}
			checkObserved(t, got)
			if got.Trial.Exit.Code != 0 || got.Trial.Exit.Killed {
				t.Errorf("ended with %+v, expected a graceful exit", got.Trial.Exit)
			}
		})
	}
}

// checkObserved asks for every metric a server that answers must have.
func checkObserved(t *testing.T, got measure.Observation) {
	t.Helper()
	for _, id := range []record.MetricID{record.StartupReady, record.StartupCPU, record.MemoryIdle, record.MemoryPeak,
		record.CPUIdle, record.CPURequest, record.LoadP99, record.LoadRate, record.StopSeconds} {
		if value, ok := got.Trial.Metrics[id]; !ok || value < 0 {
			t.Errorf("%s is %v, %v", id, value, ok)
		}
	}
	if got.Trial.Load == nil || got.Trial.Load.Errors > 0 || got.Trial.Load.Completed == 0 {
		t.Errorf("load: %+v", got.Trial.Load)
	}
	if l := got.Trial.Load; l != nil && (l.Start < got.Trial.Ready.Low || len(l.Latency) == 0) {
		t.Errorf("the load began at %v, ready at %v, its curve is %v", l.Start, got.Trial.Ready.Low, l.Latency)
	}
	if len(got.Trial.Memory.At) < 10 {
		t.Errorf("memory was sampled %d times", len(got.Trial.Memory.At))
	}
}

// Variables that would stop a Go launcher reach the app as the image set them.
func TestGoVariablesAreRestored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, err := r.pods.Boot(t.Context(), r.target(t, "gomemlimit"), 0)
	if err != nil {
		t.Fatal(err)
	}
	environment, _ := fact(t, got.Log, "environment")["environment"].([]any)
	for _, want := range []string{"SEEN_GOMEMLIMIT=nonsense", "SEEN_GOGC=nonsense", "SEEN_GODEBUG=nonsense", "SEEN_GOTRACEBACK=nonsense", "SEEN_GOMAXPROCS=nonsense"} {
		if !slices.Contains(environment, any(want)) {
			t.Errorf("the app's environment lacks %s: %v", want, environment)
		}
	}
}

func TestUserEnvironmentCommandAndUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "username")
	target.Setup.Environment, target.Env = []string{"GREETING"}, map[string]string{"GREETING": "hello = you"}
	target.Setup.Command, target.Setup.User = []string{"/server", "serve", "as told"}, "0"
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	me := fact(t, got.Log, "uid")
	environment, _ := me["environment"].([]any)
	if !slices.Contains(environment, any("GREETING=hello = you")) || me["uid"] != 0.0 {
		t.Errorf("the app is %v", me)
	}
	if d := cmp.Diff([]any{"/server", "serve", "as told"}, me["args"]); d != "" {
		t.Error(d)
	}
}

func TestStopSignalOfTheImage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, err := r.pods.Boot(t.Context(), r.target(t, "sigquit"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if ended := fact(t, got.Log, "ended")["ended"]; ended != "SIGQUIT" || got.Trial.Exit.Killed {
		t.Errorf("ended by %v, %+v", ended, got.Trial.Exit)
	}
}

func TestAnAppThatIgnoresTheStopSignalIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "stubborn")
	target.Setup.StopTimeout = 1
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Trial.Exit.Killed || got.Trial.Exit.Stop < 1 {
		t.Errorf("ended with %+v, expected a kill after 1 s", got.Trial.Exit)
	}
}

func TestAWorkerIsMeasuredWithoutAPort(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "silent")
	target.Setup.Ready.Kind = record.ReadyNone
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.Trial.Metrics[record.StartupReady]; ok || got.Trial.Metrics[record.MemoryIdle] <= 0 {
		t.Errorf("metrics are %v", got.Trial.Metrics)
	}
}

func TestAHostileImageFindsNoGate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "hostile-socket")
	target.Setup.Idle = 1.5 // it looks around for a second
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := fact(t, got.Log, "connected")
	if connected, _ := found["connected"].([]any); len(connected) > 0 || found["done"] != true {
		t.Errorf("it found %v", found)
	}
}

func TestLoopbackOnlyIsMeasured(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, err := r.pods.Boot(t.Context(), r.target(t, "loopback"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"127.0.0.1:8080"}, got.Trial.Ready.Listeners); d != "" {
		t.Error(d)
	}
}

func TestStaleExposeIsFollowedWithANote(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, err := r.pods.Boot(t.Context(), r.target(t, "elsewhere"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Trial.Ready.Port != 9090 || !strings.Contains(strings.Join(got.Trial.Notes, " "), "exposes port 8080 but listens on") {
		t.Errorf("ready %+v, notes %q", got.Trial.Ready, got.Trial.Notes)
	}
}

func TestSlowStarter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "late")
	target.Setup.Environment, target.Env = []string{"LISTEN_AFTER"}, map[string]string{"LISTEN_AFTER": "6s"}
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ready := got.Trial.Metrics[record.StartupReady]; ready < 6 {
		t.Errorf("ready after %v s, it listens after 6", ready)
	}
}

// A process that is killed for its memory is told of even where the app lives on.
func TestAKilledChildIsNoCrash(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "shell")
	target.Setup.Limits.Memory = 64 << 20
	target.Setup.Command = []string{"sh", "-c", "(head -c 300000000 /dev/zero | tail >/dev/null) & exec /server serve"}
	target.Setup.Idle = 1
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Trial.Exit.OOMKilled || got.Trial.Exit.Code != 0 {
		t.Errorf("ended with %+v, expected a graceful end in spite of a kill", got.Trial.Exit)
	}
	if memory := got.Trial.Memory; memory.LimitHits == 0 && memory.KernelPeak < target.Setup.Limits.Memory {
		t.Errorf("it ran into its limit %d times, and came to %d bytes at most", memory.LimitHits, memory.KernelPeak)
	}
}

// bootFails boots what must fail in this way, and with these words.
func (r *rig) bootFails(t *testing.T, target measure.Target, kind agent.FailureKind, words []string) *measure.BootError {
	t.Helper()
	_, err := r.pods.Boot(t.Context(), target, 0)
	var boot *measure.BootError
	var failure *agent.Failure
	if !errors.As(err, &boot) || !errors.As(err, &failure) || failure.Kind != kind {
		t.Fatalf("got %v, expected a failure of kind %s", err, kind)
	}
	for _, want := range words {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, expected %q in it", err, want)
		}
	}
	return boot
}

func TestBadImagesFailWithTheirCause(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for fixture, c := range map[string]struct {
		ready record.Ready
		kind  agent.FailureKind
		want  []string
	}{
		"exits":       {record.Ready{Kind: record.ReadyAuto, Timeout: 20}, agent.FailExited, []string{"ended by itself", "exit code 3"}},
		"silent":      {record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 1}, agent.FailTimeout, []string{"nothing listens on port 8080", "no port at all"}},
		"elsewhere":   {record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 1}, agent.FailTimeout, []string{"nothing listens on port 8080", "it listens on [::]:9090"}},
		"fivehundred": {record.Ready{Kind: record.ReadyAuto, Timeout: 1}, agent.FailTimeout, []string{"with 500, expected a status below 500"}},
		"late":        {record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 1}, agent.FailTimeout, []string{"nothing listens on port 8080 after 1"}},
		"several":     {record.Ready{Kind: record.ReadyAuto, Timeout: 20}, agent.FailPorts, []string{"several ports are open", "set ready.port"}},
		"nocommand":   {record.Ready{Kind: record.ReadyAuto, Timeout: 20}, agent.FailExec, []string{`"/does-not-exist" not found in the image`}},
	} {
		t.Run(fixture, func(t *testing.T) {
			t.Parallel()
			target := r.target(t, fixture)
			target.Setup.Ready = c.ready
			boot := r.bootFails(t, target, c.kind, c.want)
			if fixture == "exits" && !slices.Contains(boot.Logs, "giving up") {
				t.Errorf("the log's last lines are %q", boot.Logs)
			}
		})
	}
}

// An app that is ready first and then takes no connection any more has ended, or is
// about to: its ports are closed before its processes are gone.
func TestAnAppThatGoesAfterItWasReady(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		afterwards string
		kind       agent.FailureKind
		want       []string
	}{
		"ends":  {"sleep 1; exit 3", agent.FailExited, []string{"ended by itself", "exit code 3"}},
		"stays": {"sleep 60", agent.FailLoad, []string{"was ready and runs, but takes no connection any more", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := r.target(t, "shell")
			target.Setup.Command = []string{"sh", "-c", "/server serve & sleep 1; kill -9 $!; echo giving up; " + c.afterwards}
			target.Setup.Idle = 1.5
			boot := r.bootFails(t, target, c.kind, c.want)
			if !slices.Contains(boot.Logs, "giving up") {
				t.Errorf("the log's last lines are %q", boot.Logs)
			}
		})
	}
}

func TestMemoryLimitKillIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.target(t, "memory")
	target.Setup.Limits.Memory = 32 << 20
	target.Setup.Environment, target.Env = []string{"TOUCH_MB"}, map[string]string{"TOUCH_MB": "64"}
	_, err := r.pods.Boot(t.Context(), target, 0)
	if err == nil || !strings.Contains(err.Error(), "more memory than its limit of 32 MiB") {
		t.Errorf("got %v, expected the memory limit in it", err)
	}
}
