package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// side is one of the images of a comparison, on its way from the name the user
// gave to something that can be analysed and booted.
type side struct {
	name     string         // base, head
	saved    *record.Record // the user gave a record instead of an image
	ref      analyze.Reference
	image    *engine.Image // nil when it is not in the engine, or there is none
	found    analyze.Image // set by analysis; zero for a saved record
	contents *record.Contents
	problems []string // with what should tell of its packages
	warnings []string // for the report
}

// String is the image as the user named it.
func (s *side) String() string {
	if s.saved != nil {
		return s.saved.Image
	}
	return s.ref.String()
}

// openSide reads what the user wrote: the path of a record, or an image.
func openSide(name, text string) (*side, error) {
	s := &side{name: name}
	if baseline.IsRecord(text) {
		saved, err := baseline.Read(text)
		if err != nil {
			return nil, usagef("%s: %v", name, err)
		}
		s.saved, text = saved, saved.Image
	}
	if s.saved == nil && strings.HasSuffix(text, ".json") {
		return nil, usagef("%s: %s: there is no such record, nor is that the name of an image", name, text)
	}
	ref, err := analyze.ParseReference(text)
	if err != nil {
		return nil, usagef("%s: %v", name, err)
	}
	s.ref = ref
	return s, nil
}

// openSides reads all names first, so that a typing error costs no time.
func (j *job) openSides() ([][2]*side, error) {
	pairs := make([][2]*side, len(j.plan.Services))
	var failed []error
	for i, s := range j.plan.Services {
		if s.Base == "" {
			failed = append(failed, usagef("service %s: no base image: set `base` in the configuration, or give BASE and HEAD (in a workflow the inputs `base` and `head`)", s.Name))
			continue
		}
		base, err := openSide("base", s.Base)
		failed = append(failed, err)
		head, err := openSide("head", s.Image)
		failed = append(failed, err)
		if head != nil && head.saved != nil {
			failed = append(failed, usagef("head: %s is a saved record: only BASE can be one, HEAD is what gets measured", s.Image))
		}
		pairs[i] = [2]*side{base, head}
	}
	return pairs, errors.Join(failed...)
}

func needsEngine(pairs [][2]*side) bool {
	return slices.ContainsFunc(pairs, func(pair [2]*side) bool {
		return slices.ContainsFunc(pair[:], func(s *side) bool { return s.saved == nil && s.ref.InEngine() })
	})
}

// find makes sure of every image before the first of them is booted: whatever
// is wrong with their names is told at once, and early.
func (j *job) find(ctx context.Context, pairs [][2]*side) error {
	var failed []error
	for i, pair := range pairs {
		for _, side := range pair {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			failed = append(failed, j.findSide(ctx, side, commandOf(j.plan.Services[i])))
		}
	}
	return errors.Join(failed...)
}

func (j *job) findSide(ctx context.Context, s *side, command []string) error {
	switch {
	case s.saved != nil && j.boot:
		if err := j.locateAgain(ctx, s); err != nil {
			s.warnings = append(s.warnings, err.Error())
			return nil
		}
	case s.saved == nil && (j.boot || s.ref.InEngine()):
		if err := j.locate(ctx, s); err != nil {
			return err
		}
	}
	if !j.boot {
		return nil
	}
	return errors.Join(j.checkPlatform(s), checkCommand(s, command))
}

// locate finds the image in the engine; one that may be in a registry is
// pulled, one from a layout or archive is loaded for the length of the run.
func (j *job) locate(ctx context.Context, s *side) error {
	if s.ref.InEngine() {
		return j.locateInEngine(ctx, s)
	}
	j.progress.step("loading %s into the engine", s)
	j.loaded++
	image, err := j.run.LoadImage(ctx, fmt.Sprintf("%s-%d", s.name, j.loaded), func(w io.Writer, tag string) error {
		return analyze.WriteDocker(ctx, w, s.ref, analyze.Options{Platform: j.platform}, tag)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	image.Ref = s.String()
	s.image = &image
	return nil
}

func (j *job) locateInEngine(ctx context.Context, s *side) error {
	image, err := j.engine.Image(ctx, s.ref.Name)
	if errors.Is(err, engine.ErrNoImage) && s.ref.Transport == analyze.Bare {
		j.progress.step("pulling %s", s)
		if pullErr := j.engine.Pull(ctx, s.ref.Name, j.platform.String()); pullErr != nil {
			return fmt.Errorf("%s: %w, nor could it be pulled (%w): build it first, or check the name", s.name, err, pullErr)
		}
		image, err = j.engine.Image(ctx, s.ref.Name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if !j.wants(image.Platform) {
		return fmt.Errorf("%s: %s is for %s in the engine, --platform asks for %s: pull or build it for that platform",
			s.name, s, image.Platform, j.platform)
	}
	s.image = &image
	return nil
}

// wants reports whether a platform is the one that was asked for, if any was.
func (j *job) wants(platform string) bool {
	found, err := analyze.ParsePlatform(platform)
	return j.platform == (analyze.Platform{}) || err == nil && j.platform.Runs(found)
}

// locateAgain finds the image a saved record names. It counts only if it is
// the very image that was measured.
func (j *job) locateAgain(ctx context.Context, s *side) error {
	const gist = "only exact metrics are judged against the saved record, since times and memory need its image booted again"
	again := &side{name: s.name, ref: s.ref}
	if err := j.locate(ctx, again); err != nil {
		return fmt.Errorf("%w; %s", err, gist)
	}
	digest := again.image.ID
	if digest != s.saved.Digest {
		// Engines with an image store of containerd go by the manifest's digest.
		if err := j.analyse(ctx, false, again); err != nil {
			return fmt.Errorf("%w; %s", err, gist)
		}
		digest = again.found.Digest
	}
	if digest != s.saved.Digest {
		return fmt.Errorf("base: %s is now %.19s, the record is of %.19s; %s", s, digest, s.saved.Digest, gist)
	}
	s.image = again.image
	return nil
}

// checkPlatform refuses an image the engine's host cannot run natively: under
// emulation it would be measured many times slower than it is.
func (j *job) checkPlatform(s *side) error {
	host := "linux/" + j.engine.Environment().Arch
	if s.image == nil || s.image.Platform == host {
		return nil
	}
	return fmt.Errorf("%s: %s is for %s, the engine's host is %s: build it for %s (docker build --platform), or use a runner of that kind",
		s.name, s, s.image.Platform, host, host)
}

// checkCommand refuses an image that says nothing of what to start, where the user
// does not either.
func checkCommand(s *side, override []string) error {
	if s.image == nil || len(override) > 0 || len(s.image.Command()) > 0 {
		return nil
	}
	return fmt.Errorf("%s: %s has neither ENTRYPOINT nor CMD: set `command` for the service in plimsoll.yml", s.name, s)
}

// static is the record of a side before anything is booted. Of a saved record
// only what is exact: times of another machine never gate.
func (s *side) static() *record.Record {
	if s.saved == nil {
		rec := analyze.Record(s.found)
		rec.Contents, rec.Warnings = s.contents, append(rec.Warnings, s.problems...)
		rec.Tool, rec.Created = toolName(), time.Now().UTC().Truncate(time.Second)
		return rec
	}
	saved := *s.saved
	saved.Trials, saved.Ladder = nil, nil
	saved.Metrics = maps.Clone(saved.Metrics)
	maps.DeleteFunc(saved.Metrics, func(id record.MetricID, _ record.Measured) bool {
		metric, known := record.Lookup(id)
		return !known || !metric.Exact
	})
	return &saved
}
