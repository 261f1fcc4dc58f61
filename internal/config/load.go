package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Load reads a configuration. The name stands in front of the errors; an error
// is always an [Errors] with everything that is wrong.
func Load(name string, src []byte) (Plan, error) {
	return LoadImages(name, src, Images{})
}

// LoadImages reads a configuration whose images may be given beside it: a file
// with one service, or with none at all, then needs to name no image.
func LoadImages(name string, src []byte, given Images) (Plan, error) {
	d := newDecoder(name, src, `"services" with one "image"`)
	plan := defaultPlan()
	plan.File = name
	if root := d.parse(src); root != nil {
		d.plan(root, &plan, given)
	}
	if err := d.sorted(); err != nil {
		return Plan{}, err
	}
	return plan, nil
}

func (d *decoder) plan(n *yaml.Node, p *Plan, given Images) {
	entries, ok := d.entries(n, `a mapping with "services"`)
	if !ok {
		return
	}
	fields := []field{
		{name: "version", read: d.version},
		{name: "services", read: func(v *yaml.Node) { p.Services = d.services(v, given) }},
		{name: "cost", read: func(v *yaml.Node) { d.cost(v, &p.Cost) }},
		{name: "measure", read: func(v *yaml.Node) { d.measure(v, &p.Measure) }},
		{name: "on-inconclusive", read: value(d, &p.OnInconclusive, verdicts)},
	}
	present := map[string]bool{}
	for _, e := range entries {
		present[e.key.Value] = true
		if !strings.HasPrefix(e.key.Value, "x-") { // a place for anchors, as in compose files
			d.field(e, fields)
		}
	}
	if present["services"] {
		return
	}
	if given.Head == "" {
		d.failf(target(n), `no image: expected "services" with at least one "image"`)
		return
	}
	p.Services = Default(given.Base, given.Head).Services
}

func (d *decoder) version(n *yaml.Node) {
	if s, ok := d.scalar(n, "the version 1"); ok && s != "1" {
		d.failf(target(n), "expected the version 1, found %s", shown(s))
	}
}

// verdicts are what an inconclusive run may count as.
var verdicts = notation[record.Verdict]{`"pass", "fail" or "neutral"`, func(s string) (record.Verdict, error) {
	switch v := record.Verdict(s); v {
	case record.Pass, record.Fail, record.Neutral:
		return v, nil
	}
	return "", fmt.Errorf("an inconclusive run counts as one of these")
}}

func (d *decoder) measure(n *yaml.Node, m *Measure) {
	d.mapping(n, `a mapping with "time"`,
		field{name: "time", read: value(d, &m.Time, runTimes)},
		field{name: "pin", read: value(d, &m.NoPin, turnedOff)},
		field{name: "guards", read: value(d, &m.NoGuards, turnedOff)})
}

// turnedOff are switches that are on unless told otherwise.
var turnedOff = notation[bool]{"auto or off", func(text string) (bool, error) {
	switch text {
	case "auto":
		return false, nil
	case "off":
		return true, nil
	}
	return false, fmt.Errorf("there is no other setting")
}}

// runTimes are the total time budgets of a run, in the file and in the inputs.
var runTimes = durations.check(positive).check(atMost(maxRunTime, "24h"))

func (d *decoder) services(n *yaml.Node, given Images) []Service {
	items := d.list(n, "a list of services")
	if given != (Images{}) && given.Service == "" && !given.spare && len(items) > 1 {
		d.failf(target(n), "images were given beside this file, but it has %d services; expected one, or the name of the one they are of", len(items))
		given = Images{}
	}
	if len(items) == 1 {
		given.Service = "" // it can be no other
	}
	var all []Service
	lines := map[string]int{}
	for _, item := range items {
		s := d.service(item, given)
		if s.Name == "" {
			continue
		}
		at := target(item)
		if first := lines[s.Name]; first > 0 {
			d.failf(at, `two services are called %q, first in line %d; give each a "name" of its own`, s.Name, first)
		}
		lines[s.Name] = at.Line
		all = append(all, s)
	}
	return all
}

func (d *decoder) service(n *yaml.Node, given Images) Service {
	s := defaultService()
	asked := false
	present := d.mapping(n, `a service, a mapping with "image"`,
		field{name: "name", read: value(d, &s.Name, names)},
		field{name: "image", read: value(d, &s.Image, images)},
		field{name: "base", read: value(d, &s.Base, images)},
		field{name: "ready", read: func(v *yaml.Node) { d.ready(v, &s.Setup.Ready) }},
		field{name: "limits", read: func(v *yaml.Node) { d.limits(v, &s.Setup.Limits) }},
		field{name: "env", read: func(v *yaml.Node) { s.Env = d.pairs(v, "variables", variables) }},
		field{name: "env_file", read: func(v *yaml.Node) { s.EnvFiles = d.oneOrMore(v, paths) }},
		field{name: "command", read: func(v *yaml.Node) { s.Setup.Command = d.command(v) }},
		field{name: "user", read: value(d, &s.Setup.User, users)},
		field{name: "tmpfs", read: func(v *yaml.Node) { s.Setup.Tmpfs = d.oneOrMore(v, mounts) }},
		field{name: "read_only", read: value(d, &s.Setup.ReadOnly, booleans)},
		field{name: "idle", read: value(d, &s.Setup.Idle, seconds.check(atMost(maxIdle, "10m")))},
		field{name: "stop_timeout", read: value(d, &s.Setup.StopTimeout, seconds.check(positive).check(atMost(maxStop, "10m")))},
		field{name: "recover", read: value(d, &s.Setup.Recover, booleans)},
		field{name: "stop_under_load", read: value(d, &s.Setup.StopUnderLoad, booleans)},
		field{name: "load", read: func(v *yaml.Node) { asked = true; d.load(v, &s.Setup.Load, &s.Script) }},
		field{name: "budgets", read: func(v *yaml.Node) { d.budgets(v, &s) }},
		field{name: "kubernetes", read: func(v *yaml.Node) { d.kubernetes(v, &s.Kubernetes) }},
		field{name: "compose", read: value(d, &s.Compose.File, paths)},
		field{name: "service", read: value(d, &s.Compose.Service, names)},
		field{name: "reset", read: func(v *yaml.Node) { s.Compose.Reset = d.reset(v) }},
		field{name: "security", instead: "; the engine's default capabilities are used, less NET_RAW, MKNOD and AUDIT_WRITE"},
	)
	if present == nil {
		return Service{}
	}
	d.settleImages(n, &s, given, present["image"] != nil)
	d.settleShape(present, &s.Setup, asked)
	s.Setup.Environment = slices.Sorted(maps.Keys(s.Env))
	if s.Name == "" && present["name"] == nil {
		s.Name = nameOf(s.Image)
	}
	d.settleCompose(&s, present)
	d.settleKubernetes(&s, present)
	return s
}

// settleImages puts the images given beside the file in the place of its own.
func (d *decoder) settleImages(n *yaml.Node, s *Service, given Images, named bool) {
	if given.Service != "" && given.Service != s.Name || given.spare && named {
		given = Images{}
	}
	if given.Head != "" {
		s.Image = given.Head
	} else if !named {
		d.failf(target(n), `the service has no image, expected a key such as "image: app:head"`)
	}
	if given.Base != "" {
		s.Base = given.Base
	}
}

// command reads a list of arguments, or one line that is split like a shell's.
func (d *decoder) command(n *yaml.Node) []string {
	const want = "a command, either a list of arguments or one line"
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		var args []string
		value(d, &args, notation[[]string]{want, words})(n)
		return args
	}
	var args []string
	for _, item := range d.list(n, want) {
		var arg string
		value(d, &arg, notation[string]{"an argument", anyText.parse})(item)
		args = append(args, arg)
	}
	return args
}

// oneOrMore reads a single value or a list of them.
func (d *decoder) oneOrMore(n *yaml.Node, as notation[string]) []string {
	items := []*yaml.Node{n}
	if target(n).Kind == yaml.SequenceNode {
		items = d.list(n, as.want)
	}
	all := make([]string, len(items))
	for i, item := range items {
		value(d, &all[i], as)(item)
	}
	return all
}
