package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// The description must be able to say no, or checking against it proves nothing.
func TestRequestsThatGitHubWouldNotTake(t *testing.T) {
	const (
		comments = "/repos/o/r/issues/7/comments"
		checks   = "/repos/o/r/check-runs"
	)
	check := func(output string) string {
		return `{"name": "plimsoll", "head_sha": "aa", "status": "completed", "conclusion": "success", "output": ` + output + `}`
	}
	const mark = `{"path": "f", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}`
	for name, c := range map[string]struct{ method, target, body, want string }{
		"no such path":        {"GET", "/repos/o/r/issue/7/comments", "", "not an operation"},
		"no such method":      {"PUT", comments, "", "not an operation"},
		"no body":             {"POST", comments, "", "body"},
		"body lacks text":     {"POST", comments, `{}`, `"body" is missing`},
		"text is no string":   {"POST", comments, `{"body": 1}`, "string"},
		"not JSON":            {"POST", comments, `body=x`, "decode"},
		"unknown property":    {"POST", comments, `{"body": "x", "bdoy": "y"}`, `"bdoy" is not known`},
		"unknown parameter":   {"GET", comments + "?per_pgae=100", "", `"per_pgae" is not known`},
		"page is no number":   {"GET", comments + "?page=two", "", "page"},
		"number is no number": {"GET", "/repos/o/r/issues/seven/comments", "", "issue_number"},
		"body of a get":       {"GET", comments, `{}`, "a body where none is expected"},
		"unknown below":       {"POST", checks, check(`{"title": "t", "summary": "s", "txet": "x"}`), `in output: property "txet" is not known`},
		"unknown in a list":   {"POST", checks, check(`{"title": "t", "summary": "s", "annotations": [` + mark[:len(mark)-1] + `, "lnie": 1}]}`), `"lnie" is not known`},
		"summary is missing":  {"POST", checks, check(`{"title": "t"}`), `"summary" is missing`},
		"too long a text":     {"POST", checks, check(`{"title": "t", "summary": "s", "text": "` + strings.Repeat("x", 65536) + `"}`), "65535"},
		"too many marks":      {"POST", checks, check(`{"title": "t", "summary": "s", "annotations": [` + strings.Repeat(mark+",", 50) + mark + `]}`), "50"},
	} {
		r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		_, err := describe(t).request(r)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestAnswersThatGitHubWouldNotGive(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/repos/o/r/issues/comments/1", nil)
	op, err := describe(t).request(r)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	send(rec, reply{code: http.StatusOK, body: map[string]any{"id": "one"}})
	if op.answer(rec) == nil {
		t.Error("a comment without an author was found in order")
	}
}

func TestPagesAreLinked(t *testing.T) {
	s := New(t)
	for i := range 5 {
		s.Add("o", "r", 7, Actions, fmt.Sprint(i))
	}
	var got []string
	for next := s.URL + "/repos/o/r/issues/7/comments?per_page=2"; next != ""; {
		resp := ask(t, s, http.MethodGet, next, "")
		var page []struct{ Body string }
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, c.Body)
		}
		next = ""
		for _, link := range strings.Split(resp.Header.Get("Link"), ", ") {
			if url, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
				next = strings.TrimPrefix(url, "<")
			}
		}
	}
	if !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("pages hold %v", got)
	}
}

func ask(t *testing.T, s *Server, method, url, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestTextOverTheLimitIsTurnedDown(t *testing.T) {
	s := New(t)
	for n, want := range map[int]int{maxBody: http.StatusCreated, maxBody + 1: http.StatusUnprocessableEntity} {
		body, err := json.Marshal(map[string]string{"body": strings.Repeat("é", n)})
		if err != nil {
			t.Fatal(err)
		}
		resp := ask(t, s, http.MethodPost, s.URL+"/repos/o/r/issues/7/comments", string(body))
		if resp.StatusCode != want {
			text, _ := io.ReadAll(resp.Body)
			t.Errorf("%d characters: HTTP %d, want %d: %.200s", n, resp.StatusCode, want, text)
		}
	}
}

func TestProblemsFailTheTest(t *testing.T) {
	inner := &recorder{TB: t}
	s := New(inner)
	ask(t, s, http.MethodGet, s.URL+"/repos/o/r/issues/7/comments?per_pgae=1", "")
	inner.finish()
	if len(inner.errors) != 1 || !strings.Contains(inner.errors[0], "per_pgae") {
		t.Errorf("errors %q, want one about per_pgae", inner.errors)
	}
}

// recorder is a test that notes its errors instead of failing.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) finish() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}
