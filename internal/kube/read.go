package kube

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// MaxSize bounds a manifest, in bytes. The charts that render to more than a few
// hundred kB are mostly custom resource definitions.
const MaxSize = 8 << 20

// maxValues bounds a manifest after its aliases are written out.
const maxValues = 500_000

// File is one file of manifests.
type File struct {
	Name   string // in front of errors
	Source []byte
}

// Choice says which container of the files is meant. What is empty must be plain.
type Choice struct {
	Workload  string // its name
	Container string
}

// Read finds a workload, one of its containers and its autoscaler. The error
// joins a [config.Errors] for each file, with everything that is wrong with what
// was chosen.
func Read(files []File, choice Choice) (Workload, error) {
	r := &reader{choice: choice}
	for _, f := range files {
		d := &document{Documents: config.ReadDocuments(f.Name, f.Source, config.Bounds{Size: MaxSize, Values: maxValues}), file: f.Name}
		r.files = append(r.files, d)
		for _, root := range d.Roots {
			r.object(d, root, 0)
		}
	}
	if err := r.err(); err != nil {
		return Workload{}, err
	}
	w := r.choose()
	return w, r.err()
}

// document is one file that is being read.
type document struct {
	*config.Documents
	file string
}

func (d *document) at(n *yaml.Node) Place {
	n = config.Target(n)
	return Place{d.file, n.Line, n.Column}
}

// reader gathers what the files hold.
type reader struct {
	choice    Choice
	files     []*document
	workloads []object
	scalers   []object
}

// object is one Kubernetes object, unread but for its head.
type object struct {
	d                *document
	node             *yaml.Node
	apiVersion, kind string
	name, namespace  string
	defaultContainer string     // by the annotation of kubectl
	spec             *yaml.Node // nil without one
}

func (r *reader) err() error {
	var all []error
	for _, d := range r.files {
		all = append(all, d.Err())
	}
	return errors.Join(all...)
}

// template is the way to a pod's spec from the spec of a workload.
var template = map[string][]string{
	"Pod": nil, "Deployment": {"template", "spec"}, "StatefulSet": {"template", "spec"}, "DaemonSet": {"template", "spec"},
	"ReplicaSet": {"template", "spec"}, "Job": {"template", "spec"}, "CronJob": {"jobTemplate", "spec", "template", "spec"},
}

// groups are where the kinds belong: a kind of this name elsewhere is another.
var groups = map[string]string{
	"Pod": "", "Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "ReplicaSet": "apps",
	"Job": "batch", "CronJob": "batch", "HorizontalPodAutoscaler": "autoscaling",
}

// maxLists bounds lists of lists.
const maxLists = 10

// object sorts an object by its kind; what is in lists is looked at one by one.
func (r *reader) object(d *document, n *yaml.Node, depth int) {
	o := object{d: d, node: n}
	var items *yaml.Node
	for _, e := range d.Mapping(n, `a Kubernetes object, a mapping with "apiVersion" and "kind"`) {
		switch e.Key.Value {
		case "apiVersion":
			o.apiVersion, _ = d.Scalar(e.Value, "an API version such as apps/v1")
		case "kind":
			o.kind, _ = d.Scalar(e.Value, "a kind such as Deployment")
		case "metadata":
			o.metadata(e.Value)
		case "spec":
			o.spec = config.Target(e.Value)
		case "items":
			items = e.Value
		}
	}
	group, _, grouped := strings.Cut(o.apiVersion, "/")
	if !grouped {
		group = ""
	}
	switch _, works := template[o.kind]; {
	case o.kind == "" && config.Target(n).Kind == yaml.MappingNode:
		d.Failf(n, `this has no "kind", expected a Kubernetes object such as a Deployment; a chart is rendered by "helm template" first`)
	case strings.HasSuffix(o.kind, "List") && items != nil && depth < maxLists:
		for _, item := range d.List(items, "a list of objects") {
			r.object(d, item, depth+1)
		}
	case groups[o.kind] != group:
	case works:
		r.workloads = append(r.workloads, o)
	case o.kind == "HorizontalPodAutoscaler":
		r.scalers = append(r.scalers, o)
	}
}

func (o *object) metadata(n *yaml.Node) {
	for _, e := range o.d.Mapping(n, "metadata, a mapping") {
		switch e.Key.Value {
		case "name":
			o.name = o.d.named(e.Value)
		case "namespace":
			o.namespace = o.d.named(e.Value)
		case "annotations":
			for _, a := range o.d.Mapping(e.Value, "annotations, a mapping") {
				if a.Key.Value == "kubectl.kubernetes.io/default-container" {
					o.defaultContainer, _ = o.d.Scalar(a.Value, "the name of a container")
				}
			}
		}
	}
}

// nameShape is a subdomain of RFC 1123, which Kubernetes wants names to be.
var nameShape = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

// named reads a name; what a chart did not fill in is none.
func (d *document) named(n *yaml.Node) string {
	text, ok := d.Scalar(n, "a name such as api")
	if ok && !nameShape.MatchString(text) {
		d.Failf(n, "expected a name of small letters, digits, dashes and dots, found %s", config.Shown(text))
	}
	return text
}

func (o object) String() string { return o.kind + " " + o.name }

// kinds are what can be measured, for errors.
const kinds = "Deployment, StatefulSet, DaemonSet, ReplicaSet, Pod, Job or CronJob"

// choose finds the workload that is meant and reads it.
func (r *reader) choose() Workload {
	first := r.files[0]
	start := &yaml.Node{Kind: yaml.ScalarNode, Line: 1, Column: 1}
	if len(r.workloads) == 0 {
		first.Failf(start, "there is no %s here, expected the one that runs the image", kinds)
		return Workload{}
	}
	found := r.workloads
	if r.choice.Workload != "" {
		found = slices.DeleteFunc(slices.Clone(found), func(o object) bool { return o.name != r.choice.Workload })
	}
	switch {
	case len(found) == 0:
		first.Failf(start, "there is no workload %s here, expected one of %s%s",
			config.Shown(r.choice.Workload), places(r.workloads), config.DidYouMean(r.choice.Workload, namesOf(r.workloads)))
		return Workload{}
	case len(found) > 1 && r.choice.Workload == "":
		found[1].d.Failf(found[1].node, `there are %d workloads, %s; name one in the configuration: {file: ..., name: %s}`,
			len(found), places(found), found[0].name)
		return Workload{}
	case len(found) > 1:
		found[1].d.Failf(found[1].node, "%d workloads are called %s: %s; expected files with one of them", len(found), config.Shown(r.choice.Workload), places(found))
		return Workload{}
	}
	return r.workload(found[0])
}

// maxNamed bounds how many names an error lists.
const maxNamed = 20

func places(all []object) string {
	var texts []string
	for _, o := range all[:min(len(all), maxNamed)] {
		texts = append(texts, fmt.Sprintf("%s (%s)", config.Shown(o.String()), o.d.at(o.node)))
	}
	if len(all) > maxNamed {
		texts = append(texts, fmt.Sprintf("and %d more", len(all)-maxNamed))
	}
	return strings.Join(texts, ", ")
}

func namesOf(all []object) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.name)
	}
	return names
}
