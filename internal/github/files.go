package github

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// maxSummary is what the runner uploads of one step's summary, in bytes; of a
// larger one it shows nothing
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs).
const maxSummary = 1 << 20

// cutNotice ends a summary that had to be cut.
const cutNotice = "\n\n_The rest was left out: a job summary holds 1 MiB._\n"

// AppendSummary adds Markdown to the job summary's file, below what is already
// there. What would go over the runner's limit is cut at a line's end.
func AppendSummary(path, markdown string) error {
	if path == "" {
		return errors.New("write job summary: GITHUB_STEP_SUMMARY is not set")
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write job summary: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("write job summary: %w", err)
	}
	text := fit(strings.TrimRight(markdown, "\n")+"\n", maxSummary-int(min(info.Size(), maxSummary)))
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("write job summary: %w", err)
	}
	return f.Close()
}

// fit cuts text at a line's end so that it takes at most room bytes.
func fit(text string, room int) string {
	if len(text) <= room {
		return text
	}
	if room < len(cutNotice) {
		return ""
	}
	return text[:strings.LastIndexByte(text[:room-len(cutNotice)], '\n')+1] + cutNotice
}

// Output is one output of the step.
type Output struct {
	Name  string
	Value string
}

// outputName is what the runner and expressions take as a name.
var outputName = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_-]*\z`)

// AppendOutputs adds outputs to the runner's file of them. A value may hold
// anything, line ends too: it stands between lines with a random word, so that
// it cannot end itself and name another output. (The delimiter of
// go-githubactions is fixed, which allows just that.)
func AppendOutputs(path string, outputs []Output) error {
	if path == "" {
		return errors.New("write outputs: GITHUB_OUTPUT is not set")
	}
	var b bytes.Buffer
	for _, o := range outputs {
		if !outputName.MatchString(o.Name) {
			return fmt.Errorf("write outputs: name %q, expected letters, digits, - and _", o.Name)
		}
		delimiter := "plimsoll_" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, o.Value, delimiter)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write outputs: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write outputs: %w", err)
	}
	return f.Close()
}
