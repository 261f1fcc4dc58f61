package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server stands in for the GitHub API. Its methods may be called while it runs.
type Server struct {
	URL   string // what GITHUB_API_URL would hold, without a "/" at the end
	Store string // the host that artifacts are fetched from, without a "/" at the end

	prefix string // path of a GitHub Enterprise Server's API, "" for github.com
	api    *description
	schema string // file of the GraphQL schema
	client *http.Client

	mu        sync.Mutex
	now       time.Time
	lastID    int64
	comments  []*Comment
	runs      []*WorkflowRun
	pulls     []*Pull
	pushes    []*pushed
	artifacts []*Artifact
	checks    []*Check
	access    map[string]string // roles by repository and login
	locked    map[string]bool
	users     map[string]User
	faults    []*Fault
	requests  []Request
	problems  []string
}

// User is whom a token belongs to.
type User struct {
	Login    string
	Type     string // Bot or User
	ReadOnly bool   // the token may look and not write
	// MayNotHide is for a token that may write comments and not hide them.
	MayNotHide bool
}

// Actions is whom the token of a workflow run belongs to.
var Actions = User{Login: "github-actions[bot]", Type: "Bot"}

// Request is a request the server received.
type Request struct {
	Method string
	Path   string // without the API's prefix
	Query  string
	Body   string
}

// operations maps what the server can do to the description's names for it.
var operations = map[string]func(*Server, User, operation, *http.Request) reply{
	"GET /repos/{owner}/{repo}/issues/{issue_number}/comments":                   (*Server).list,
	"POST /repos/{owner}/{repo}/issues/{issue_number}/comments":                  (*Server).create,
	"GET /repos/{owner}/{repo}/issues/comments/{comment_id}":                     (*Server).get,
	"PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}":                   (*Server).update,
	"DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}":                  (*Server).remove,
	"GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs":                       (*Server).listJobs,
	"GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs":             (*Server).listRuns,
	"GET /repos/{owner}/{repo}/pulls":                                            (*Server).listPulls,
	"GET /repos/{owner}/{repo}/pulls/{pull_number}":                              (*Server).getPull,
	"GET /repos/{owner}/{repo}/activity":                                         (*Server).listActivity,
	"GET /repos/{owner}/{repo}/issues/{issue_number}/timeline":                   (*Server).listTimeline,
	"GET /repos/{owner}/{repo}/collaborators/{username}/permission":              (*Server).getPermission,
	"GET /repos/{owner}/{repo}/actions/runs":                                     (*Server).listAllRuns,
	"GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts":                  (*Server).listArtifacts,
	"GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": (*Server).getArtifact,
	"POST /repos/{owner}/{repo}/check-runs":                                      (*Server).createCheck,
	"GET /repos/{owner}/{repo}/check-runs/{check_run_id}":                        (*Server).getCheck,
	"PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}":                      (*Server).updateCheck,
	"GET /repos/{owner}/{repo}/commits/{ref}/check-runs":                         (*Server).listChecks,
	"GET /user": (*Server).whoami,
}

// theDescription is parsed once per test binary.
var theDescription struct {
	once sync.Once
	api  *description
	err  error
}

func describe(t testing.TB) *description {
	t.Helper()
	file := Cache(t, "testdata", "api.github.com.json")
	theDescription.once.Do(func() {
		var paths []string
		for name := range maps.Keys(operations) {
			_, path, _ := strings.Cut(name, " ")
			paths = append(paths, path)
		}
		theDescription.api, theDescription.err = readDescription(file, paths)
	})
	if theDescription.err != nil {
		t.Fatal(theDescription.err)
	}
	return theDescription.api
}

// New starts a server on a loopback port. It stops when the test ends, which
// fails if a request or an answer broke GitHub's description.
func New(t testing.TB) *Server { return start(t, "") }

// NewEnterprise is [New] with the path of a GitHub Enterprise Server.
func NewEnterprise(t testing.TB) *Server { return start(t, "/api/v3") }

func start(t testing.TB, prefix string) *Server {
	s := prepare(t)
	s.prefix = prefix
	web := httptest.NewServer(s)
	store := httptest.NewServer(http.HandlerFunc(s.serveStore))
	for _, host := range []*httptest.Server{web, store} {
		t.Cleanup(func() { host.CloseClientConnections(); host.Close() })
	}
	s.URL, s.Store, s.client = web.URL+prefix, store.URL, web.Client()
	return s
}

// NewInMemory starts a server that is reached through [Server.Client] only, by
// pipes within the process: it works in a bubble of testing/synctest. The
// description must have been read before, by any other server or by [Warm].
func NewInMemory(t testing.TB) *Server {
	s := prepare(t)
	pipes := newPipes()
	const storeHost = "store.github.test"
	hosts := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == storeHost {
			s.serveStore(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})
	web := &httptest.Server{Listener: pipes, Config: &http.Server{Handler: hosts}}
	web.Start()
	transport := &http.Transport{DialContext: pipes.dial}
	t.Cleanup(func() { transport.CloseIdleConnections(); web.CloseClientConnections(); web.Close() })
	s.URL, s.Store, s.client = "http://github.test", "http://"+storeHost, &http.Client{Transport: transport}
	return s
}

// Warm reads the description, so that a bubble of testing/synctest need not.
func Warm(t testing.TB) { describe(t) }

func prepare(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		api: describe(t), schema: Cache(t, "testdata", "github.graphql"), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), lastID: 1000,
		locked: map[string]bool{}, access: map[string]string{}, users: map[string]User{},
	}
	t.Cleanup(func() {
		for _, p := range s.Problems() {
			t.Errorf("GitHub's API description is broken: %s", p)
		}
	})
	return s
}

// Client reaches the server.
func (s *Server) Client() *http.Client { return s.client }

// Grant says whom a token belongs to. Tokens never granted are those of
// [Actions].
func (s *Server) Grant(token string, user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[token] = user
}

// Requests are those received so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Problems are the requests and answers that broke GitHub's description.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

func (s *Server) problem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	proper := http.HandlerFunc(s.serve)
	path, ok := strings.CutPrefix(r.URL.Path, s.prefix)
	if r.URL.Path == strings.TrimSuffix(s.prefix, "/v3")+graphQLPath {
		path, ok, proper = graphQLPath, true, s.serveGraphQL
	}
	if !ok {
		// What a GitHub Enterprise Server says outside of its API.
		send(w, refusal(http.StatusNotAcceptable, "Not Acceptable"))
		return
	}
	r.URL.Path, r.URL.RawPath, r.RequestURI = path, "", ""
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	fault := s.record(Request{Method: r.Method, Path: path, Query: r.URL.RawQuery, Body: string(body)})
	if fault == nil {
		proper(w, r)
		return
	}
	fault(w, r, proper)
}

// serve checks a request, does what it says and checks the answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	op, err := s.api.request(r)
	if err != nil {
		s.problem("%s %s: %v", r.Method, r.URL, err)
		send(w, refusal(http.StatusUnprocessableEntity, err.Error()))
		return
	}
	do, ok := operations[op.name()]
	if !ok {
		s.problem("%s: this server does not do that", op.name())
		send(w, refusal(http.StatusNotImplemented, "Not implemented by githubtest"))
		return
	}
	rec := httptest.NewRecorder()
	send(rec, s.authorized(op, r, do))
	if err := op.answer(rec); err != nil {
		s.problem("our answer %d to %s: %v", rec.Code, op.name(), err)
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	if _, err := rec.Body.WriteTo(w); err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
}

// authorized does an operation if the token's owner may.
func (s *Server) authorized(op operation, r *http.Request, do func(*Server, User, operation, *http.Request) reply) reply {
	user, refused := s.owner(r)
	if refused != nil {
		return *refused
	}
	if user.ReadOnly && r.Method != http.MethodGet {
		return refusal(http.StatusForbidden, "Resource not accessible by integration")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(s, user, op, r)
}

// owner is whom a request's token belongs to.
func (s *Server) owner(r *http.Request) (User, *reply) {
	no := func(code int, message string) (User, *reply) {
		refused := refusal(code, message)
		return User{}, &refused
	}
	if r.Header.Get("User-Agent") == "" {
		return no(http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header")
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return no(http.StatusUnauthorized, "Requires authentication")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user, ok := s.users[token]
	if !ok {
		user = Actions
	}
	if user.Login == "" {
		return no(http.StatusUnauthorized, "Bad credentials")
	}
	return user, nil
}

// reply is an answer before it is on the wire.
type reply struct {
	code int
	body any
	link string

	location string // where to go instead
}

func refusal(code int, message string) reply {
	return reply{code: code, body: map[string]string{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": fmt.Sprint(code),
	}}
}

func send(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.link != "" {
		w.Header().Set("Link", r.link)
	}
	if r.location != "" {
		w.Header().Set("Location", r.location)
	}
	w.WriteHeader(r.code)
	if r.body == nil {
		return
	}
	if err := json.NewEncoder(w).Encode(r.body); err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
}
