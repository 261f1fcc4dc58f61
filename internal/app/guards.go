package app

import "github.com/plimsoll-ci/plimsoll/internal/measure"

// guardsVariable turns the guards off where it says so, for machines that are
// known to be noisy and runs that gate nothing, such as tests.
const guardsVariable = "PLIMSOLL_GUARDS"

// unguarded reports whether boots count whatever disturbed them, and warns of it.
func (j *job) unguarded(warnings *[]string) bool {
	if !j.plan.Measure.NoGuards && j.env.Getenv(guardsVariable) != "off" {
		return false
	}
	*warnings = append(*warnings, "the guards are off: pairs count whatever else the machine did meanwhile")
	return true
}

// pods boots images for this job.
func (j *job) pods() *measure.Pods {
	return &measure.Pods{Run: j.run, Shared: j.plan.Measure.NoPin}
}
