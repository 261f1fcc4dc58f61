package accuracy_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/bench/accuracy"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const engine = "Docker-20.10"

var machine = accuracy.Machine{Engine: "Docker 20.10.24", Kernel: "6.1", Arch: "amd64", Cgroup: "1", CPUs: 2, Day: "2026-11-22", Command: "make accuracy"}

func save[T any](t *testing.T, dir, row string, rows ...T) {
	t.Helper()
	if err := accuracy.Save(filepath.Join(dir, engine, row+".jsonl"), accuracy.File[T]{Machine: machine, Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

// said is what the observations in a directory say of a row's claims.
func said(t *testing.T, dir, row string) string {
	t.Helper()
	text, err := accuracy.Said(os.DirFS(dir), engine, row)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatWasSavedComesBack(t *testing.T) {
	dir := t.TempDir()
	want := accuracy.Run{Base: "a", Head: "b", Grow: 0.05, Verdict: record.Fail, Failed: []record.MetricID{record.MemoryPeak}, Voided: 1,
		Pairs: []accuracy.Pair{{Base: map[record.MetricID]float64{record.MemoryPeak: 1}, Head: map[record.MetricID]float64{record.MemoryPeak: 2}}}}
	save(t, dir, "pairs", want)
	got, err := accuracy.Load[accuracy.Run](os.DirFS(dir), engine, "pairs")
	if d := cmp.Diff(accuracy.File[accuracy.Run]{Machine: machine, Rows: []accuracy.Run{want}}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	none, err := accuracy.Load[accuracy.Run](os.DirFS(dir), engine, "injected")
	if len(none.Rows) != 0 || err != nil {
		t.Errorf("a file that is not there: %v, %v", none, err)
	}
}

func TestMoreIsAddedOnTheSameMachineOnly(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "request", accuracy.Request{Truth: 0.002, Measured: 0.002, Requests: 80})
	tomorrow, elsewhere := machine, machine
	tomorrow.Day, elsewhere.CPUs = "2026-11-23", 4
	got, err := accuracy.Continue[accuracy.Request](os.DirFS(dir), engine, "request", tomorrow)
	want := accuracy.File[accuracy.Request]{Machine: tomorrow, Rows: []accuracy.Request{{Truth: 0.002, Measured: 0.002, Requests: 80}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := accuracy.Continue[accuracy.Request](os.DirFS(dir), engine, "request", elsewhere); err == nil || !strings.Contains(err.Error(), "4 CPUs") {
		t.Errorf("on another machine: %v", err)
	}
	none, err := accuracy.Continue[accuracy.Run](os.DirFS(dir), engine, "pairs", elsewhere)
	if d := cmp.Diff(accuracy.File[accuracy.Run]{Machine: elsewhere}, none); d != "" || err != nil {
		t.Errorf("to nothing: %v (-want +got):\n%s", err, d)
	}
}

// In 12 s of 200 requests a second, 600 are due in three freezes. The 24 largest
// waits are the first 8 of each; the next is the 99th percentile.
func TestFrozenTruth(t *testing.T) {
	f := accuracy.Frozen{Start: 100, First: 100.502, Frozen: 1, Every: 4, Rate: 200, Requests: 2400}
	if got := f.Truth(); math.Abs(got-0.958) > 1e-6 {
		t.Errorf("99th percentile %v, want 0.958: due 2 ms into a freeze and 8 requests later", got)
	}
}

func TestEachBarCanBeMissed(t *testing.T) {
	boot := func(off float64) accuracy.Startup {
		return accuracy.Startup{After: 0.05, Truth: 0.051, Open: 0.051 + off, Ready: 0.052, Outside: 0.1}
	}
	touch := func(peak float64) accuracy.Memory { return accuracy.Memory{Touched: 1000, Idle: 50, Peak: 50 + peak} }
	freeze := func(p99 float64) accuracy.Frozen {
		return accuracy.Frozen{First: 0.502, Frozen: 1, Every: 4, Rate: 200, Requests: 2400, P99: p99}
	}
	for row, c := range map[string]struct{ met, missed func(dir string) }{
		"startup": {
			func(dir string) { save(t, dir, "startup", boot(0.0009), boot(-0.0009)) },
			func(dir string) { save(t, dir, "startup", boot(0.0001), boot(0.0001), boot(-0.0021)) },
		},
		"memory": {
			func(dir string) { save(t, dir, "memory", touch(981), touch(1019)) },
			func(dir string) { save(t, dir, "memory", touch(1000), touch(979)) },
		},
		"request": {
			func(dir string) { save(t, dir, "request", accuracy.Request{Truth: 0.002, Measured: 0.00205}) },
			func(dir string) { save(t, dir, "request", accuracy.Request{Truth: 0.002, Measured: 0.00193}) },
		},
		"frozen": {
			func(dir string) { save(t, dir, "frozen", freeze(0.97)) },
			func(dir string) { save(t, dir, "frozen", freeze(0.98)) },
		},
		"overhead": {
			func(dir string) {
				save(t, dir, "overhead", accuracy.Overhead{Wall: 0.95, Ready: 0.05, Idle: 0.1, Load: 0.2})
			},
			func(dir string) {
				save(t, dir, "overhead", accuracy.Overhead{Wall: 0.96, Ready: 0.05, Idle: 0.1, Load: 0.2})
			},
		},
	} {
		for want, prepare := range map[string]func(string){"**met**": c.met, "**missed**": c.missed} {
			dir := t.TempDir()
			prepare(dir)
			if got := said(t, dir, row); !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %s", row, got, want)
			}
		}
	}
}

func TestTheAgentsCostIsWithoutItsSampling(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "agent",
		accuracy.Agent{CPU: 0.05, Window: 1},
		accuracy.Agent{CPU: 0.09, Window: 5},
		accuracy.Agent{Rate: 200, Completed: 800, CPU: 0.61, Window: 5, Load: 4},
		accuracy.Agent{Rate: 9000, Completed: 20000, CPU: 1.41, Window: 5, Load: 4})
	got := said(t, dir, "agent")
	for _, want := range []string{"**missed**: 70.0 µs", "at 5000/s", "**met**: 15.00 % of a core", "**met**: 1.00 % of a core"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %q", got, want)
		}
	}
}

// alike is a run of an image against itself.
func alike(pairs int, spread float64, seed uint64) accuracy.Run {
	random := rand.New(rand.NewPCG(seed, 1))
	boot := func() map[record.MetricID]float64 {
		m := map[record.MetricID]float64{}
		for _, id := range accuracy.Gated {
			m[id] = math.Exp(spread * random.NormFloat64())
		}
		return m
	}
	r := accuracy.Run{Base: "a", Head: "a"}
	for range pairs {
		r.Pairs = append(r.Pairs, accuracy.Pair{Base: boot(), Head: boot()})
	}
	return r
}

func TestPairs(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "pairs", alike(24, 0.02, 1), alike(24, 0.02, 2), alike(5, 0.02, 3))
	text, err := accuracy.Markdown(os.DirFS(dir))
	if strings.Contains(text, "missed") {
		t.Errorf("a quiet machine:\n%s", text)
	}
	for _, want := range []string{"| Docker 20.10 |", "not measured", "### Growth put into recorded pairs", "`make accuracy`",
		"too noisy for 1 more", "100.00 % of 1000 runs"} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%v: no %q in\n%s", err, want, text)
		}
	}
	save(t, dir, "pairs", alike(24, 0.3, 1), alike(24, 0.3, 2))
	if got := said(t, dir, "pairs"); !strings.Contains(got, "**missed**") {
		t.Errorf("a noisy machine finds +15 %%:\n%s", got)
	}
	save(t, dir, "pairs", alike(5, 0.02, 1))
	if got := said(t, dir, "pairs"); strings.Contains(got, "**met**") {
		t.Errorf("no run is evidence, yet:\n%s", got)
	}
}

// One false alarm in 19 runs is more than 3 %, and too little to call it missed.
func TestFewAlarmsAreNeitherMetNorMissed(t *testing.T) {
	worse := alike(24, 0.001, 99)
	for i := range worse.Pairs {
		worse.Pairs[i].Head[record.CPURequest] *= 2
	}
	for alarms, want := range map[int]string{
		0: "**met**: 0 of 19 (at most 14.59 %",
		1: "**not shown**: 1 of 19 (at least 0.27 %, at most 22.64 %",
		5: "**missed**: 5 of 19 (",
	} {
		dir := t.TempDir()
		runs := make([]accuracy.Run, 19)
		for i := range runs {
			if runs[i] = alike(24, 0.001, 1); i < alarms {
				runs[i] = worse
			}
		}
		save(t, dir, "pairs", runs...)
		if got := said(t, dir, "pairs"); !strings.Contains(got, want) {
			t.Errorf("%d alarms: no %q in\n%s", alarms, want, got)
		}
	}
}
