// Package github shows a finished comparison where the workflow runs: as a
// comment on the pull request, a check run, the job summary, the step's outputs
// and annotations. It takes texts that are already rendered and gives back what
// became of them. Before that it reads what the workflow has to know: the event,
// which pull request a head belongs to, the artifacts that other runs saved,
// whether a label signs a result off, and how long jobs ran.
//
// It stands near the end of the pipeline, after report, and knows nothing of
// images, budgets or verdicts. What it is told about the run comes through an
// environment function, so that nothing here reads the process environment.
//
// Nothing that GitHub will not take fails the run: the text of a comment goes to
// the job summary instead, with the reason, and the exit code stays the verdict's.
package github
