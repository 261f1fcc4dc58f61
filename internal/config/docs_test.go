package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func document(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var fenced = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the documentation shows must work when it is copied.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	for name, least := range map[string]int{"docs/configuration.md": 2, "README.md": 1} {
		blocks := fenced.FindAllStringSubmatch(document(t, name), -1)
		if len(blocks) < least {
			t.Errorf("found %d YAML blocks in %s, expected at least %d", len(blocks), name, least)
		}
		for i, block := range blocks {
			if _, err := config.Load("plimsoll.yml", []byte(block[1])); err != nil {
				t.Errorf("block %d of %s:\n%v", i+1, name, err)
			}
		}
	}
}

func TestInputsAndOutputsAreDocumented(t *testing.T) {
	text := document(t, "docs/github.md")
	var rows []string
	for _, in := range config.Inputs {
		rows = append(rows, in.Row())
	}
	for _, out := range config.Outputs {
		rows = append(rows, out.Row())
	}
	for _, row := range rows {
		if strings.Count(text, row+"\n") != 1 {
			t.Errorf("docs/github.md lacks the row (scripts/readme action writes it)\n%s", row)
		}
	}
	// Nor is anything described that is gone.
	if n := len(regexp.MustCompile("(?m)^\\| `[a-z0-9-]+` \\|").FindAllString(text, -1)); n != len(rows) {
		t.Errorf("docs/github.md has %d rows, the program %d inputs and outputs", n, len(rows))
	}
}

func TestMetricsAreDocumented(t *testing.T) {
	text := document(t, "docs/how-it-measures.md")
	for _, m := range record.Catalog {
		if !strings.Contains(text, "`"+string(m.ID)+"`") {
			t.Errorf("docs/how-it-measures.md does not explain %s", m.ID)
		}
	}
}

var backticked = regexp.MustCompile("`([^`]+)`")

// The README names every input and output, and the workflow in it is the one that
// the tests run.
func TestReadmeIsOfTheAction(t *testing.T) {
	text := document(t, "README.md")
	_, named, _ := strings.Cut(text, "<!-- ports -->\n")
	named, _, _ = strings.Cut(named, "<!-- /ports -->\n")
	var want, got []string
	for _, in := range config.Inputs {
		want = append(want, in.Name)
	}
	for _, out := range config.Outputs {
		if out.Type != config.OutputRatio {
			want = append(want, out.Name)
		}
	}
	want = append(want, config.GrowthOutput(record.MemoryPeak))
	for _, found := range backticked.FindAllStringSubmatch(named, -1) {
		got = append(got, found[1])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("inputs and outputs in README.md, scripts/readme action writes them (-want +got):\n%s", d)
	}
	example := document(t, "example-workflows/basic.yml")
	if from := strings.Index(example, "\nname: "); from < 0 || !strings.Contains(text, "```yml"+example[from:]+"```\n") {
		t.Error("the workflow in README.md is not example-workflows/basic.yml: scripts/readme action writes it")
	}
}
