package github

import (
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"
)

// Level is how grave an annotation is.
type Level string

// The levels, as the runner's commands name them.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// The runner's own limits: it shows the first 10 annotations of a level and
// step, and cuts a message after 4096 characters
// (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
const (
	maxPerLevel = 10
	maxMessage  = 4096
)

// Annotation is a remark that the runner shows on a line of a file.
type Annotation struct {
	Level   Level
	File    string // relative to the repository's root, "" for none
	Line    int    // counts from 1, 0 for none
	Title   string
	Message string
}

// placed reports whether the annotation stands on a line.
func (a Annotation) placed() bool { return a.File != "" && a.Line > 0 }

// Annotate writes annotations as workflow commands. Where a level has more than
// the runner would show, its last place says how many are left out.
func Annotate(w io.Writer, all []Annotation) error {
	total := map[Level]int{}
	for _, a := range all {
		total[a.Level]++
	}
	written := map[Level]int{}
	for _, a := range all {
		written[a.Level]++
		switch n := written[a.Level]; {
		case n > maxPerLevel:
			continue
		case n == maxPerLevel && total[a.Level] > maxPerLevel:
			a = Annotation{Level: a.Level, Title: a.Title,
				Message: fmt.Sprintf("%d more like this are in the job summary", total[a.Level]-maxPerLevel+1)}
		}
		if _, err := fmt.Fprintln(w, a.command()); err != nil {
			return fmt.Errorf("write annotation: %w", err)
		}
	}
	return nil
}

func (a Annotation) command() string {
	properties := githubactions.CommandProperties{}
	for name, value := range map[string]string{"file": a.File, "title": legible(a.Title)} {
		if value != "" {
			properties[name] = value
		}
	}
	if a.Line > 0 {
		properties["line"] = strconv.Itoa(a.Line)
	}
	command := githubactions.Command{Name: string(a.Level), Message: clip(legible(a.Message), maxMessage), Properties: properties}
	return command.String()
}

// legible is text without what a terminal obeys or a page shows in another order
// than it is written. It keeps its lines.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// clip cuts text to at most limit bytes, between characters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const more = " ..."
	cut := limit - len(more)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}

// Untrusted writes text that others wrote, such as the log of an image, so that
// the runner takes no workflow command from it. Nothing in the text can end the
// block: its token is random
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#stopping-and-starting-workflow-commands).
func Untrusted(w io.Writer, text string) error {
	token := "plimsoll-" + rand.Text()
	_, err := fmt.Fprintf(w, "::stop-commands::%s\n%s\n::%s::\n", token, strings.TrimSuffix(text, "\n"), token)
	if err != nil {
		return fmt.Errorf("write untrusted text: %w", err)
	}
	return nil
}
