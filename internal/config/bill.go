package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// RegistryKinds are the registries that storage is priced for.
var RegistryKinds = []string{"ecr", "artifact-registry", "acr", "ghcr"}

// Networks are the paths from a registry to a machine.
var Networks = []string{"same-region", "nat", "endpoint", "cross-zone", "cross-region", "internet"}

// Registry says where images are kept and how many of them.
type Registry struct {
	Kind   string // one of RegistryKinds, "" for the provider's own
	Region string // "" for the service's, or the usual one of another provider's registry
	Tags   int    // images that are kept, 0 for this one alone
}

// CI says which build jobs are billed, and how often they run.
type CI struct {
	Workflow string   // file name, "" for the run this is a part of
	Jobs     []string // names of the jobs a build is made of, none for all
	Uncached []string // names of the jobs of a build without cache, to be set beside the others
	Runs     int      // how many of the workflow's last runs are read
	Builds   float64  // a month
	Runner   string   // price of every job's runner, "" to go by its labels
	Free     bool     // runners whose labels have no price cost nothing
}

// Bounds of what is kept and built.
const (
	maxTags     = 100_000
	maxRuns     = 100
	defaultRuns = 20
	maxBuilds   = 1_000_000 // a month
	maxEvents   = 1_000_000 // scale-outs or new nodes a month
)

func (d *decoder) registry(n *yaml.Node, r *Registry) {
	d.mapping(n, `a mapping with "kind" and "tags"`,
		field{name: "kind", read: value(d, &r.Kind, oneOf(RegistryKinds...))},
		field{name: "region", read: value(d, &r.Region, regions)},
		field{name: "tags", read: value(d, &r.Tags, integers.check(positive).check(atMost(maxTags, "100000")))},
	)
}

// ci reads what is built. How often is for the user to say: a repository's runs
// of one week are no month.
func (d *decoder) ci(n *yaml.Node, c *CI) {
	c.Runs = defaultRuns
	present := d.mapping(n, `a mapping with "workflow", "jobs" and "builds"`,
		field{name: "workflow", read: value(d, &c.Workflow, workflows)},
		field{name: "jobs", read: func(v *yaml.Node) { c.Jobs = d.oneOrMore(v, jobNames) }},
		field{name: "uncached", read: func(v *yaml.Node) { c.Uncached = d.oneOrMore(v, jobNames) }},
		field{name: "runs", read: value(d, &c.Runs, integers.check(positive).check(atMost(maxRuns, "100")))},
		field{name: "builds", read: value(d, &c.Builds, numbers.check(positive).check(atMost[float64](maxBuilds, "1000000 a month")))},
		field{name: "runner", read: value(d, &c.Runner, runners)},
		field{name: "other_runners", read: value(d, &c.Free, otherRunners)},
	)
	if present == nil {
		return
	}
	if present["builds"] == nil {
		d.failf(target(n), `nothing says how often a build runs, expected a key such as "builds: 400" (a month)`)
	}
	if present["runs"] != nil && present["workflow"] == nil {
		d.failf(target(present["runs"]), `"runs" counts the runs of a workflow, but none is named; expected a key such as "workflow: build.yml"`)
	}
	d.apart(present, c)
}

// apart reports jobs that are named both as cached and as not.
func (d *decoder) apart(present map[string]*yaml.Node, c *CI) {
	switch {
	case present["uncached"] == nil:
		return
	case present["jobs"] == nil:
		d.failf(target(present["uncached"]), `jobs without cache can be told from the others only if those are named too; expected a key such as "jobs: [build]"`)
	}
	for _, name := range c.Uncached {
		if slices.Contains(c.Jobs, name) {
			d.failf(target(present["uncached"]), `the job %s stands in "jobs" and in "uncached", expected one of the two`, shown(name))
		}
	}
}

var (
	workflows = notation[string]{"the file name of a workflow such as build.yml", func(s string) (string, error) {
		if !strings.HasSuffix(s, ".yml") && !strings.HasSuffix(s, ".yaml") || strings.ContainsAny(s, "/\\?#") || hasControl(s) {
			return "", fmt.Errorf("it is a file of .github/workflows, named without the directory")
		}
		return s, nil
	}}
	jobNames     = notation[string]{"the name of a job as the run's page shows it", parsePath}
	runners      = notation[string]{"a runner of the price book such as linux or linux_4_core", parseName}
	otherRunners = notation[bool]{"error or free", func(s string) (bool, error) {
		switch s {
		case "free":
			return true, nil
		case "error":
			return false, nil
		}
		return false, fmt.Errorf("no such answer%s", didYouMean(s, []string{"error", "free"}))
	}}
	events = numbers.check(atMost[float64](maxEvents, "1000000 a month"))
)
