package app

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// publishFlags are the Action's inputs that `plimsoll publish` has as flags, under
// their own names and with their own words.
var publishFlags = []string{"out", "comment", "check", "summary", "accept-label", "on-inconclusive", "artifact", "expect"}

// runPublish joins saved comparisons and shows them: on GitHub as the Action does,
// elsewhere where it is run.
func runPublish(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "publish", "FILE...")
	path := flags.String("c", "", "configuration `file` whose services are expected (default plimsoll.yml, if there is one)")
	format := flags.String("format", "text", "what to print: text, markdown or json")
	quiet := flags.Bool("quiet", false, "no progress on standard error")
	values := inputFlags(flags)
	files, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if err := checkFormat(*format); err != nil {
		return ExitOK, err
	}
	values["config"], values["publish"] = path, new(strings.Join(files, "\n"))
	s := &step{env: env, format: *format, progress: newProgress(env, *quiet)}
	if s.inputs, err = readFlags(env, values); err != nil {
		return ExitOK, usagef("%s", quotedInput.ReplaceAllString(err.Error(), "--$1"))
	}
	if !isSet(flags, "out") {
		s.inputs.Out = ""
	}
	if !s.inputs.Publishes() {
		return ExitOK, usagef("which comparisons? give files, globs or directories, such as DIR/comparison.json of `plimsoll compare --out DIR`")
	}
	if env.Getenv("GITHUB_EVENT_PATH") == "" {
		return s.publishHere(ctx)
	}
	if err := s.open(); err != nil {
		return ExitOK, err
	}
	return s.publishSaved(ctx)
}

// quotedInput is how errors name an input.
var quotedInput = regexp.MustCompile(`\binput "([a-z-]+)"`)

// inputFlags makes a flag of each input, and gives where their values are.
func inputFlags(flags *flag.FlagSet) map[string]*string {
	values := map[string]*string{}
	for _, in := range config.Inputs {
		if slices.Contains(publishFlags, in.Name) {
			values[in.Name] = flags.String(in.Name, "", in.Description)
		}
	}
	return values
}

// readFlags reads the values as the Action reads its inputs.
func readFlags(env Env, values map[string]*string) (config.ActionInputs, error) {
	return config.ReadInputs(func(variable string) string {
		name := strings.ToLower(strings.TrimPrefix(variable, "INPUT_"))
		if name == "token" {
			return cmp.Or(env.Getenv("GITHUB_TOKEN"), env.Getenv("GH_TOKEN"))
		}
		if v := values[name]; v != nil {
			return *v
		}
		return ""
	})
}

// publishHere shows what was joined outside of any workflow: in a job of GitLab CI
// on its merge request, too.
func (s *step) publishHere(ctx context.Context) (int, error) {
	if err := prepareOut(s.env, s.inputs.Out); err != nil {
		return ExitOK, err
	}
	merge, err := s.gitlabRun()
	if err != nil {
		return ExitOK, err
	}
	c, err := s.joined(ctx)
	if err != nil {
		return ExitOK, err
	}
	_, err = writeComparison(s.inputs.Out, c, c, report.Options{Config: c.Config})
	s.note(ctx, merge, c)
	return exitCode(c.Verdict, c.OnInconclusive), errors.Join(printComparison(s.env, s.format, c, c.Config), err)
}
