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
	text := cutAtLine(strings.TrimRight(markdown, "\n")+"\n", maxSummary-int(min(info.Size(), maxSummary)), cutNotice)
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("write job summary: %w", err)
	}
	return f.Close()
}

// cutAtLine cuts text at a line's end so that it takes at most room bytes with
// the notice that says so.
func cutAtLine(text string, room int, notice string) string {
	if len(text) <= room {
		return text
	}
	if room < len(notice) {
		return ""
	}
	return text[:strings.LastIndexByte(text[:room-len(notice)], '\n')+1] + notice
}

// Output is one output of the step.
type Output struct {
	Name  string
	Value string
}

// outputName is what the runner and expressions take as a name.
var outputName = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_-]*\z`)

// AppendOutputs adds outputs to the runner's file of them.
func AppendOutputs(path string, outputs []Output) error {
	if path == "" {
		return errors.New("write outputs: GITHUB_OUTPUT is not set")
	}
	return appendValues(path, "outputs", outputs)
}

// SaveState keeps a value for the post step, which finds it in the environment
// as STATE_ and its name. A runner without such a file keeps nothing.
func SaveState(path string, state Output) error {
	if path == "" {
		return nil
	}
	return appendValues(path, "state", []Output{state})
}

// appendValues adds values to a file that the runner reads. A value may hold
// anything, line ends too: it stands between lines with a random word, so that
// it cannot end itself and name another. (The delimiter of go-githubactions is
// fixed, which allows just that.)
func appendValues(path, what string, values []Output) error {
	var b bytes.Buffer
	for _, v := range values {
		if !outputName.MatchString(v.Name) {
			return fmt.Errorf("write %s: name %q, expected letters, digits, - and _", what, v.Name)
		}
		delimiter := "plimsoll_" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", v.Name, delimiter, v.Value, delimiter)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return f.Close()
}
