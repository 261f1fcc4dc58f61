package kube

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// env reads plain values; what comes from elsewhere in the cluster is named.
// Values are not for anybody's eyes.
func (d *document) env(w *Workload, n *yaml.Node) {
	d.Hide(n)
	var elsewhere []string
	total := 0
	for _, item := range d.List(n, "a list of variables") {
		name, value, from := d.variable(item)
		switch {
		case name == "":
			d.Failf(item, `a variable without a "name"`)
		case strings.ContainsAny(name, "=\x00"):
			d.Failf(item, "expected the name of a variable, found %s", config.Shown(name))
		case strings.Contains(value, "\x00"):
			d.Failf(item, "the value of %s has a null character", config.Shown(name))
		case from:
			elsewhere = append(elsewhere, name)
		default:
			w.Env[name] = expand(value, w.Env)
			total += len(w.Env[name])
		}
		if total > maxText {
			d.Failf(item, "the variables have more than %d bytes together, expected at most so many", maxText)
			return
		}
	}
	if len(elsewhere) > 0 {
		w.note("the variables %s come from elsewhere in the cluster (valueFrom) and are not available: what the app needs of them goes under `env` in the configuration",
			strings.Join(elsewhere, ", "))
	}
}

func (d *document) variable(n *yaml.Node) (name, value string, from bool) {
	for _, e := range d.Mapping(n, `a variable, a mapping with "name" and "value"`) {
		switch v := config.Target(e.Value); {
		case e.Key.Value == "name":
			name, _ = d.Scalar(v, "the name of a variable")
		case e.Key.Value == "valueFrom":
			from = true
		case e.Key.Value != "value" || config.IsNull(v):
		case v.Kind != yaml.ScalarNode:
			d.Failf(v, "the value of a variable must be text")
		default:
			value = v.Value
		}
	}
	return name, value, from
}

// arguments reads a list of arguments, with the variables they name.
func (d *document) arguments(n *yaml.Node, env map[string]string) []string {
	var all []string
	total := 0
	for _, item := range d.List(n, "a list of arguments") {
		text, ok := d.Scalar(item, "an argument")
		if strings.Contains(text, "\x00") {
			d.Failf(item, "an argument has a null character")
		}
		if ok {
			text = expand(text, env)
			all = append(all, text)
		}
		if total += len(text); total > maxText {
			d.Failf(item, "the arguments have more than %d bytes together, expected at most so many", maxText)
			return nil
		}
	}
	return all
}

// maxText bounds the variables of a container together, and its arguments: what
// Linux takes at most for both.
const maxText = 2 << 20

// maxExpanded bounds a value while the variables it names are put in.
const maxExpanded = 128 << 10

// expand puts variables in the place of $(NAME). One that is not known stays as
// it is written, and $$ stands for a dollar.
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func expand(s string, env map[string]string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(s, '$')
		if at < 0 || at == len(s)-1 || b.Len() > maxExpanded {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		taken, text := reference(s[at:], env)
		b.WriteString(text)
		s = s[at+taken:]
	}
}

// reference reads what begins with a dollar and has more behind it: how long it
// is, and what stands for it.
func reference(s string, env map[string]string) (taken int, text string) {
	switch end := strings.IndexByte(s, ')'); {
	case s[1] == '$':
		return 2, "$"
	case s[1] != '(' || end < 0:
		return 1, "$"
	default:
		if value, known := env[s[2:end]]; known {
			return end + 1, value
		}
		return end + 1, s[:end+1]
	}
}
