package app

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// defaultConfig is read when it exists and no other is named.
const defaultConfig = "plimsoll.yml"

func runCompare(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "compare", "[BASE HEAD]")
	var c common
	c.registerReports(flags, "comparison.json, record.json of head, report.md, report.html, junit.xml and code-quality.json")
	static := flags.Bool("static", false, "analyse the images only: boot nothing")
	budget := flags.Duration("time", 0, "time `budget` for the measurement, such as 5m (default: what the first look needs, at least 5m)")
	seed := flags.Uint64("seed", 0, "seed of the order of boots (default: random)")
	ladder := ladderFlag(flags)
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if err := c.check(); err != nil {
		return ExitOK, err
	}
	users, err := ladder()
	if err != nil {
		return ExitOK, err
	}
	if *static && users != nil {
		return ExitOK, usagef("--ladder boots the images, and --static boots nothing: expected one of the two")
	}
	given, err := givenImages(images)
	if err != nil {
		return ExitOK, err
	}
	plan, err := loadPlan(c.config, given)
	if err != nil {
		return ExitOK, err
	}
	if *budget < 0 {
		return ExitOK, usagef("--time %v: expected a duration above zero", *budget)
	}
	if *budget != 0 {
		plan.Measure.Time = *budget
	}
	if err := prepareOut(env, c.out); err != nil {
		return ExitOK, err
	}
	j, err := newJob(env, plan, c)
	if err != nil {
		return ExitOK, err
	}
	j.boot, j.ladder = !*static, users
	if given := isSet(flags, "seed"); given {
		j.seed = *seed
	}
	comparison, err := j.compare(ctx)
	if err != nil {
		return ExitOK, err
	}
	_, err = writeComparison(c.out, comparison, comparison, report.Options{Config: plan.File})
	return exitCode(comparison.Verdict, plan.OnInconclusive), errors.Join(printComparison(env, c.format, comparison, plan.File), err)
}

func isSet(flags *flag.FlagSet, name string) bool {
	found := false
	flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// givenImages reads BASE HEAD, or nothing when the configuration names them.
func givenImages(positional []string) (config.Images, error) {
	switch len(positional) {
	case 0:
		return config.Images{}, nil
	case 2:
		return config.Images{Base: positional[0], Head: positional[1]}, nil
	}
	return config.Images{}, usagef("compare takes two images, BASE and HEAD, or none where a configuration names them; got %d: %q", len(positional), positional)
}

// loadPlan reads the configuration, or makes one of two images and nothing
// else. The environment files it names are read here: configuration is data.
func loadPlan(path string, given config.Images) (config.Plan, error) {
	plan, err := readPlan(path, given)
	if err != nil {
		return plan, err
	}
	for i := range plan.Services {
		if err := readEnvFiles(&plan.Services[i], plan.File); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

func readPlan(path string, given config.Images) (config.Plan, error) {
	name, source, err := readConfig(path)
	switch {
	case err != nil:
		return config.Plan{}, err
	case name != "":
		return config.LoadImages(name, source, given)
	case given.Head == "":
		return config.Plan{}, usagef("which images? give them, or a configuration that names them (there is no %s here)", defaultConfig)
	}
	return config.Default(given.Base, given.Head), nil
}

// written are the files of a comparison, "" for one that is not there.
type written struct {
	comparison, markdown, html, junit, codeQuality string
}

// prepareOut makes the output directory and tries it, so that no measurement
// is lost to a mistake in its name.
func prepareOut(env Env, dir string) error {
	if dir == "" {
		return nil
	}
	if err := enclose(env, dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usagef("make the output directory: %v", err)
	}
	trial, err := os.CreateTemp(dir, ".plimsoll-*")
	if err != nil {
		return usagef("write to the output directory: %v", err)
	}
	trial.Close()
	return os.Remove(trial.Name())
}

// writeComparison saves every form of a comparison below dir, nothing when dir
// is "": its JSON as it was measured, its reports with what was signed off. The
// record is head's, of the first service: a baseline for later. What cannot be
// written does not keep the rest from being.
func writeComparison(dir string, measured, c record.Comparison, options report.Options) (written, error) {
	if dir == "" {
		return written{}, nil
	}
	out := outputDirectory{path: dir}
	var w written
	body, err := report.JSON(measured)
	w.comparison = out.save(comparisonFile, body, err)
	w.markdown = out.save("report.md", report.Markdown(c, options), nil)
	body, err = report.HTML(c, options)
	w.html = out.save("report.html", body, err)
	w.junit = out.save("junit.xml", report.JUnit(c), nil)
	body, err = report.CodeQuality(c)
	w.codeQuality = out.save("code-quality.json", body, err)
	if len(c.Services) > 0 && c.Services[0].Head.Image != "" {
		body, err = report.RecordJSON(c.Services[0].Head)
		out.save("record.json", body, err)
	}
	if patch := patches(c); patch != "" {
		out.save("kubernetes.patch.yaml", []byte(patch), nil)
	}
	return w, errors.Join(out.failed...)
}

// outputDirectory takes files, and remembers what went wrong with any.
type outputDirectory struct {
	path   string
	failed []error
}

// save writes a file that could be made, and gives its path, "" where it is not
// there.
func (d *outputDirectory) save(name string, body []byte, err error) string {
	path := filepath.Join(d.path, name)
	if err == nil {
		err = replaceFile(path, body)
	}
	if err != nil {
		d.failed = append(d.failed, fmt.Errorf("write the report: %w", err))
		return ""
	}
	return path
}

// printComparison writes the result to standard output.
func printComparison(env Env, format string, c record.Comparison, file string) error {
	options := terminalOptions(env)
	options.Config = file
	var body []byte
	var err error
	switch format {
	case "json":
		body, err = report.JSON(c)
	case "markdown":
		body = report.Markdown(c, options)
	default:
		body = report.Terminal(c, options)
	}
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(body)
	return err
}

// logWidth is how wide text is that goes to a file or a workflow's log, in
// columns: the table of metrics fits, without a paragraph for each.
const logWidth = 120

// terminalOptions are how text is drawn on standard output.
func terminalOptions(env Env) report.Options {
	return report.Options{Width: cmp.Or(env.Width, logWidth), Color: env.Width > 0 && env.Getenv("NO_COLOR") == ""}
}
