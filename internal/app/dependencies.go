package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// readCompose completes the plan's services with what their compose files say.
// The files are read here: configuration is data.
func (j *job) readCompose() error {
	j.notes = map[string][]string{}
	var failed []error
	for i := range j.plan.Services {
		if s := &j.plan.Services[i]; s.Compose.File != "" {
			failed = append(failed, j.readComposeOf(s))
		}
	}
	return errors.Join(failed...)
}

func (j *job) readComposeOf(s *config.Service) error {
	path := beside(j.plan.File, s.Compose.File)
	src, err := readSource(s.Compose.File, path)
	var wrong config.Errors
	if errors.As(err, &wrong) {
		return err
	}
	if err != nil {
		return usagef("service %s: compose: %v", s.Name, err)
	}
	lookup, err := variablesFor(path, j.env.Getenv)
	if err != nil {
		return usagef("service %s: %v", s.Name, err)
	}
	found, err := config.ParseCompose(s.Compose.File, src, s.Compose.Service, lookup)
	if err != nil {
		return err
	}
	failed := []error{readComposeEnv(&found.Service, path)}
	for i := range found.Dependencies {
		failed = append(failed, readComposeEnv(&found.Dependencies[i], path))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if err := checkReset(s, found); err != nil {
		return err
	}
	s.WithCompose(found)
	j.notes[s.Name] = found.Notes
	return nil
}

// beside is a path as a file names it, relative to that file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// withheld are variables of a workflow that are not for what a pull request
// names in its compose file: inputs and tokens of the Action itself.
func withheld(name string) bool {
	return strings.HasPrefix(name, "INPUT_") || strings.HasPrefix(name, "ACTIONS_") || name == "GITHUB_TOKEN" || name == "GH_TOKEN"
}

// variablesFor looks variables up in the environment, then in the file .env
// beside the compose file.
func variablesFor(path string, getenv func(string) string) (func(string) (string, bool), error) {
	values := map[string]string{}
	raw, err := readSource(".env", beside(path, ".env"))
	if err == nil {
		err = config.ParseEnv(".env", raw, values)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return func(name string) (string, bool) {
		if value := getenv(name); value != "" && !withheld(name) {
			return value, true
		}
		value, ok := values[name]
		return value, ok
	}, nil
}

// readComposeEnv reads the env files of a container, which its own variables
// override.
func readComposeEnv(c *config.Container, composeFile string) error {
	values := map[string]string{}
	for _, file := range c.EnvFiles {
		raw, err := readSource(file.Path, beside(composeFile, file.Path))
		if errors.Is(err, fs.ErrNotExist) && file.Optional {
			continue
		}
		if err == nil {
			err = config.ParseEnv(file.Path, raw, values)
		}
		if err != nil {
			return usagef("service %s of the compose file: env_file: %v", c.Name, err)
		}
	}
	maps.Copy(values, c.Environment)
	c.Environment = values
	return nil
}

// checkReset makes sure that the command to reset with has where to run.
func checkReset(s *config.Service, c config.Compose) error {
	if s.Compose.Reset == nil {
		return nil
	}
	var names []string
	for _, d := range c.Dependencies {
		names = append(names, d.Name)
	}
	if slices.Contains(names, s.Compose.Reset.Service) {
		return nil
	}
	return usagef("service %s: reset: %q is none of its dependencies, expected one of %q", s.Name, s.Compose.Reset.Service, names)
}

// findDependencies finds the images of all dependencies in the engine; what is
// not there is pulled.
func (j *job) findDependencies(ctx context.Context) error {
	j.beside = map[string]*measure.Dependencies{}
	if !j.boot {
		return nil
	}
	var failed []error
	for _, s := range j.plan.Services {
		if s.Compose.File == "" {
			continue
		}
		found := &measure.Dependencies{Service: s.Under, Reset: s.Compose.Reset}
		for _, c := range s.Dependencies {
			d, err := j.findDependency(ctx, c)
			failed = append(failed, err)
			found.All = append(found.All, d)
		}
		j.beside[s.Name] = found
	}
	return errors.Join(failed...)
}

func (j *job) findDependency(ctx context.Context, c config.Container) (measure.Dependency, error) {
	d := measure.Dependency{Container: c}
	var err error
	d.Found, err = j.engine.Image(ctx, c.Image)
	if errors.Is(err, engine.ErrNoImage) {
		j.progress.step("pulling %s", c.Image)
		if pullErr := j.engine.Pull(ctx, c.Image, j.platform.String()); pullErr != nil {
			return d, fmt.Errorf("dependency %s: %w, nor could it be pulled (%w): build it first, or check the name", c.Name, err, pullErr)
		}
		d.Found, err = j.engine.Image(ctx, c.Image)
	}
	if err != nil {
		return d, fmt.Errorf("dependency %s: %w", c.Name, err)
	}
	if host := "linux/" + j.engine.Environment().Arch; d.Found.Platform != host {
		return d, fmt.Errorf("dependency %s: %s is for %s, the engine's host is %s: pull or build it for that platform", c.Name, c.Image, d.Found.Platform, host)
	}
	if d.Limits.Memory == 0 {
		d.Limits.Memory = j.engine.Environment().Memory / 2
	}
	d.Limits.PIDs = config.DefaultPIDs
	return d, nil
}

// withDependencies tells a record's setup what stood beside the image.
func withDependencies(setup record.Setup, found *measure.Dependencies) record.Setup {
	if found == nil {
		return setup
	}
	setup.Dependencies = nil
	for _, d := range found.All {
		setup.Dependencies = append(setup.Dependencies, record.Dependency{Name: d.Name, Image: d.Image, Digest: d.Found.ID})
	}
	if found.Reset != nil {
		setup.Reset = found.Reset.Command
	}
	return setup
}

// commandOf is what the user has to say about what is started, nil for nothing.
func commandOf(s config.Service) []string {
	return slices.Concat(s.Setup.Command, s.Args, s.Under.Entrypoint, s.Under.Command)
}

// boots runs the rounds of a service, and removes what they shared.
func (j *job) boots(ctx context.Context, targets []measure.Target, plan measure.Plan) (measure.Result, error) {
	pods := j.pods()
	result, err := measure.Rounds(ctx, pods, targets, plan, j.seed, j.progress.rounds)
	if stuck := pods.Close(ctx); stuck != nil {
		result.Notes = append(result.Notes, stuck.Error()) // the end of the run tries again
	}
	return result, err
}
