// Package github publishes a finished comparison where the workflow runs: one
// sticky comment on the pull request, the job summary, the step's outputs and
// annotations. It takes texts that are already rendered and gives back what
// became of them.
//
// It stands near the end of the pipeline, after report, and knows nothing of
// images, budgets or verdicts. What it is told about the run comes through an
// environment function, so that nothing here reads the process environment.
//
// A comment that GitHub will not take is no failure of the run: the text goes
// to the job summary instead, with the reason, and the exit code stays the
// verdict's.
package github
