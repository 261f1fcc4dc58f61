package githubtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// WorkflowRun is a run of a workflow.
type WorkflowRun struct {
	Owner      string
	Repo       string
	Workflow   string // file name
	Status     string // completed, in_progress, ...
	Jobs       []Job
	HeadSHA    string // of the example where it is empty
	HeadBranch string
	HeadRepo   string // owner/name of where the branch is; the run's own repository where it is empty

	id int64
}

// Job is a job of a workflow run.
type Job struct {
	Name       string
	Labels     []string
	Status     string // completed where it is empty
	Conclusion string // success where it is empty
	Ran        time.Duration
}

// AddRun puts a run there, later than those before, and gives its id.
func (s *Server) AddRun(run WorkflowRun) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	run.id = s.lastID
	s.runs = append(s.runs, &run)
	return run.id
}

// page cuts the items that a request asks for out of all.
func (s *Server) page(r *http.Request, all []any) (items []any, link string) {
	query := r.URL.Query()
	size := min(number(query.Get("per_page"), 30), 100)
	at := number(query.Get("page"), 1)
	last := max((len(all)+size-1)/size, 1)
	return all[min((at-1)*size, len(all)):min(at*size, len(all))], s.links(r.URL, at, last)
}

func (s *Server) listRuns(_ User, op operation, r *http.Request) reply {
	all, known := []any{}, false
	for i := len(s.runs) - 1; i >= 0; i-- { // the latest comes first
		run := s.runs[i]
		if !strings.EqualFold(run.Owner, op.param("owner")) || !strings.EqualFold(run.Repo, op.param("repo")) || run.Workflow != op.param("workflow_id") {
			continue
		}
		known = true
		if status := r.URL.Query().Get("status"); status == "" || status == run.Status {
			all = append(all, s.renderRun(run))
		}
	}
	if !known {
		return refusal(http.StatusNotFound, "Not Found")
	}
	items, link := s.page(r, all)
	return reply{code: http.StatusOK, body: map[string]any{"total_count": len(all), "workflow_runs": items}, link: link}
}

func (s *Server) listJobs(_ User, op operation, r *http.Request) reply {
	for _, run := range s.runs {
		if !strings.EqualFold(run.Owner, op.param("owner")) || !strings.EqualFold(run.Repo, op.param("repo")) || fmt.Sprint(run.id) != op.param("run_id") {
			continue
		}
		all := []any{}
		for i, j := range run.Jobs {
			all = append(all, s.renderJob(run, i, j))
		}
		items, link := s.page(r, all)
		return reply{code: http.StatusOK, body: map[string]any{"total_count": len(all), "jobs": items}, link: link}
	}
	return refusal(http.StatusNotFound, "Not Found")
}

func (s *Server) renderRun(run *WorkflowRun) map[string]any {
	one := s.api.example("workflow-run-paginated", "workflow_runs")
	one["id"], one["path"], one["status"] = run.id, ".github/workflows/"+run.Workflow, run.Status
	if run.HeadSHA != "" {
		one["head_sha"], one["head_branch"] = run.HeadSHA, run.HeadBranch
	}
	one["head_repository"].(map[string]any)["full_name"] = cmp.Or(run.HeadRepo, run.Owner+"/"+run.Repo)
	one["conclusion"] = nil
	if run.Status == "completed" {
		one["conclusion"] = "success"
	}
	return one
}

func (s *Server) renderJob(run *WorkflowRun, i int, j Job) map[string]any {
	one := s.api.example("job-paginated", "jobs")
	one["id"], one["run_id"], one["name"], one["labels"] = run.id*1000+int64(i), run.id, j.Name, append([]string{}, j.Labels...)
	one["created_at"] = s.now // which the example lacks
	one["started_at"], one["completed_at"] = s.now, s.now.Add(j.Ran)
	one["status"], one["conclusion"] = "completed", "success"
	if j.Conclusion != "" {
		one["conclusion"] = j.Conclusion
	}
	if j.Status != "" && j.Status != "completed" {
		one["status"], one["conclusion"], one["completed_at"] = j.Status, nil, nil
	}
	return one
}

// example is the first of a list in one of the description's own examples, so
// that an answer has everything that GitHub's has.
func (d *description) example(name, list string) map[string]any {
	var items []map[string]any
	d.copy(name, func(raw []byte) error {
		var copied map[string]json.RawMessage
		if err := json.Unmarshal(raw, &copied); err != nil {
			return err
		}
		return json.Unmarshal(copied[list], &items)
	})
	return items[0]
}

// list is the first of an example that is a list.
func (d *description) list(name string) map[string]any {
	var items []map[string]any
	d.copy(name, func(raw []byte) error { return json.Unmarshal(raw, &items) })
	return items[0]
}

// whole is an example that is one thing.
func (d *description) whole(name string) map[string]any {
	var one map[string]any
	d.copy(name, func(raw []byte) error { return json.Unmarshal(raw, &one) })
	return one
}

func (d *description) copy(name string, read func([]byte) error) {
	raw, err := json.Marshal(d.examples[name].Value.Value)
	if err == nil {
		err = read(raw)
	}
	if err != nil {
		panic(fmt.Sprintf("the description's example %s is not as expected: %v", name, err))
	}
}
