package gitlab

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Run is the job this process runs in, as GitLab CI's predefined variables
// describe it (https://docs.gitlab.com/ci/variables/predefined_variables/).
type Run struct {
	API      *url.URL // base of the REST API, its path ending in "/"
	Project  int64    // that the merge request is to be merged into
	Merge    int64    // number of the merge request in it; 0 when the pipeline is of none
	Fork     bool     // the pipeline runs in the fork that the merge request comes from
	Head     string   // commit of the merge request's source branch
	Pipeline int64
	Job      int64
	Name     string // of the job
	Pages    string // web address of the project
	Page     string // web address of the job
}

// Inside reports whether this is a job of GitLab CI.
func Inside(getenv func(string) string) bool { return getenv("GITLAB_CI") == "true" }

// NewRun reads the variables of a job.
func NewRun(getenv func(string) string) (Run, error) {
	api, err := apiURL(getenv("CI_API_V4_URL"))
	if err != nil {
		return Run{}, err
	}
	r := Run{
		API: api, Name: getenv("CI_JOB_NAME"), Page: getenv("CI_JOB_URL"),
		// A pipeline of merged results runs on a commit of its own.
		Head:  cmp.Or(getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), getenv("CI_COMMIT_SHA")),
		Pages: cmp.Or(getenv("CI_MERGE_REQUEST_PROJECT_URL"), getenv("CI_PROJECT_URL")),
	}
	read := reader{getenv: getenv}
	r.Pipeline, r.Job = read.number("CI_PIPELINE_ID"), read.number("CI_JOB_ID")
	r.Project = read.number("CI_PROJECT_ID")
	if getenv("CI_MERGE_REQUEST_IID") != "" {
		own := r.Project
		r.Merge, r.Project = read.number("CI_MERGE_REQUEST_IID"), read.number("CI_MERGE_REQUEST_PROJECT_ID")
		r.Fork = r.Project != own
	}
	return r, errors.Join(read.errs...)
}

// Token is the token to write with: of the project, by the name that is ours or
// the one that other tools use. The job's own token cannot write notes.
func Token(getenv func(string) string) string {
	return cmp.Or(getenv("PLIMSOLL_GITLAB_TOKEN"), getenv("GITLAB_TOKEN"))
}

// reader collects what is wrong with the variables.
type reader struct {
	getenv func(string) string
	errs   []error
}

func (r *reader) number(name string) int64 {
	text := r.getenv(name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		r.errs = append(r.errs, fmt.Errorf("%s is %q, expected the positive number that GitLab CI sets", name, text))
	}
	return n
}

// apiURL checks the API's address and ends its path in "/".
func apiURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("CI_API_V4_URL is %q, expected something like https://gitlab.example/api/v4", raw)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/") + "/"}, nil
}
