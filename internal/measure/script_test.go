package measure_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The tests in this file run k6 itself, which scripts/fetch-k6 builds.

// scripted is a fixture that a k6 script loads.
func (r *rig) scripted(t *testing.T, fixture, source string) measure.Target {
	t.Helper()
	target := r.target(t, fixture)
	target.Script = r.script(t, source)
	target.Setup.Load = record.Load{Script: &record.Script{File: "test.js", Timeout: target.Script.Timeout}}
	return target
}

func (r *rig) script(t *testing.T, source string) *k6.Script {
	t.Helper()
	program, err := k6.ReadProgram("../../.cache/bin/k6", runtime.GOARCH)
	if err != nil {
		t.Fatalf("%v\n`make test` and `scripts/fetch-k6` build it", err)
	}
	image, err := r.pods.Run.LoadProgram(t.Context(), "k6", program.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &k6.Script{
		Test:  k6.Test{Main: "test.js", Files: map[string][]byte{"test.js": []byte(source), "lib/path.js": []byte("export const path = '/';")}},
		Shown: ".", Image: image.ID, Command: image.Command(), Timeout: 60, Env: map[string]string{"SECRET": "x=1"},
	}
}

func TestScriptLoadsTheApp(t *testing.T) {
	r := newRig(t)
	// BURN makes the fixture spend 5 ms of CPU on every request.
	target := r.scripted(t, "burn", `
		import http from 'k6/http';
		import { path } from './lib/path.js';
		export const options = { iterations: 60, thresholds: { http_reqs: ['count>=60', 'count>1000'], http_req_failed: ['rate==0'] } };
		export default function () {
			if (__ENV.SECRET !== 'x=1' || __ENV.BASE_URL !== __ENV.PLIMSOLL_URL) throw new Error('environment');
			http.get(__ENV.PLIMSOLL_URL + path);
		}`)
	target.Env, target.Setup.Environment = map[string]string{"BURN": "5ms"}, []string{"BURN"}
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	load := got.Trial.Load
	if load == nil || load.Script == nil || load.Sent != 60 || load.Completed != 60 || load.Script.Code != k6.CodeCrossed {
		t.Fatalf("load is %+v, notes %q", load, got.Trial.Notes)
	}
	crossed := map[string]bool{}
	for _, threshold := range load.Script.Thresholds {
		crossed[threshold.Expression] = threshold.Crossed
	}
	if diff := cmp.Diff(map[string]bool{"count>=60": false, "count>1000": true, "rate==0": false}, crossed); diff != "" {
		t.Errorf("thresholds that were crossed (-want +got):\n%s", diff)
	}
	m := got.Trial.Metrics
	// The CPU of k6 itself, some 10 ms a request here, must not be in it.
	if spent := m[record.CPURequest]; spent < 0.0049 || spent > 0.0075 {
		t.Errorf("cpu.request is %v, expected the 5 ms it burns and little more", spent)
	}
	if m[record.LoadP50] < 0.004 || m[record.LoadP99] < m[record.LoadP50] || m[record.LoadErrors] != 0 || m[record.LoadRate] <= 0 {
		t.Errorf("metrics are %v", m)
	}
	if m[record.MemoryPeak] <= 0 || got.Trial.Host.Beside <= 0 {
		t.Errorf("peak %v, k6 was seen to use %v CPU seconds", m[record.MemoryPeak], got.Trial.Host.Beside)
	}
}

// An app that listens on ::1 alone is loaded too: k6 tries one address of a name.
func TestScriptLoadsTheIPv6LoopbackAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.scripted(t, "shapes", `
		import http from 'k6/http';
		export const options = { iterations: 5 };
		export default function () { http.get(__ENV.PLIMSOLL_URL + '/'); }`)
	target.Setup.Command = []string{"/server", "six"}
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if load := got.Trial.Load; load == nil || load.Sent != 5 || load.Completed != 5 {
		t.Errorf("load is %+v, notes %q", load, got.Trial.Notes)
	}
}

func TestScriptsThatFail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		fixture, source string
		timeout         record.Seconds
		kind            agent.FailureKind
		want            string
	}{
		"throws": {fixture: "entrycmd", source: "import http from 'k6/http';\nexport function setup() { throw new Error('told: ' + http.get(__ENV.PLIMSOLL_URL).status) }\nexport default function () {}",
			kind: agent.FailLoad, want: "test.js:2:33: Error: told: 200"},
		"runs on": {fixture: "entrycmd", source: "import { sleep } from 'k6';\nexport default function () { sleep(600) }", timeout: 2,
			kind: agent.FailTimeout, want: "k6 did not end within 2s, which is `load.timeout`"},
		"no port": {fixture: "silent", source: "export default function () {}", kind: agent.FailPorts, want: "nothing for the k6 script to load"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := r.scripted(t, c.fixture, c.source)
			if c.timeout > 0 {
				target.Script.Timeout = c.timeout
			}
			if c.kind == agent.FailPorts {
				target.Setup.Ready.Kind = record.ReadyNone
			}
			_, err := r.pods.Boot(t.Context(), target, 0)
			var failure *agent.Failure
			var boot *measure.BootError
			if !errors.As(err, &boot) || !errors.As(err, &failure) || failure.Kind != c.kind || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %q", err, c.want)
			}
		})
	}
}

// An app that ends under the load ends the trial, whatever the script still plans.
func TestAppThatEndsUnderAScript(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.scripted(t, "entrycmd", "import { sleep } from 'k6';\nexport default function () { sleep(600) }")
	target.Setup.Command = []string{"/server", "serve"}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := r.pods.Boot(ctx, target, 0)
		done <- err
	}()
	killApp(t, r.pods.Run.ID)
	var boot *measure.BootError
	if err := <-done; !errors.As(err, &boot) || !strings.Contains(err.Error(), "the app was killed") {
		t.Errorf("got %v, expected the end of the app", err)
	}
}

func TestInterruptEndsAScript(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.scripted(t, "entrycmd", "import { sleep } from 'k6';\nexport default function () { sleep(600) }")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := r.pods.Boot(ctx, target, 0)
		done <- err
	}()
	containerOf(t, r.pods.Run.ID, "tool")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// The rig checks that nothing is left.
}

func TestInspect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := r.script(t, "export const options = { thresholds: { checks: ['rate>0.9'] } };\nexport default function () {}")
	got, err := measure.Inspect(t.Context(), r.pods.Run, good)
	if err != nil || len(got.Thresholds) != 1 || got.Thresholds[0].ID() != "k6: checks rate>0.9" {
		t.Errorf("got %+v, %v", got, err)
	}
	for source, want := range map[string]string{
		"export default function () {\n  http.get(\n}": "test.js:3:1: Unexpected token }",
		"import x from 'https://example.com/x.js';":    "test.js:1:15: it imports https://example.com/x.js, but a pod has no network",
		"import x from './absent.js';":                 `test.js:1:15: it imports "./absent.js", which is not there`,
		"export default function () {}\nabsent()":      "test.js:2:7: ReferenceError: absent is not defined",
	} {
		bad := *good
		bad.Test.Files = map[string][]byte{"test.js": []byte(source)}
		var wrong *measure.ScriptError
		if _, err := measure.Inspect(t.Context(), r.pods.Run, &bad); !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, expected %q", source, err, want)
		}
	}
}

// killApp ends the run's app, once k6 loads it.
func killApp(t *testing.T, run string) {
	t.Helper()
	containerOf(t, run, "tool")
	app := containerOf(t, run, "app")
	api := engineAPI(t)
	if _, err := api.ContainerKill(t.Context(), app, client.ContainerKillOptions{Signal: "SIGKILL"}); err != nil {
		t.Error(err)
	}
}

func engineAPI(t *testing.T) *client.Client {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return api
}

// containerOf waits until a container of this role runs.
func containerOf(t *testing.T, run, role string) string {
	t.Helper()
	api := engineAPI(t)
	filters := client.Filters{}.Add("label", engine.LabelRun+"="+run, "plimsoll.role="+role).Add("status", "running")
	for range 3000 {
		list, err := api.ContainerList(t.Context(), client.ContainerListOptions{Filters: filters})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) > 0 {
			return list.Items[0].ID
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no container of the role %s began to run", role)
	return ""
}
