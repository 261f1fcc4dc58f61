package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/cost"
	"github.com/plimsoll-ci/plimsoll/internal/github"
)

// buildsTime bounds the talk with GitHub about builds.
const buildsTime = 2 * time.Minute

// priceBuilds puts the builds that the configuration asks for on every bill. What
// GitHub does not tell is a warning, and then neither side has them; what the user
// got wrong is an error.
func (j *job) priceBuilds(ctx context.Context) (warning string, err error) {
	c := j.plan.Cost.CI
	if c == nil {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, buildsTime)
	defer cancel()
	runs, err := j.readRuns(ctx, *c)
	if err != nil {
		return fmt.Sprintf("CI is not in the price: %v", err), nil
	}
	builds, err := buildsOf(runs, *c)
	if err != nil {
		return "", usagef("cost.ci: %v", err)
	}
	model, err := j.model.WithBuilds(builds)
	if err != nil {
		return "", usagef("cost.ci: %v", err)
	}
	j.model = model
	return "", nil
}

// readRuns asks GitHub for the jobs of the runs to count: the last of a workflow,
// or of the run this is a part of.
func (j *job) readRuns(ctx context.Context, c config.CI) ([][]github.RanJob, error) {
	get := j.env.Getenv
	owner, repo, ok := strings.Cut(get("GITHUB_REPOSITORY"), "/")
	if !ok {
		return nil, errors.New("GITHUB_REPOSITORY does not name a repository, expected one such as owner/name")
	}
	token := cmp.Or(get("INPUT_TOKEN"), get("GITHUB_TOKEN"), get("GH_TOKEN"))
	if token == "" {
		return nil, errors.New("there is no token, expected one with `actions: read` in GITHUB_TOKEN or the input token")
	}
	client, err := github.NewClient(github.Options{API: get("GITHUB_API_URL"), Token: token})
	if err != nil {
		return nil, err
	}
	if c.Workflow != "" {
		runs, err := client.LastRuns(ctx, owner, repo, c.Workflow, c.Runs)
		return runs, readable(err)
	}
	id, err := strconv.ParseInt(get("GITHUB_RUN_ID"), 10, 64)
	if err != nil {
		return nil, errors.New(`GITHUB_RUN_ID does not name a run; expected a "workflow" in the configuration outside of one`)
	}
	jobs, err := client.RunJobs(ctx, owner, repo, id)
	return [][]github.RanJob{jobs}, readable(err)
}

// readable says what a token needs.
func readable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; the token needs the permission `actions: read`", err)
}

// buildsOf picks the named jobs out of the runs. A run without any of them was no
// build of that kind.
func buildsOf(runs [][]github.RanJob, c config.CI) (cost.Builds, error) {
	b := cost.Builds{Month: c.Builds}
	seen := map[string]bool{}
	for _, run := range runs {
		var ran, uncached []cost.Job
		for _, j := range run {
			seen[j.Name] = true
			clean := slices.Contains(c.Uncached, j.Name)
			if !clean && len(c.Jobs) > 0 && !slices.Contains(c.Jobs, j.Name) {
				continue
			}
			runner, err := runnerOf(j, c)
			if err != nil {
				return b, err
			}
			job := cost.Job{Name: j.Name, Seconds: j.Seconds, Runner: runner}
			if clean {
				uncached = append(uncached, job)
			} else {
				ran = append(ran, job)
			}
		}
		b.Ran, b.Uncached = appendSome(b.Ran, ran), appendSome(b.Uncached, uncached)
	}
	for _, name := range slices.Concat(c.Jobs, c.Uncached) {
		if !seen[name] {
			return b, missingJob(name, seen)
		}
	}
	if len(b.Ran) == 0 {
		return b, errors.New("no job has come to its end in the runs that were read; a job of this run must be one that this job `needs`")
	}
	return b, nil
}

func appendSome(to [][]cost.Job, jobs []cost.Job) [][]cost.Job {
	if len(jobs) == 0 {
		return to
	}
	return append(to, jobs)
}

func missingJob(name string, seen map[string]bool) error {
	names := slices.Sorted(maps.Keys(seen))
	return fmt.Errorf("no job is called %q in the runs that were read, or it has not come to its end; found %s%s",
		name, cmp.Or(strings.Join(names, ", "), "none"), config.DidYouMean(name, names))
}

// hosted are the labels of GitHub's own standard runners, and what the price book
// calls them. Larger runners have labels of their owner's making.
// https://docs.github.com/en/actions/reference/runners/github-hosted-runners
var hosted = []struct {
	label  *regexp.Regexp
	runner string
}{
	{regexp.MustCompile(`^ubuntu-slim$`), "linux_1_core"},
	{regexp.MustCompile(`^ubuntu-(latest|\d\d\.\d\d)$`), "linux"},
	{regexp.MustCompile(`^ubuntu-\d\d\.\d\d-arm$`), "linux_2_core_arm"},
	{regexp.MustCompile(`^windows-(latest|\d{4})$`), "windows"},
	{regexp.MustCompile(`^macos-(latest|\d\d)$`), "macos"},
}

// runnerOf is what the price book calls the runner of a job, "" where it costs
// nothing.
func runnerOf(j github.RanJob, c config.CI) (string, error) {
	if c.Runner != "" {
		return c.Runner, nil
	}
	for _, h := range hosted {
		if len(j.Labels) == 1 && h.label.MatchString(j.Labels[0]) {
			return h.runner, nil
		}
	}
	if c.Free {
		return "", nil
	}
	return "", fmt.Errorf("the job %q runs on %q, which has no price of GitHub's standard runners; expected `runner: NAME` of the price book, or `other_runners: free`",
		j.Name, strings.Join(j.Labels, ", "))
}
