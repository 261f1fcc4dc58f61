package analyze

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// ErrInEngine is what [Open] returns for images that only an engine can hand
// out: save them there and read the stream with [Saved].
var ErrInEngine = errors.New("the image is in a container engine, which has to save it first")

// Open reads the image that ref names from an OCI layout, an archive or a
// registry.
func Open(ctx context.Context, ref Reference, opts Options) (Image, error) {
	found, err := Find(ctx, ref, opts)
	if err != nil {
		return Image{}, err
	}
	defer found.Close()
	return found.Read(ctx)
}

// Found is an image of which only documents were read, not its layers.
type Found struct {
	ref      Reference
	config   config
	manifest string // "" where the source has none
	sources  []source
	atOnce   int // layers to read
	opts     Options
	done     func()
}

// Find does the first half of [Open]: whoever reads several images finds all of
// them, then has each [Found.Recall] what is known of it, and only then reads,
// so that no layer is read which the store holds for another image. What was
// found has to be closed.
func Find(ctx context.Context, ref Reference, opts Options) (*Found, error) {
	opts.Limits = opts.Limits.withDefaults()
	switch ref.Transport {
	case DockerArchive:
		return findDockerArchive(ctx, ref, opts)
	case Bare, Daemon:
		return nil, fmt.Errorf("%s: %w", ref, ErrInEngine)
	}
	from, done, err := resolve(ctx, ref, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	found := &Found{ref: ref, config: from.config, manifest: from.manifest, atOnce: from.parallel(), opts: opts, done: done}
	if found.sources, err = from.sources(); err != nil {
		done()
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return found, nil
}

// Close gives back what the image is read from.
func (f *Found) Close() { f.done() }

// Recall takes those layers out of the store that it holds.
func (f *Found) Recall() {
	by := newScanner(f.opts)
	for _, from := range f.sources {
		unlock := f.opts.Store.lock(from.diffID)
		f.opts.Store.get(from.wanted, &by)
		unlock()
	}
}

// Read reads the layers and puts the image together.
func (f *Found) Read(ctx context.Context) (Image, error) {
	layers, err := readLayers(ctx, f.sources, f.atOnce, newScanner(f.opts), f.opts.Store)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", f.ref, err)
	}
	img, err := assemble(f.ref.String(), f.ref.Transport, f.config, layers, f.opts.Limits)
	img.Manifest = f.manifest
	return img, err
}

// resolve reads the documents of an image that lies in an OCI layout or a
// registry. The blobs stay open until done is called.
func resolve(ctx context.Context, ref Reference, opts Options) (found resolved, done func(), err error) {
	if ref.Transport == Registry {
		found, err = resolveRegistry(ctx, ref, opts)
		return found, func() {}, err
	}
	from, closer, err := openLayout(ctx, ref, opts.Limits)
	if err != nil {
		return resolved{}, nil, err
	}
	found, err = resolveLayout(ctx, from, ref, opts)
	if err != nil {
		return resolved{}, nil, errors.Join(err, closer.Close())
	}
	return found, func() { _ = closer.Close() }, nil // nothing was written
}

// sources are the layers.
func (r resolved) sources() ([]source, error) {
	ids := r.config.diffIDs()
	var out []source
	for i, d := range r.layers {
		if err := checkLayer(d); err != nil {
			return nil, fmt.Errorf("%s: %w", layerName(i, d.Digest.String()), err)
		}
		out = append(out, source{
			wanted: wanted{diffID: ids[i], digest: d.Digest.String(), size: record.Bytes(d.Size), place: r.from.place(d)},
			name:   d.Digest.String(), verify: true, prove: r.remote(),
			open: func(ctx context.Context) (io.ReadCloser, error) { return r.from.open(ctx, d) },
		})
	}
	return out, nil
}

func newScanner(opts Options) scanner {
	return scanner{budget: &budget{Limits: opts.Limits}, estimate: opts.Estimate, exact: opts.Exact}
}

// remote reports whether the blobs come from somewhere that is asked for as
// little as can be, so that what they unpack to is worth to be proved and kept.
// Who made a local layout has it all, and engines prove it before they run it.
func (r resolved) remote() bool {
	_, ok := r.from.(registry)
	return ok
}

// parallel is how many layers are inflated at a time. One connection to a
// registry is faster than several, so there it is one.
func (r resolved) parallel() int {
	if r.remote() {
		return 1
	}
	return runtime.GOMAXPROCS(0)
}

// firsts maps every layer to the first one with the same blob.
func firsts(layers []v1.Descriptor) []int {
	return firstsBy(layers, func(d v1.Descriptor) v1.Hash { return d.Digest })
}

// firstsBy maps every element to the first one with the same key.
func firstsBy[T any, K comparable](all []T, key func(T) K) []int {
	seen := map[K]int{}
	out := make([]int, len(all))
	for i, v := range all {
		first, ok := seen[key(v)]
		if !ok {
			first = i
			seen[key(v)] = i
		}
		out[i] = first
	}
	return out
}

func checkLayer(d v1.Descriptor) error {
	if err := checkDigest(d); err != nil {
		return err
	}
	if len(d.URLs) > 0 {
		return fmt.Errorf("its content lies elsewhere (%s), which is not supported", quote(d.URLs[0]))
	}
	return nil
}

// findDockerArchive finds the one image of an archive that ref names.
func findDockerArchive(ctx context.Context, ref Reference, opts Options) (*Found, error) {
	f, err := openArchive(ref.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	done := func() { _ = f.Close() } // nothing was written
	found, err := foundIn(ctx, f, ref, opts)
	if err != nil {
		done()
		return nil, err
	}
	found.done = done
	return found, nil
}

func foundIn(ctx context.Context, f *os.File, ref Reference, opts Options) (*Found, error) {
	a, s, err := openMembers(ctx, f, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	items, err := s.items(ctx, []string{ref.Name})
	if err != nil {
		return nil, err
	}
	found := &Found{ref: ref, atOnce: runtime.GOMAXPROCS(0), opts: opts}
	if found.config, err = s.configOf(ref.String(), items[0]); err != nil {
		return nil, err
	}
	if found.sources, err = s.sources(a, items[0], found.config.diffIDs()); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return found, nil
}

// sources are the layers of an item, to be read where they lie.
func (s *stream) sources(a archiveFile, it item, ids []string) ([]source, error) {
	var out []source
	for i, name := range it.Layers {
		name = s.follow(name)
		m, ok := a.members[name]
		if !ok {
			return nil, fmt.Errorf("%s: %s is not in the archive", layerName(i, ids[i]), quote(it.Layers[i]))
		}
		w := wanted{diffID: ids[i], size: record.Bytes(m.size), place: placeOf(a.from, ids[i], m.offset, m.size)}
		if digest, ok := blobDigest(name); ok {
			w.digest = digest
		}
		out = append(out, source{wanted: w, name: ids[i],
			open: func(context.Context) (io.ReadCloser, error) { return a.file(name) }})
	}
	return out, nil
}
