package analyze

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// archiveFile is the members of a tar file, read where they lie: only those
// that are needed.
type archiveFile struct {
	from    *os.File
	members map[string]member
	links   map[string]string // symbolic and hard links between members
}

type member struct{ offset, size int64 }

func (a archiveFile) manifest(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	return a.open(ctx, d)
}

func (a archiveFile) open(_ context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	return a.file(blobPath(d))
}

func (a archiveFile) place(d v1.Descriptor) string {
	m, ok := a.members[blobPath(d)]
	if !ok {
		return ""
	}
	return placeOf(a.from, d.Digest.String(), m.offset, m.size)
}

func (a archiveFile) file(path string) (io.ReadCloser, error) {
	m, ok := a.members[path]
	if !ok {
		return nil, fmt.Errorf("%s is not there", quote(path))
	}
	return memberReader{io.NewSectionReader(a.from, m.offset, m.size)}, nil
}

// memberReader can be read at random, which tells it from a stream.
type memberReader struct{ *io.SectionReader }

func (memberReader) Close() error { return nil }

// indexArchive notes where the members of a tar file lie.
func indexArchive(ctx context.Context, f *os.File, limits Limits) (archiveFile, error) {
	a := archiveFile{from: f, members: map[string]member{}, links: map[string]string{}}
	in := newSection(f, 0, 1<<62)
	tr := tar.NewReader(in)
	last := ""
	var seen outer
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = seen.add(hdr)
		}
		if err != nil {
			return a, fmt.Errorf("read archive %s: %w", after(last), err)
		}
		last = hdr.Name
		if err := a.note(hdr, in, limits); err != nil {
			return a, fmt.Errorf("read archive: member %s: %w", quote(hdr.Name), err)
		}
	}
}

func (a archiveFile) note(hdr *tar.Header, in *section, limits Limits) error {
	name, err := clean(hdr.Name, limits.Path)
	if err != nil {
		return err
	}
	if hdr.Typeflag != tar.TypeReg {
		noteLink(a.links, name, hdr, limits)
		return nil
	}
	if in.rest(hdr) == nil {
		return errors.New("is a sparse file, which no tool writes there")
	}
	a.members[name] = member{in.pos, hdr.Size}
	return nil
}

// noteLink keeps a link between members of an archive.
func noteLink(links map[string]string, name string, hdr *tar.Header, limits Limits) {
	target := hdr.Linkname
	switch hdr.Typeflag {
	case tar.TypeSymlink:
		target = path.Join(path.Dir(name), target)
	case tar.TypeLink:
	default:
		return
	}
	if target, err := clean(target, limits.Path); err == nil {
		links[name] = target
	}
}

// openMembers reads the documents of a docker archive and notes where the rest
// of it lies.
func openMembers(ctx context.Context, f *os.File, opts Options) (archiveFile, *stream, error) {
	a, err := indexArchive(ctx, f, opts.Limits)
	if err != nil {
		return a, nil, err
	}
	s := newStream(ctx, DockerArchive, opts)
	s.links = a.links
	for name, m := range a.members {
		if path.Ext(name) == ".tar" || m.size > int64(opts.Limits.Document) {
			continue
		}
		if err := s.keepDocument(name, m.size, io.NewSectionReader(f, m.offset, m.size)); err != nil {
			return a, nil, fmt.Errorf("read archive: member %s: %w", quote(name), err)
		}
	}
	return a, s, nil
}
