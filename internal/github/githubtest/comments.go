package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxBody is GitHub's limit of a comment in characters.
const maxBody = 65536

// Comment is a comment on an issue or pull request.
type Comment struct {
	ID      int64
	Owner   string
	Repo    string
	Number  int // of the issue
	Author  User
	Body    string
	Edits   int
	Hidden  string // why, such as outdated; "" while it is shown
	created time.Time
	updated time.Time
}

// Add puts a comment there as if somebody had written it, and gives its id.
func (s *Server) Add(owner, repo string, number int, author User, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(owner, repo, number, author, body).ID
}

func (s *Server) add(owner, repo string, number int, author User, body string) *Comment {
	s.lastID++
	s.now = s.now.Add(time.Second)
	c := &Comment{ID: s.lastID, Owner: owner, Repo: repo, Number: number, Author: author, Body: body, created: s.now, updated: s.now}
	s.comments = append(s.comments, c)
	return c
}

// Remove deletes a comment as if its author had.
func (s *Server) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.comments = slices.DeleteFunc(s.comments, func(c *Comment) bool { return c.ID == id })
}

// Edit gives a comment another text as if its author had.
func (s *Server) Edit(id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.comments {
		if c.ID == id {
			c.Body = body
		}
	}
}

// Comments are those of an issue or pull request, oldest first.
func (s *Server) Comments(owner, repo string, number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []Comment
	for _, c := range s.of(owner, repo, fmt.Sprint(number)) {
		of = append(of, *c)
	}
	return of
}

// Lock locks the conversation of an issue or pull request.
func (s *Server) Lock(owner, repo string, number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked[fmt.Sprintf("%s/%s#%d", owner, repo, number)] = true
}

func (s *Server) of(owner, repo, number string) []*Comment {
	var of []*Comment
	for _, c := range s.comments {
		if strings.EqualFold(c.Owner, owner) && strings.EqualFold(c.Repo, repo) && fmt.Sprint(c.Number) == number {
			of = append(of, c)
		}
	}
	return of
}

func (s *Server) list(_ User, op operation, r *http.Request) reply {
	all := []any{}
	for _, c := range s.of(op.param("owner"), op.param("repo"), op.param("issue_number")) {
		all = append(all, c)
	}
	items, link := s.page(r, all)
	for i := range items { // and not those of the other pages, of which tests have 30
		items[i] = s.render(items[i].(*Comment))
	}
	return reply{code: http.StatusOK, body: items, link: link}
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// links is the Link header: GitHub leaves out what would point at the page itself.
func (s *Server) links(at *url.URL, page, last int) string {
	var all []string
	add := func(rel string, to int) {
		query := at.Query()
		query.Set("page", strconv.Itoa(to))
		all = append(all, fmt.Sprintf("<%s%s?%s>; rel=%q", s.URL, at.Path, query.Encode(), rel))
	}
	if page > 1 {
		add("prev", page-1)
		add("first", 1)
	}
	if page < last {
		add("next", page+1)
		add("last", last)
	}
	return strings.Join(all, ", ")
}

func (s *Server) create(user User, op operation, r *http.Request) reply {
	owner, repo, issue := op.param("owner"), op.param("repo"), op.param("issue_number")
	if s.locked[owner+"/"+repo+"#"+issue] {
		return refusal(http.StatusForbidden, "Unable to create comment because issue is locked.")
	}
	body, refused := readBody(r)
	if refused != nil {
		return *refused
	}
	return reply{code: http.StatusCreated, body: s.render(s.add(owner, repo, number(issue, 0), user, body))}
}

// readBody takes the comment's text from a request, or says why GitHub would
// not have it.
func readBody(r *http.Request) (string, *reply) {
	var sent struct{ Body string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		bad := refusal(http.StatusBadRequest, "Problems parsing JSON")
		return "", &bad
	}
	if utf8.RuneCountInString(sent.Body) <= maxBody {
		return sent.Body, nil
	}
	message := fmt.Sprintf("Body is too long (maximum is %d characters)", maxBody)
	return "", &reply{code: http.StatusUnprocessableEntity, body: map[string]any{
		"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest/issues/comments",
		"errors": []any{map[string]any{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": message}},
	}}
}

func (s *Server) find(op operation) *Comment {
	for _, c := range s.comments {
		if strings.EqualFold(c.Owner, op.param("owner")) && strings.EqualFold(c.Repo, op.param("repo")) &&
			fmt.Sprint(c.ID) == op.param("comment_id") {
			return c
		}
	}
	return nil
}

func (s *Server) get(_ User, op operation, _ *http.Request) reply {
	c := s.find(op)
	if c == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	return reply{code: http.StatusOK, body: s.render(c)}
}

func (s *Server) update(_ User, op operation, r *http.Request) reply {
	c := s.find(op)
	if c == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	body, refused := readBody(r)
	if refused != nil {
		return *refused
	}
	s.now = s.now.Add(time.Second)
	c.Body, c.updated, c.Edits = body, s.now, c.Edits+1
	return reply{code: http.StatusOK, body: s.render(c)}
}

func (s *Server) remove(_ User, op operation, _ *http.Request) reply {
	c := s.find(op)
	if c == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	s.comments = slices.DeleteFunc(s.comments, func(o *Comment) bool { return o == c })
	return reply{code: http.StatusNoContent}
}

// whoami answers users. The token of a workflow run may not ask.
func (s *Server) whoami(user User, _ operation, _ *http.Request) reply {
	if user.Type == "Bot" {
		return refusal(http.StatusForbidden, "Resource not accessible by integration")
	}
	me := s.renderUser(user)
	for _, name := range []string{"bio", "blog", "company", "email", "location", "name"} {
		me[name] = ""
	}
	for _, name := range []string{"followers", "following", "public_gists", "public_repos"} {
		me[name] = 0
	}
	me["user_view_type"] = "public"
	me["hireable"], me["created_at"], me["updated_at"] = false, s.now, s.now
	return reply{code: http.StatusOK, body: me}
}

func (s *Server) render(c *Comment) map[string]any {
	repo := fmt.Sprintf("%s/repos/%s/%s", s.URL, c.Owner, c.Repo)
	var minimized any
	if c.Hidden != "" {
		minimized = map[string]any{"reason": c.Hidden}
	}
	return map[string]any{
		"minimized": minimized,
		"id":        c.ID, "node_id": c.node(), "body": c.Body,
		"url":                fmt.Sprintf("%s/issues/comments/%d", repo, c.ID),
		"html_url":           fmt.Sprintf("https://github.test/%s/%s/pull/%d#issuecomment-%d", c.Owner, c.Repo, c.Number, c.ID),
		"issue_url":          fmt.Sprintf("%s/issues/%d", repo, c.Number),
		"user":               s.renderUser(c.Author),
		"created_at":         c.created,
		"updated_at":         c.updated,
		"author_association": "NONE",
	}
}

func (s *Server) renderUser(u User) map[string]any {
	of := s.URL + "/users/" + url.PathEscape(u.Login)
	user := map[string]any{"login": u.Login, "id": 41898282, "node_id": "U_1", "type": u.Type, "site_admin": false,
		"gravatar_id": "", "url": of, "html_url": "https://github.test/" + url.PathEscape(u.Login), "avatar_url": "https://github.test/avatar"}
	for _, name := range []string{"followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"} {
		user[name+"_url"] = of + "/" + name
	}
	return user
}
