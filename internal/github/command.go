package github

import (
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
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
	line := ""
	if a.Line > 0 {
		line = strconv.Itoa(a.Line)
	}
	var properties []string
	for _, p := range [][2]string{{"file", a.File}, {"line", line}, {"title", a.Title}} {
		if p[1] != "" {
			properties = append(properties, p[0]+"="+propertyEscaper.Replace(p[1]))
		}
	}
	name := string(a.Level)
	if len(properties) > 0 {
		name += " " + strings.Join(properties, ",")
	}
	return "::" + name + "::" + dataEscaper.Replace(clip(a.Message, maxMessage))
}

// The runner undoes these
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
// Note: go-githubactions has them too, and links html/template for its summaries.
var (
	dataEscaper     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscaper = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

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
