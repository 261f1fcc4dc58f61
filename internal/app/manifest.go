package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/kube"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// readManifests completes the plan's services with what their Kubernetes
// manifests say. The files are read here: configuration is data.
func (j *job) readManifests() error {
	j.workloads = map[string]*kube.Workload{}
	var failed []error
	for i := range j.plan.Services {
		if s := &j.plan.Services[i]; len(s.Kubernetes.Files) > 0 {
			failed = append(failed, j.readManifest(s))
		}
	}
	return errors.Join(failed...)
}

func (j *job) readManifest(s *config.Service) error {
	var files []kube.File
	for _, name := range s.Kubernetes.Files {
		source, err := readBounded(beside(j.plan.File, name), kube.MaxSize)
		var large *largeError
		if errors.As(err, &large) {
			return config.Errors{{File: name, Line: 1, Column: 1, Message: large.Error()}}
		}
		if err != nil {
			return usagef("service %s: kubernetes: %v", s.Name, err)
		}
		files = append(files, kube.File{Name: name, Source: source})
	}
	w, err := kube.Read(files, kube.Choice{Workload: s.Kubernetes.Name, Container: s.Kubernetes.Container})
	if err != nil {
		return err
	}
	if err := bootable(*s, w); err != nil {
		return err
	}
	s.WithManifest(w.Manifest())
	j.workloads[s.Name] = &w
	for _, note := range w.Notes {
		j.notes[s.Name] = append(j.notes[s.Name], "manifest: "+note)
	}
	return nil
}

// bootable refuses a manifest by which nobody could tell when a boot is ready.
func bootable(s config.Service, w kube.Workload) error {
	if w.Job() && s.Kubernetes.OwnLoad {
		return usagef("service %s: %s %s ends by itself, and nothing can be asked of it: leave out `load`", s.Name, w.Kind, w.Name)
	}
	p := w.Probed()
	if s.Kubernetes.OwnReady || w.Job() || p == nil || p.Kind != "" {
		return nil
	}
	return config.Errors{{File: p.At.File, Line: p.At.Line, Column: p.At.Column,
		Message: fmt.Sprintf("the %s runs a command inside of the container, which would be measured with it: say in the configuration when the service is ready, such as `ready: {http: /health}`", p.Key)}}
}

// declaredOf is what a service is deployed with; nothing without a manifest.
func (j *job) declaredOf(name string) cost.Declared {
	w := j.workloads[name]
	if w == nil {
		return cost.Declared{}
	}
	least, most, target := w.Bounds()
	return cost.Declared{Request: w.Requested(), Limit: w.Limited(), Min: least, Max: most, TargetCPU: target}
}

// manifest tells where the manifest of a service does not fit its image, nil for a
// service without one, or of which nothing was measured.
func (j *job) manifest(s config.Service, p *pricing, rec *record.Record, bootErr error) (*record.Manifest, error) {
	w := j.workloads[s.Name]
	if w == nil {
		return nil, nil
	}
	seen := kube.Seen{
		MemoryPeak: record.Bytes(most(rec, record.MemoryPeak)), Start: record.Seconds(most(rec, record.StartupReady)),
		MemoryIdle: record.Bytes(rec.Metrics[record.MemoryIdle].Value), CPUIdle: rec.Metrics[record.CPUIdle].Value,
		Killed: errors.Is(bootErr, measure.ErrMemory) && s.Setup.Limits.Memory == w.Limited().Memory,
	}
	if seen.MemoryPeak > 0 {
		inputs := p.medians(rec)
		inputs.MemoryPeak = seen.MemoryPeak
		fit := p.model.Fit(inputs)
		seen.Memory, seen.CPU, seen.Replicas, seen.ReplicasThen = fit.Memory, fit.CPUs, fit.Replicas, fit.ReplicasThen
	}
	return w.Report(seen)
}

// most is the largest value of a metric over the boots, 0 without any.
func most(rec *record.Record, id record.MetricID) float64 {
	m := rec.Metrics[id]
	return slices.Max(append([]float64{m.Value}, m.Values...))
}

// misfits are the findings as warnings.
func misfits(m *record.Manifest) []string {
	var all []string
	if m != nil {
		for _, f := range m.Findings {
			all = append(all, fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message))
		}
	}
	return all
}

// patches joins what is suggested for the manifests of all services.
func patches(c record.Comparison) string {
	var all []string
	for _, s := range c.Services {
		if s.Manifest != nil && s.Manifest.Patch != "" {
			all = append(all, s.Manifest.Patch)
		}
	}
	return strings.Join(all, "---\n")
}
