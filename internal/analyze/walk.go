package analyze

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Names that layers give to what they hide.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh." // bookkeeping of AUFS, and whiteouts of whiteouts: no effect
)

// walk reads the headers of a layer's tar into an index.
func walk(r io.Reader, b *budget) (*index, error) {
	x := new(index)
	tr := tar.NewReader(r)
	last := ""
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return x, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read tar %s: %w", after(last), err)
		}
		if err := b.entry(); err != nil {
			return nil, fmt.Errorf("entry %s: %w", quote(hdr.Name), err)
		}
		e, ok, err := classify(hdr, b)
		if err != nil {
			return nil, err
		}
		if ok {
			x.add(e)
		}
		last = hdr.Name
	}
}

func after(name string) string {
	if name == "" {
		return "at its first entry"
	}
	return "after " + quote(name)
}

// quote shortens a name for an error message.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%q (%d bytes)", s[:most]+"…", len(s))
	}
	return fmt.Sprintf("%q", s)
}

// classify turns a header into an entry; ok is false where it has no effect.
func classify(hdr *tar.Header, b *budget) (e entry, ok bool, err error) {
	switch hdr.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		e.kind, e.size = file, hdr.Size
	case tar.TypeDir:
		e.kind = dir
	case tar.TypeLink:
		e.kind = link
	case tar.TypeXGlobalHeader:
		return e, false, nil
	default:
		e.kind = special
	}
	name, err := clean(hdr.Name, b.Path)
	if err != nil {
		return e, false, fmt.Errorf("entry %s: %w", quote(hdr.Name), err)
	}
	if e.size < 0 || e.size > int64(b.Unpacked) {
		return e, false, fmt.Errorf("entry %s: claims %d bytes, at most %d are accepted", quote(hdr.Name), e.size, b.Unpacked)
	}
	e.path = []byte(name)
	if base := path.Base(name); strings.HasPrefix(base, whiteoutPrefix) {
		return hide(e, name, base)
	}
	if name == "" && e.kind != dir {
		return e, false, fmt.Errorf("entry %s: replaces the root directory by something else", quote(hdr.Name))
	}
	if e.kind == link {
		target, err := clean(hdr.Linkname, b.Path)
		if err != nil {
			return e, false, fmt.Errorf("entry %s: hard link to %s: %w", quote(hdr.Name), quote(hdr.Linkname), err)
		}
		e.target = []byte(target)
	}
	return e, true, nil
}

// hide turns the entry of a marker file into the whiteout it stands for.
func hide(e entry, name, base string) (entry, bool, error) {
	parent := strings.TrimSuffix(strings.TrimSuffix(name, base), "/")
	victim := strings.TrimPrefix(base, whiteoutPrefix)
	switch {
	case base == opaqueName:
		return entry{kind: opaque, path: []byte(parent)}, true, nil
	case strings.HasPrefix(base, aufsPrefix):
		return e, false, nil
	case victim == "" || victim == "." || victim == "..":
		return e, false, fmt.Errorf("entry %s: a whiteout that names nothing", quote(name))
	}
	return entry{kind: whiteout, path: []byte(path.Join(parent, victim))}, true, nil
}

// clean gives a tar name its one spelling: no leading "./" or "/", no ".."; ""
// is the root. A name that climbs out of the image is an error.
func clean(name string, most int) (string, error) {
	if len(name) > most {
		return "", fmt.Errorf("path of %d bytes, at most %d are accepted", len(name), most)
	}
	name = path.Clean(strings.TrimLeft(name, "/"))
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", errors.New("path leads out of the image")
	}
	if name == "." {
		return "", nil
	}
	return name, nil
}
