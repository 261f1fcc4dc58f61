package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/plimsoll-ci/plimsoll"

// A graph maps a package to the packages that it imports, tests left out.
type graph map[string]node

type node struct {
	ImportPath string
	Standard   bool // of Go's standard library
	Imports    []string
	Dir        string
	GoFiles    []string
}

// load asks the go command for the packages of the module and everything they
// depend on, as they are built for the containers: for Linux, without cgo.
func load(t *testing.T) graph {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Dir,GoFiles", "./...")
	list.Dir = "../.."
	list.Env = append(list.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	var stderr strings.Builder
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", list.Args, err, stderr.String())
	}
	g, err := decode(strings.NewReader(string(out)))
	if err != nil {
		t.Fatalf("%v: %v", list.Args, err)
	}
	g.touch(t)
	return g
}

// touch looks at every file that the module is made of. The go command runs a test
// again where one that the test looked at has changed, and does not know what the
// test's own go command read.
func (g graph) touch(t *testing.T) {
	t.Helper()
	for _, path := range g.own() {
		for _, name := range append([]string{"."}, g[path].GoFiles...) {
			if _, err := os.Stat(filepath.Join(g[path].Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func decode(r io.Reader) (graph, error) {
	g := graph{}
	for decoder := json.NewDecoder(r); ; {
		var n node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return nil, fmt.Errorf("package %d: %w", len(g)+1, err)
		}
		g[n.ImportPath] = n
	}
}

// own lists the module's packages, sorted.
func (g graph) own() []string {
	var packages []string
	for path := range g {
		if path == module || strings.HasPrefix(path, module+"/") {
			packages = append(packages, path)
		}
	}
	slices.Sort(packages)
	return packages
}

// chain is the shortest way by imports from a package to one that is banned;
// nil when there is none. It never leads through the standard library.
func (g graph) chain(from string, banned func(node) bool) []string {
	via := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && banned(g[at]) {
			return back(via, at)
		}
		if g[at].Standard {
			continue
		}
		for _, next := range g[at].Imports {
			if _, seen := via[next]; !seen {
				via[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func back(via map[string]string, at string) []string {
	var path []string
	for ; at != ""; at = via[at] {
		path = append(path, at)
	}
	slices.Reverse(path)
	return path
}

// below bans packages by their import path, and whatever lies below them.
func below(paths ...string) func(node) bool {
	return func(n node) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			return n.ImportPath == path || strings.HasPrefix(n.ImportPath, path+"/")
		})
	}
}

func foreign(n node) bool { return !n.Standard }
