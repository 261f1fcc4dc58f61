package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/analyze/advice"
	"github.com/plimsoll-ci/plimsoll/internal/analyze/cache"
	"github.com/plimsoll-ci/plimsoll/internal/config"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// cacheSize bounds the indexes of layers on disk. One of a large layer takes a
// megabyte.
const cacheSize = 256 << 20

// openStore opens the cache of layers. Without one, every run reads them anew.
func (j *job) openStore(noCache bool) error {
	j.store = analyze.NewStore(nil)
	dir := cache.Dir(j.env.Getenv)
	if noCache || dir == "" {
		return nil
	}
	disk, err := cache.Open(dir, cacheSize)
	if err == nil {
		j.store = analyze.NewStore(disk)
	}
	return err
}

// gatesBytes reports whether a budget judges what is only estimated where an
// image is not compressed yet: then the estimate is of all of it.
func gatesBytes(s config.Service) bool {
	for _, id := range []record.MetricID{record.ImageCompressed, record.ImagePull} {
		if _, gated := s.Budgets[id]; gated {
			return true
		}
	}
	return false
}

// analyse reads the images' layers: those in the engine in one stream, in which
// what they share comes once.
func (j *job) analyse(ctx context.Context, exact bool, sides ...*side) error {
	var inEngine, elsewhere []*side
	for _, s := range sides {
		switch {
		case s.saved != nil:
		case s.image != nil && s.ref.InEngine():
			inEngine = append(inEngine, s)
		default:
			elsewhere = append(elsewhere, s)
		}
	}
	options := analyze.Options{Platform: j.platform, Estimate: len(sides) > 1, Exact: exact, Store: j.store}
	if err := open(ctx, elsewhere, options); err != nil {
		return err
	}
	if len(inEngine) > 0 {
		if err := j.analyseSaved(ctx, exact, inEngine); err != nil {
			return err
		}
	}
	known := j.candidates(ctx)
	var both sync.WaitGroup
	for _, s := range sides {
		if s.saved == nil {
			both.Go(func() { s.contents, s.problems = analyze.Contents(s.found, known) })
		}
	}
	both.Wait()
	return nil
}

// open reads images that are not in the engine, at the same time. What is known
// of any of them is looked for before any is read.
func open(ctx context.Context, sides []*side, options analyze.Options) error {
	images := make([]*analyze.Found, len(sides))
	defer func() {
		for _, found := range images {
			if found != nil {
				found.Close()
			}
		}
	}()
	steps := []func(int) error{
		func(i int) (err error) { images[i], err = analyze.Find(ctx, sides[i].ref, options); return err },
		func(i int) error { images[i].Recall(); return nil },
		func(i int) (err error) { sides[i].found, err = images[i].Read(ctx); return err },
	}
	for _, step := range steps {
		var all errgroup.Group
		for i, s := range sides {
			all.Go(func() error {
				if err := step(i); err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// analyseSaved has the engine save those images whose layers are not known yet.
func (j *job) analyseSaved(ctx context.Context, exact bool, sides []*side) error {
	options := analyze.Options{Estimate: true, Exact: exact, Store: j.store}
	var refs []string
	var unread []*side
	for _, s := range sides {
		var known bool
		if s.found, known = j.store.Image(s.image.ID, s.ref.Name, options); known {
			continue
		}
		unread = append(unread, s)
		if !slices.Contains(refs, s.ref.Name) {
			refs = append(refs, s.ref.Name)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	j.progress.step("reading the layers of %s", joinNames(unread))
	stream, err := j.engine.Save(ctx, refs...)
	if err != nil {
		return err
	}
	defer stream.Close()
	images, err := analyze.Saved(ctx, stream, refs, options)
	if err != nil {
		return err
	}
	for _, s := range unread {
		s.found = images[slices.Index(refs, s.ref.Name)]
		j.store.Keep(s.image.ID, s.found)
	}
	return nil
}

// candidates are the engine's images, one of which an image may be built on.
// Where they cannot be had, the history has to tell. Other builds of the images
// under test are none: they share layers because they are the same thing.
func (j *job) candidates(ctx context.Context) []analyze.Candidate {
	if j.engine == nil || j.known != nil {
		return j.known
	}
	j.known = []analyze.Candidate{}
	stacks, err := j.engine.Stacks(ctx)
	if err != nil {
		j.progress.step("which images the base images are: %v", err)
	}
	for _, s := range stacks {
		if !j.tests(s.Name) {
			history := sync.OnceValue(func() []string {
				said, _ := j.engine.History(ctx, s.ID) // without one it is no candidate
				return said
			})
			j.known = append(j.known, analyze.Candidate{Name: s.Name, DiffIDs: s.Layers, History: history})
		}
	}
	return j.known
}

// tests reports whether an image of this name is one under test, whatever its tag.
func (j *job) tests(image string) bool {
	for _, s := range j.plan.Services {
		for _, given := range []string{s.Base, s.Image} {
			if sameRepository(given, image) {
				return true
			}
		}
	}
	return false
}

func sameRepository(a, b string) bool {
	one, err := name.ParseReference(strings.TrimPrefix(a, string(analyze.Daemon)+":"))
	if err != nil {
		return false
	}
	other, err := name.ParseReference(b)
	return err == nil && one.Context().Name() == other.Context().Name()
}

// adviseSlimmer tells the services that are built on a larger variant of what
// another service of the run is built on.
func adviseSlimmer(services []record.Service) {
	from := map[string]*record.From{}
	for _, s := range services {
		if s.Head.Contents != nil {
			from[s.Name] = s.Head.Contents.From
		}
	}
	for service, better := range advice.Slimmer(from) {
		for _, s := range services {
			if s.Name == service {
				s.Head.Contents.Advice = append(s.Head.Contents.Advice, better)
			}
		}
	}
}

// sourceWarning says when the two images lay in places of different kinds:
// then their sizes are made comparable, which the reader has to know.
func sourceWarning(base, head *side) []string {
	from := string(base.found.Source)
	made := "where either is not compressed, the compressed sizes of both are estimates by one compressor"
	if base.saved != nil {
		from = base.saved.Source
		made = "where only one of them was compressed there, the two compressed sizes are of different kinds"
	}
	if from == string(head.found.Source) {
		return nil
	}
	return []string{fmt.Sprintf("base was read from %s and head from %s: %s", from, head.found.Source, made)}
}

func joinNames(sides []*side) string {
	names := make([]string, len(sides))
	for i, s := range sides {
		names[i] = s.String()
	}
	return strings.Join(names, " and ")
}
