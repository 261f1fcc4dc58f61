package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/compare"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// scripts are the k6 scripts of a job, by the name of their service.
type scripts struct {
	ready map[string]*k6.Script
	tools map[string]k6Tool // what runs them, by the k6 that the services name
}

// k6Tool is a k6 in the engine.
type k6Tool struct {
	shown   string // in records
	image   string
	command []string
}

// noK6 tells where k6 comes from.
const noK6 = "load.script needs k6, and %w: install it (https://grafana.com/docs/k6/latest/set-up/install-k6), or name an image with `k6: grafana/k6:1.8.1` under `load`"

// readScripts reads the scripts of all services, before anything takes time.
func (j *job) readScripts() error {
	j.scripts = scripts{ready: map[string]*k6.Script{}, tools: map[string]k6Tool{}}
	var failed []error
	for _, s := range j.plan.Services {
		if s.Setup.Load.Script == nil || !j.boot {
			continue
		}
		test, err := readScript(j.plan.File, s.Setup.Load.Script.File)
		if err != nil {
			failed = append(failed, usagef("service %s: load.script: %v", s.Name, err))
			continue
		}
		if _, _, err := j.programK6(s.Script.K6); err != nil {
			failed = append(failed, usagef("service %s: %v", s.Name, err))
			continue
		}
		j.scripts.ready[s.Name] = &k6.Script{Test: test, Shown: filepath.Dir(j.plan.File), Env: s.Script.Env, Timeout: s.Setup.Load.Script.Timeout}
	}
	return errors.Join(failed...)
}

// readScript reads a script below the configuration's directory, and nothing
// outside of it, wherever links lead.
func readScript(configFile, name string) (k6.Test, error) {
	root, err := os.OpenRoot(filepath.Dir(configFile))
	if err != nil {
		return k6.Test{}, err
	}
	defer func() { _ = root.Close() }() // only read from
	return k6.Read(root.FS(), name)
}

// programK6 gives the path of the program that a user means; ok is false where
// that is an image.
func (j *job) programK6(named string) (path string, ok bool, err error) {
	switch {
	case named == "":
		if path, err = k6.Find(j.env.Getenv("PATH")); err != nil {
			return "", false, fmt.Errorf(noK6, err)
		}
		return path, true, nil
	case filepath.IsAbs(named), strings.HasPrefix(named, "./"), strings.HasPrefix(named, "../"):
		if !filepath.IsAbs(named) {
			named = filepath.Join(filepath.Dir(j.plan.File), named)
		}
		if _, err := os.Stat(named); err != nil {
			return "", false, fmt.Errorf("load.k6: %w", err)
		}
		return named, true, nil
	}
	return "", false, nil
}

// prepareScripts puts k6 into the engine and lets it read every script, so that
// a mistake in one costs no boot. The plan learns of the thresholds.
func (j *job) prepareScripts(ctx context.Context) error {
	var failed []error
	for i := range j.plan.Services {
		s := &j.plan.Services[i]
		script := j.scripts.ready[s.Name]
		if script == nil {
			continue
		}
		if err := j.prepareScript(ctx, s, script); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(failed...)
}

func (j *job) prepareScript(ctx context.Context, s *config.Service, script *k6.Script) error {
	tool, err := j.tool(ctx, s.Script.K6)
	if err != nil {
		return err
	}
	script.Image, script.Command = tool.image, tool.command
	found, err := measure.Inspect(ctx, j.run, script)
	var wrong *measure.ScriptError
	if errors.As(err, &wrong) {
		return usagef("%v", err)
	}
	if err != nil {
		return fmt.Errorf("let k6 read %s: %w", s.Setup.Load.Script.File, err)
	}
	setup := *s.Setup.Load.Script
	setup.Digest, setup.K6, setup.Thresholds = script.Test.Digest(), tool.shown, found.Thresholds
	s.Setup.Load.Script = &setup
	for _, t := range found.Thresholds {
		s.Lines[t.ID()] = s.Script.Line
	}
	return nil
}

// tool makes sure that a k6 is in the engine.
func (j *job) tool(ctx context.Context, named string) (k6Tool, error) {
	if found, ok := j.scripts.tools[named]; ok {
		return found, nil
	}
	path, program, err := j.programK6(named)
	if err != nil {
		return k6Tool{}, usagef("%v", err)
	}
	load, from := j.imageTool, named
	if program {
		load, from = j.programTool, path
	}
	tool, err := load(ctx, from)
	if err == nil {
		j.scripts.tools[named] = tool
	}
	return tool, err
}

// programTool loads a program of this machine into the engine.
func (j *job) programTool(ctx context.Context, path string) (k6Tool, error) {
	program, err := k6.ReadProgram(path, j.engine.Environment().Arch)
	if err != nil {
		return k6Tool{}, usagef("load.k6: %v", err)
	}
	j.progress.step("loading %s into the engine", path)
	j.loaded++
	image, err := j.run.LoadProgram(ctx, "k6", program.Body)
	if err != nil {
		return k6Tool{}, fmt.Errorf("load k6 into the engine: %w", err)
	}
	shown := strings.TrimSpace("k6 " + program.Version)
	return k6Tool{shown: shown, image: image.ID, command: image.Command()}, nil
}

// imageTool finds k6's image, or pulls it.
func (j *job) imageTool(ctx context.Context, named string) (k6Tool, error) {
	ref, err := analyze.ParseReference(named)
	if err != nil {
		return k6Tool{}, usagef("load.k6: %v", err)
	}
	image := &side{name: "load.k6", ref: ref}
	if err := errors.Join(j.locate(ctx, image), j.checkPlatform(image)); err != nil {
		return k6Tool{}, err
	}
	command := image.image.Entrypoint
	if len(command) == 0 {
		command = []string{"k6"}
	}
	return k6Tool{shown: named, image: image.image.ID, command: command}, nil
}

// thresholds are those that the script of a service declares.
func thresholds(s config.Service) []record.Threshold {
	if s.Setup.Load.Script == nil {
		return nil
	}
	return s.Setup.Load.Script.Thresholds
}

// hypotheses counts what a service puts to the test: its budgets, and the
// thresholds of its script.
func hypotheses(s config.Service) int {
	return compare.Hypotheses(s.Budgets) + len(thresholds(s))
}
