package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Input is one input of the Action. action.yml repeats this table, and a test
// there compares the two.
type Input struct {
	Name        string
	Description string
	Default     string
	Required    bool
}

// Inputs are the inputs of the Action, in the order of action.yml.
var Inputs = []Input{
	{Name: "config", Description: "Path of the configuration. Without it plimsoll.yml is read where there is one."},
	{Name: "base", Description: "Image, or saved record, to compare against. Takes the place of the configuration's."},
	{Name: "head", Description: "Image to judge. Takes the place of the configuration's; without a configuration it is needed."},
	{Name: "platform", Description: "Platform to take from multi-platform images, such as linux/amd64. Empty for the engine's own."},
	{Name: "out", Description: "Directory for comparison.json, report.md and report.html.", Default: "plimsoll-out"},
	{Name: "token", Description: "Token for the comment, with pull-requests: write. Without it the report goes to the summary.", Default: "${{ github.token }}"},
	{Name: "comment", Description: "Whether to keep one comment on the pull request up to date: true or false.", Default: "true"},
	{Name: "summary", Description: "Whether to write the report to the job summary: true or false.", Default: "true"},
	{Name: "on-inconclusive", Description: "What an inconclusive result counts as: pass or fail. Empty for what the configuration says, else pass."},
	{Name: "time", Description: "Time budget of the whole run, such as 5m. Empty for what the configuration says, else one chosen."},
	{Name: "binary", Description: "Path of a plimsoll action binary to run, instead of a released one or a build."},
}

// Output is one output of the Action.
type Output struct {
	Name        string
	Description string
}

// Outputs are the outputs of the Action, in the order of action.yml.
var Outputs = []Output{
	{Name: "verdict", Description: "pass, fail, inconclusive, missing or none."},
	{Name: "exit-code", Description: "0, 1 for a failed budget, 2 for bad input, 3 for what could not be measured."},
	{Name: "comparison", Description: "Path of comparison.json."},
	{Name: "report", Description: "Path of report.md."},
	{Name: "html", Description: "Path of report.html."},
	{Name: "cost-difference", Description: "Head minus base in USD a month, over all services. Empty when nothing was priced."},
	{Name: "cost-head", Description: "Price of head in USD a month, over all services. Empty when nothing was priced."},
	{Name: "comment-url", Description: "Address of the comment. Empty when none was written."},
}

// ActionInputs are the inputs of one run, with their defaults.
type ActionInputs struct {
	Config         string // "" for plimsoll.yml where there is one
	Base, Head     string // "" for what the configuration says
	Platform       string // "" for the engine's own
	Out            string
	Token          string // "" on a pull request from a fork
	Comment        bool
	Summary        bool
	OnInconclusive record.Verdict // Pass or Fail, "" for what the configuration says
	Time           time.Duration  // 0 for what the configuration says
	Binary         string         // read by the Action's shim only
}

// Images are the images given as inputs, for [LoadImages].
func (in ActionInputs) Images() Images { return Images{Base: in.Base, Head: in.Head} }

// ReadInputs reads the inputs from the environment the runner gives an Action.
// The error joins one for every input that is wrong, each with its name.
func ReadInputs(getenv func(string) string) (ActionInputs, error) {
	r := inputReader{getenv: getenv}
	in := ActionInputs{
		Config:         input(&r, "config", anyText),
		Base:           input(&r, "base", images),
		Head:           input(&r, "head", images),
		Platform:       input(&r, "platform", imagePlatforms),
		Out:            input(&r, "out", paths),
		Token:          input(&r, "token", anyText),
		Comment:        input(&r, "comment", booleans),
		Summary:        input(&r, "summary", booleans),
		OnInconclusive: input(&r, "on-inconclusive", verdicts),
		Time:           input(&r, "time", runTimes),
		Binary:         input(&r, "binary", anyText),
	}
	return in, errors.Join(r.errs...)
}

// inputReader collects what is wrong with the inputs.
type inputReader struct {
	getenv func(string) string
	errs   []error
}

// input reads one input of the table; an empty one takes its default, and
// without one the zero value.
func input[T any](r *inputReader, name string, as notation[T]) T {
	var v T
	text := strings.TrimSpace(r.getenv(variable(name)))
	if text == "" {
		text = literal(defaultOf(name))
	}
	if text == "" {
		return v
	}
	v, err := as.read(text)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("input %q: %w", name, err))
	}
	return v
}

// variable is the environment variable the runner passes an input in: upper
// case, blanks become underscores, hyphens stay.
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
func variable(name string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
}

func defaultOf(name string) string {
	for _, i := range Inputs {
		if i.Name == name {
			return i.Default
		}
	}
	return ""
}

// literal drops a default that only the runner can fill in.
func literal(text string) string {
	if strings.HasPrefix(text, "${{") {
		return ""
	}
	return text
}

// booleans are the spellings of YAML 1.2's core schema, which the Actions
// toolkit accepts too.
var booleans = notation[bool]{"true or false", func(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	return false, errors.New("no other word is understood")
}}

var platformShape = regexp.MustCompile(`^linux/[a-z0-9]+(/v[0-9]+)?$`)

var imagePlatforms = notation[string]{"a platform such as linux/amd64", func(s string) (string, error) {
	if !platformShape.MatchString(s) {
		return "", errors.New("it must be linux/ and an architecture")
	}
	return s, nil
}}
