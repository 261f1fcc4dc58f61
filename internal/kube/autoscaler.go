package kube

import (
	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// usualTarget is what an autoscaler without a metric goes by.
// https://kubernetes.io/docs/reference/kubernetes-api/autoscaling/horizontal-pod-autoscaler-v2/
const usualTarget = 0.8

// maxTarget bounds a target, in percent of the request.
const maxTarget = 10_000

// autoscaler reads the one that scales a workload, nil where none does.
func (r *reader) autoscaler(of object) *Autoscaler {
	var found *Autoscaler
	for _, o := range r.scalers {
		if o.spec == nil || !o.scales(of) {
			continue
		}
		if found != nil {
			o.d.Failf(o.node, "%s scales %s, and so does %s (%s); expected one", o, of, found.Name, found.At)
			continue
		}
		found = o.scaler()
	}
	return found
}

func (o object) scales(of object) bool {
	kind, name := "", ""
	reference := o.d.child(o.spec, "scaleTargetRef")
	if reference == nil {
		return false
	}
	for _, e := range o.d.Mapping(reference, "a reference, a mapping") {
		switch e.Key.Value {
		case "kind":
			kind, _ = o.d.Scalar(e.Value, "a kind")
		case "name":
			name, _ = o.d.Scalar(e.Value, "a name")
		}
	}
	return kind == of.kind && name == of.name && (o.namespace == of.namespace || o.namespace == "" || of.namespace == "")
}

func (o object) scaler() *Autoscaler {
	d := o.d
	a := &Autoscaler{APIVersion: o.apiVersion, Name: o.name, Namespace: o.namespace, Min: 1, Target: usualTarget, At: d.at(o.node)}
	var least *yaml.Node
	for _, e := range d.Mapping(o.spec, "the spec of an autoscaler, a mapping") {
		switch v := e.Value; {
		case config.IsNull(v):
		case e.Key.Value == "minReplicas":
			least, a.Min = v, d.integer(v, "a number of replicas", 0, maxReplicas)
		case e.Key.Value == "maxReplicas":
			a.MaxAt, a.Max = d.at(v), d.integer(v, "a number of replicas", 1, maxReplicas)
		case e.Key.Value == "metrics":
			a.Target = d.metrics(v)
		case e.Key.Value == "targetCPUUtilizationPercentage":
			a.Target = float64(d.integer(v, "a percentage", 1, maxTarget)) / 100
		}
	}
	switch {
	case a.Max == 0:
		d.Failf(o.spec, `%s has no "maxReplicas"`, o)
	case a.Min > a.Max:
		d.Failf(least, "the minimum of %d replicas is over the maximum of %d", a.Min, a.Max)
	}
	return a
}

// metrics finds the CPU utilisation that an autoscaler aims at, 0 where it goes
// by something else.
func (d *document) metrics(n *yaml.Node) float64 {
	items := d.List(n, "a list of metrics")
	for _, item := range items {
		for _, source := range []string{"resource", "containerResource"} {
			if m := d.child(item, source); m != nil {
				if target := d.utilization(m); target > 0 {
					return target
				}
			}
		}
	}
	if len(items) == 0 {
		return usualTarget
	}
	return 0
}

func (d *document) utilization(n *yaml.Node) float64 {
	name, target := d.child(n, "name"), d.child(n, "target")
	if name == nil || target == nil || name.Value != "cpu" {
		return 0
	}
	average := d.child(target, "averageUtilization")
	if average == nil {
		return 0
	}
	return float64(d.integer(average, "a percentage", 1, maxTarget)) / 100
}
