package gitlab_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/github"
	"github.com/plimsoll-ci/plimsoll/internal/gitlab"
	"github.com/plimsoll-ci/plimsoll/internal/gitlab/gitlabtest"
)

// variables are those of a job in a merge request's pipeline, with changes.
func variables(s *gitlabtest.Server, changes ...string) func(string) string {
	all := map[string]string{
		"GITLAB_CI": "true", "CI_API_V4_URL": s.URL, "CI_PROJECT_ID": "5", "CI_PROJECT_URL": "https://gitlab.test/group/app",
		"CI_PIPELINE_ID": "1900000042", "CI_JOB_ID": "11400000007", "CI_JOB_NAME": "plimsoll", "CI_JOB_URL": "https://gitlab.test/group/app/-/jobs/11400000007",
		"CI_COMMIT_SHA": "cafe", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "5",
		"CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.test/group/app", "GITLAB_TOKEN": "glpat-1",
	}
	for i := 0; i+1 < len(changes); i += 2 {
		all[changes[i]] = changes[i+1]
	}
	return func(name string) string { return all[name] }
}

// publish is what a job does.
func publish(t *testing.T, s *gitlabtest.Server, body string, changes ...string) (github.Comment, error) {
	t.Helper()
	env := variables(s, changes...)
	run, err := gitlab.NewRun(env)
	if err != nil {
		t.Fatal(err)
	}
	return gitlab.Publish(t.Context(), run, gitlab.Token(env), s.Client(), body)
}

// only fails unless the merge request has exactly the notes that end so.
func only(t *testing.T, s *gitlabtest.Server, want ...string) []gitlabtest.Note {
	t.Helper()
	got := s.Notes()
	if len(got) != len(want) {
		t.Fatalf("%d notes, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !strings.HasSuffix(got[i].Body, want[i]) {
			t.Errorf("note %d is %q, want it to end in %q", i, got[i].Body, want[i])
		}
	}
	return got
}

func reason(t *testing.T, err error) github.Reason {
	t.Helper()
	var refused *github.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v, want a RefusedError", err)
	}
	if gitlab.Explain(refused) == "" {
		t.Errorf("%s has no explanation", refused.Reason)
	}
	return refused.Reason
}

func TestNoteIsWrittenThenUpdated(t *testing.T) {
	for _, path := range []string{"", "/gitlab"} {
		s := gitlabtest.New(t, path)
		s.Add(gitlabtest.User{ID: 1}, "hello")
		first, err := publish(t, s, "one")
		if err != nil {
			t.Fatal(err)
		}
		second, err := publish(t, s, "two", "CI_PIPELINE_ID", "1900000043", "CI_JOB_ID", "11400000008")
		if err != nil {
			t.Fatal(err)
		}
		got := only(t, s, "hello", "two")
		if got[1].Edits != 1 || first != second || second.URL != fmt.Sprintf("https://gitlab.test/group/app/-/merge_requests/7#note_%d", got[1].ID) {
			t.Errorf("first %+v, then %+v: %+v", first, second, got[1])
		}
		for _, r := range s.Requests() {
			if !strings.Contains(r, " "+path+"/api/v4/") {
				t.Errorf("%s is not below the server's path", r)
			}
		}
	}
}

// An older pipeline never takes the place of a newer one, also when one of its
// jobs is retried, which gives it a higher number than the newer one's. Within a
// pipeline the retry counts.
func TestTheNewestPipelineStays(t *testing.T) {
	s := gitlabtest.New(t, "")
	if _, err := publish(t, s, "new", "CI_PIPELINE_ID", "43", "CI_JOB_ID", "100"); err != nil {
		t.Fatal(err)
	}
	if _, err := publish(t, s, "old", "CI_PIPELINE_ID", "42", "CI_JOB_ID", "101"); reason(t, err) != github.Superseded {
		t.Error(err)
	}
	only(t, s, "new")
	if _, err := publish(t, s, "retried", "CI_PIPELINE_ID", "43", "CI_JOB_ID", "11400000102"); err != nil {
		t.Fatal(err)
	}
	only(t, s, "retried")
}

// Anyone can paste a marker; jobs of other names have notes of their own.
func TestOthersNotesAreLeftAlone(t *testing.T) {
	s := gitlabtest.New(t, "")
	if _, err := publish(t, s, "other job", "CI_JOB_NAME", "nightly"); err != nil {
		t.Fatal(err)
	}
	stolen := strings.Replace(s.Notes()[0].Body, "nightly", "plimsoll", 1)
	s.Add(gitlabtest.User{ID: 9}, strings.Replace(stolen, "run=1900000042", "run=9900000000", 1))
	if _, err := publish(t, s, "ours"); err != nil {
		t.Fatal(err)
	}
	only(t, s, "other job", "other job", "ours")
}

func TestNoteIsFoundOnTheLastOfThirtyPages(t *testing.T) {
	s := gitlabtest.New(t, "")
	for i := range 2950 {
		s.Add(gitlabtest.User{ID: 1}, fmt.Sprint(i))
	}
	for _, body := range []string{"one", "two"} {
		if _, err := publish(t, s, body, "CI_JOB_ID", map[string]string{"one": "1", "two": "2"}[body]); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Notes(); len(got) != 2951 {
		t.Errorf("%d notes, want one of ours", len(got))
	}
}

// Whatever stands in the report, GitLab takes no command from it.
func TestNoLineIsAQuickAction(t *testing.T) {
	s := gitlabtest.New(t, "")
	for _, body := range []string{"/merge", "fine\n/close\n", "a\n  /assign @root\n\t/label ~x", "```\n/approve\n```"} {
		if _, err := publish(t, s, body, "CI_JOB_NAME", body); err != nil {
			t.Error(err)
		}
	}
}

func TestWhyThereIsNoNote(t *testing.T) {
	for want, changes := range map[github.Reason][]string{
		github.NoPull:    {"CI_MERGE_REQUEST_IID", ""},
		github.Fork:      {"CI_PROJECT_ID", "66"},
		github.NoToken:   {"GITLAB_TOKEN", ""},
		github.BadToken:  {"GITLAB_TOKEN", "", "PLIMSOLL_GITLAB_TOKEN", "nobody"},
		github.Forbidden: {"PLIMSOLL_GITLAB_TOKEN", "reader"},
		github.NotFound:  {"PLIMSOLL_GITLAB_TOKEN", "guest"},
	} {
		s := gitlabtest.New(t, "")
		s.Grant("nobody", gitlabtest.User{})
		s.Grant("reader", gitlabtest.User{ID: 60, ReadOnly: true})
		s.Grant("guest", gitlabtest.User{ID: 61, Guest: true})
		_, err := publish(t, s, "x", changes...)
		if got := reason(t, err); got != want {
			t.Errorf("%v: %s (%v), want %s", changes, got, err, want)
		}
		if strings.Contains(err.Error(), "glpat") {
			t.Errorf("the token is in %v", err)
		}
		only(t, s)
	}
}

func TestNoteOfAnySize(t *testing.T) {
	s := gitlabtest.New(t, "")
	if _, err := publish(t, s, strings.Repeat("é", gitlab.MaxNote)); reason(t, err) != github.Invalid || len(s.Requests()) != 0 {
		t.Errorf("%v after %q", err, s.Requests())
	}
	if _, err := publish(t, s, strings.Repeat("é", gitlab.MaxNote-300)); err != nil {
		t.Error(err)
	}
	only(t, s, "é")
}

// Whatever goes wrong around a write: one note, not two.
func TestFaultsDoNotWriteTwice(t *testing.T) {
	broken := func(code int) func(http.ResponseWriter, *http.Request, http.Handler) {
		return func(w http.ResponseWriter, r *http.Request, proper http.Handler) {
			proper.ServeHTTP(httptest.NewRecorder(), r)
			http.Error(w, "{}", code)
		}
	}
	cut := func(_ http.ResponseWriter, r *http.Request, proper http.Handler) {
		proper.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	limited := func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", "0")
		http.Error(w, `{"message": {"error": "This endpoint has been requested too many times. Try again later."}}`, http.StatusTooManyRequests)
	}
	for name, how := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"500 after the write": broken(http.StatusInternalServerError), "cut after the write": cut, "429": limited,
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				s := gitlabtest.New(t, "")
				if method == http.MethodPut {
					if _, err := publish(t, s, "old", "CI_PIPELINE_ID", "41"); err != nil {
						t.Fatal(err)
					}
				}
				s.Fail(gitlabtest.Fault{Method: method, Times: 1, How: how})
				if _, err := publish(t, s, "x"); err != nil {
					t.Fatal(err)
				}
				only(t, s, "x")
			})
		}
	}
}

func TestConcurrentPipelinesLeaveOneNote(t *testing.T) {
	s := gitlabtest.New(t, "")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := publish(t, s, fmt.Sprint("of ", i), "CI_PIPELINE_ID", fmt.Sprint(100+i))
			var refused *github.RefusedError
			if err != nil && (!errors.As(err, &refused) || refused.Reason != github.Superseded) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	only(t, s, "of 19")
}

func TestVariablesThatAreWrong(t *testing.T) {
	s := gitlabtest.New(t, "")
	for want, changes := range map[string][]string{
		`CI_API_V4_URL is "gitlab"`:      {"CI_API_V4_URL", "gitlab"},
		`CI_PIPELINE_ID is ""`:           {"CI_PIPELINE_ID", ""},
		`CI_JOB_ID is "x"`:               {"CI_JOB_ID", "x"},
		`CI_MERGE_REQUEST_IID is "7/.."`: {"CI_MERGE_REQUEST_IID", "7/.."},
		`CI_PROJECT_ID is "-5"`:          {"CI_PROJECT_ID", "-5"},
	} {
		if _, err := gitlab.NewRun(variables(s, changes...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", changes, err, want)
		}
	}
	merged, err := gitlab.NewRun(variables(s, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "beef"))
	if err != nil || merged.Head != "beef" {
		t.Errorf("head of a merged result is %q, %v", merged.Head, err)
	}
}
