package analyze

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
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

// read scans the layers and puts the image together.
func (r resolved) read(ctx context.Context, ref Reference, opts Options) (Image, error) {
	layers := make([]*scanned, len(r.layers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.parallel())
	s := scanner{ctx: ctx, budget: &budget{Limits: opts.Limits}, estimate: opts.Estimate}
	for i, first := range firsts(r.layers) {
		if first != i {
			continue
		}
		group.Go(func() (err error) {
			if layers[i], err = r.scan(s, r.layers[i]); err != nil {
				return fmt.Errorf("%s: %s: %w", ref, layerName(i, r.layers[i].Digest.String()), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Image{}, err
	}
	for i, first := range firsts(r.layers) {
		layers[i] = layers[first]
	}
	img, err := assemble(ref.String(), ref.Transport, r.config, layers, opts.Limits)
	img.Manifest = r.manifest
	return img, err
}

// parallel is how many layers are inflated at a time. One connection to a
// registry is faster than several, so there it is one.
func (r resolved) parallel() int {
	if _, ok := r.from.(registry); ok {
		return 1
	}
	return runtime.GOMAXPROCS(0)
}

// firsts maps every layer to the first one with the same blob.
func firsts(layers []v1.Descriptor) []int {
	seen := map[v1.Hash]int{}
	out := make([]int, len(layers))
	for i, l := range layers {
		first, ok := seen[l.Digest]
		if !ok {
			first = i
			seen[l.Digest] = i
		}
		out[i] = first
	}
	return out
}

// scan reads one layer and verifies that it is the blob it should be.
func (r resolved) scan(s scanner, d v1.Descriptor) (*scanned, error) {
	if err := checkDigest(d); err != nil {
		return nil, err
	}
	if len(d.URLs) > 0 {
		return nil, fmt.Errorf("its content lies elsewhere (%s), which is not supported", quote(d.URLs[0]))
	}
	in, err := r.from.open(s.ctx, d)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	l, err := s.layer(in)
	if err != nil {
		return nil, err
	}
	if l.digest != d.Digest.String() {
		return nil, fmt.Errorf("content hashes to %s", l.digest)
	}
	return l, nil
}

func openDockerArchive(ctx context.Context, ref Reference, opts Options) (Image, error) {
	f, err := os.Open(ref.Path)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", ref, err)
	}
	defer f.Close()
	images, err := readArchive(ctx, f, []string{ref.Name}, DockerArchive, opts)
	if err != nil {
		return Image{}, err
	}
	images[0].Ref = ref.String()
	return images[0], nil
}
