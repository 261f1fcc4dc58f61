package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

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
	c.registerReports(flags, "record.json and report.html")
	boots := flags.Int("boots", defaultRounds, "`number` of boots, after one warm-up")
	ladder := ladderFlag(flags)
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	users, err := ladder()
	if err != nil {
		return ExitOK, err
	}
	if *boots < 1 || *boots > maxBoots {
		return ExitOK, usagef("--boots %d: expected 1 to %d", *boots, maxBoots)
	}
	return single(ctx, env, c, "measure", images, *boots, users)
}

func runInspect(ctx context.Context, env Env, args []string) (int, error) {
	flags := flagSet(env, "inspect", "IMAGE")
	var c common
	c.registerReports(flags, "record.json and report.html")
	images, err := parse(flags, args)
	if err != nil {
		return ExitOK, err
	}
	return single(ctx, env, c, "inspect", images, 0, nil)
}

// single makes the record of one image: booted so many times, or not at all, and
// then under each of the ladder's numbers of users.
func single(ctx context.Context, env Env, c common, command string, images []string, boots int, ladder []int) (int, error) {
	if err := c.check(); err != nil {
		return ExitOK, err
	}
	plan, err := singlePlan(c.config, command, images)
	if err != nil {
		return ExitOK, err
	}
	if err := prepareOut(env, c.out); err != nil {
		return ExitOK, err
	}
	j, err := newJob(env, plan, c)
	if err != nil {
		return ExitOK, err
	}
	j.boot, j.rounds, j.ladder, j.progress.round = boots > 0, boots, ladder, "boot"
	rec, code, err := j.record(ctx)
	if err != nil {
		return code, err
	}
	return code, errors.Join(printRecord(env, c.format, *rec), saveRecord(c.out, rec))
}

func singlePlan(path, command string, images []string) (config.Plan, error) {
	if len(images) > 1 {
		return config.Plan{}, usagef("%s takes one image, got %d: %q", command, len(images), images)
	}
	var given config.Images
	if len(images) == 1 {
		given.Head = images[0]
	}
	plan, err := loadPlan(path, given)
	if err == nil && len(plan.Services) != 1 {
		err = usagef("%s takes one image; %s has %d services: name the image", command, plan.File, len(plan.Services))
	}
	return plan, err
}

// record analyses and, unless told otherwise, boots the plan's one image. The
// record of an image that does not boot is what its analysis found, and the
// code says so.
func (j *job) record(ctx context.Context) (rec *record.Record, code int, err error) {
	s := j.plan.Services[0]
	image, err := openSide("image", s.Image)
	if err != nil {
		return nil, ExitOK, err
	}
	if image.saved != nil {
		return nil, ExitOK, usagef("%s is a saved record, expected an image", s.Image)
	}
	if err := j.readScripts(); err != nil {
		return nil, ExitOK, err
	}
	defer j.progress.clear()
	defer j.close(ctx)
	if j.boot || image.ref.InEngine() {
		if err := j.open(ctx); err != nil {
			return nil, ExitOK, err
		}
	}
	if err := errors.Join(j.findSide(ctx, image, commandOf(s)), j.findDependencies(ctx)); err != nil {
		return nil, ExitOK, err
	}
	if err := j.prepareScripts(ctx); err != nil {
		return nil, ExitOK, err
	}
	s = j.plan.Services[0] // which knows the script's thresholds now
	if err := j.analyse(ctx, gatesBytes(s), image); err != nil {
		return nil, ExitOK, err
	}
	rec = image.static()
	if j.boot {
		code, err = j.bootAlone(ctx, s, image, rec)
	}
	return rec, code, err
}

// bootAlone boots one image again and again and completes its record. An error
// is one that leaves nothing worth a record.
func (j *job) bootAlone(ctx context.Context, s config.Service, image *side, rec *record.Record) (code int, err error) {
	result, err := j.boots(ctx, []measure.Target{j.target(s, image)},
		measure.Plan{Looks: []int{j.freeRounds()}, Time: j.plan.Measure.Time, Unguarded: j.unguarded(&rec.Warnings)})
	var tooShort *measure.TimeError
	if ctx.Err() != nil || errors.As(err, &tooShort) {
		return ExitOK, err
	}
	j.complete(rec, result, 0)
	rec.Warnings = slices.Concat(rec.Warnings, j.notes[s.Name], result.Notes)
	if err == nil {
		var climbed []string
		climbed, err = j.climb(ctx, result, []*record.Record{rec})
		rec.Warnings = append(rec.Warnings, climbed...)
	}
	if ctx.Err() != nil {
		return ExitOK, err
	}
	if err == nil {
		return bootedCode(rec.Trials), nil
	}
	j.progress.failure(err)
	rec.Warnings = append(rec.Warnings, texts(err)...)
	return ExitMissing, nil
}

// bootedCode is the exit code of boots that all went well: where none of them
// counts, nothing was measured.
func bootedCode(trials []record.Trial) int {
	if slices.ContainsFunc(trials, func(t record.Trial) bool { return t.Counts() }) {
		return ExitOK
	}
	return ExitMissing
}

// saveRecord writes a record and the page that shows it.
func saveRecord(dir string, rec *record.Record) error {
	if dir == "" {
		return nil
	}
	page, err := report.RecordHTML(*rec)
	if err != nil {
		return err
	}
	return errors.Join(baseline.Write(filepath.Join(dir, "record.json"), rec),
		replaceFile(filepath.Join(dir, "report.html"), page))
}

func printRecord(env Env, format string, rec record.Record) error {
	options := terminalOptions(env)
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
