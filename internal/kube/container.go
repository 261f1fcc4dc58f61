package kube

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

func (w *Workload) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(w.Notes, note) {
		w.Notes = append(w.Notes, note)
	}
}

// container reads one container. Its variables come first: its command may
// name them.
func (d *document) container(w *Workload, n *yaml.Node) {
	w.At = d.at(n)
	entries := d.Mapping(n, "a container, a mapping")
	keys := map[string]*yaml.Node{}
	for _, e := range entries {
		if !config.IsNull(e.Value) {
			keys[e.Key.Value] = config.Target(e.Value)
		}
	}
	read := func(key string, as func(*yaml.Node)) {
		if v := keys[key]; v != nil {
			as(v)
		}
	}
	read("name", func(v *yaml.Node) { w.Container = d.named(v) })
	read("resources", func(v *yaml.Node) { d.resources(w, v) })
	read("securityContext", func(v *yaml.Node) { d.user(w, v) })
	names := map[string]int{}
	read("ports", func(v *yaml.Node) { names = d.ports(w, v) })
	for _, probe := range []struct {
		key string
		to  **Probe
	}{{"readinessProbe", &w.Ready}, {"livenessProbe", &w.Live}, {"startupProbe", &w.Boot}} {
		read(probe.key, func(v *yaml.Node) { *probe.to = d.probe(w, probe.key, v, names) })
	}
	read("envFrom", func(*yaml.Node) {
		w.note("the variables of envFrom are not available: what the app needs of them goes under `env` in the configuration")
	})
	read("env", func(v *yaml.Node) { d.env(w, v) })
	read("command", func(v *yaml.Node) { w.Command = d.arguments(v, w.Env) })
	read("args", func(v *yaml.Node) { w.Args = d.arguments(v, w.Env) })
	read("volumeMounts", func(v *yaml.Node) { d.mounts(w, v) })
}

// resources reads requests and limits, and compares them as an API server does.
func (d *document) resources(w *Workload, n *yaml.Node) {
	for _, e := range d.Mapping(n, `resources, a mapping with "requests" and "limits"`) {
		switch e.Key.Value {
		case "requests":
			w.Request = d.amounts(e.Value)
		case "limits":
			w.Limit = d.amounts(e.Value)
		}
	}
	for _, pair := range []struct {
		what           string
		limit, request Amount
	}{{"CPU", w.Limit.CPU, w.Request.CPU}, {"memory", w.Limit.Memory, w.Request.Memory}} {
		if pair.limit.Declared() && pair.limit.cmp(pair.request.quantity) < 0 {
			d.failAt(pair.limit.At, "the %s limit of %s is below the request of %s in line %d, which Kubernetes refuses; expected a limit not below it",
				pair.what, pair.limit.String(), pair.request.String(), pair.request.At.Line)
		}
	}
}

func (d *document) failAt(p Place, format string, args ...any) {
	d.Failf(&yaml.Node{Kind: yaml.ScalarNode, Line: p.Line, Column: p.Column}, format, args...)
}

func (d *document) amounts(n *yaml.Node) (r Resources) {
	for _, e := range d.Mapping(n, `a mapping with "cpu" and "memory"`) {
		switch e.Key.Value {
		case "cpu":
			r.CPU = d.amount(e.Value, cpuKind)
		case "memory":
			r.Memory = d.amount(e.Value, memoryKind)
		}
	}
	return r
}

// maxID is the largest user that Kubernetes takes.
const maxID = 1<<31 - 1

// user reads runAsUser and runAsGroup; the container's come after the pod's and
// replace them.
func (d *document) user(w *Workload, n *yaml.Node) {
	user, group, _ := strings.Cut(w.User, ":")
	if v := d.child(n, "runAsUser"); v != nil {
		user = strconv.Itoa(d.integer(v, "a user", 0, maxID))
	}
	if v := d.child(n, "runAsGroup"); v != nil {
		group = strconv.Itoa(d.integer(v, "a group", 0, maxID))
	}
	switch w.User = user; {
	case group != "" && user != "":
		w.User = user + ":" + group
	case group != "":
		w.User = ":" + group // completed by a user of the container, else dropped
	}
}

// ports reads the ports of TCP, and gives them by their names.
func (d *document) ports(w *Workload, n *yaml.Node) map[string]int {
	names := map[string]int{}
	for _, item := range d.List(n, "a list of ports") {
		port, name, tcp := 0, "", true
		for _, e := range d.Mapping(item, `a port, a mapping with "containerPort"`) {
			switch e.Key.Value {
			case "containerPort":
				port = d.integer(e.Value, "a port", 1, 65535)
			case "name":
				name, _ = d.Scalar(e.Value, "the name of a port")
			case "protocol":
				protocol, _ := d.Scalar(e.Value, "a protocol")
				tcp = protocol == "TCP"
			}
		}
		if port > 0 && tcp {
			w.Ports = append(w.Ports, port)
			names[name] = port
		}
	}
	return names
}

// mounts notes what the app will not find.
func (d *document) mounts(w *Workload, n *yaml.Node) {
	var paths []string
	for _, item := range d.List(n, "a list of mounts") {
		if v := d.child(item, "mountPath"); v != nil {
			path, _ := d.Scalar(v, "a path")
			paths = append(paths, config.Shown(path))
		}
	}
	if len(paths) > 0 {
		w.note("nothing is mounted at %s: the app sees the image's own files there, or those of `tmpfs` in the configuration", strings.Join(paths, ", "))
	}
}
