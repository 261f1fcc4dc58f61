package archtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pipeline is the order in which data flows. A package imports only what
// stands before it; a package below another counts as that one.
var pipeline = []string{
	"record", "stat", "courier", "config", "kube", "analyze", "sample", "load", "cost", "compare",
	"engine", "agent", "measure", "baseline", "report", "github", "gitlab", "serve", "app",
}

// outside are the rooms that hold tests of the whole, or serve tests of any, and
// stand in no order.
var outside = []string{"archtest", "e2e", "golden"}

// helpers are packages for tests alone.
var helpers = below(
	module+"/internal/archtest",
	module+"/internal/e2e",
	module+"/internal/engine/enginetest",
	module+"/internal/github/githubtest",
	module+"/internal/report/browsertest",
	module+"/internal/gitlab/gitlabtest",
	module+"/internal/golden",
)

// links says what must not end up in a command, and why.
var links = []struct {
	command string
	why     string
	banned  func(node) bool
}{
	{"cmd/action", "the Action is downloaded by every run: no web framework, no SQL",
		below("github.com/gin-gonic/gin", "modernc.org/sqlite", "github.com/jackc/pgx/v5", "database/sql", "github.com/chromedp")},
	{"cmd/plimsoll", "a browser is only driven by tests", below("github.com/chromedp")},
	{"cmd/agent", "the agent shares the pod with the app: it only probes, loads and samples",
		below("go.yaml.in/yaml", "github.com/moby/moby", "github.com/google/go-containerregistry", "github.com/google/go-github",
			"github.com/gin-gonic/gin", "database/sql")},
	{"cmd/agent/launch", "the launcher runs before the clock starts, in the app's own process: as little as can be",
		below("go.yaml.in/yaml", "github.com/moby/moby", "github.com/google/go-containerregistry", "github.com/google/go-github",
			"github.com/gin-gonic/gin", "database/sql", "net", "encoding/json")},
}

// enginehost is built before any module was downloaded.
func TestWhatStandsOnTheStandardLibrary(t *testing.T) {
	g, own := load(t), below(module)
	downloaded := func(n node) bool { return foreign(n) && !own(n) }
	for _, path := range []string{module + "/internal/record", module + "/scripts/enginehost"} {
		if _, there := g[path]; !there {
			t.Errorf("there is no package %s", path)
		}
		if chain := g.chain(path, downloaded); chain != nil {
			t.Errorf("%s imports more than the standard library:\n%s", path, arrows(chain))
		}
	}
}

func TestCommandsLinkOnlyWhatTheyNeed(t *testing.T) {
	g := load(t)
	for _, l := range links {
		from := module + "/" + l.command
		if _, there := g[from]; !there {
			t.Errorf("there is no package %s", from)
		}
		if chain := g.chain(from, l.banned); chain != nil {
			t.Errorf("%s (%s):\n%s", l.command, l.why, arrows(chain))
		}
	}
}

func TestDataFlowsOneWay(t *testing.T) {
	for _, broken := range against(load(t), pipeline) {
		t.Errorf("%s imports %s, which stands after it in the pipeline", broken[0], broken[1])
	}
}

func TestEveryInternalPackageHasItsPlace(t *testing.T) {
	for _, path := range load(t).own() {
		inside, internal := strings.CutPrefix(path, module+"/internal/")
		if room, _, _ := strings.Cut(inside, "/"); internal && !slices.Contains(slices.Concat(pipeline, outside), room) {
			t.Errorf("%s has no place in the pipeline, which is %s", path, strings.Join(pipeline, ", "))
		}
	}
}

func TestHelpersAreForTestsAlone(t *testing.T) {
	g := load(t)
	for _, path := range g.own() {
		if helpers(g[path]) {
			continue
		}
		for _, imported := range g[path].Imports {
			if helpers(g[imported]) {
				t.Errorf("%s imports %s outside of a test", path, imported)
			}
		}
	}
}

// against lists the imports, [from, to], that lead down the order.
func against(g graph, order []string) [][2]string {
	rank := func(path string) int {
		inside, internal := strings.CutPrefix(path, module+"/internal/")
		if !internal {
			return -1
		}
		room, _, _ := strings.Cut(inside, "/")
		return slices.Index(order, room)
	}
	var broken [][2]string
	for _, path := range g.own() {
		for _, imported := range g[path].Imports {
			if from, to := rank(path), rank(imported); from >= 0 && to > from {
				broken = append(broken, [2]string{path, imported})
			}
		}
	}
	return broken
}

func arrows(chain []string) string { return "\t" + strings.Join(chain, "\n\t-> ") }

// The rules above hold on the real code, so these check that they can fail.

func invented(t *testing.T) graph {
	t.Helper()
	g, err := decode(strings.NewReader(`
		{"ImportPath": "a", "Imports": ["b", "fmt"]}
		{"ImportPath": "b", "Imports": ["c"]}
		{"ImportPath": "c", "Imports": ["b", "sql/driver"]}
		{"ImportPath": "fmt", "Standard": true, "Imports": ["sql"]}
		{"ImportPath": "sql/driver", "Imports": []}
		{"ImportPath": "` + module + `/internal/stat", "Imports": ["` + module + `/internal/compare/deep"]}
		{"ImportPath": "` + module + `/internal/compare/deep", "Imports": ["` + module + `/internal/stat"]}`))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestChainIsTheShortestAndAvoidsTheStandardLibrary(t *testing.T) {
	g := invented(t)
	if diff := cmp.Diff([]string{"a", "b", "c", "sql/driver"}, g.chain("a", below("sql"))); diff != "" {
		t.Errorf("chain to sql (-want +got):\n%s", diff)
	}
	if chain := g.chain("a", below("sq")); chain != nil {
		t.Errorf("sql/driver does not lie below sq, but is found by %v", chain)
	}
	if diff := cmp.Diff([]string{"a", "b"}, g.chain("a", foreign)); diff != "" {
		t.Errorf("chain to anything foreign (-want +got):\n%s", diff)
	}
}

func TestAgainstFindsTheImportThatLeadsDown(t *testing.T) {
	want := [][2]string{{module + "/internal/stat", module + "/internal/compare/deep"}}
	if diff := cmp.Diff(want, against(invented(t), pipeline)); diff != "" {
		t.Errorf("against (-want +got):\n%s", diff)
	}
}
