package cost

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// tables are the rules of the platforms that are numbers: sizes, bounds, steps.
type tables struct {
	Split         split
	Autoscaler    autoscalerRules
	Cluster       clusterRules
	Fargate       []sizeRange
	EKSFargate    eksFargateRules    `yaml:"eks_fargate"`
	Autopilot     autopilotRules     `yaml:"autopilot"`
	CloudRun      cloudRunRules      `yaml:"cloud_run"`
	Lambda        lambdaRules        `yaml:"lambda"`
	ContainerApps containerAppsRules `yaml:"container_apps"`
	Fly           flyRules           `yaml:"fly"`
	VM            vmRules            `yaml:"vm"`
}

// decimal is a number above zero, which a book may quote.
type decimal float64

func (d *decimal) UnmarshalYAML(n *yaml.Node) error {
	v, err := positive(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d, column %d: %q is no number above zero", n.Line, n.Column, n.Value)
	}
	*d = decimal(v)
	return nil
}

// split weighs a node's CPU (per core) against its memory (per GiB).
type split struct{ CPU, RAM decimal }

// sizeRange are sizes of memory, in MiB, that go with so many cores.
type sizeRange struct {
	VCPU decimal `yaml:"vcpu"`
	From int     `yaml:"from_mib"`
	To   int     `yaml:"to_mib"`
	Step int     `yaml:"step_mib"` // 0 where every MiB will do
}

// eksFargateRules are what a pod on Fargate has beside its request.
type eksFargateRules struct {
	System int `yaml:"system_mib"`
}

// autopilotRules bound what a pod of the general-purpose class requests.
type autopilotRules struct {
	LeastVCPU  decimal `yaml:"least_vcpu"`
	StepVCPU   decimal `yaml:"step_vcpu"`
	MostVCPU   decimal `yaml:"most_vcpu"`
	Least      int     `yaml:"least_mib"`
	Most       int     `yaml:"most_mib"`
	LeastRatio decimal `yaml:"least_gib_per_vcpu"`
	MostRatio  decimal `yaml:"most_gib_per_vcpu"`
	Storage    decimal `yaml:"storage_gib"` // ephemeral, the least there is
}

// cloudRunRules are the sizes of instances and how their time is rounded.
type cloudRunRules struct {
	Round       int         `yaml:"round_ms"`
	Most        int         `yaml:"most_mib"`
	Least       int         `yaml:"least_mib"` // of an instance with whole cores
	Concurrency int         `yaml:"concurrency"`
	Target      decimal     `yaml:"concurrency_target"` // of the autoscaler, as a ratio
	Step        decimal     `yaml:"step_vcpu"`          // of parts of a core
	Keeps       int         `yaml:"keeps_s"`            // an instance without requests
	JobLeast    int         `yaml:"job_least_s"`        // billed of a job's run
	Sizes       []sizeRange `yaml:"sizes"`
	Parts       []sizeRange `yaml:"part_of_a_core"` // the least part of a core that goes with so much memory
}

// lambdaRules bound a function's memory and its share of a core, and say up to
// how many GB-seconds a month each tier's price holds; the last has no end.
type lambdaRules struct {
	Least      int       `yaml:"least_mib"`
	Most       int       `yaml:"most_mib"`
	Core       int       `yaml:"vcpu_mib"` // memory that comes with one core
	Round      int       `yaml:"round_ms"`
	Longest    int       `yaml:"longest_s"`   // that a call may last
	Quota      int       `yaml:"concurrency"` // calls at a time, of a new account
	TiersAMD64 []float64 `yaml:"tiers_amd64"`
	TiersARM64 []float64 `yaml:"tiers_arm64"`
}

// containerAppsRules are the sizes of the consumption plan, and what counts as idle.
type containerAppsRules struct {
	Step      decimal `yaml:"step_vcpu"`
	Most      decimal `yaml:"most_vcpu"`
	Ratio     decimal `yaml:"gib_per_vcpu"`
	IdleBelow decimal `yaml:"idle_below_vcpu"` // cores

	Concurrency int `yaml:"concurrency"` // requests at a time that one replica is given
	Keeps       int `yaml:"keeps_s"`     // the last replica without requests
}

// flyRules are the machines of Fly and what its regions cost above the first.
type flyRules struct {
	Kinds   []flyKind          `yaml:"kinds"`
	Regions map[string]decimal `yaml:"regions"`
}

type flyKind struct {
	Kind     string  `yaml:"kind"`
	Cores    []int   `yaml:"cores"`
	Included int     `yaml:"included_mib"` // with each core
	Most     int     `yaml:"most_mib"`     // with each core
	Step     int     `yaml:"step_mib"`
	Share    decimal `yaml:"share"` // of each core that may be used all the time, as a ratio
}

// check refuses tables with which sizes cannot be found.
func (t tables) check() error {
	for _, list := range []struct {
		name  string
		sizes []sizeRange
		steps bool // whether the sizes between the ends are in steps
	}{
		{"fargate", t.Fargate, true},
		{"cloud_run.sizes", t.CloudRun.Sizes, false},
		{"cloud_run.part_of_a_core", t.CloudRun.Parts, false},
	} {
		for i, r := range list.sizes {
			if !r.complete(list.steps) {
				return fmt.Errorf("tables.%s, row %d: found %+v, expected vcpu and a range of memory", list.name, i+1, r)
			}
		}
	}
	for name, complete := range map[string]bool{
		"split":          t.Split.CPU > 0 && t.Split.RAM > 0,
		"autoscaler":     t.Autoscaler.complete(),
		"cluster":        t.Cluster.complete(),
		"eks_fargate":    t.EKSFargate.System >= 0,
		"autopilot":      t.Autopilot.complete(),
		"cloud_run":      t.CloudRun.complete(),
		"lambda":         t.Lambda.complete(),
		"container_apps": t.ContainerApps.complete(),
		"fly":            t.Fly.complete(),
		"vm":             t.VM.SystemVCPU > 0 && t.VM.System > 0,
	} {
		if !complete {
			return fmt.Errorf("tables.%s: a number is missing, or does not fit the others", name)
		}
	}
	return nil
}

func (r sizeRange) complete(steps bool) bool {
	return r.VCPU > 0 && r.From > 0 && r.To >= r.From && (r.Step > 0 || r.Step == 0 && !steps)
}

func (a autopilotRules) complete() bool {
	return a.LeastVCPU > 0 && a.StepVCPU > 0 && a.MostVCPU >= a.LeastVCPU && a.Least > 0 && a.Most >= a.Least &&
		a.LeastRatio > 0 && a.MostRatio >= a.LeastRatio && a.Storage > 0
}

func (r cloudRunRules) complete() bool {
	return r.Round > 0 && r.Most > 0 && r.Least > 0 && r.Concurrency > 0 && r.Target > 0 && r.Target <= 1 &&
		r.Step > 0 && r.Step < 1 && r.Keeps > 0 && r.JobLeast > 0 && len(r.Sizes) > 0 && len(r.Parts) > 0
}

func (l lambdaRules) complete() bool {
	return l.Least > 0 && l.Most >= l.Least && l.Core > 0 && l.Round > 0 && l.Longest > 0 && l.Quota > 0 &&
		len(l.TiersAMD64) == 2 && slices.IsSorted(l.TiersAMD64) && len(l.TiersARM64) == 2 && slices.IsSorted(l.TiersARM64)
}

func (c containerAppsRules) complete() bool {
	return c.Step > 0 && c.Most >= c.Step && c.Ratio > 0 && c.IdleBelow > 0 && c.Concurrency > 0 && c.Keeps > 0
}

func (f flyRules) complete() bool {
	for _, k := range f.Kinds {
		if k.Kind == "" || len(k.Cores) == 0 || k.Included < 1 || k.Most < k.Included || k.Step < 1 || k.Share == 0 || k.Share > 1 {
			return false
		}
	}
	return len(f.Kinds) > 0 && len(f.Regions) > 0
}

// taskSizes are all sizes a Fargate task can have.
func (t tables) taskSizes() []taskSize {
	var all []taskSize
	for _, r := range t.Fargate {
		for mib := r.From; mib <= r.To; mib += r.Step {
			all = append(all, taskSize{vcpu: float64(r.VCPU), memoryMiB: float64(mib)})
		}
	}
	return all
}
