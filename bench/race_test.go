package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/bench/imagegen"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// noCache are the flags that let no run profit from an earlier one.
var noCache = []string{"--no-cache"}

// cacheDir is the variable that says where an earlier run left its indexes.
const cacheDir = "XDG_CACHE_HOME"

// arena is where programs that read images race.
type arena struct {
	timed, plimsoll, dive string
	dir                   string // for what they write
	images                imagegen.Gallery
}

// newArena builds what races, and what they read where it is not there yet.
func newArena(b *testing.B) arena {
	b.Helper()
	cache, err := filepath.Abs("../.cache")
	if err != nil {
		b.Fatal(err)
	}
	a := arena{dir: b.TempDir(), dive: filepath.Join(cache, "bin", "dive")}
	if _, err := os.Stat(a.dive); err != nil {
		b.Fatalf("there is no dive to race against: run scripts/fetch-rival (%v)", err)
	}
	a.plimsoll = a.build(b, "cmd/plimsoll")
	a.timed = a.build(b, "scripts/timed")
	if a.images, err = imagegen.Open(b.Context(), filepath.Join(cache, "bench"), imagegen.Standard); err != nil {
		b.Fatal(err)
	}
	return a
}

func (a arena) build(b *testing.B, command string) string {
	b.Helper()
	program := filepath.Join(a.dir, filepath.Base(command))
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, "../"+command).CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", command, err, out)
	}
	return program
}

// program is one process to run.
type program struct {
	args []string
	env  []string
	ok   func(exit int, stdout string) error
}

// ours is a run of plimsoll, which has to succeed. What it prints goes nowhere.
func (a arena) ours(args ...string) program {
	return program{
		args: append([]string{a.plimsoll}, args...),
		env:  []string{cacheDir + "=" + filepath.Join(a.dir, "unused")},
		ok: func(exit int, _ string) error {
			if exit != 0 {
				return fmt.Errorf("exit code %d", exit)
			}
			return nil
		},
	}
}

// theirs is a run of dive. Its exit code is a verdict on the image; whether it
// got that far, only its last lines say.
func (a arena) theirs(image string) program {
	return program{
		args: []string{a.dive, "--ci", "docker-archive://" + a.images[image].File},
		env:  []string{"CI=true"},
		ok: func(_ int, stdout string) error {
			if !strings.Contains(stdout, "Result:") {
				return errors.New("no verdict at the end of its output")
			}
			return nil
		},
	}
}

// docker names an image of the gallery as a docker archive.
func (a arena) docker(image string) string { return "docker-archive:" + a.images[image].File }

// oci names an image of the gallery as an OCI archive.
func (a arena) oci(image string) string { return "oci-archive:" + a.images[image].File }

// String is the command as a user would type it.
func (p program) String() string {
	words := []string{filepath.Base(p.args[0])}
	for _, arg := range p.args[1:] {
		if dir, file := filepath.Split(arg); file != "" && dir != "" {
			scheme, _, _ := strings.Cut(dir, "/")
			slashes := strings.Repeat("/", strings.Count(dir, "://")*2)
			arg = scheme + slashes + file
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// taken is what one run took, as scripts/timed prints it.
type taken struct {
	Seconds float64
	Memory  int64
	Exit    int
}

// time runs the program, in an environment where no configuration lies about.
func (a arena) time(ctx context.Context, p program) (taken, error) {
	stdout := filepath.Join(a.dir, "stdout")
	command := exec.CommandContext(ctx, a.timed, append([]string{"-stdout", stdout}, p.args...)...)
	command.Dir, command.Env = a.dir, append(os.Environ(), p.env...)
	raw, err := command.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return taken{}, fmt.Errorf("%v: %w: %s", p, err, failed.Stderr)
	}
	if err != nil {
		return taken{}, fmt.Errorf("%v: %w", p, err)
	}
	var t taken
	if err := json.Unmarshal(raw, &t); err != nil {
		return taken{}, fmt.Errorf("%v: %w", p, err)
	}
	printed, err := os.ReadFile(stdout)
	if err == nil {
		err = p.ok(t.Exit, string(printed))
	}
	if err != nil {
		err = fmt.Errorf("%v: %w", p, err)
	}
	return t, err
}

// rival is one way to get something done: programs, one after the other.
type rival struct {
	programs []program
	prepare  func() error // before each run, and not part of its time
}

// runs are what the runs of a rival took.
type runs struct {
	seconds []float64
	memory  int64 // bytes, the most of any process
}

func (r runs) median() float64 { return quantile(r.seconds, 0.5) }

// race lets rivals take turns, so that what the machine does meanwhile befalls
// all of them.
func (a arena) race(b *testing.B, rounds int, rivals ...rival) []runs {
	b.Helper()
	out := make([]runs, len(rivals))
	for range rounds {
		for i, r := range rivals {
			if err := a.turn(b.Context(), r, &out[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	return out
}

func (a arena) turn(ctx context.Context, r rival, into *runs) error {
	if r.prepare != nil {
		if err := r.prepare(); err != nil {
			return err
		}
	}
	sum := 0.0
	for _, p := range r.programs {
		t, err := a.time(ctx, p)
		if err != nil {
			return err
		}
		sum += t.Seconds
		into.memory = max(into.memory, t.Memory)
	}
	into.seconds = append(into.seconds, sum)
	return nil
}

// check has plimsoll read an image once, which also warms the page cache, and
// holds its answer against what was written.
func (a arena) check(b *testing.B, name, ref string) {
	b.Helper()
	p := a.ours(append([]string{"inspect", ref, "--format", "json"}, noCache...)...)
	p.ok = func(_ int, stdout string) error {
		var rec record.Record
		if err := json.Unmarshal([]byte(stdout), &rec); err != nil {
			return err
		}
		if got, want := rec.Metrics[record.ImageSize].Value, float64(a.images[name].Stored); got != want {
			return fmt.Errorf("says %.0f bytes are stored, and %.0f were written", got, want)
		}
		return nil
	}
	if _, err := a.time(b.Context(), p); err != nil {
		b.Fatal(err)
	}
}

// warmed lets runs find an index of an image, and of nothing else: each gets a
// copy of what one run left.
func (a arena) warmed(b *testing.B, ref string, p program) rival {
	b.Helper()
	filled, used := filepath.Join(a.dir, "filled"), filepath.Join(a.dir, "used")
	fill := a.ours("inspect", ref)
	fill.env = []string{cacheDir + "=" + filled}
	if _, err := a.time(b.Context(), fill); err != nil {
		b.Fatal(err)
	}
	p.env = []string{cacheDir + "=" + used}
	return rival{programs: []program{p}, prepare: func() error {
		if err := os.RemoveAll(used); err != nil {
			return err
		}
		if _, err := os.Stat(filled); err != nil {
			return fmt.Errorf("a run of %v left no index to find again: %w", fill, err)
		}
		return os.CopyFS(used, os.DirFS(filled))
	}}
}
