package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// Row is the input in the documentation's table.
func (i Input) Row() string {
	def := i.Default
	if def != "" {
		def = "`" + def + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s |", i.Name, def, i.Description)
}

// Inputs are the inputs of the Action, in the order of action.yml.
var Inputs = []Input{
	{Name: "config", Description: "Path of the configuration. Without it plimsoll.yml is read where there is one."},
	{Name: "service", Description: "Services of the configuration to measure, one on each line: the leg of a matrix. Empty for all of them."},
	{Name: "base", Description: "Image, or saved record, to compare against. Takes the place of the configuration's."},
	{Name: "head", Description: "Image to judge. Takes the place of the configuration's; without a configuration it is needed."},
	{Name: "platform", Description: "Platform to take from multi-platform images, such as linux/amd64. Empty for the engine's own."},
	{Name: "out", Description: "Directory for comparison.json and the reports.", Default: "plimsoll-out"},
	{Name: "token", Description: "Token for comment (pull-requests: write), check (checks: write), label (pull-requests: read) and artifact (actions: read). Without it the report goes to the summary.", Default: "${{ github.token }}"},
	{Name: "comment", Description: "What to do with the comment of the last push: update, new, hide-and-new, only-on-change, or off for no comment.", Default: "update"},
	{Name: "check", Description: "Name of the check run, which can be required; off for none.", Default: "plimsoll"},
	{Name: "summary", Description: "Whether to write the report to the job summary: true or false.", Default: "true"},
	{Name: "accept-label", Description: "Label of the pull request that signs off what is over budget, set by someone with write access; off for none.", Default: "plimsoll: accept"},
	{Name: "on-inconclusive", Description: "What an inconclusive result counts as: pass, fail or neutral. Empty for what the configuration says, else pass."},
	{Name: "time", Description: "Time budget of the whole run, such as 5m. Empty for what the configuration says, else one chosen."},
	{Name: "publish", Description: "Files, globs or directories of saved comparisons, one on each line: they are published, and nothing is measured."},
	{Name: "artifact", Description: "Names of artifacts to publish from, one on each line, in the place of publish: of the run that a workflow_run event is about, else the newest for the head commit."},
	{Name: "expect", Description: "Services that must be among what is published, one on each line; off for any, none where no service changed. Empty for those of the configuration, where there is one."},
	{Name: "binary", Description: "Path of a plimsoll action binary to run, instead of a released one or a build."},
}

// ActionInputs are the inputs of one run, with their defaults.
type ActionInputs struct {
	Config         string   // "" for plimsoll.yml where there is one
	Services       []string // to measure; empty for all
	Base, Head     string   // "" for what the configuration says
	Platform       string   // "" for the engine's own
	Out            string
	Token          string // "" on a pull request from a fork
	Comment        string // update, new, hide-and-new, only-on-change or off
	Check          string // "" for none
	Summary        bool
	AcceptLabel    string         // "" for none
	OnInconclusive record.Verdict // Pass, Fail or Neutral, "" for what the configuration says
	Time           time.Duration  // 0 for what the configuration says
	Publish        []string       // files, globs and directories; empty to measure
	Artifacts      []string       // names
	Expect         []string       // empty for what the configuration says
	Binary         string         // read by the Action's shim only
}

// Images are the images given as inputs, for [LoadImages].
func (in ActionInputs) Images() Images {
	given := Images{Base: in.Base, Head: in.Head}
	if len(in.Services) == 1 && given != (Images{}) {
		given.Service = in.Services[0]
	}
	return given
}

// Publishes reports whether saved comparisons are published, and nothing measured.
func (in ActionInputs) Publishes() bool { return len(in.Publish) > 0 || len(in.Artifacts) > 0 }

// Words in the place of services to expect.
const (
	expectAny  = "off"  // what there is
	expectNone = "none" // there was nothing to measure
)

// ExpectsAny reports whether what is published is all there must be.
func (in ActionInputs) ExpectsAny() bool { return slices.Equal(in.Expect, []string{expectAny}) }

// ExpectsNone reports whether nothing was to be measured, so that nothing is there
// to publish but that.
func (in ActionInputs) ExpectsNone() bool { return slices.Equal(in.Expect, []string{expectNone}) }

// ReadInputs reads the inputs from the environment the runner gives an Action.
// The error joins one for every input that is wrong, each with its name.
func ReadInputs(getenv func(string) string) (ActionInputs, error) {
	r := inputReader{getenv: getenv}
	in := ActionInputs{
		Config:         input(&r, "config", anyText),
		Services:       input(&r, "service", perLine(names)),
		Base:           input(&r, "base", images),
		Head:           input(&r, "head", images),
		Platform:       input(&r, "platform", imagePlatforms),
		Out:            input(&r, "out", paths),
		Token:          input(&r, "token", anyText),
		Comment:        input(&r, "comment", comments),
		Check:          input(&r, "check", unlessOff),
		Summary:        input(&r, "summary", booleans),
		AcceptLabel:    input(&r, "accept-label", unlessOff),
		OnInconclusive: input(&r, "on-inconclusive", verdicts),
		Time:           input(&r, "time", runTimes),
		Publish:        input(&r, "publish", perLine(paths)),
		Artifacts:      input(&r, "artifact", perLine(titles)),
		Expect:         input(&r, "expect", perLine(names)),
		Binary:         input(&r, "binary", anyText),
	}
	if len(in.Publish) > 0 && len(in.Artifacts) > 0 {
		r.errs = append(r.errs, errors.New(`inputs "publish" and "artifact": each names what to publish, expected one of the two`))
	}
	if in.ExpectsNone() && len(in.Artifacts) > 0 {
		r.errs = append(r.errs, errors.New(`inputs "expect" and "artifact": where no service is expected there is no artifact, expected "publish"`))
	}
	r.settled(in)
	return in, errors.Join(r.errs...)
}

// settled tells of inputs that would change nothing: whoever gave them expects
// something else of the step.
func (r *inputReader) settled(in ActionInputs) {
	if !in.Publishes() {
		r.idle(`what must be among the results to publish, and neither "publish" nor "artifact" names any`, "expect")
		return
	}
	r.idle(`what to measure, and with "publish" or "artifact" nothing is: expected where the measuring is done`, "service", "base", "head", "platform", "time")
}

// idle takes it for wrong to give any of the inputs, which say what nothing asks for.
func (r *inputReader) idle(what string, names ...string) {
	var given []string
	for _, name := range names {
		if r.text(name) != "" {
			given = append(given, strconv.Quote(name))
		}
	}
	if len(given) > 0 {
		r.errs = append(r.errs, fmt.Errorf("input %s: this says %s", strings.Join(given, ", "), what))
	}
}

// inputReader collects what is wrong with the inputs.
type inputReader struct {
	getenv func(string) string
	errs   []error
}

// text is what was given for an input, "" for nothing.
func (r *inputReader) text(name string) string { return strings.TrimSpace(r.getenv(variable(name))) }

// input reads one input of the table; an empty one takes its default, and
// without one the zero value.
func input[T any](r *inputReader, name string, as notation[T]) T {
	var v T
	text := r.text(name)
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
