package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/measure"
	"github.com/plimsoll-ci/plimsoll/internal/record"
	"github.com/plimsoll-ci/plimsoll/internal/report"
)

// maxBoots keeps a typing error from running for a day.
const maxBoots = 1000

func runMeasure(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "measure", "IMAGE")
	var c common
	c.register(flags)
	boots := flags.Int("boots", defaultRounds, "`number` of boots, after one warm-up")
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	if *boots < 1 || *boots > maxBoots {
		return ExitOK, usagef("--boots %d: expected 1 to %d", *boots, maxBoots)
	}
	return single(ctx, env, c, "measure", images, *boots)
}

func runInspect(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "inspect", "IMAGE")
	var c common
	c.register(flags)
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	return single(ctx, env, c, "inspect", images, 0)
}

// single makes the record of one image: booted so many times, or not at all.
func single(ctx context.Context, env Env, c common, command string, images []string, boots int) (int, error) {
	if err := c.check(); err != nil {
		return ExitOK, err
	}
	plan, err := singlePlan(env, c.config, command, images)
	if err != nil {
		return ExitOK, err
	}
	j, err := newJob(env, plan, c)
	if err != nil {
		return ExitOK, err
	}
	j.boot, j.rounds = boots > 0, boots
	rec, err := j.record(ctx)
	if rec == nil {
		return ExitOK, err
	}
	if saveErr := saveRecord(c.out, rec); saveErr != nil {
		return ExitOK, errors.Join(err, saveErr)
	}
	if printErr := printRecord(env, c.format, *rec); printErr != nil {
		return ExitOK, errors.Join(err, printErr)
	}
	return ExitOK, err
}

func singlePlan(env Env, path, command string, images []string) (config.Plan, error) {
	if len(images) > 1 {
		return config.Plan{}, usagef("%s takes one image, got %d: %q", command, len(images), images)
	}
	var given config.Images
	if len(images) == 1 {
		given.Head = images[0]
	}
	plan, err := loadPlan(env, path, given)
	if err == nil && len(plan.Services) != 1 {
		err = usagef("%s takes one image; %s has %d services: name the image", command, plan.File, len(plan.Services))
	}
	return plan, err
}

// record analyses and, unless told otherwise, boots the plan's one image. The
// record comes with the error when only the boots failed.
func (j *job) record(ctx context.Context) (rec *record.Record, err error) {
	s := j.plan.Services[0]
	image, err := openSide("image", s.Image)
	if err != nil {
		return nil, err
	}
	if image.saved != nil {
		return nil, usagef("%s is a saved record: `plimsoll report` shows it", s.Image)
	}
	if j.boot || image.ref.InEngine() {
		if err := j.open(ctx); err != nil {
			return nil, errors.Join(err, j.close(ctx))
		}
		defer func() { err = errors.Join(err, j.close(ctx)) }()
	}
	if err := j.prepare(ctx, s, image); err != nil {
		return nil, err
	}
	rec = image.static()
	rec.Tool, rec.Created = toolName(), time.Now().UTC().Truncate(time.Second)
	if !j.boot {
		return rec, nil
	}
	result, err := measure.Rounds(ctx, &measure.Pods{Run: j.run}, []measure.Target{j.target(s, image)},
		measure.Plan{Looks: []int{j.freeRounds()}, Time: j.plan.Measure.Time}, j.seed, j.progress.rounds)
	rec.Warnings = append(rec.Warnings, result.Notes...)
	j.complete(rec, result, 0)
	if err != nil {
		j.progress.failure(err)
	}
	return rec, err
}

// prepare finds one image, checks that it can be booted here, and analyses it.
func (j *job) prepare(ctx context.Context, s config.Service, image *side) error {
	if j.engine != nil && (j.boot || image.ref.InEngine()) {
		if err := j.locate(ctx, image); err != nil {
			return err
		}
	}
	if j.boot {
		if err := errors.Join(j.checkPlatform(image), checkCommand(image, s.Setup.Command)); err != nil {
			return err
		}
	}
	return j.analyse(ctx, image)
}

func saveRecord(dir string, rec *record.Record) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the output directory: %w", err)
	}
	return baseline.Write(filepath.Join(dir, "record.json"), rec)
}

func printRecord(env Env, format string, rec record.Record) error {
	options := report.Options{Width: env.Width, Color: env.Width > 0 && env.Getenv("NO_COLOR") == ""}
	var body []byte
	var err error
	switch format {
	case "json":
		body, err = report.RecordJSON(rec)
	case "markdown":
		body = report.RecordMarkdown(rec, options)
	default:
		body = report.RecordTerminal(rec, options)
	}
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(body)
	return err
}
