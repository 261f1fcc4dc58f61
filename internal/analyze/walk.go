package analyze

import (
	"archive/tar"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/owner"
	"github.com/plimsoll-ci/plimsoll/internal/analyze/untar"
)

// Names that layers give to what they hide.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh." // bookkeeping of AUFS, and whiteouts of whiteouts: no effect
)

// content is what one layer's tar holds: an index of its entries, and what
// tells of the packages among them.
type content struct {
	index    index
	entries  int64 // tar entries read
	evidence []owner.Evidence
	problems []string // with files that should tell of packages
}

// tape is a layer's tar. Where at is set, only what is needed is read of it.
type tape struct {
	io.Reader
	at *section // nil where the layer is a stream
}

// walk reads the headers of a layer's tar, and of the files in it those that
// tell of packages. In a stream all other payloads go by as well, and are summed.
func walk(in tape, b *budget) (*content, error) {
	w := walker{content: new(content), tape: in, tar: untar.NewReader(in.Reader), budget: b}
	if err := w.all(); err != nil {
		b.giveBack(w.entries, w.kept) // else layers that come later seem to be at fault
		return nil, err
	}
	w.index.done()
	return w.content, nil
}

func (w *walker) all() error {
	last := ""
	for {
		hdr, err := w.tar.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read tar %s: %w", after(last), err)
		}
		if err := w.entry(hdr); err != nil {
			return err
		}
		last = hdr.Name
	}
}

type walker struct {
	*content
	tape   tape
	tar    *untar.Reader
	budget *budget
	kept   int // bytes of the budget
	sum    summer
}

func (w *walker) keep(n int) error {
	w.kept += n
	return w.budget.keep(n)
}

func (w *walker) entry(hdr *tar.Header) error {
	w.entries++
	if err := w.budget.entry(); err != nil {
		return fmt.Errorf("entry %s: %w", quote(hdr.Name), err)
	}
	e, ok, err := classify(hdr, w.budget)
	if err != nil || !ok {
		return err
	}
	if e.kind == file {
		if e.body.sum, err = w.payload(e, hdr); err != nil {
			return err
		}
	}
	before := w.index.size
	w.index.add(e)
	return w.keep(w.index.size - before)
}

// payload looks into a file and gives its sum, 0 if not all of it was read.
func (w *walker) payload(e entry, hdr *tar.Header) (uint32, error) {
	name := string(e.path)
	kind := owner.Wanted(name, e.body.size, hdr.Mode)
	if w.tape.at != nil {
		if kind != "" {
			w.distil(kind, owner.File{Path: name, Size: hdr.Size, Mode: hdr.Mode, Body: w.tar, At: w.tape.at.rest(hdr)})
		}
		return 0, nil
	}
	w.sum.reset(w.tar)
	if kind != "" {
		w.distil(kind, owner.File{Path: name, Size: hdr.Size, Mode: hdr.Mode, Body: &w.sum})
	}
	return w.sum.finish()
}

// distil keeps what a file tells of packages. What is wrong with such a file
// is no fault of the image, which is measured without it.
func (w *walker) distil(kind owner.Kind, f owner.File) {
	data, err := owner.Distil(kind, f)
	if err == nil && len(data) > 0 {
		if err = w.keep(len(data)); err == nil {
			w.evidence = append(w.evidence, owner.Evidence{Path: f.Path, Kind: kind, Data: data})
		}
	}
	if err != nil && len(w.problems) < mostProblems {
		w.problems = append(w.problems, fmt.Sprintf("%s tells nothing of packages: %v", quote(f.Path), err))
	}
}

// mostProblems bounds how many broken files of one layer are named.
const mostProblems = 5

// summer adds up a checksum of what is read through it.
type summer struct {
	from io.Reader
	sum  uint32
	buf  []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *summer) reset(from io.Reader) { s.from, s.sum = from, 0 }

func (s *summer) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.sum = crc32.Update(s.sum, castagnoli, p[:n])
	return n, err
}

// finish reads what is left. A sum of 0 would mean that there is none.
func (s *summer) finish() (uint32, error) {
	if s.buf == nil {
		s.buf = make([]byte, 64<<10)
	}
	for {
		_, err := s.Read(s.buf)
		if errors.Is(err, io.EOF) {
			return max(s.sum, 1), nil
		}
		if err != nil {
			return 0, err
		}
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
		e.kind = file
		e.body = body{size: hdr.Size, mtime: hdr.ModTime.Unix(), attrs: attributes(hdr.Mode, hdr.Uid, hdr.Gid)}
	case tar.TypeDir:
		e.kind = dir
	case tar.TypeLink:
		e.kind = link
	case tar.TypeSymlink:
		e.kind = soft
	case tar.TypeXGlobalHeader:
		return e, false, nil
	default:
		e.kind = special
	}
	name, err := clean(hdr.Name, b.Path)
	if err != nil {
		return e, false, fmt.Errorf("entry %s: %w", quote(hdr.Name), err)
	}
	if e.body.size < 0 || e.body.size > int64(b.Unpacked) {
		return e, false, fmt.Errorf("entry %s: claims %d bytes, at most %d are accepted", quote(hdr.Name), e.body.size, b.Unpacked)
	}
	e.path = []byte(name)
	if base := path.Base(name); strings.HasPrefix(base, whiteoutPrefix) {
		return hide(e, name, base)
	}
	if name == "" && e.kind != dir {
		return e, false, fmt.Errorf("entry %s: replaces the root directory by something else", quote(hdr.Name))
	}
	if e.kind == soft && len(hdr.Linkname) <= b.Path {
		e.target = []byte(hdr.Linkname)
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
