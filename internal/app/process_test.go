package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// brief is a configuration that keeps every boot short.
const brief = `
services:
  - name: api
    base: plimsoll.test/clock
    image: plimsoll.test/entrycmd
    idle: 100ms
    load: {stages: [{for: 200ms, rate: 50}]}
`

// rig is the command as it is installed, and a place to run it in.
type rig struct {
	binary string
	dir    string
	api    *client.Client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{binary: filepath.Join(build(t), "plimsoll"), dir: t.TempDir(), api: dock(t)}
	if err := os.WriteFile(filepath.Join(r.dir, "plimsoll.yml"), []byte(brief), 0o644); err != nil {
		t.Fatal(err)
	}
	return r
}

// running is a run of the tool as a process of its own.
type running struct {
	*exec.Cmd
	run            string
	stdout, stderr bytes.Buffer
	events         <-chan event
}

// event is what happens to a container of a run.
type event struct {
	what string // such as "start app", "create agent"
	id   string
}

// start begins a run. Nothing of it may be left when the test ends, whatever
// became of the process.
func (r *rig) start(t *testing.T, args ...string) *running {
	t.Helper()
	return r.startWith(t, nil, args...)
}

func (r *rig) startWith(t *testing.T, env []string, args ...string) *running {
	t.Helper()
	p := &running{Cmd: exec.Command(r.binary, args...), run: "process-" + engine.NewID()}
	p.Dir, p.Env = r.dir, append(append(os.Environ(), "PLIMSOLL_RUN="+p.run, "PLIMSOLL_GUARDS=off"), env...)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	ctx, cancel := context.WithCancel(t.Context())
	p.events = r.events(ctx, p.run)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		p.Process.Kill() // which has ended already, unless the test failed
		p.Wait()
		for _, thing := range enginetest.Left(t, p.run) {
			t.Errorf("the engine still holds %s", thing)
		}
	})
	return p
}

// events tells what happens to the containers of a run.
func (r *rig) events(ctx context.Context, run string) <-chan event {
	filter := client.Filters{}.Add("type", "container").Add("label", engine.LabelRun+"="+run)
	stream := r.api.Events(ctx, client.EventsListOptions{Since: strconv.FormatInt(time.Now().Unix(), 10), Filters: filter})
	told := make(chan event)
	go func() {
		defer close(told)
		for {
			var message events.Message
			select {
			case message = <-stream.Messages:
			case <-stream.Err:
				return
			}
			select {
			case told <- event{string(message.Action) + " " + message.Actor.Attributes["plimsoll.role"], message.Actor.ID}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return told
}

// await waits until something has happened n times, and gives the container of
// the last time.
func (p *running) await(t *testing.T, what string, n int) (id string) {
	t.Helper()
	for patience := time.After(2 * time.Minute); n > 0; {
		select {
		case e := <-p.events:
			if e.what == what {
				id, n = e.id, n-1
			}
		case <-patience:
			t.Fatalf("waited in vain for %q\n%s", what, p.stderr.String())
		}
	}
	return id
}

// ends waits for the process and gives its exit code.
func (p *running) ends(t *testing.T) int {
	t.Helper()
	return p.endsAmid(t, func(event) {}) // nobody waits for the rest
}

// endsAmid waits for the process, with a hand in what happens until then.
func (p *running) endsAmid(t *testing.T, meddle func(event)) int {
	t.Helper()
	go func() {
		for e := range p.events {
			meddle(e)
		}
	}()
	err := p.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// comparison reads what the process printed with --format json.
func (p *running) comparison(t *testing.T) record.Comparison {
	t.Helper()
	var c record.Comparison
	if err := json.Unmarshal(p.stdout.Bytes(), &c); err != nil {
		t.Fatalf("standard output is no comparison: %v\n%s", err, p.stderr.String())
	}
	return c
}

// The command as a process that is interrupted, killed and interfered with.
func TestProcess(t *testing.T) {
	r := newRig(t)
	for name, test := range map[string]func(*testing.T){
		"interrupt":               r.interruptLeavesNothing,
		"interrupt at any moment": r.interruptAtAnyMomentLeavesNothing,
		"kill":                    r.nextStartSweepsWhatAKilledOneLeft,
		"run removed":             r.runRemovedByAnotherProcess,
		"later round":             r.aFailureInALaterRound,
		"cannot be removed":       r.whatCannotBeRemovedIsTold,
		"volumes":                 r.anonymousVolumesAreRemoved,
		"engine lost":             r.engineIsLost,
		"dependencies":            r.interruptWhileDependenciesStart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func (r *rig) interruptLeavesNothing(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := r.start(t, "compare", "--out", "out")
			p.await(t, "start app", 3)
			if err := p.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if code := p.ends(t); code != 130 {
				t.Errorf("exit code %d, expected 130", code)
			}
			if p.stdout.Len() > 0 {
				t.Errorf("a comparison that was interrupted printed %q", p.stdout.String())
			}
			if text := p.stderr.String(); !strings.HasSuffix(text, "plimsoll: interrupted: removing what was started\nplimsoll: interrupted\n") {
				t.Errorf("it said\n%s", text)
			}
			if files, err := os.ReadDir(filepath.Join(r.dir, "out")); err != nil || len(files) > 0 {
				t.Errorf("it wrote %v, %v", files, err)
			}
		})
	}
}

// An interrupt may come at any moment, also while the engine makes something.
func (r *rig) interruptAtAnyMomentLeavesNothing(t *testing.T) {
	for _, moment := range []string{"create agent", "start agent", "create app", "die app", "destroy app"} {
		t.Run(moment, func(t *testing.T) {
			p := r.start(t, "measure", "plimsoll.test/clock")
			p.await(t, moment, 1)
			if err := p.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := p.ends(t); code != 130 {
				t.Errorf("exit code %d\n%s", code, p.stderr.String())
			}
		})
	}
}

// A killed process cannot clean up. The next start does it, and leaves alone
// what is alive.
func (r *rig) nextStartSweepsWhatAKilledOneLeft(t *testing.T) {
	alive := r.start(t, "measure", "--boots", "8", "--format", "json", "plimsoll.test/clock")
	alive.await(t, "start app", 1)
	// Another process of the tests on this engine may be the next that starts, and
	// sweep first. Then again.
	swept := false
	for attempt := 0; attempt < 5 && !swept; attempt++ {
		swept = r.killAndStartAgain(t)
	}
	if !swept {
		t.Error("no start says that it removed what a killed run had left")
	}
	if code := alive.ends(t); code != 0 {
		t.Fatalf("the live run exits with %d\n%s", code, alive.stderr.String())
	}
	var rec record.Record
	if err := json.Unmarshal(alive.stdout.Bytes(), &rec); err != nil || len(rec.Trials) != 9 {
		t.Errorf("the live run has %d boots, %v", len(rec.Trials), err)
	}
}

// killAndStartAgain checks that nothing of a killed run is left after the next
// start, and says whether it was that start which removed it.
func (r *rig) killAndStartAgain(t *testing.T) (swept bool) {
	t.Helper()
	killed := r.start(t, "compare")
	killed.await(t, "start app", 1)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.ends(t)
	next := r.start(t, "inspect", "plimsoll.test/clock")
	if code := next.ends(t); code != 0 {
		t.Errorf("the next start exits with %d\n%s", code, next.stderr.String())
	}
	// Whoever swept first may still be at it: no start waits for another's removal.
	left := enginetest.Left(t, killed.run)
	for began := time.Now(); len(left) > 0 && time.Since(began) < 20*time.Second; left = enginetest.Left(t, killed.run) {
		time.Sleep(100 * time.Millisecond)
	}
	for _, thing := range left {
		t.Errorf("the next start left %s", thing)
	}
	return strings.Contains(next.stderr.String(), "from the engine that crashed runs had left")
}

// Somebody takes the run's things away in the middle of it.
func (r *rig) runRemovedByAnotherProcess(t *testing.T) {
	p := r.start(t, "compare", "--format", "json")
	p.await(t, "start app", 4)
	other := r.start(t, "cleanup", "--run", p.run)
	if code := other.ends(t); code != 0 || !strings.HasPrefix(other.stdout.String(), "removed ") {
		t.Errorf("cleanup exits with %d: %s%s", code, other.stdout.String(), other.stderr.String())
	}
	if code := p.ends(t); code != 3 {
		t.Errorf("exit code %d, expected 3\n%s", code, p.stderr.String())
	}
	if c := p.comparison(t); c.Verdict != record.Missing || len(c.Services[0].Warnings) == 0 {
		t.Errorf("verdict %s, warnings %q", c.Verdict, c.Services[0].Warnings)
	}
}

// An app that dies in a later round: what was seen until then is reported, and
// that it was not enough.
func (r *rig) aFailureInALaterRound(t *testing.T) {
	p := r.start(t, "compare", "--format", "json")
	p.await(t, "start app", 8) // the warm-up and three pairs
	// On a busy machine a boot may be over, or be told to stop, before it can be
	// killed: then the next, until one of them counts.
	code := p.endsAmid(t, func(e event) {
		if e.what == "start app" {
			_, _ = r.api.ContainerKill(context.Background(), e.id, client.ContainerKillOptions{Signal: "KILL"})
		}
	})
	if code != 3 {
		t.Errorf("exit code %d, expected 3\n%s", code, p.stderr.String())
	}
	c := p.comparison(t)
	if c.Verdict != record.Missing || c.Services[0].Pairs < 3 || c.Services[0].Pairs > 7 {
		t.Errorf("verdict %s after %d pairs, expected missing after 3 or a few more", c.Verdict, c.Services[0].Pairs)
	}
	warnings := strings.Join(c.Services[0].Warnings, "\n")
	if !strings.Contains(warnings, "round ") || !strings.Contains(warnings, "the app was killed") || !strings.Contains(warnings, "exit code 137") {
		t.Errorf("warnings are %q", warnings)
	}
	for _, change := range c.Services[0].Metrics {
		if change.ID == record.ImageSize && change.Head == nil {
			t.Error("the static part is missing")
		}
	}
}

// An image may declare volumes, of which the engine makes one for every boot.
func (r *rig) anonymousVolumesAreRemoved(t *testing.T) {
	name := "plimsoll.test/volumes-" + engine.NewID()
	derive(t, r.api, "plimsoll.test/clock", name, func(c *v1.Config) { c.Volumes = map[string]struct{}{"/data": {}} })
	p := r.start(t, "measure", "--boots", "1", name)
	found, err := r.api.ContainerInspect(t.Context(), p.await(t, "create app", 1), client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	volume := ""
	for _, m := range found.Container.Mounts {
		if m.Destination == "/data" {
			volume = m.Name
		}
	}
	if volume == "" {
		t.Fatalf("the app has no volume: %+v", found.Container.Mounts)
	}
	if code := p.ends(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr.String())
	}
	if _, err := r.api.VolumeInspect(t.Context(), volume, client.VolumeInspectOptions{}); !errdefs.IsNotFound(err) {
		t.Errorf("volume %s: %v, expected it to be gone", volume, err)
	}
}

// The connection to the engine breaks in the middle: what was seen is reported,
// and that something is left.
func (r *rig) engineIsLost(t *testing.T) {
	host, cut := proxy(t, r.api.DaemonHost())
	p := r.startWith(t, []string{"DOCKER_HOST=" + host}, "compare", "--format", "json")
	p.await(t, "start app", 5)
	cut()
	if code := p.ends(t); code != 3 {
		t.Errorf("exit code %d, expected 3\n%s", code, p.stderr.String())
	}
	if c := p.comparison(t); c.Verdict != record.Missing || c.Services[0].Pairs == 0 {
		t.Errorf("verdict %s after %d pairs", c.Verdict, c.Services[0].Pairs)
	}
	if text := p.stderr.String(); !strings.Contains(text, "the next run does it, or `plimsoll cleanup --run "+p.run+"`") {
		t.Errorf("it said\n%s", text)
	}
	if code := r.start(t, "cleanup", "--run", p.run).ends(t); code != 0 {
		t.Errorf("cleanup exits with %d", code)
	}
}

// What the engine refuses to remove is told, with the way out; the verdict stands.
func (r *rig) whatCannotBeRemovedIsTold(t *testing.T) {
	p := r.start(t, "measure", "--boots", "1", "--format", "json", "plimsoll.test/clock")
	p.await(t, "start app", 1)
	holder, err := r.api.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config:     &container.Config{Image: "plimsoll.test/clock"},
		HostConfig: &container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: "plimsoll-" + p.run, Target: "/held"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended, text := p.ends(t), p.stderr.String()
	if ended != 0 || !strings.Contains(text, "not everything could be removed") || !strings.Contains(text, "volume plimsoll-"+p.run) ||
		!strings.Contains(text, "`plimsoll cleanup --run "+p.run+"` tries again") {
		t.Errorf("exit code %d\n%s", ended, text)
	}
	if _, err := r.api.ContainerRemove(context.Background(), holder.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	again := r.start(t, "cleanup", "--run", p.run)
	code, said := again.ends(t), again.stdout.String()
	// Any other start on this engine sweeps what an ended run has left, and may come first.
	if code != 0 || said != "removed 1 thing from the engine\n" && said != "removed nothing from the engine\n" {
		t.Errorf("cleanup exits with %d: %s%s", code, said, again.stderr.String())
	}
	for _, thing := range enginetest.Left(t, p.run) {
		t.Errorf("cleanup left %s", thing)
	}
}
