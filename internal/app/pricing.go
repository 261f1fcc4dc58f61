package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// newModel sets up what prices the images, by the user's book where one is named.
func newModel(configFile string, c config.Cost) (*cost.Model, error) {
	book, err := openBook(configFile, c.Book)
	if err != nil {
		return nil, err
	}
	model, err := cost.NewModel(book, c, time.Now())
	if err != nil {
		return nil, usagef("cost: %v", err)
	}
	return model, nil
}

// openBook reads a price book below the configuration's directory, and nothing
// outside of it, wherever links lead: errors show lines of what was read.
func openBook(configFile, name string) (*cost.Book, error) {
	if name == "" {
		return cost.Builtin()
	}
	src, err := readBelow(filepath.Dir(configFile), name, config.MaxSize)
	if err != nil {
		return nil, usagef("cost.book: %v", err)
	}
	return cost.ReadBook(filepath.Join(filepath.Dir(configFile), name), src)
}

// readBelow reads a regular file of at most so many bytes below a directory.
func readBelow(dir, name string, most int64) (src []byte, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read from
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s in %s", name, dir)
	case err != nil:
		return nil, fmt.Errorf("%w; the file must lie below the configuration's directory %s", err, dir)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	src, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(src)) > most {
		err = fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return src, err
}

// priceWhereItRuns takes the price of the architecture that the images found are
// of, where the user names none. A node of another one is an error then.
func (j *job) priceWhereItRuns(pairs [][2]*side) (err error) {
	if j.plan.Cost.Arch != "" {
		return nil
	}
	var found []string
	for _, pair := range pairs {
		if image := pair[1].image; image != nil {
			found = append(found, image.Platform)
		}
	}
	if arch := soldArch(found); arch != "" {
		c := j.plan.Cost
		c.Arch = arch
		j.model, err = newModel(j.plan.File, c)
	}
	return err
}

// soldArch is the architecture among those of images that machines are sold with: Arm
// where one of them is, "" where none is known.
func soldArch(platforms []string) (arch string) {
	for _, p := range platforms {
		switch parts := strings.Split(p, "/"); {
		case len(parts) < 2:
		case parts[1] == "arm64":
			return "arm64"
		case parts[1] == "amd64":
			arch = "amd64"
		}
	}
	return arch
}

// pricing prices the two records of a service. Each side pulls what a node that
// holds the other must fetch, so that the difference is fair. Requests are sized
// from the measurement: the limits an image was booted with bound it, they are
// not what a cluster reserves for it. What a manifest declares comes first.
type pricing struct {
	model   *cost.Model
	records [2]*record.Record
	pulls   [2]record.Bytes

	declared cost.Declared
}

func (j *job) pricing(service string, records [2]*record.Record) *pricing {
	p := newPricing(j.model, records)
	p.declared = j.declaredOf(service)
	return p
}

func newPricing(model *cost.Model, records [2]*record.Record) *pricing {
	base, head := records[0], records[1]
	return &pricing{model: model, records: records,
		pulls: [2]record.Bytes{analyze.Pull(head.Layers, base.Layers), analyze.Pull(base.Layers, head.Layers)}}
}

// month gives the price of an image had it behaved as in one trial.
func (p *pricing) month(rec *record.Record, trial map[record.MetricID]float64) (float64, error) {
	return p.model.Month(p.inputs(rec, trial))
}

// estimate explains the price of a whole record.
func (p *pricing) estimate(rec *record.Record) (record.Estimate, error) {
	return p.model.Explain(p.medians(rec))
}

// medians are the inputs of the boots in the middle.
func (p *pricing) medians(rec *record.Record) cost.Inputs {
	return p.inputs(rec, medians(rec))
}

// inputs takes times and memory from the trial, and bytes from the record.
func (p *pricing) inputs(rec *record.Record, trial map[record.MetricID]float64) cost.Inputs {
	compressed := record.Bytes(rec.Metrics[record.ImageCompressed].Value)
	pull := compressed // of an image alone: what a machine holds already is not known
	for i, of := range p.records {
		if rec == of {
			pull = p.pulls[i]
		}
	}
	return cost.Inputs{
		MemoryPeak:   record.Bytes(trial[record.MemoryPeak]),
		CPURequest:   trial[record.CPURequest],
		CPUIdle:      trial[record.CPUIdle],
		StartupReady: trial[record.StartupReady],
		StartupCPU:   trial[record.StartupCPU],
		Latency:      trial[record.LoadP50],
		RunSeconds:   trial[record.RunSeconds],
		RunCPU:       trial[record.RunCPU],
		Compressed:   compressed,
		Unpacked:     record.Bytes(rec.Metrics[record.ImageSize].Value),
		Pull:         pull,
		Declared:     p.declared,
	}
}
