package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Check is a check run on a commit.
type Check struct {
	ID          int64
	Owner       string
	Repo        string
	SHA         string
	Name        string
	External    string
	Details     string
	Status      string
	Conclusion  string // "" while it is in progress
	Title       string
	Summary     string
	Text        string
	Annotations []Mark
}

// Mark is an annotation of a check run.
type Mark struct {
	Path    string `json:"path"`
	Line    int    `json:"start_line"`
	End     int    `json:"end_line"`
	Level   string `json:"annotation_level"`
	Message string `json:"message"`
	Title   string `json:"title"`
}

// checkRequest is what a create and an update may hold.
type checkRequest struct {
	Name       *string `json:"name"`
	SHA        *string `json:"head_sha"`
	External   *string `json:"external_id"`
	Details    *string `json:"details_url"`
	Status     *string `json:"status"`
	Conclusion *string `json:"conclusion"`
	Output     *struct {
		Title       string `json:"title"`
		Summary     string `json:"summary"`
		Text        *string
		Annotations []Mark `json:"annotations"`
	} `json:"output"`
}

// Checks are the check runs of a commit, oldest first.
func (s *Server) Checks(owner, repo, sha string) []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []Check
	for _, c := range s.checks {
		if strings.EqualFold(c.Owner, owner) && strings.EqualFold(c.Repo, repo) && c.SHA == sha {
			one := *c
			one.Annotations = slices.Clone(c.Annotations)
			of = append(of, one)
		}
	}
	return of
}

func (s *Server) createCheck(_ User, op operation, r *http.Request) reply {
	s.lastID++
	c := &Check{ID: s.lastID, Owner: op.param("owner"), Repo: op.param("repo"), Status: "queued"}
	if refused := c.apply(r); refused != nil {
		return *refused
	}
	s.checks = append(s.checks, c)
	return reply{code: http.StatusCreated, body: s.renderCheck(c)}
}

func (s *Server) updateCheck(_ User, op operation, r *http.Request) reply {
	c := s.findCheck(op)
	if c == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	if refused := c.apply(r); refused != nil {
		return *refused
	}
	return reply{code: http.StatusOK, body: s.renderCheck(c)}
}

func (s *Server) getCheck(_ User, op operation, _ *http.Request) reply {
	c := s.findCheck(op)
	if c == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	return reply{code: http.StatusOK, body: s.renderCheck(c)}
}

func (s *Server) listChecks(_ User, op operation, r *http.Request) reply {
	all := []any{}
	for i := len(s.checks) - 1; i >= 0; i-- { // the latest comes first
		c := s.checks[i]
		name := r.URL.Query().Get("check_name")
		if strings.EqualFold(c.Owner, op.param("owner")) && strings.EqualFold(c.Repo, op.param("repo")) && c.SHA == op.param("ref") && (name == "" || name == c.Name) {
			all = append(all, s.renderCheck(c))
		}
	}
	items, link := s.page(r, all)
	return reply{code: http.StatusOK, body: map[string]any{"total_count": len(all), "check_runs": items}, link: link}
}

func (s *Server) findCheck(op operation) *Check {
	for _, c := range s.checks {
		if strings.EqualFold(c.Owner, op.param("owner")) && strings.EqualFold(c.Repo, op.param("repo")) && fmt.Sprint(c.ID) == op.param("check_run_id") {
			return c
		}
	}
	return nil
}

// apply does what a request says, which the description checked but for what
// stands in its prose.
func (c *Check) apply(r *http.Request) *reply {
	var sent checkRequest
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return refused(http.StatusBadRequest, "Problems parsing JSON")
	}
	if sent.Status != nil && *sent.Status == "completed" && sent.Conclusion == nil {
		return refused(http.StatusUnprocessableEntity, "No subschema in \"anyOf\" matched: conclusion wasn't supplied.")
	}
	if sent.Output != nil {
		for _, m := range sent.Output.Annotations {
			if m.Path == "" || strings.HasPrefix(m.Path, "/") || m.Line < 1 || m.End < m.Line || m.Message == "" || utf8.RuneCountInString(m.Title) > 255 {
				return refused(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid request: annotation %+v", m))
			}
		}
		c.Title, c.Summary = sent.Output.Title, sent.Output.Summary
		if sent.Output.Text != nil {
			c.Text = *sent.Output.Text
		}
		c.Annotations = append(c.Annotations, sent.Output.Annotations...)
	}
	for to, from := range map[*string]*string{&c.Name: sent.Name, &c.SHA: sent.SHA, &c.External: sent.External, &c.Details: sent.Details, &c.Status: sent.Status, &c.Conclusion: sent.Conclusion} {
		if from != nil {
			*to = *from
		}
	}
	if sent.Conclusion != nil {
		c.Status = "completed"
	}
	return nil
}

func refused(code int, message string) *reply {
	r := refusal(code, message)
	return &r
}

func (s *Server) renderCheck(c *Check) map[string]any {
	one := s.api.whole("check-run")
	one["id"], one["name"], one["head_sha"], one["external_id"], one["details_url"] = c.ID, c.Name, c.SHA, c.External, c.Details
	one["html_url"] = fmt.Sprintf("https://github.test/%s/%s/runs/%d", c.Owner, c.Repo, c.ID)
	one["status"], one["conclusion"], one["started_at"], one["completed_at"] = c.Status, nil, s.now.Format(time.RFC3339), nil
	if c.Conclusion != "" {
		one["conclusion"], one["completed_at"] = c.Conclusion, s.now.Format(time.RFC3339)
	}
	output := map[string]any{"title": nil, "summary": nil, "text": nil, "annotations_count": len(c.Annotations), "annotations_url": one["html_url"]}
	for name, text := range map[string]string{"title": c.Title, "summary": c.Summary, "text": c.Text} {
		if text != "" {
			output[name] = text
		}
	}
	one["output"] = output
	return one
}
