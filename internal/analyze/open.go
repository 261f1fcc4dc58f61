package analyze

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	opts.Limits = opts.Limits.withDefaults()
	switch ref.Transport {
	case DockerArchive:
		return openDockerArchive(ctx, ref, opts)
	case Bare, Daemon:
		return Image{}, fmt.Errorf("%s: %w", ref, ErrInEngine)
	}
	found, done, err := resolve(ctx, ref, opts)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	defer done()
	return found.read(ctx, ref, opts)
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

// read reads the layers and puts the image together.
func (r resolved) read(ctx context.Context, ref Reference, opts Options) (Image, error) {
	ids := r.config.diffIDs()
	var sources []source
	for i, d := range r.layers {
		if err := checkLayer(d); err != nil {
			return Image{}, fmt.Errorf("%s: %s: %w", ref, layerName(i, d.Digest.String()), err)
		}
		sources = append(sources, source{
			wanted: wanted{diffID: ids[i], digest: d.Digest.String(), size: record.Bytes(d.Size), place: r.from.place(d)},
			name:   d.Digest.String(), verify: true, prove: r.remote(),
			open: func(ctx context.Context) (io.ReadCloser, error) { return r.from.open(ctx, d) },
		})
	}
	layers, err := readLayers(ctx, sources, r.parallel(), newScanner(opts), opts.Store)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	img, err := assemble(ref.String(), ref.Transport, r.config, layers, opts.Limits)
	img.Manifest = r.manifest
	return img, err
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

// openDockerArchive reads the one image of an archive that ref names.
func openDockerArchive(ctx context.Context, ref Reference, opts Options) (Image, error) {
	f, err := openArchive(ref.Path)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	defer f.Close()
	a, s, err := openMembers(ctx, f, opts)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	items, err := s.items(ctx, []string{ref.Name})
	if err != nil {
		return Image{}, err
	}
	return s.fromFile(ctx, a, ref, items[0])
}

// fromFile reads the layers of an item where they lie.
func (s *stream) fromFile(ctx context.Context, a archiveFile, ref Reference, it item) (Image, error) {
	c, err := s.configOf(ref.String(), it)
	if err != nil {
		return Image{}, err
	}
	ids := c.diffIDs()
	var sources []source
	for i, name := range it.Layers {
		name = s.follow(name)
		m, ok := a.members[name]
		if !ok {
			return Image{}, fmt.Errorf("%s: %s: %s is not in the archive", ref, layerName(i, ids[i]), quote(it.Layers[i]))
		}
		w := wanted{diffID: ids[i], size: record.Bytes(m.size), place: placeOf(a.from, ids[i], m.offset, m.size)}
		if digest, ok := blobDigest(name); ok {
			w.digest = digest
		}
		sources = append(sources, source{wanted: w, name: ids[i],
			open: func(context.Context) (io.ReadCloser, error) { return a.file(name) }})
	}
	layers, err := readLayers(ctx, sources, runtime.GOMAXPROCS(0), newScanner(s.opts), s.opts.Store)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	return assemble(ref.String(), DockerArchive, c, layers, s.opts.Limits)
}
