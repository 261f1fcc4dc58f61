package gitlabtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNote is GitLab's limit of a note in characters.
const maxNote = 1_000_000

// parameters are those of the requests on notes that lib/api/notes.rb declares.
var parameters = map[string][]string{
	http.MethodGet: {"page", "per_page", "sort", "order_by", "activity_filter"},
}

// properties are those of a body.
var properties = map[string][]string{
	http.MethodPost: {"body", "confidential", "internal", "created_at", "merge_request_diff_head_sha"},
	http.MethodPut:  {"body", "confidential"},
}

func (s *Server) notesOf(w http.ResponseWriter, r *http.Request, user User, id string, body []byte) (int, any) {
	for name := range r.URL.Query() {
		if !slices.Contains(parameters[r.Method], name) {
			return s.problem("%s of notes with the parameter %q", r.Method, name)
		}
	}
	text, err := readBody(r, body)
	if err != nil {
		return s.problem("%s: %v", r.Method, err)
	}
	switch {
	case r.Method == http.MethodGet && id == "":
		return s.list(w, r)
	case r.Method == http.MethodGet:
		return s.get(id)
	case r.Method == http.MethodPost && id == "":
		return s.create(user, text)
	case r.Method == http.MethodPut || r.Method == http.MethodDelete:
		return s.change(r.Method, user, id, text)
	}
	return s.problem("%s of notes, %q", r.Method, id)
}

// readBody takes the text out of a request's body and checks the form.
func readBody(r *http.Request, body []byte) (string, error) {
	known, takesOne := properties[r.Method]
	if !takesOne {
		if len(body) > 0 {
			return "", fmt.Errorf("a body where none is expected: %.100s", body)
		}
		return "", nil
	}
	if r.Header.Get("Content-Type") != "application/json" {
		return "", fmt.Errorf("content type %q", r.Header.Get("Content-Type"))
	}
	var sent map[string]any
	if err := json.Unmarshal(body, &sent); err != nil {
		return "", err
	}
	for name := range sent {
		if !slices.Contains(known, name) {
			return "", fmt.Errorf("property %q", name)
		}
	}
	text, ok := sent["body"].(string)
	if !ok || text == "" {
		return "", fmt.Errorf("body is %v", sent["body"])
	}
	return text, nil
}

// list gives a page, as GitLab counts them: at most 100 notes, and fewer where
// some are filtered out.
func (s *Server) list(w http.ResponseWriter, r *http.Request) (int, any) {
	query := r.URL.Query()
	all := slices.Clone(s.notes)
	if query.Get("sort") != "asc" {
		slices.Reverse(all)
	}
	size, at := min(number(query.Get("per_page"), 20), 100), number(query.Get("page"), 1)
	page := all[min((at-1)*size, len(all)):min(at*size, len(all))]
	w.Header().Set("X-Next-Page", "")
	if at*size < len(all) {
		w.Header().Set("X-Next-Page", strconv.Itoa(at+1))
	}
	rendered := []any{}
	for _, n := range page {
		if query.Get("activity_filter") != "only_comments" || !n.System {
			rendered = append(rendered, render(n))
		}
	}
	return http.StatusOK, rendered
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// create writes a note. A note that is only quick actions is none: GitLab
// carries them out.
func (s *Server) create(user User, text string) (int, any) {
	if quickAction(text) {
		return s.problem("a quick action in %.200q", text)
	}
	if utf8.RuneCountInString(text) > maxNote {
		return refusal(http.StatusBadRequest, "Note {:note=>[\"is too long (maximum is 1000000 characters)\"]}")
	}
	return http.StatusCreated, render(s.add(user, text))
}

// quickAction reports whether GitLab would read a line as a command.
func quickAction(text string) bool {
	for line := range strings.Lines(text) {
		if rest := strings.TrimLeft(line, " \t"); len(rest) > 1 && rest[0] == '/' {
			return true
		}
	}
	return false
}

func (s *Server) get(id string) (int, any) {
	for _, n := range s.notes {
		if fmt.Sprint(n.ID) == id {
			return http.StatusOK, render(n)
		}
	}
	return refusal(http.StatusNotFound, "404 Not found")
}

func (s *Server) change(method string, user User, id, text string) (int, any) {
	i := slices.IndexFunc(s.notes, func(n *Note) bool { return fmt.Sprint(n.ID) == id })
	if i < 0 {
		return refusal(http.StatusNotFound, "404 Not found")
	}
	n := s.notes[i]
	if n.Author.ID != user.ID {
		return refusal(http.StatusForbidden, "403 Forbidden")
	}
	if method == http.MethodDelete {
		s.notes = slices.Delete(s.notes, i, i+1)
		return http.StatusNoContent, nil
	}
	if quickAction(text) {
		return s.problem("a quick action in %.200q", text)
	}
	n.Body, n.Edits = text, n.Edits+1
	return http.StatusOK, render(n)
}

func render(n *Note) map[string]any {
	return map[string]any{
		"id": n.ID, "body": n.Body, "system": n.System, "project_id": 5,
		"author":     map[string]any{"id": n.Author.ID, "username": fmt.Sprintf("user%d", n.Author.ID), "state": "active"},
		"created_at": "2026-11-20T09:30:00.000Z", "updated_at": "2026-11-20T09:30:00.000Z", "resolvable": false, "internal": false,
	}
}
