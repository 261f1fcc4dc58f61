package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Artifact is what a workflow run saved.
type Artifact struct {
	Name    string
	Zip     []byte
	Expired bool
	Size    int64  // what GitHub says of its size; that of Zip where it is 0
	Head    string // what GitHub says of its commit; that of its run where it is empty

	id      int64
	run     *WorkflowRun
	created time.Time
}

// AddArtifact saves an artifact of a run, and gives its id.
func (s *Server) AddArtifact(run int64, a Artifact) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	a.id, a.created = s.lastID, s.tick()
	for _, r := range s.runs {
		if r.id == run {
			a.run = r
		}
	}
	if a.run == nil {
		panic(fmt.Sprintf("there is no run %d", run))
	}
	s.artifacts = append(s.artifacts, &a)
	return a.id
}

func (s *Server) listArtifacts(_ User, op operation, r *http.Request) reply {
	if !slices.ContainsFunc(s.runs, func(run *WorkflowRun) bool { return run.of(op) && fmt.Sprint(run.id) == op.param("run_id") }) {
		return refusal(http.StatusNotFound, "Not Found")
	}
	all := []any{}
	for _, a := range s.artifacts {
		name := r.URL.Query().Get("name")
		if a.run.of(op) && fmt.Sprint(a.run.id) == op.param("run_id") && (name == "" || name == a.Name) {
			all = append(all, s.renderArtifact(a))
		}
	}
	items, link := s.page(r, all)
	return reply{code: http.StatusOK, body: map[string]any{"total_count": len(all), "artifacts": items}, link: link}
}

func (run *WorkflowRun) of(op operation) bool {
	return strings.EqualFold(run.Owner, op.param("owner")) && strings.EqualFold(run.Repo, op.param("repo"))
}

func (s *Server) renderArtifact(a *Artifact) map[string]any {
	one := s.api.example("artifact-paginated", "artifacts")
	one["id"], one["name"], one["expired"], one["size_in_bytes"] = a.id, a.Name, a.Expired, a.Size
	if a.Size == 0 {
		one["size_in_bytes"] = len(a.Zip)
	}
	one["created_at"], one["updated_at"], one["expires_at"] = a.created, a.created, a.created.AddDate(0, 0, 90)
	of := one["workflow_run"].(map[string]any)
	of["id"], of["head_sha"], of["head_branch"] = a.run.id, a.run.HeadSHA, a.run.HeadBranch
	if a.Head != "" {
		of["head_sha"] = a.Head
	}
	return one
}

// getArtifact sends the client elsewhere, as GitHub does.
func (s *Server) getArtifact(_ User, op operation, _ *http.Request) reply {
	for _, a := range s.artifacts {
		if !a.run.of(op) || fmt.Sprint(a.id) != op.param("artifact_id") {
			continue
		}
		if a.Expired {
			return refusal(http.StatusGone, "Artifact has expired")
		}
		return reply{code: http.StatusFound, location: fmt.Sprintf("%s/%d.zip?sig=secret", s.Store, a.id)}
	}
	return refusal(http.StatusNotFound, "Not Found")
}

// serveStore is the host that keeps the artifacts. Like the real one it takes
// the signature in the address, and no token.
func (s *Server) serveStore(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.problem("the artifact store was shown a token: %s", r.URL.Path)
		http.Error(w, "<Error><Code>InvalidAuthenticationInfo</Code></Error>", http.StatusBadRequest)
		return
	}
	if fault := s.record(Request{Method: r.Method, Path: "store:" + r.URL.Path, Query: r.URL.RawQuery}); fault != nil {
		fault(w, r, http.HandlerFunc(s.keep))
		return
	}
	s.keep(w, r)
}

func (s *Server) keep(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.artifacts {
		if r.URL.Path == fmt.Sprintf("/%d.zip", a.id) && r.URL.Query().Get("sig") == "secret" {
			w.Header().Set("Content-Type", "application/zip")
			if _, err := w.Write(a.Zip); err != nil {
				panic(http.ErrAbortHandler) // the client went away
			}
			return
		}
	}
	http.Error(w, "<Error><Code>AuthenticationFailed</Code></Error>", http.StatusForbidden)
}

func (s *Server) listAllRuns(_ User, op operation, r *http.Request) reply {
	query := r.URL.Query()
	all := []any{}
	for _, run := range slices.Backward(s.runs) { // the latest comes first
		if !run.of(op) {
			continue
		}
		sha, status := query.Get("head_sha"), query.Get("status")
		if (sha == "" || sha == run.HeadSHA) && (status == "" || status == run.Status) {
			all = append(all, s.renderRun(run))
		}
	}
	items, link := s.page(r, all)
	return reply{code: http.StatusOK, body: map[string]any{"total_count": len(all), "workflow_runs": items}, link: link}
}
