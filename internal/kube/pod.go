package kube

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// maxReplicas is the most that anybody runs.
const maxReplicas = 10_000

// workload reads what was chosen.
func (r *reader) workload(o object) Workload {
	w := Workload{APIVersion: o.apiVersion, Kind: o.kind, Name: o.name, Namespace: o.namespace, Env: map[string]string{}}
	if o.spec == nil {
		o.d.Failf(o.node, `%s has no "spec"`, o)
		return w
	}
	o.replicas(&w)
	o.d.pod(&w, o.podSpec(), o.defaultContainer, r.choice.Container)
	if a := r.autoscaler(o); a != nil {
		w.scaledBy(a)
	}
	return w
}

func (w *Workload) scaledBy(a *Autoscaler) {
	w.Autoscaler = a
	if a.Target == 0 {
		w.note("the autoscaler %s goes by something else than CPU utilisation: the configuration's target is priced", a.Name)
	}
	if a.Min == 0 {
		w.note("the autoscaler %s goes down to 0 replicas: the configuration's minimum is priced", a.Name)
	}
}

// replicas reads how many there are without an autoscaler. A set that stands on
// every node has as many as there are nodes, which no manifest knows.
func (o object) replicas(w *Workload) {
	switch o.kind {
	case "DaemonSet":
		w.note("a DaemonSet has a replica on every node: the configuration's replicas are priced")
		return
	case "Job", "CronJob":
		return
	case "Pod":
		w.Replicas = 1
		return
	}
	w.Replicas = 1
	if n := o.d.child(o.spec, "replicas"); n != nil {
		w.Replicas = o.d.integer(n, "a number of replicas", 0, maxReplicas)
		if w.Replicas == 0 {
			w.note("%s has 0 replicas: the configuration's are priced", o)
		}
	}
}

// podSpec follows the template to the spec of the pods, nil where there is none.
func (o object) podSpec() *yaml.Node {
	at := o.spec
	for _, key := range template[o.kind] {
		next := o.d.child(at, key)
		if next == nil {
			o.d.Failf(at, "%s has no %q here, expected %s", o, key, strings.Join(append([]string{"spec"}, template[o.kind]...), "."))
			return nil
		}
		at = next
	}
	return at
}

// child is the value of a key, nil where it is missing or null.
func (d *document) child(n *yaml.Node, key string) *yaml.Node {
	for _, e := range d.Mapping(n, "a mapping with "+strconv.Quote(key)) {
		if e.Key.Value == key && !config.IsNull(e.Value) {
			return config.Target(e.Value)
		}
	}
	return nil
}

// integer reads a whole number within bounds.
func (d *document) integer(n *yaml.Node, what string, least, most int) int {
	text, ok := d.Scalar(n, what)
	if !ok {
		return least
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < least || v > most {
		d.Failf(n, "expected %s from %d to %d, found %s", what, least, most, config.Shown(text))
		return least
	}
	return v
}

// pod reads the container that is meant, and what the pod says for all of them.
func (d *document) pod(w *Workload, spec *yaml.Node, usual, wanted string) {
	if spec == nil {
		return
	}
	var containers *yaml.Node
	for _, e := range d.Mapping(spec, `the spec of a pod, a mapping with "containers"`) {
		switch e.Key.Value {
		case "containers":
			containers = config.Target(e.Value)
		case "initContainers":
			if names := d.namesIn(e.Value); len(names) > 0 {
				w.note("its init containers are not run: %s", strings.Join(names, ", "))
			}
		case "securityContext":
			d.user(w, e.Value)
		}
	}
	if containers == nil || len(containers.Content) == 0 {
		d.Failf(spec, `the pod has no "containers"`)
		return
	}
	if n := d.chosen(containers, usual, wanted); n != nil {
		d.container(w, n)
		if others := len(containers.Content) - 1; others > 0 {
			names := slices.DeleteFunc(d.namesIn(containers), func(name string) bool { return name == w.Container })
			w.note("the pod's other containers are neither run nor priced: %s", strings.Join(names, ", "))
		}
	}
}

// namesIn are the names of a list of containers.
func (d *document) namesIn(n *yaml.Node) []string {
	var names []string
	for _, item := range d.List(n, "a list of containers") {
		names = append(names, d.name(item))
	}
	return names
}

func (d *document) name(container *yaml.Node) string {
	if n := d.child(container, "name"); n != nil {
		return d.named(n)
	}
	return ""
}

// chosen is the container of a name, else the only one.
func (d *document) chosen(containers *yaml.Node, usual, wanted string) *yaml.Node {
	items, names := d.List(containers, "a list of containers"), d.namesIn(containers)
	asked := wanted
	if asked == "" {
		asked = usual
	}
	switch at := slices.Index(names, asked); {
	case asked != "" && at >= 0:
		return items[at]
	case asked != "":
		d.Failf(containers, "there is no container %s here, expected one of %s%s", config.Shown(asked), list(names), config.DidYouMean(asked, names))
	case len(items) == 1:
		return items[0]
	case len(items) > 1:
		d.Failf(containers, `the pod has %d containers, %s; name one in the configuration: {file: ..., container: %s}`, len(items), list(names), names[0])
	}
	return nil
}

func list(names []string) string {
	texts := make([]string, min(len(names), maxNamed))
	for i := range texts {
		texts[i] = config.Shown(names[i])
	}
	return strings.Join(texts, ", ")
}
