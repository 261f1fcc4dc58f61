package bench

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
	"github.com/plimsoll-ci/plimsoll/internal/agent/programs"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/engine/enginetest"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

var (
	accuracyOut   = flag.String("accuracy.out", "", "`directory` for the raw observations of BenchmarkAccuracy; none keeps nothing")
	accuracyMore  = flag.Bool("accuracy.more", false, "add to the observations that are there, instead of taking their place")
	accuracyScale = flag.Float64("accuracy.scale", 1, "share of the full number of boots, for a quick look")
)

// BenchmarkAccuracy holds the product against the truth, row by row of the table
// in docs/accuracy.md. Each row runs alone too: -bench Accuracy/memory.
func BenchmarkAccuracy(b *testing.B) {
	b.Run("startup", func(b *testing.B) { observed(b, "startup", startupRows) })
	b.Run("memory", func(b *testing.B) { observed(b, "memory", memoryRows) })
	b.Run("request", func(b *testing.B) { observed(b, "request", requestRows) })
	b.Run("frozen", func(b *testing.B) { observed(b, "frozen", frozenRows) })
	b.Run("overhead", func(b *testing.B) { observed(b, "overhead", overheadRows) })
	b.Run("agent", func(b *testing.B) { observed(b, "agent", agentRows) })
	b.Run("injected", func(b *testing.B) { observed(b, "injected", injectedRows) })
	b.Run("pairs", func(b *testing.B) { observed(b, "pairs", pairRows) })
}

// rig is what the rows boot with.
type rig struct {
	b      *testing.B
	client *engine.Client
	pods   *measure.Pods
}

// observed makes the observations of a row, keeps them, and prints what they say.
func observed[T any](b *testing.B, row string, observe func(*rig) []T) {
	r := &rig{b: b, client: enginetest.Connect(b)}
	built, err := programs.For(b.Context(), runtime.GOARCH, os.Getenv)
	if err != nil {
		b.Fatal(err)
	}
	r.pods = &measure.Pods{Run: enginetest.Run(b, r.client, built), Log: 50}
	dir := cmp.Or(*accuracyOut, b.TempDir())
	for range b.N {
		environment := r.client.Environment()
		file := accuracy.File[T]{Machine: machineOf(environment)}
		name := engineName(environment)
		if *accuracyMore {
			if file, err = accuracy.Continue[T](os.DirFS(dir), name, row, file.Machine); err != nil {
				b.Fatal(err)
			}
		}
		file.Rows = append(file.Rows, observe(r)...)
		if err := accuracy.Save(filepath.Join(dir, name, row+".jsonl"), file); err != nil {
			b.Fatal(err)
		}
		said, err := accuracy.Said(os.DirFS(dir), name, row)
		if err != nil {
			b.Fatal(err)
		}
		fmt.Printf("\n%s", said)
	}
}

// boots is the number of boots that a row makes at the scale asked for.
func (r *rig) boots(full int) int { return max(1, int(math.Round(float64(full)**accuracyScale))) }

// boot boots a fixture, with more environment than its image has.
func (r *rig) boot(image string, setup record.Setup) measure.Observation {
	r.b.Helper()
	setup.StopTimeout = 5
	setup.Limits.Memory = 512 << 20
	target := measure.Target{Name: image, Image: enginetest.Image(r.b, r.client, image), Setup: setup}
	seen, err := r.pods.Boot(r.b.Context(), target, 0)
	if err != nil {
		r.b.Fatal(err)
	}
	return seen
}

// onPort is a fixture's usual setup: HTTP on 8080.
func onPort(idle record.Seconds, stages ...record.Stage) record.Setup {
	return record.Setup{
		Ready: record.Ready{Kind: record.ReadyHTTP, Port: 8080, Timeout: 30}, Idle: idle,
		Load: record.Load{Stages: stages, Requests: []record.Request{{Method: "GET", Path: "/work", Weight: 1}}},
	}
}

func machineOf(e record.Environment) accuracy.Machine {
	command := "make accuracy"
	if guards := os.Getenv("PLIMSOLL_GUARDS"); guards != "" {
		command = "PLIMSOLL_GUARDS=" + guards + " " + command
	}
	return accuracy.Machine{
		Engine: e.Engine + " " + e.EngineVersion, Kernel: e.Kernel, Arch: e.Arch, Cgroup: e.CgroupVersion, CPUs: e.CPUs,
		Day: time.Now().UTC().Format(time.DateOnly), Command: command,
	}
}

// engineName is the engine as the table heads its column: Docker 20.10, Docker 29.
func engineName(e record.Environment) string {
	parts := strings.SplitN(e.EngineVersion, ".", 3)
	version := parts[0]
	if len(parts) > 1 && parts[0] == "20" {
		version += "." + parts[1]
	}
	return e.Engine + "-" + version
}
