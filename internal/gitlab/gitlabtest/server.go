// Package gitlabtest is a stand-in for the GitLab API, for tests. It is a real
// HTTP server that keeps state: notes are created, listed in pages, updated and
// deleted, by whoever the token belongs to. It can be told to misbehave
// ([Server.Fail]).
//
// No registry of packages carries GitLab's OpenAPI description, so the rules
// here are written by hand after GitLab's documentation and the parameters that
// its own API declares (lib/api/notes.rb): a path, parameter or property that is
// not among them fails the test.
package gitlabtest

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

// User is whoever a token belongs to.
type User struct {
	ID       int64
	Guest    bool // sees no merge request
	ReadOnly bool // the token's scope is read_api
}

// Bot is the user of a project access token. Tokens never granted are its.
var Bot = User{ID: 50}

// Note is a note on a merge request.
type Note struct {
	ID     int64
	Author User
	Body   string
	System bool
	Edits  int
}

// Server is the stand-in. Its one project has the number 5 and its one merge
// request the number 7.
type Server struct {
	URL string // of the API, with GitLab's path

	client   *http.Client
	prefix   string
	mu       sync.Mutex
	users    map[string]User
	notes    []*Note
	lastID   int64
	faults   []*Fault
	problems []string
	requests []string
}

// New starts a server below a path, as GitLab has it on a host of its own (""), or
// with a relative URL. It ends with the test, and what broke GitLab's rules fails it.
func New(t testing.TB, path string) *Server {
	t.Helper()
	s := &Server{prefix: path + "/api/v4/", users: map[string]User{}, lastID: 1000}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL, s.client = web.URL+path+"/api/v4", web.Client()
	t.Cleanup(func() {
		for _, p := range s.problems {
			t.Errorf("GitLab's API has no such request: %s", p)
		}
	})
	return s
}

// Client reaches the server.
func (s *Server) Client() *http.Client { return s.client }

// Grant says whom a token belongs to; the zero User is nobody.
func (s *Server) Grant(token string, user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[token] = user
}

// Add puts a note there as if somebody had written it.
func (s *Server) Add(author User, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(author, body).ID
}

func (s *Server) add(author User, body string) *Note {
	s.lastID++
	n := &Note{ID: s.lastID, Author: author, Body: body}
	s.notes = append(s.notes, n)
	return n
}

// Remove deletes a note as if somebody had.
func (s *Server) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = slices.DeleteFunc(s.notes, func(n *Note) bool { return n.ID == id })
}

// Notes are those of the merge request, oldest first.
func (s *Server) Notes() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Note
	for _, n := range s.notes {
		all = append(all, *n)
	}
	return all
}

// Requests are the methods and paths received so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Fault makes matching requests go wrong.
type Fault struct {
	Method string // "" matches all
	Times  int    // how many requests it spoils; 0 for all from now on
	How    func(w http.ResponseWriter, r *http.Request, proper http.Handler)

	spoilt int
}

// Fail adds a fault.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	proper := http.HandlerFunc(s.serve)
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	how := proper.ServeHTTP
	for _, f := range s.faults {
		if (f.Method == "" || f.Method == r.Method) && (f.Times == 0 || f.spoilt < f.Times) {
			f.spoilt++
			how = func(w http.ResponseWriter, r *http.Request) { f.How(w, r, proper) }
			break
		}
	}
	s.mu.Unlock()
	how(w, r)
}

// serve does what a request says, where GitLab would.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code, answer := s.answer(w, r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if code != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(answer) // or the client went away
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte) (int, any) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	user, known := s.users[token]
	if !known {
		user = Bot
	}
	if !ok || token == "" || user.ID == 0 {
		return refusal(http.StatusUnauthorized, "401 Unauthorized")
	}
	path, below := strings.CutPrefix(r.URL.Path, s.prefix)
	if !below {
		return s.problem("%s is not below %s", r.URL.Path, s.prefix)
	}
	if user.ReadOnly && r.Method != http.MethodGet {
		return http.StatusForbidden, map[string]string{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token."}
	}
	if path == "user" && r.Method == http.MethodGet {
		return http.StatusOK, map[string]any{"id": user.ID, "username": "project_5_bot_1", "bot": true}
	}
	rest, ours := strings.CutPrefix(path, "projects/5/merge_requests/7/notes")
	switch {
	case !ours && strings.HasSuffix(path, "/notes"), user.Guest:
		return refusal(http.StatusNotFound, "404 Not found")
	case !ours:
		return s.problem("%s %s", r.Method, path)
	}
	return s.notesOf(w, r, user, strings.TrimPrefix(rest, "/"), body)
}

func (s *Server) problem(format string, args ...any) (int, any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
	return refusal(http.StatusNotFound, "404 Not Found")
}

func refusal(code int, message string) (int, any) {
	return code, map[string]string{"message": message}
}
