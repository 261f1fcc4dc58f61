package analyze

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// WriteDocker writes the image that ref names as an archive that every engine
// can load (docker load, POST /images/load), under the name tag. It streams:
// one blob after the other, nothing on disk.
//
// Layers stay compressed with gzip where they are. Those compressed with zstd,
// which Engine 20.10 cannot read, are inflated, for which they are read twice:
// a tar announces sizes before content.
func WriteDocker(ctx context.Context, w io.Writer, ref Reference, opts Options, tag string) error {
	opts.Limits = opts.Limits.withDefaults()
	var err error
	switch ref.Transport {
	case Bare, Daemon:
		err = ErrInEngine
	case DockerArchive:
		err = retag(ctx, w, ref, opts, tag)
	default:
		err = convert(ctx, w, ref, opts, tag)
	}
	if err != nil {
		return fmt.Errorf("convert %s for the engine: %w", ref, err)
	}
	return nil
}

func convert(ctx context.Context, w io.Writer, ref Reference, opts Options, tag string) error {
	found, done, err := resolve(ctx, ref, opts)
	if err != nil {
		return err
	}
	defer done()
	it := item{Config: found.config.digest[len("sha256:"):] + ".json", RepoTags: []string{tag}}
	out := tar.NewWriter(w)
	if err := writeFile(out, it.Config, found.raw); err != nil {
		return err
	}
	s := newScanner(Options{Limits: opts.Limits})
	s.ctx, s.digests = ctx, true
	first := firsts(found.layers)
	for i, d := range found.layers {
		it.Layers = append(it.Layers, d.Digest.Hex+".tar")
		if first[i] != i {
			continue
		}
		if err := found.writeLayer(out, s, d, it.Layers[i]); err != nil {
			return fmt.Errorf("%s: %w", layerName(i, d.Digest.String()), err)
		}
	}
	return finish(out, it)
}

// finish writes manifest.json and the end of the archive.
func finish(out *tar.Writer, it item) error {
	raw, err := json.Marshal([]item{it})
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	if err := writeFile(out, "manifest.json", raw); err != nil {
		return err
	}
	return out.Close()
}

func writeFile(out *tar.Writer, name string, raw []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o444, Size: int64(len(raw))}); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := out.Write(raw); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// writeLayer copies one blob. Its digest is verified on the way, and the
// engine verifies its content against the configuration.
func (r resolved) writeLayer(out *tar.Writer, s scanner, d v1.Descriptor, name string) error {
	if err := checkLayer(d); err != nil {
		return err
	}
	in, err := r.from.open(s.ctx, d)
	if err != nil {
		return err
	}
	defer in.Close()
	buffered := bufio.NewReaderSize(in, block)
	head, err := buffered.Peek(len(magicZstd))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if compressionOf(head) == "zstd" {
		return r.inflateLayer(out, s, d, buffered, name)
	}
	raw := newHashed(s.ctx, buffered, true)
	if err := writeMember(out, name, d.Size, raw); err != nil {
		return err
	}
	if raw.digest() != d.Digest.String() {
		return fmt.Errorf("content hashes to %s", raw.digest())
	}
	return nil
}

// inflateLayer measures what a layer unpacks to while it verifies its digest,
// and reads it again to write that.
func (r resolved) inflateLayer(out *tar.Writer, s scanner, d v1.Descriptor, in io.Reader, name string) error {
	l, err := s.layer(in, d.Size)
	if err != nil {
		return err
	}
	if l.digest != d.Digest.String() {
		return fmt.Errorf("content hashes to %s", l.digest)
	}
	again, err := r.from.open(s.ctx, d)
	if err != nil {
		return err
	}
	defer again.Close()
	plain, err := inflate(bufio.NewReaderSize(newHashed(s.ctx, again, false), block), "zstd")
	if err != nil {
		return err
	}
	defer plain.Close()
	return writeMember(out, name, int64(l.unpacked), plain)
}

// writeMember writes a member of size bytes, which content must have exactly.
func writeMember(out *tar.Writer, name string, size int64, content io.Reader) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o444, Size: size}); err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(content, size))
	if err != nil {
		return err
	}
	more, err := io.Copy(io.Discard, io.LimitReader(content, 1))
	if err != nil {
		return err
	}
	if n+more != size {
		return fmt.Errorf("expected %d bytes, found %d or more", size, n+more)
	}
	return nil
}

// retag copies a docker archive with one image of it under a new name. The
// documents of the OCI layout that newer engines add are left out, because
// they name the image otherwise.
func retag(ctx context.Context, w io.Writer, ref Reference, opts Options, tag string) error {
	f, err := openArchive(ref.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	it, err := archiveItem(ctx, f, ref.Name, opts)
	if err != nil {
		return err
	}
	it.RepoTags = []string{tag}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in, out := tar.NewReader(newHashed(ctx, f, false)), tar.NewWriter(w)
	for {
		hdr, err := in.Next()
		if errors.Is(err, io.EOF) {
			return finish(out, it)
		}
		if err != nil {
			return fmt.Errorf("read archive: %w", err)
		}
		if slices.Contains([]string{"manifest.json", "repositories", "index.json", "oci-layout"}, path.Clean(hdr.Name)) {
			continue
		}
		if err := out.WriteHeader(hdr); err != nil {
			return fmt.Errorf("copy %s: %w", quote(hdr.Name), err)
		}
		if _, err := io.Copy(out, in); err != nil {
			return fmt.Errorf("copy %s: %w", quote(hdr.Name), err)
		}
	}
}

// archiveItem reads only the documents of a docker archive.
func archiveItem(ctx context.Context, f *os.File, name string, opts Options) (item, error) {
	_, s, err := openMembers(ctx, f, opts)
	if err != nil {
		return item{}, err
	}
	items, err := s.items(ctx, []string{name})
	if err != nil {
		return item{}, err
	}
	return items[0], nil
}
