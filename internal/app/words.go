package app

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// Much of what is written to standard error quotes others: file names, an
// engine's answers, an image's log. None of it may move a terminal's cursor, or
// speak to the runner of GitHub Actions.

// complain writes an error, every part of it on a line of its own. A mistake
// in the configuration comes with its position in front, as editors want it.
func complain(env Env, err error) {
	for _, part := range parts(err) {
		text := lines(part.Error())
		var wrong config.Errors
		if !errors.As(part, &wrong) {
			text = "plimsoll: " + text
		}
		if underActions(env) {
			text = inert(text)
		}
		fmt.Fprintln(env.Stderr, text)
	}
}

// parts are the errors that err joins, or err alone.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, part := range joined.Unwrap() {
		all, texts = append(all, parts(part)...), append(texts, part.Error())
	}
	if strings.Join(texts, "\n") != err.Error() {
		return []error{err} // a sentence that wraps several
	}
	return all
}

func underActions(env Env) bool { return env.Getenv("GITHUB_ACTIONS") == "true" }

// lines cleans text line by line.
func lines(text string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		all[i] = singleLine(line)
	}
	return strings.Join(all, "\n")
}

// singleLine puts text on one line, without anything that a terminal obeys.
func singleLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// logLine is how much of a line of an image's log is printed, in characters.
const logLine = 300

// brief cuts a line that is too long to be read, and says what it was.
func brief(line string) string {
	all := []rune(line)
	if len(all) <= logLine {
		return line
	}
	return fmt.Sprintf("%s… (%d characters)", string(all[:logLine]), len(all))
}

// inert is text in which the runner of GitHub Actions finds no command. It
// takes a line that begins with "::" for one, and "##[" anywhere
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
func inert(text string) string {
	all := strings.Split(strings.ReplaceAll(text, "##[", "# #["), "\n")
	for i, line := range all {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			all[i] = strings.Replace(line, "::", ": :", 1)
		}
	}
	return strings.Join(all, "\n")
}
