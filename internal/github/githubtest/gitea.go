package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Gitea is a stand-in for the API of Gitea and Forgejo, which is like GitHub's
// where comments are concerned, with these differences, taken from Gitea's
// sources (routers/api/v1/repo/issue_comment.go): a listing is whole, whatever
// page is asked for, and has no links; users have no type; the token of a job
// belongs to gitea-actions, which may ask who it is. There are no check runs and
// there is no GraphQL: any other request fails the test.
type Gitea struct {
	URL string // of the API

	mu       sync.Mutex
	comments []*Comment
	lastID   int64
	problems []string
}

// NewGitea starts one, with the pull request 7 of o/r. It ends with the test.
func NewGitea(t testing.TB) *Gitea {
	t.Helper()
	g := &Gitea{lastID: 1000}
	web := httptest.NewServer(g)
	t.Cleanup(web.Close)
	g.URL = web.URL + "/api/v1"
	t.Cleanup(func() {
		for _, p := range g.problems {
			t.Errorf("Gitea has no such request: %s", p)
		}
	})
	return g
}

// Add puts a comment there as if somebody had written it.
func (g *Gitea) Add(login, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.add(login, body)
}

func (g *Gitea) add(login, body string) *Comment {
	g.lastID++
	c := &Comment{ID: g.lastID, Author: User{Login: login}, Body: body}
	g.comments = append(g.comments, c)
	return c
}

// Comments are those of the pull request, oldest first.
func (g *Gitea) Comments() []Comment {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Comment
	for _, c := range g.comments {
		all = append(all, *c)
	}
	return all
}

// ServeHTTP implements http.Handler.
func (g *Gitea) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	code, answer := g.answer(w, r, body)
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(code)
	if code != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(answer) // or the client went away
	}
}

func (g *Gitea) answer(w http.ResponseWriter, r *http.Request, body []byte) (int, any) {
	var sent struct{ Body string }
	if len(body) > 0 && json.Unmarshal(body, &sent) != nil {
		return giteaRefusal(http.StatusUnprocessableEntity, "unreadable body")
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	id, ofOne := strings.CutPrefix(path, "repos/o/r/issues/comments/")
	switch {
	case r.Header.Get("Authorization") != "Bearer ghs_token":
		return giteaRefusal(http.StatusUnauthorized, "token is required")
	case r.Method == http.MethodGet && path == "user":
		return http.StatusOK, giteaUser("gitea-actions")
	case r.Method == http.MethodGet && path == "repos/o/r/issues/7/comments":
		w.Header().Set("X-Total-Count", fmt.Sprint(len(g.comments)))
		all := []any{}
		for _, c := range g.comments {
			all = append(all, g.render(c))
		}
		return http.StatusOK, all
	case r.Method == http.MethodPost && path == "repos/o/r/issues/7/comments":
		return http.StatusCreated, g.render(g.add("gitea-actions", sent.Body))
	case ofOne && (r.Method == http.MethodGet || r.Method == http.MethodPatch || r.Method == http.MethodDelete):
		return g.one(r.Method, id, sent.Body)
	}
	g.problems = append(g.problems, r.Method+" "+r.URL.Path)
	return giteaRefusal(http.StatusNotFound, "404 page not found")
}

// one reads, changes or removes a comment.
func (g *Gitea) one(method, id, body string) (int, any) {
	i := slices.IndexFunc(g.comments, func(c *Comment) bool { return fmt.Sprint(c.ID) == id })
	if i < 0 {
		return giteaRefusal(http.StatusNotFound, "comment does not exist")
	}
	switch method {
	case http.MethodGet:
		return http.StatusOK, g.render(g.comments[i])
	case http.MethodDelete:
		g.comments = slices.Delete(g.comments, i, i+1)
		return http.StatusNoContent, nil
	}
	g.comments[i].Body, g.comments[i].Edits = body, g.comments[i].Edits+1
	return http.StatusOK, g.render(g.comments[i])
}

func (g *Gitea) render(c *Comment) map[string]any {
	return map[string]any{
		"id": c.ID, "html_url": fmt.Sprintf("https://gitea.test/o/r/pulls/7#issuecomment-%d", c.ID), "pull_request_url": "https://gitea.test/o/r/pulls/7",
		"issue_url": "", "user": giteaUser(c.Author.Login), "original_author": "", "original_author_id": 0, "body": c.Body, "assets": []any{},
		"created_at": "2026-11-20T09:30:00Z", "updated_at": "2026-11-20T09:30:00Z",
	}
}

func giteaUser(login string) map[string]any {
	return map[string]any{"id": -2, "login": login, "login_name": "", "source_id": 0, "full_name": login, "email": "x@gitea.test", "is_admin": false, "username": login}
}

func giteaRefusal(code int, message string) (int, any) {
	return code, map[string]string{"message": message, "url": "https://gitea.test/api/swagger"}
}
