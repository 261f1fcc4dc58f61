package kube

import (
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Workload is what manifests say of one container and of the pods it runs in.
type Workload struct {
	APIVersion, Kind  string
	Name, Namespace   string
	Container         string
	At                Place // of the container
	Request, Limit    Resources
	Replicas          int         // 0 where the manifest does not settle it
	Autoscaler        *Autoscaler // nil for none
	Ready, Live, Boot *Probe      // readinessProbe, livenessProbe, startupProbe; nil for none
	Ports             []int       // containerPort, of TCP
	Command, Args     []string
	Env               map[string]string // plain values
	User              string
	Notes             []string // what the manifest says that is not followed
}

// Autoscaler is a HorizontalPodAutoscaler.
type Autoscaler struct {
	APIVersion, Name, Namespace string
	Min, Max                    int
	MaxAt                       Place
	Target                      float64 // ratio of the CPU request; 0 where it goes by something else
	At                          Place
}

// Probe is one of a container's probes, with the defaults of Kubernetes.
type Probe struct {
	Key              string           // readinessProbe, livenessProbe or startupProbe
	Kind             record.ReadyKind // "" for one that runs a command
	Path, Service    string
	Port             int
	InitialDelay     int // seconds
	Period           int // seconds
	FailureThreshold int
	At               Place
}

// patience is how long after its start a container is left alone at most before
// the probe gives up: the first attempt is made after the initial delay.
// https://kubernetes.io/docs/concepts/workloads/pods/probes/
func (p Probe) patience() record.Seconds {
	return record.Seconds(p.InitialDelay + (p.FailureThreshold-1)*p.Period)
}

// Job reports whether the container is to end by itself.
func (w Workload) Job() bool { return w.Kind == "Job" || w.Kind == "CronJob" }

// leastCPU is the smallest CPU limit that container engines take, in cores.
const leastCPU = 0.01

// Manifest is what a boot goes by.
func (w Workload) Manifest() config.Manifest {
	m := config.Manifest{Limits: w.Limit.limits(), Env: maps.Clone(w.Env), User: w.User, Ready: w.ready()}
	if m.Limits.CPUs > 0 {
		m.Limits.CPUs = max(m.Limits.CPUs, leastCPU)
	}
	if strings.HasPrefix(m.User, ":") {
		m.User = "" // a group alone: the image's user stays
	}
	if len(w.Command) > 0 {
		m.Command = slices.Concat(w.Command, w.Args)
	} else {
		m.Args = w.Args
	}
	return m
}

// Probed is the probe that tells a boot's readiness, nil for none.
func (w Workload) Probed() *Probe {
	if w.Ready != nil {
		return w.Ready
	}
	return w.Boot
}

func (w Workload) ready() record.Ready {
	if w.Job() {
		return record.Ready{Kind: record.ReadyExit}
	}
	p := w.Probed()
	switch {
	case p == nil && len(w.Ports) > 0:
		return record.Ready{Kind: record.ReadyAuto, Port: w.Ports[0]}
	case p == nil || p.Kind == "":
		return record.Ready{}
	}
	r := record.Ready{Kind: p.Kind, Path: p.Path, Service: p.Service, Port: p.Port}
	if w.Boot != nil {
		r.Timeout = record.Seconds(w.Boot.InitialDelay + w.Boot.FailureThreshold*w.Boot.Period)
	}
	return r
}

// Bounds are the least and most replicas, and the autoscaler's target as a ratio
// of the CPU request; zero where the manifest does not say.
func (w Workload) Bounds() (least, most int, target float64) {
	if a := w.Autoscaler; a != nil {
		return a.Min, a.Max, a.Target
	}
	return w.Replicas, w.Replicas, 0
}

// Requested is what one replica asks for. Kubernetes takes the limit where only
// that is given.
func (w Workload) Requested() record.Limits {
	r, l := w.Request.limits(), w.Limit.limits()
	if r.CPUs == 0 {
		r.CPUs = l.CPUs
	}
	if r.Memory == 0 {
		r.Memory = l.Memory
	}
	return r
}

// Limited is what one replica may use.
func (w Workload) Limited() record.Limits { return w.Limit.limits() }
