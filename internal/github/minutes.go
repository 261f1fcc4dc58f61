package github

import (
	"context"
	"fmt"

	"github.com/google/go-github/v60/github"
)

// RanJob is a job of a workflow run that came to its end, however it ended: it
// is billed all the same.
type RanJob struct {
	Name    string
	Labels  []string // of the runner it asked for
	Seconds float64
}

// RunJobs lists the jobs of a workflow run that have ended, those of earlier
// attempts too. Jobs that were skipped never ran. The token needs actions: read.
func (c *Client) RunJobs(ctx context.Context, owner, repo string, run int64) ([]RanJob, error) {
	var all []RanJob
	whole, err := eachPage(func(page int) (*github.Response, error) {
		jobs, resp, err := c.api.Actions.ListWorkflowJobs(ctx, owner, repo, run, &github.ListWorkflowJobsOptions{Filter: "all", ListOptions: listed(page)})
		if err != nil {
			return nil, err
		}
		for _, j := range jobs.Jobs {
			if ran, ok := ranJob(j); ok {
				all = append(all, ran)
			}
		}
		return resp, nil
	})
	if err == nil && !whole {
		err = fmt.Errorf("it has more than %d", maxPages*perPage)
	}
	if err != nil {
		return nil, fmt.Errorf("list the jobs of run %d: %w", run, err)
	}
	return all, nil
}

// ranJob is false for a job that has not run to its end.
func ranJob(j *github.WorkflowJob) (RanJob, bool) {
	if j == nil {
		return RanJob{}, false
	}
	seconds := j.GetCompletedAt().Sub(j.GetStartedAt().Time).Seconds()
	ended := j.GetStatus() == "completed" && j.GetConclusion() != "skipped" && j.StartedAt != nil && j.CompletedAt != nil
	return RanJob{Name: j.GetName(), Labels: j.Labels, Seconds: seconds}, ended && seconds >= 0
}

// LastRuns lists the jobs of the last n runs, at most 100, of a workflow, named by
// its file, that have come to their end.
func (c *Client) LastRuns(ctx context.Context, owner, repo, workflow string, n int) ([][]RanJob, error) {
	runs, _, err := c.api.Actions.ListWorkflowRunsByFileName(ctx, owner, repo, workflow, &github.ListWorkflowRunsOptions{
		Status: "completed", ExcludePullRequests: true, ListOptions: github.ListOptions{PerPage: min(n, perPage)},
	})
	if err != nil {
		return nil, fmt.Errorf("list the runs of %s: %w", workflow, err)
	}
	var all [][]RanJob
	for _, run := range runs.WorkflowRuns[:min(n, len(runs.WorkflowRuns))] {
		jobs, err := c.RunJobs(ctx, owner, repo, run.GetID())
		if err != nil {
			return nil, err
		}
		all = append(all, jobs)
	}
	return all, nil
}
