package measure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// shop is a target with the dependencies of a compose file, which is given with
// what the service under test says of itself left out.
func (r *rig) shop(t *testing.T, compose string) measure.Target {
	t.Helper()
	found, err := config.ParseCompose("compose.yml", []byte(compose), "web", func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	target := r.target(t, "shop")
	target.Dependencies = &measure.Dependencies{Service: found.Service}
	for _, c := range found.Dependencies {
		image, err := r.client.Image(t.Context(), c.Image)
		if err != nil {
			t.Fatal(err)
		}
		c.Limits = record.Limits{PIDs: 500, Memory: 1 << 30}
		target.Dependencies.All = append(target.Dependencies.All, measure.Dependency{Container: c, Found: image})
	}
	return target
}

const shop = `
services:
  web:
    hostname: shop.local
    extra_hosts: [far.example=10.1.2.3]
    networks: {default: {aliases: [store]}}
    volumes: [uploads:/uploads]
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}, seed: {condition: service_completed_successfully}}
  db:
    image: plimsoll.test/shop
    command: postgres
    volumes: [data:/data]
    healthcheck: {test: [CMD, psql, -h, 127.0.0.1, -U, postgres, -c, SELECT 1], interval: 1s}
  cache:
    image: plimsoll.test/shop
    command: redis-server --save ''
    healthcheck: {test: redis-cli ping, interval: 1s}
  seed:
    image: plimsoll.test/shop
    command: [psql, -h, db, -U, postgres, -c, CREATE TABLE seeded ()]
    volumes: [uploads:/uploads]
    depends_on: {db: {condition: service_healthy}}
volumes: {data: , uploads: }
`

func withLog(err error) string {
	var boot *measure.BootError
	if errors.As(err, &boot) {
		return fmt.Sprintf("%v\n%s", err, strings.Join(boot.Logs, "\n"))
	}
	return err.Error()
}

// The shop migrates its database at its start, which can be done once. Both
// boots find what the seed made, and nothing of each other.
func TestEveryBootGetsFreshDependencies(t *testing.T) {
	r := newRig(t)
	before := len(enginetest.Left(t, r.pods.Run.ID))
	for range 2 {
		got, err := r.pods.Boot(t.Context(), r.shop(t, shop), 0)
		if err != nil {
			t.Fatal(withLog(err))
		}
		checkObserved(t, got)
		if got.Trial.Dependencies <= 0 || got.Trial.Metrics[record.StartupReady] > 10 {
			t.Errorf("dependencies took %v s, the app %v s", got.Trial.Dependencies, got.Trial.Metrics[record.StartupReady])
		}
		log := strings.Join(got.Log, "\n")
		for _, want := range []string{"/etc/hostname:shop.local", "10.1.2.3\tfar.example", "nameserver 127.0.0.11"} {
			if !strings.Contains(log, want) {
				t.Errorf("the app did not see %q:\n%s", want, log)
			}
		}
		for _, address := range got.Trial.Ready.Listeners {
			if strings.HasPrefix(address, "127.0.0.11:") {
				t.Errorf("the engine's resolver is taken for the app's: %v", got.Trial.Ready.Listeners)
			}
		}
		if left := enginetest.Left(t, r.pods.Run.ID); len(left) != before {
			t.Fatalf("a boot left %v", left)
		}
	}
}

// The engine's resolver listens in the pod, too; it is none of the app's ports.
func TestTheResolverIsNoPortOfTheApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.shop(t, "services: {web: {}}")
	target.Image = enginetest.Image(t, r.client, "several")
	_, err := r.pods.Boot(t.Context(), target, 0)
	var failure *agent.Failure
	if !errors.As(err, &failure) || failure.Kind != agent.FailPorts || len(failure.Listeners) != 3 {
		t.Errorf("got %v, %+v, expected the three ports of the app", err, failure)
	}
	target.Image = enginetest.Image(t, r.client, "silent")
	target.Setup.Ready.Timeout = 2
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil || got.Trial.Ready.Kind != record.ReadyNone {
		t.Errorf("got %v, %+v, expected a worker", err, got.Trial.Ready)
	}
}

// Beside dependencies an app may listen on ::1 alone as well, whatever kernel
// parameters the compose file sets.
func TestIPv6LoopbackBesideDependencies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, compose := range []string{"services: {web: {}}", "services: {web: {sysctls: {net.core.somaxconn: 99}}}"} {
		target := r.shop(t, compose)
		target.Image = enginetest.Image(t, r.client, "shapes")
		target.Setup.Command = []string{"/server", "six"}
		got, err := r.pods.Boot(t.Context(), target, 0)
		if err != nil {
			t.Fatal(withLog(err))
		}
		if d := cmp.Diff([]string{"[::1]:8080"}, got.Trial.Ready.Listeners); d != "" {
			t.Error(d)
		}
	}
}

// What a dependency burns is not the app's.
func TestTheCPUOfDependenciesIsNotTheApps(t *testing.T) {
	r := newRig(t)
	target := r.shop(t, `
services:
  web: {depends_on: [busy]}
  busy: {image: plimsoll.test/tools, command: [sh, -c, "while :; do :; done"]}
`)
	target.Image = enginetest.Image(t, r.client, "clock")
	target.Setup.Idle = 1
	got, err := r.pods.Boot(t.Context(), target, 0)
	if err != nil {
		t.Fatal(err)
	}
	if idle := got.Trial.Metrics[record.CPUIdle]; idle > 0.1 {
		t.Errorf("the app used %.2f CPUs while it was idle", idle)
	}
	if beside := got.Trial.Host.Beside; beside < 0.3 {
		t.Errorf("the dependency is known to have used %.2f s of CPU, expected at least 0.3 of the second or more", float64(beside))
	}
}

func TestABrokenDependencyIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := len(enginetest.Left(t, r.pods.Run.ID))
	for name, c := range map[string]struct{ compose, want, log string }{
		"unhealthy": {
			`{image: plimsoll.test/tools, command: [sh, -c, "echo still busy; exec sleep 100"], healthcheck: {test: "echo no, not yet; false", interval: 1s, retries: 2}}`,
			`dependency db (plimsoll.test/tools) is not healthy after 1`, "still busy"},
		"exited": {
			`{image: plimsoll.test/tools, command: [sh, -c, "echo out of space; exit 3"], healthcheck: {test: "true"}}`,
			`dependency db (plimsoll.test/tools) ended with exit code 3`, "out of space"},
		"no command": {
			`{image: plimsoll.test/tools, command: /no/such/program, healthcheck: {test: "true"}}`,
			`dependency db (plimsoll.test/tools) start its container`, ""},
		"no check": {
			`{image: plimsoll.test/tools, command: [sleep, "100"]}`,
			`dependency db (plimsoll.test/tools) has no health check`, ""},
	} {
		_, err := r.pods.Boot(t.Context(), r.shop(t, "services:\n  web: {depends_on: {db: {condition: service_healthy}}}\n  db: "+c.compose), 0)
		var boot *measure.BootError
		if !errors.As(err, &boot) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, expected %q", name, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "\n") || c.log != "" && (strings.Join(boot.Logs, "") != c.log || !strings.Contains(boot.Whose, "db")) {
			t.Errorf("%s: %v, with the log %q of %s", name, err, boot.Logs, boot.Whose)
		}
		if left := enginetest.Left(t, r.pods.Run.ID); len(left) != before {
			t.Fatalf("%s: it left %v", name, left)
		}
	}
}

// A database that ends under the app is named beside what became of that.
func TestADependencyThatEndsUnderTheAppIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	target := r.shop(t, `
services:
  web: {depends_on: [db]}
  db: {image: plimsoll.test/tools, command: [sh, -c, "sleep 3; exit 7"]}
`)
	target.Image = enginetest.Image(t, r.client, "exits")
	target.Setup.Command = []string{"/server", "serve"}
	target.Setup.Ready = record.Ready{Kind: record.ReadyHTTP, Port: 9999, Timeout: 8}
	_, err := r.pods.Boot(t.Context(), target, 0)
	if err == nil || !strings.Contains(err.Error(), "meanwhile its dependency db (plimsoll.test/tools) ended with exit code 7") {
		t.Error(err)
	}
}

// Where the user resets them by a command, dependencies outlive their boots, and
// go with the last.
func TestResetTakesThePlaceOfFreshDependencies(t *testing.T) {
	r := newRig(t)
	before := len(enginetest.Left(t, r.pods.Run.ID))
	target := r.shop(t, strings.ReplaceAll(shop, "shop.local", "again"))
	target.Dependencies.Reset = &config.Reset{Service: "db", Command: []string{"sh", "-c",
		"psql -h 127.0.0.1 -U postgres -c 'DROP TABLE IF EXISTS products' && redis-cli -h cache FLUSHALL"}}
	var took []record.Seconds
	for range 3 {
		got, err := r.pods.Boot(t.Context(), target, 0)
		if err != nil {
			t.Fatal(withLog(err))
		}
		took = append(took, got.Trial.Dependencies)
	}
	if took[1] >= took[0] || took[2] >= took[0] {
		t.Errorf("to reset took %v s, no less than to start", took)
	}
	target.Dependencies.Reset = &config.Reset{Service: "db", Command: []string{"sh", "-c", "echo table is locked; exit 4"}}
	_, err := r.pods.Boot(t.Context(), target, 0)
	var boot *measure.BootError
	if !errors.As(err, &boot) || !strings.Contains(err.Error(), "ended with exit code 4") || strings.Join(boot.Logs, "") != "table is locked" {
		t.Errorf("got %v, expected that the reset failed", err)
	}
	if err := r.pods.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := enginetest.Left(t, r.pods.Run.ID); len(left) != before {
		t.Errorf("they left %v", left)
	}
}

// An interrupt while dependencies start leaves nothing of them.
func TestAnInterruptDuringTheStartOfDependencies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := len(enginetest.Left(t, r.pods.Run.ID))
	target := r.shop(t, `
services:
  web: {depends_on: {db: {condition: service_healthy}}}
  db: {image: plimsoll.test/tools, command: [sleep, "100"], healthcheck: {test: "sleep 50"}}
`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { _, err := r.pods.Boot(ctx, target, 0); ended <- err }()
	for len(enginetest.Left(t, r.pods.Run.ID)) < before+2 { // the network and the dependency
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := enginetest.Left(t, r.pods.Run.ID); len(left) != before {
		t.Errorf("it left %v", left)
	}
}
