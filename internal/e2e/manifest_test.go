// Package e2e tests the Action from outside: its manifest, its shim under
// node, and whole workflows under act, against a real container engine and a
// stand-in for the GitHub API.
package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// ordered is a YAML mapping that keeps its order.
type ordered[T any] []named[T]

type named[T any] struct {
	Name  string
	Value T
}

func (o *ordered[T]) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		var n named[T]
		n.Name = node.Content[i].Value
		if err := node.Content[i+1].Decode(&n.Value); err != nil {
			return err
		}
		*o = append(*o, n)
	}
	return nil
}

type port struct {
	Description string
	Default     string
	Required    bool
}

type manifest struct {
	Inputs  ordered[port]
	Outputs ordered[port]
	Runs    map[string]string
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// action.yml says what the program's own tables say, no more and no less.
func TestManifestAgreesWithTheProgram(t *testing.T) {
	root := githubtest.ModuleRoot(t)
	var m manifest
	load(t, filepath.Join(root, "action.yml"), &m)
	var inputs, outputs ordered[port]
	for _, i := range config.Inputs {
		inputs = append(inputs, named[port]{i.Name, port{i.Description, i.Default, i.Required}})
	}
	for _, o := range config.Outputs {
		outputs = append(outputs, named[port]{o.Name, port{Description: o.Description}})
	}
	if d := cmp.Diff(inputs, m.Inputs); d != "" {
		t.Errorf("inputs of action.yml (-program +action.yml):\n%s", d)
	}
	if d := cmp.Diff(outputs, m.Outputs); d != "" {
		t.Errorf("outputs of action.yml (-program +action.yml):\n%s", d)
	}
	if m.Runs["using"] != "node24" || m.Runs["post-if"] != "always()" {
		t.Errorf("runs: %v", m.Runs)
	}
	for _, script := range []string{m.Runs["main"], m.Runs["post"]} {
		if _, err := os.Stat(filepath.Join(root, script)); err != nil {
			t.Error(err)
		}
	}
}
