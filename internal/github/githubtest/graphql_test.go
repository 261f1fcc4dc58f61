package githubtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The schema must be able to say no, or checking against it proves nothing.
func TestQueriesThatGitHubWouldNotTake(t *testing.T) {
	s := New(t)
	for name, c := range map[string]struct{ body, want string }{
		"not JSON":            {`query`, "read body"},
		"a key more":          {`{"query": "{ viewer { login } }", "queries": []}`, "unknown field"},
		"no query":            {`{"query": "{"}`, "Expected"},
		"no such field":       {`{"query": "{ viewer { loggin } }"}`, "loggin"},
		"no such argument":    {`{"query": "{ nodes(id: [\"x\"]) { id } }"}`, "id"},
		"no such mutation":    {`{"query": "mutation { hideComment(input: {}) { id } }"}`, "hideComment"},
		"no such reason":      {`{"query": "mutation { minimizeComment(input: {subjectId: \"x\", classifier: OLD}) { clientMutationId } }"}`, "OLD"},
		"input lacks one":     {`{"query": "mutation { minimizeComment(input: {subjectId: \"x\"}) { clientMutationId } }"}`, "classifier"},
		"not on that type":    {`{"query": "{ nodes(ids: [\"x\"]) { isMinimized } }"}`, "isMinimized"},
		"undeclared":          {`{"query": "{ nodes(ids: [\"x\"]) { id } }", "variables": {"y": 1}}`, "$y is not declared"},
		"variable missing":    {`{"query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"}`, "ids"},
		"of another kind":     {`{"query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": {"ids": [{}]}}`, "ids"},
		"two queries at once": {`{"query": "query a { viewer { login } } query b { viewer { login } }"}`, "2 operations"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(c.body))
		if _, err := s.parseCall(r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestGraphQLAnswersWhatIsSelected(t *testing.T) {
	s := New(t)
	s.Add("o", "r", 7, Actions, "hello")
	resp := ask(t, s, http.MethodPost, s.URL+"/graphql",
		`{"query": "{ all: nodes(ids: [\"IC_1001\", \"IC_1\"]) { __typename name: id ... on IssueComment { isMinimized } ... on Issue { title } } }"}`)
	var got any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"data":{"all":[{"__typename":"IssueComment","isMinimized":false,"name":"IC_1001"},null]},` +
		`"errors":[{"message":"Could not resolve to a node with the global id of 'IC_1'","type":"NOT_FOUND"}]}`
	if string(raw) != want {
		t.Errorf("answer %s\nwant   %s", raw, want)
	}
}

func TestGraphQLThatThisServerDoesNotDo(t *testing.T) {
	for _, query := range []string{`{ viewer { login } }`, `{ nodes(ids: [\"IC_1001\"]) { ... on IssueComment { body } } }`} {
		inner := &recorder{TB: t}
		s := New(inner)
		s.Add("o", "r", 7, Actions, "hello")
		ask(t, s, http.MethodPost, s.URL+"/graphql", `{"query": "`+query+`"}`)
		inner.finish()
		if len(inner.errors) != 1 || !strings.Contains(inner.errors[0], "this server") {
			t.Errorf("errors %q of %s, want one", inner.errors, query)
		}
	}
}
