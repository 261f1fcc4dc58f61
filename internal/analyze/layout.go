package analyze

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// directory is an OCI image layout. The os.Root keeps symbolic links of a
// hostile layout from leading out of it.
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
type directory struct{ root *os.Root }

func (d directory) manifest(ctx context.Context, desc v1.Descriptor) (io.ReadCloser, error) {
	return d.open(ctx, desc)
}

func (d directory) open(_ context.Context, desc v1.Descriptor) (io.ReadCloser, error) {
	return d.file(blobPath(desc))
}

// place is nothing: a directory is not read again and again.
func (d directory) place(v1.Descriptor) string { return "" }

// file opens a regular file; a pipe or device would block or never end.
func (d directory) file(path string) (io.ReadCloser, error) {
	info, err := d.root.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there", path)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	return d.root.Open(path)
}

func blobPath(d v1.Descriptor) string { return "blobs/" + d.Digest.Algorithm + "/" + d.Digest.Hex }

// blobDigest is the digest that the path of a blob gives.
func blobDigest(path string) (digest string, ok bool) {
	hex, ok := strings.CutPrefix(path, "blobs/sha256/")
	return "sha256:" + hex, ok
}

// localLayout is a layout in a directory or a file, and what closes it.
type localLayout interface {
	blobs
	file(path string) (io.ReadCloser, error)
}

func openLayout(ctx context.Context, ref Reference, limits Limits) (localLayout, io.Closer, error) {
	if ref.Transport == OCILayout {
		root, err := openDirectory(ref.Path)
		return directory{root}, root, err
	}
	f, err := openArchive(ref.Path)
	if err != nil {
		return nil, nil, err
	}
	a, err := indexArchive(ctx, f, limits)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return a, f, nil
}

// openDirectory does not wait for a pipe to be written to.
func openDirectory(path string) (*os.Root, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory: an archive is read as oci-archive:FILE", path)
	}
	return os.OpenRoot(path)
}

// openArchive opens a file that will be read at random. To open a pipe would
// wait for somebody to write to it.
func openArchive(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file, and an archive is read at random: save it in a file first", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, len(magicZstd))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, f.Close())
	}
	if format := compressionOf(head[:n]); format != "" {
		return nil, errors.Join(fmt.Errorf("%s is compressed with %s: unpack it first", path, format), f.Close())
	}
	return f, nil
}

// resolveLayout finds the image that ref names in an OCI layout.
func resolveLayout(ctx context.Context, from localLayout, ref Reference, opts Options) (resolved, error) {
	r := resolver{from: from, limits: opts.Limits, want: opts.Platform}
	in, err := from.file("index.json")
	if err != nil {
		return resolved{}, fmt.Errorf("not an OCI layout: %w", err)
	}
	defer in.Close()
	raw, err := readAtMost(in, opts.Limits.Document)
	if err != nil {
		return resolved{}, fmt.Errorf("index.json: %w", err)
	}
	var index v1.IndexManifest
	if err := decode(raw, &index); err != nil {
		return resolved{}, fmt.Errorf("index.json: %w", err)
	}
	start, err := r.start(index.Manifests, ref)
	if err != nil {
		return resolved{}, fmt.Errorf("index.json: %w", err)
	}
	return r.image(ctx, start, 1)
}
