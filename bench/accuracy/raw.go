package accuracy

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Machine is where observations were made. It is the first line of every file.
type Machine struct {
	Engine  string `json:"engine"` // Docker 20.10.24
	Kernel  string `json:"kernel"`
	Arch    string `json:"arch"`
	Cgroup  string `json:"cgroup"`
	CPUs    int    `json:"cpus"`
	Day     string `json:"day"` // 2006-01-02; the last, of several
	Command string `json:"command"`
}

// Startup is one boot of an image that stamps the moment it listens, in seconds
// since the gate (Outside: since the engine's start event).
type Startup struct {
	After   float64 `json:"after"` // when the image meant to listen
	Truth   float64 `json:"truth"`
	Open    float64 `json:"open"`  // the open port, which is what the image stamps
	Ready   float64 `json:"ready"` // the first good answer, which it can give a little later
	Outside float64 `json:"outside"`
}

// Memory is one boot of an image that touches memory for a short while, in bytes.
type Memory struct {
	Touched int64   `json:"touched"`
	For     float64 `json:"for"` // seconds
	Idle    float64 `json:"idle"`
	Peak    float64 `json:"peak"`
	// What docker stats shows, before and at most.
	StatsIdle float64 `json:"stats_idle"`
	StatsPeak float64 `json:"stats_peak"`
	Readings  int     `json:"readings"` // that docker stats gave during the boot
}

// Request is one boot of an image of which the CPU time per request is known.
type Request struct {
	Truth    float64 `json:"truth"` // CPU seconds
	Measured float64 `json:"measured"`
	Requests int     `json:"requests"`
}

// Frozen is one boot of a server that answers nothing for a part of every period,
// by a schedule that it prints. Times are in seconds, on one clock.
type Frozen struct {
	Start    float64 `json:"start"` // of the schedule
	First    float64 `json:"first"` // request
	Frozen   float64 `json:"frozen"`
	Every    float64 `json:"every"`
	Rate     float64 `json:"rate"`
	Requests int     `json:"requests"`
	P99      float64 `json:"p99"` // as the product says
	Lag      float64 `json:"lag"` // 99th percentile of how late the generator sent
}

// Run is one comparison by the whole product, with the boots of its pairs.
type Run struct {
	Base    string            `json:"base"`
	Head    string            `json:"head"`
	Grow    float64           `json:"grow"` // the budget of every gated metric
	Verdict record.Verdict    `json:"verdict"`
	Failed  []record.MetricID `json:"failed,omitempty"`
	Voided  int               `json:"voided"`
	Pairs   []Pair            `json:"pairs"` // those that count
}

// Pair is the gated metrics of two boots.
type Pair struct {
	Base map[record.MetricID]float64 `json:"base"`
	Head map[record.MetricID]float64 `json:"head"`
}

// Overhead is one boot's wall time from asking for the pod to its removal, and
// what of it is the app's own. In seconds.
type Overhead struct {
	Wall  float64 `json:"wall"`
	Ready float64 `json:"ready"`
	Idle  float64 `json:"idle"`
	Load  float64 `json:"load"`
	Stop  float64 `json:"stop"` // the app's, by the agent; part of the overhead
}

// Agent is the CPU time of the agent in one boot.
type Agent struct {
	Rate      float64 `json:"rate"`      // requests per second asked for; 0 for none
	Completed int     `json:"completed"` // good answers
	CPU       float64 `json:"cpu"`       // seconds, from the gate to the end of the load
	Window    float64 `json:"window"`    // seconds, the same
	Load      float64 `json:"load"`      // seconds of load
}

// File is one row's observations on one engine.
type File[T any] struct {
	Machine Machine
	Rows    []T
}

// Save writes a file of observations.
func Save[T any](name string, f File[T]) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	encoder := json.NewEncoder(out)
	err = encoder.Encode(f.Machine)
	for _, row := range f.Rows {
		err = errors.Join(err, encoder.Encode(row))
	}
	return err
}

// Load reads a file of observations; one that is not there has none.
func Load[T any](from fs.FS, engine, row string) (File[T], error) {
	var f File[T]
	name := path.Join(engine, row+".jsonl")
	in, err := from.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	defer func() { _ = in.Close() }()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var row T
		into := any(&row)
		if n == 1 {
			into = &f.Machine
		}
		if err := json.Unmarshal(lines.Bytes(), into); err != nil {
			return f, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if n > 1 {
			f.Rows = append(f.Rows, row)
		}
	}
	return f, lines.Err()
}

// Continue reads a file of observations that more are to be added to. They have to
// be made where those in it were made: of two machines there are two truths.
func Continue[T any](from fs.FS, engine, row string, here Machine) (File[T], error) {
	f, err := Load[T](from, engine, row)
	if err != nil || len(f.Rows) == 0 {
		return File[T]{Machine: here}, err
	}
	f.Machine.Day = here.Day
	if f.Machine != here {
		return f, fmt.Errorf("add to the observations of %s: they were made on %s and this is %s: make them all again", row, f.Machine, here)
	}
	return f, nil
}
