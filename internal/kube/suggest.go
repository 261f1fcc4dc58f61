package kube

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Suggest writes what [Check] would have changed as a strategic merge patch, as
// kubectl patch --patch-file and a kustomization take it; "" where nothing is to
// change. The second document, where there is one, is the autoscaler's.
func Suggest(w Workload, seen Seen) (string, error) {
	var patches []patched
	for _, patch := range []patched{w.patch(seen), w.patchAutoscaler(seen)} {
		if patch.Kind != "" {
			patches = append(patches, patch)
		}
	}
	if len(patches) == 0 {
		return "", nil
	}
	var b bytes.Buffer
	dumper, err := yaml.NewDumper(&b)
	if err != nil {
		return "", fmt.Errorf("write the patch of %s %s: %w", w.Kind, w.Name, err)
	}
	for _, patch := range patches {
		err = errors.Join(err, dumper.Dump(patch))
	}
	if err := errors.Join(err, dumper.Close()); err != nil {
		return "", fmt.Errorf("write the patch of %s %s: %w", w.Kind, w.Name, err)
	}
	return b.String(), nil
}

// patched is the part of an object that changes.
type patched struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   metadata       `yaml:"metadata"`
	Spec       map[string]any `yaml:"spec"`
}

type metadata struct {
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace,omitempty"`
}

// container is the part of one that changes, found by its name.
type container struct {
	Name      string         `yaml:"name"`
	Resources *resources     `yaml:"resources,omitempty"`
	Live      map[string]int `yaml:"livenessProbe,omitempty"`
	Boot      map[string]int `yaml:"startupProbe,omitempty"`
}

// resources are amounts; a nil one is taken away.
type resources struct {
	Requests map[string]*string `yaml:"requests,omitempty"`
	Limits   map[string]*string `yaml:"limits,omitempty"`
}

func (w Workload) patch(seen Seen) patched {
	c := container{Name: w.Container, Resources: w.resize(seen)}
	if w.Boot != nil {
		c.Boot = w.Boot.patch(seen)
	} else if w.Live != nil && !w.Job() {
		c.Live = w.Live.patch(seen)
	}
	if c.Resources == nil && c.Live == nil && c.Boot == nil {
		return patched{}
	}
	spec := map[string]any{"containers": []container{c}}
	way := template[w.Kind]
	for i := len(way) - 1; i >= 0; i-- {
		spec = map[string]any{way[i]: spec}
	}
	return patched{w.APIVersion, w.Kind, metadata{w.Name, w.Namespace}, spec}
}

// resize gives the amounts that change, nil for none.
func (w Workload) resize(seen Seen) *resources {
	r := resources{Requests: map[string]*string{}, Limits: map[string]*string{}}
	if w.resizesMemory(seen) {
		size := mebibytes(float64(seen.Memory))
		r.Requests["memory"] = &size
		if w.Limit.Memory.Bytes() < seen.Memory { // a larger one costs nothing, and a short run sees no leak
			r.Limits["memory"] = &size
		}
	}
	if !w.Job() && w.resizesCPU(seen) {
		size := millis(seen.CPU)
		r.Requests["cpu"] = &size
		if limit := w.Limit.CPU; limit.Declared() && limit.Cores() < seen.CPU {
			r.Limits["cpu"] = nil // a limit below the request is refused
		}
	}
	if len(r.Requests) == 0 {
		return nil
	}
	return &r
}

// resizesMemory reports whether either amount is too small, or the request far
// too large. A killed boot tells no size.
func (w Workload) resizesMemory(seen Seen) bool {
	if seen.Memory == 0 || seen.MemoryPeak == 0 || seen.Killed {
		return false
	}
	limit, request := w.Limit.Memory, w.Requested().Memory
	return request < seen.MemoryPeak || limit.Declared() && limit.Bytes() < seen.Memory || float64(request) > farOff*float64(seen.Memory)
}

func (w Workload) resizesCPU(seen Seen) bool {
	asked := w.Requested().CPUs
	return seen.CPU > 0 && (asked == 0 || seen.CPU > farOff*asked || seen.CPU < asked/farOff || seen.CPUIdle > asked)
}

// patch has a probe wait three times as long as the slowest start took: nodes are
// slower than machines that measure.
func (p Probe) patch(seen Seen) map[string]int {
	if seen.Start == 0 || p.patience() >= seen.Start {
		return nil
	}
	const slower = 3
	wanted := int(math.Ceil((slower*float64(seen.Start)-float64(p.InitialDelay))/float64(p.Period))) + 1
	return map[string]int{"failureThreshold": max(wanted, p.FailureThreshold)}
}

func (w Workload) patchAutoscaler(seen Seen) patched {
	a, wanted := w.Autoscaler, seen.Replicas
	if w.resizesCPU(seen) {
		wanted = seen.ReplicasThen
	}
	if a == nil || a.Target == 0 || wanted <= a.Max {
		return patched{}
	}
	return patched{a.APIVersion, "HorizontalPodAutoscaler", metadata{a.Name, a.Namespace}, map[string]any{"maxReplicas": wanted}}
}

// Report is the workload as reports show it.
func (w Workload) Report(seen Seen) (*record.Manifest, error) {
	patch, err := Suggest(w, seen)
	if err != nil {
		return nil, err
	}
	m := &record.Manifest{Workload: w.Kind + " " + w.Name, Container: w.Container, Findings: Check(w, seen), Patch: patch}
	if m.Findings == nil {
		m.Findings = []record.Finding{}
	}
	return m, nil
}
