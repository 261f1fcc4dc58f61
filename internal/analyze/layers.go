package analyze

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// source is one layer of an image, before it is read.
type source struct {
	wanted
	name string // for errors: a digest
	open func(context.Context) (io.ReadCloser, error)
	// verify demands that the blob hashes to its digest, and prove that its
	// content hashes to the DiffID.
	verify, prove bool
}

// readLayers reads the layers that the store does not hold, so many at once: then
// the largest first, so that none is left to one processor at the end. A layer
// that stands twice is read once.
func readLayers(ctx context.Context, sources []source, atOnce int, s scanner, store *Store) ([]*scanned, error) {
	first := firstsBy(sources, source.identity)
	order := slices.Compact(slices.Sorted(slices.Values(first)))
	if atOnce > 1 {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sources[b].size, sources[a].size) })
	}
	out := make([]*scanned, len(sources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	s.ctx = ctx
	for _, i := range order {
		group.Go(func() (err error) {
			if out[i], err = sources[i].read(s, store); err != nil {
				return fmt.Errorf("%s: %w", layerName(i, sources[i].name), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = out[first[i]]
	}
	return out, nil
}

// identity tells one layer of an image from another.
func (from source) identity() string { return from.diffID + " " + from.digest }

func (from source) read(s scanner, store *Store) (*scanned, error) {
	defer store.lock(from.diffID)()
	if l, ok := store.get(from.wanted, &s); ok {
		return l, s.budget.again(l.content)
	}
	in, err := from.open(s.ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	s.digests, s.contents = from.verify, from.prove
	l, err := s.layer(in, int64(from.size))
	if err != nil {
		return nil, err
	}
	if from.verify && l.digest != from.digest {
		return nil, fmt.Errorf("content hashes to %s", l.digest)
	}
	if l.digest == "" {
		l.digest = from.digest
	}
	if l.diffID != "" && l.diffID != from.diffID {
		return nil, fmt.Errorf("its content hashes to %s, the configuration expects %s", l.diffID, from.diffID)
	}
	store.put(from.wanted, l)
	return l, nil
}

// placeOf names a layer of a file in the state the file is in: who writes to
// it, or puts another in its place, changes the name. It is "" where that cannot
// be told.
func placeOf(f *os.File, diffID string, offset, size int64) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	state, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return ""
	}
	return fmt.Sprintf(keptAs+"file %s %d:%d %d %v %v, %s is %d bytes at %d",
		path, state.Dev, state.Ino, state.Size, state.Mtim, state.Ctim, diffID, size, offset)
}
