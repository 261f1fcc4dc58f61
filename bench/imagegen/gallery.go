package imagegen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// version changes when the same sources give other images.
const version = 3

// Image is an image that lies in a file.
type Image struct {
	Name   string
	File   string
	Format Format
	Layers int
	Counts
}

// Gallery are the images of the benchmarks, by name:
//
//	x1, x2, x4, x8     five layers; entries and bytes grow together
//	x8-gzip, x8-oci    x8 with gzip layers, in two formats
//	x8-head            the next build of x8: the last two layers are other ones
//	whiteouts          a layer of 60,000 files, and 400 whiteouts above it
type Gallery map[string]Image

// Recipe says how big the images are.
type Recipe struct {
	Unit      int64 // bytes of files of x1, roughly
	Files     int   // in the lower layer of whiteouts
	Whiteouts int
}

// Standard is the recipe of the benchmarks: x8 has about 1.6 GB. The gallery
// needs 6 GB of disk, and 10 GB while it is made.
var Standard = Recipe{Unit: 184 << 20, Files: 60_000, Whiteouts: 400}

// Open gives the gallery below dir and makes it when it is not there. One that
// was made by another recipe, version or toolchain is replaced.
func Open(ctx context.Context, dir string, r Recipe) (Gallery, error) {
	name := fmt.Sprintf("images-%x", scramble(version, fmt.Sprint(r, runtime.Version(), runtime.GOARCH)))
	at := filepath.Join(dir, name)
	g, err := load(at)
	if !errors.Is(err, fs.ErrNotExist) {
		return g, err
	}
	s, err := findSources(ctx)
	if err != nil {
		return nil, err
	}
	if err := replace(ctx, dir, at, s, r); err != nil {
		return nil, fmt.Errorf("make the images of the benchmark: %w", err)
	}
	return load(at)
}

// replace makes the gallery aside, so that one that is half made is never used.
func replace(ctx context.Context, dir, at string, s sources, r Recipe) (err error) {
	old, err := filepath.Glob(filepath.Join(dir, "images-*"))
	if err != nil {
		return err
	}
	draft := filepath.Join(dir, "draft")
	for _, o := range append(old, draft) {
		if err := os.RemoveAll(o); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(draft, 0o755); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	m := maker{dir: draft, gallery: Gallery{}}
	if err := m.all(ctx, s, r); err != nil {
		return err
	}
	return os.Rename(draft, at)
}

func load(dir string) (Gallery, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "gallery.json"))
	if err != nil {
		return nil, err
	}
	var g Gallery
	if err := json.Unmarshal(raw, &g); err != nil {
		return nil, fmt.Errorf("%s/gallery.json: %w", dir, err)
	}
	for name, i := range g {
		i.File = filepath.Join(dir, i.File)
		g[name] = i
	}
	return g, nil
}
