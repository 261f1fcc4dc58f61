package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// side is one of the images of a comparison, on its way from the name the user
// gave to something that can be analysed and booted.
type side struct {
	name  string         // base, head
	saved *record.Record // the user gave a record instead of an image
	ref   analyze.Reference
	image *engine.Image // nil when it is not in the engine, or there is none
	found analyze.Image // set by analysis; zero for a saved record
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
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.saved, text = saved, saved.Image
	}
	ref, err := analyze.ParseReference(text)
	if err != nil {
		return nil, usagef("%s: %v", name, err)
	}
	s.ref = ref
	return s, nil
}

// locate finds the image in the engine; one that may be in a registry is
// pulled, one from a layout or archive is loaded for the length of the run.
func (j *job) locate(ctx context.Context, s *side) error {
	if s.ref.InEngine() {
		return j.locateInEngine(ctx, s)
	}
	j.progress.step("loading %s into the engine", s)
	image, err := j.run.LoadImage(ctx, s.name, func(w io.Writer, tag string) error {
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
	if errors.Is(err, engine.ErrNoImage) && s.ref.Transport == analyze.Bare && s.saved == nil {
		j.progress.step("pulling %s", s)
		if pullErr := j.engine.Pull(ctx, s.ref.Name, j.platform.String()); pullErr != nil {
			return fmt.Errorf("%s: %w, nor could it be pulled: %v\nbuild it first, or check the name", s.name, err, pullErr)
		}
		image, err = j.engine.Image(ctx, s.ref.Name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.image = &image
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

// command is what will be started; an image without one needs it from the user.
func checkCommand(s *side, override []string) error {
	if s.image == nil || len(override) > 0 || len(s.image.Command()) > 0 {
		return nil
	}
	return fmt.Errorf("%s: %s has neither ENTRYPOINT nor CMD: set `command` for the service in plimsoll.yml", s.name, s)
}

// analyse reads the images' layers: those in the engine in one stream, in which
// what they share comes once.
func (j *job) analyse(ctx context.Context, sides ...*side) error {
	var inEngine []*side
	for _, s := range sides {
		switch {
		case s.saved != nil:
		case s.image != nil && s.ref.InEngine():
			inEngine = append(inEngine, s)
		default:
			found, err := analyze.Open(ctx, s.ref, analyze.Options{Platform: j.platform, Estimate: len(sides) > 1})
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.found = found
		}
	}
	if len(inEngine) == 0 {
		return nil
	}
	return j.analyseSaved(ctx, inEngine)
}

func (j *job) analyseSaved(ctx context.Context, sides []*side) error {
	var refs []string
	for _, s := range sides {
		if !slices.Contains(refs, s.ref.Name) {
			refs = append(refs, s.ref.Name)
		}
	}
	j.progress.step("reading the layers of %s", joinNames(sides))
	stream, err := j.engine.Save(ctx, refs...)
	if err != nil {
		return err
	}
	defer stream.Close()
	images, err := analyze.Saved(ctx, stream, refs, analyze.Options{Estimate: true})
	if err != nil {
		return err
	}
	for _, s := range sides {
		s.found = images[slices.Index(refs, s.ref.Name)]
	}
	return nil
}

func joinNames(sides []*side) string {
	text := ""
	for i, s := range sides {
		if i > 0 {
			text += " and "
		}
		text += s.String()
	}
	return text
}

// static is the record of a side before anything is booted.
func (s *side) static() *record.Record {
	if s.saved != nil {
		saved := *s.saved
		return &saved
	}
	return analyze.Record(s.found)
}
