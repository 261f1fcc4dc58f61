package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// The exit codes. They tell "over the line" from "could not tell".
const (
	ExitOK          = 0   // every verdict passes, or nothing was gated
	ExitFail        = 1   // a budget is broken
	ExitUsage       = 2   // the command line or the configuration is wrong
	ExitMissing     = 3   // something required could not be measured
	ExitInterrupted = 130 // Ctrl-C, after the run was cleaned up
)

// Version is the tool's version; release builds set it with -ldflags.
var Version = "dev"

// toolName is how records name what made them.
func toolName() string { return "plimsoll " + Version }

// Env is all a command may touch of the process it runs in.
type Env struct {
	Getenv   func(string) string
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool // whether Stderr is one
	Width    int  // of the terminal Stdout is, in columns; 0 when it is none
}

// command is one of the tool's commands.
type command struct {
	name    string
	args    string
	summary string
	run     func(ctx context.Context, env Env, args []string) (int, error)
}

// commands are in the order of the help.
func commands() []command {
	return []command{
		{"compare", "BASE HEAD", "boot two images in pairs, price the difference, judge it against budgets", runCompare},
		{"measure", "IMAGE", "boot one image and save its record", runMeasure},
		{"inspect", "IMAGE", "one image without booting it: size, layers, waste", runInspect},
		{"publish", "FILE...", "join saved comparisons, as a matrix makes them, and post them where the workflow runs", runPublish},
		{"cost", "RECORD...", "price saved records again: other platforms, other traffic", runCost},
		{"selftest", "[IMAGE]", "an image against itself: what this machine can tell, and how often it would be wrong", runSelftest},
		{"cleanup", "", "remove what crashed or cancelled runs left in the engine", runCleanup},
		{"version", "", "print the version", runVersion},
	}
}

// Main runs one command and gives the exit code.
func Main(ctx context.Context, env Env, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(env.Stderr, usage())
		return ExitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(env.Stdout, usage())
		return ExitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			code, err := c.run(ctx, env, args[1:])
			return finish(ctx, env, code, err)
		}
	}
	fmt.Fprintf(env.Stderr, "plimsoll: unknown command %q, expected one of %s\n", args[0], strings.Join(names(), ", "))
	return ExitUsage
}

func names() []string {
	var all []string
	for _, c := range commands() {
		all = append(all, c.name)
	}
	return all
}

func usage() string {
	var b strings.Builder
	b.WriteString("Plimsoll: what does this change do to what the service costs to run, and is it over the line?\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  plimsoll %-20s %s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	}
	b.WriteString("\nplimsoll COMMAND --help lists a command's flags.\n\n" +
		"Exit codes: 0 within budget, 1 over budget, 2 bad usage or configuration,\n" +
		"3 something required could not be measured, 130 interrupted.\n")
	return b.String()
}

// usageError is a command line that is wrong.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// finish turns a command's end into an exit code and a message.
func finish(ctx context.Context, env Env, code int, err error) int {
	if err == nil || errors.Is(err, errHelp) {
		return code
	}
	if ctx.Err() != nil {
		fmt.Fprintln(env.Stderr, "plimsoll: interrupted")
		return ExitInterrupted
	}
	complain(env, err)
	if code == ExitOK {
		code = failureCode(err)
	}
	return code
}

// failureCode is what an error exits as: the user's mistake, or something that
// could not be measured.
func failureCode(err error) int {
	var usage *usageError
	var wrong config.Errors
	var tooShort *measure.TimeError
	if errors.As(err, &usage) || errors.As(err, &wrong) || errors.As(err, &tooShort) {
		return ExitUsage
	}
	return ExitMissing
}

// exitCode is what a verdict exits as.
func exitCode(verdict, onInconclusive record.Verdict) int {
	switch {
	case verdict == record.Fail:
		return ExitFail
	case verdict == record.Missing:
		return ExitMissing
	case verdict == record.Inconclusive && onInconclusive == record.Fail:
		return ExitFail
	}
	return ExitOK
}
