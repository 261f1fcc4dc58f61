package githubtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Label sets a label on a pull request. Like GitHub it does nothing where the
// pull request has it already, in whatever case.
func (s *Server) Label(owner, repo string, number int, name string, by User) {
	s.change(owner, repo, number, func(p *Pull) {
		if p.find(name) < 0 {
			p.labels = append(p.labels, name)
			s.event(p, "labeled", by)["label"] = map[string]any{"name": name, "color": "ededed"}
		}
	})
}

// Unlabel takes a label off a pull request.
func (s *Server) Unlabel(owner, repo string, number int, name string, by User) {
	s.change(owner, repo, number, func(p *Pull) {
		if i := p.find(name); i >= 0 {
			s.event(p, "unlabeled", by)["label"] = map[string]any{"name": p.labels[i], "color": "ededed"}
			p.labels = slices.Delete(p.labels, i, i+1)
		}
	})
}

// RenameLabel gives a repository's label another name. What happened to it
// before is told under the old one.
func (s *Server) RenameLabel(owner, repo, from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pulls {
		if i := p.find(from); i >= 0 && strings.EqualFold(p.Base.Owner, owner) && strings.EqualFold(p.Base.Repo, repo) {
			p.labels[i] = to
		}
	}
}

func (p *Pull) find(label string) int {
	return slices.IndexFunc(p.labels, func(name string) bool { return strings.EqualFold(name, label) })
}

// Happened adds an event of any kind to a pull request's timeline.
func (s *Server) Happened(owner, repo string, number int, kind string, by User) {
	s.change(owner, repo, number, func(p *Pull) { s.event(p, kind, by) })
}

// Ghost deletes an account: what it did was done by nobody.
func (s *Server) Ghost(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pulls {
		for _, event := range p.timeline {
			if actor, ok := event["actor"].(map[string]any); ok && actor["login"] == login {
				event["actor"] = s.renderUser(User{Login: "ghost", Type: "User"})
			}
		}
	}
}

// event appends to the timeline and gives the event for what else is in it.
func (s *Server) event(p *Pull, kind string, by User) map[string]any {
	s.lastID++
	one := map[string]any{
		"id": s.lastID, "node_id": fmt.Sprintf("EV_%d", s.lastID), "event": kind, "actor": s.renderUser(by),
		"url":       s.refURL("/repos/%s/%s/issues/events/%d", p.Base.Owner, p.Base.Repo, s.lastID),
		"commit_id": nil, "commit_url": nil, "created_at": s.tick().Format(time.RFC3339), "performed_via_github_app": nil,
	}
	p.timeline = append(p.timeline, one)
	return one
}

// commit appends a commit, with the times that its author chose: long ago.
func (p *Pull) commit(s *Server, sha string) {
	at := s.refURL("/repos/%s/%s/git/commits/%s", p.Head.Owner, p.Head.Repo, sha)
	by := map[string]any{"name": "a", "email": "a@example.com", "date": "2001-01-01T00:00:00Z"}
	p.timeline = append(p.timeline, map[string]any{
		"event": "committed", "sha": sha, "node_id": "C_" + sha, "url": at, "html_url": at, "author": by, "committer": maps.Clone(by),
		"tree": map[string]any{"sha": sha, "url": at}, "message": "change", "parents": []any{},
		"verification": map[string]any{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
	})
}

func (s *Server) listTimeline(_ User, op operation, r *http.Request) reply {
	p := s.pull(op.param("owner"), op.param("repo"), op.param("issue_number"))
	if p == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	all := []any{}
	for _, event := range p.timeline {
		all = append(all, event)
	}
	items, link := s.page(r, all)
	return reply{code: http.StatusOK, body: items, link: link}
}

func (s *Server) renderLabel(p *Pull, name string) map[string]any {
	return map[string]any{
		"id": 208045946, "node_id": "LA_1", "name": name, "description": "", "color": "ededed", "default": false,
		"url": s.refURL("/repos/%s/%s/labels/%s", p.Base.Owner, p.Base.Repo, name),
	}
}

// SetAccess gives an account a role in a repository: admin, maintain, write,
// triage or read. Accounts without one may read.
func (s *Server) SetAccess(owner, repo, login, role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access[strings.ToLower(owner+"/"+repo+" "+login)] = role
}

// getPermission answers as GitHub does: maintain and triage are roles, and not
// permissions of their own. Bots are no users.
func (s *Server) getPermission(_ User, op operation, _ *http.Request) reply {
	name := op.param("username")
	if strings.HasSuffix(name, "[bot]") {
		return refusal(http.StatusNotFound, name+" is not a user")
	}
	role, ok := s.access[strings.ToLower(op.param("owner")+"/"+op.param("repo")+" "+name)]
	if !ok {
		role = "read"
	}
	permission := role
	switch role {
	case "maintain":
		permission = "write"
	case "triage":
		permission = "read"
	}
	user := s.renderUser(User{Login: name, Type: "User"})
	user["role_name"] = role
	return reply{code: http.StatusOK, body: map[string]any{"permission": permission, "role_name": role, "user": user}}
}
