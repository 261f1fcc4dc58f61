// Command actiontable writes the Action's inputs and outputs, as the program's own
// tables have them, into action.yml, docs/github.md and README.md, and the workflow
// to begin with into README.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func main() {
	err := errors.Join(
		splice("README.md", "<!-- workflow -->\n", "<!-- /workflow -->\n", workflow()),
		splice("README.md", "<!-- ports -->\n", "<!-- /ports -->\n", names()),
		splice("action.yml", "inputs:\n", "runs:\n", manifest()),
		splice("docs/github.md", "<!-- inputs -->\n", "<!-- /inputs -->\n", inputs()),
		splice("docs/github.md", "<!-- outputs -->\n", "<!-- /outputs -->\n", outputs()),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "actiontable:", err)
		os.Exit(1)
	}
}

// splice puts text between two lines of a file.
func splice(path, begin, end, text string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut("\n"+string(raw), "\n"+begin)
	_, after, closed := strings.Cut(rest, "\n"+end)
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %q and %q", path, begin, end)
	}
	return os.WriteFile(path, []byte(strings.TrimPrefix(before+"\n"+begin+text+"\n"+end+after, "\n")), 0o644)
}

// workflow is the example to begin with, without what it says of itself. Its fence
// tells it from a configuration.
func workflow() string {
	raw, err := os.ReadFile("example-workflows/basic.yml")
	_, text, ok := strings.Cut(string(raw), "\nname: ")
	if err != nil || !ok {
		fmt.Fprintln(os.Stderr, "actiontable: example-workflows/basic.yml has no name:", err)
		os.Exit(1)
	}
	return "```yml\nname: " + text + "```\n"
}

func names() string {
	var in, out []string
	for _, i := range config.Inputs {
		in = append(in, "`"+i.Name+"`")
	}
	for _, o := range config.Outputs {
		if o.Type != config.OutputRatio {
			out = append(out, "`"+o.Name+"`")
		}
	}
	return fmt.Sprintf("[Inputs](docs/github.md#inputs): %s.\n\n[Outputs](docs/github.md#outputs): %s, and the growth of each metric, such as `%s`.\n",
		strings.Join(in, ", "), strings.Join(out, ", "), config.GrowthOutput(record.MemoryPeak))
}

func manifest() string {
	var b strings.Builder
	for _, in := range config.Inputs {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n", in.Name, scalar(in.Description))
		if in.Default != "" {
			fmt.Fprintf(&b, "    default: %s\n", scalar(in.Default))
		}
	}
	b.WriteString("\noutputs:\n")
	for _, out := range config.Outputs {
		fmt.Fprintf(&b, "  %s:\n    description: %s\n", out.Name, scalar(out.Description))
	}
	return b.String()
}

// plainScalar is text that YAML takes for text without quotes.
var plainScalar = regexp.MustCompile(`^([A-Z][^:#"]*|[a-z-]+|\$\{\{ [a-z.]+ \}\})$`)

func scalar(s string) string {
	if plainScalar.MatchString(s) && s != "true" && s != "false" && s != "off" {
		return s
	}
	return strconv.Quote(s)
}

func inputs() string {
	var b strings.Builder
	b.WriteString("\n| input | default | |\n|---|---|---|\n")
	for _, in := range config.Inputs {
		b.WriteString(in.Row() + "\n")
	}
	return b.String()
}

func outputs() string {
	var b strings.Builder
	b.WriteString("\n| output | is a | |\n|---|---|---|\n")
	for _, out := range config.Outputs {
		b.WriteString(out.Row() + "\n")
	}
	return b.String()
}
