package imagegen

import (
	"archive/tar"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Entry is one member of a layer. Directories above it are made as needed.
type Entry struct {
	Name    string      // in the image, without a leading slash
	Mode    fs.FileMode // type and permissions
	Size    int64       // bytes, of regular files
	ModTime time.Time
	Link    string // where a symbolic link points to
	Source  string // the file that holds the content, where Content is nil
	Content []byte
	Seed    uint64 // other than 0: some bytes of the source are changed
}

// under gives the entry a place below another directory.
func (e Entry) under(dir string) Entry {
	e.Name = path.Join(dir, e.Name)
	return e
}

// whiteout deletes the path of a lower layer.
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
func whiteout(name string) Entry {
	dir, base := path.Split(name)
	return Entry{Name: dir + ".wh." + base, ModTime: epoch, Content: []byte{}}
}

// Counts are what a layer or an image holds.
type Counts struct {
	Entries int   // tar entries
	Bytes   int64 // of the tar, uncompressed
	Stored  int64 // bytes of files
}

func (c *Counts) add(o Counts) {
	c.Entries += o.Entries
	c.Bytes += o.Bytes
	c.Stored += o.Stored
}

// layerWriter writes one layer in the order in which engines do: by name, each
// directory before what is in it.
type layerWriter struct {
	tar    *tar.Writer
	dirs   map[string]bool
	counts Counts
}

// writeLayer writes the entries as an uncompressed layer. Bytes of the counts
// are left to the caller, who sees the stream.
func writeLayer(w io.Writer, entries []Entry) (Counts, error) {
	l := layerWriter{tar: tar.NewWriter(w), dirs: map[string]bool{".": true}}
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range sorted {
		if err := l.entry(e); err != nil {
			return Counts{}, fmt.Errorf("write %s: %w", e.Name, err)
		}
	}
	return l.counts, l.tar.Close()
}

func (l *layerWriter) entry(e Entry) error {
	if err := l.parents(path.Dir(e.Name)); err != nil {
		return err
	}
	l.counts.Entries++
	header := tar.Header{Name: e.Name, Mode: int64(e.Mode.Perm()), ModTime: e.ModTime.Truncate(time.Second)}
	if e.Mode&fs.ModeSymlink != 0 {
		header.Typeflag, header.Linkname = tar.TypeSymlink, e.Link
		return l.tar.WriteHeader(&header)
	}
	header.Typeflag, header.Size = tar.TypeReg, e.Size
	if e.Content != nil {
		header.Size = int64(len(e.Content))
	}
	l.counts.Stored += header.Size
	if err := l.tar.WriteHeader(&header); err != nil {
		return err
	}
	return e.writeContent(l.tar)
}

func (l *layerWriter) parents(dir string) error {
	if l.dirs[dir] {
		return nil
	}
	if err := l.parents(path.Dir(dir)); err != nil {
		return err
	}
	l.dirs[dir] = true
	l.counts.Entries++
	return l.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: epoch})
}

// writeContent fails when the source is not as long as it was when it was found.
func (e Entry) writeContent(w io.Writer) error {
	if e.Content != nil {
		_, err := w.Write(e.Content)
		return err
	}
	f, err := os.Open(e.Source)
	if err != nil {
		return err
	}
	defer f.Close()
	var in io.Reader = f
	if e.Seed != 0 {
		in = newAltered(f, e.Seed, e.Name)
	}
	if _, err := io.CopyN(w, in, e.Size); err != nil {
		return fmt.Errorf("copy %s, which had %d bytes: %w", e.Source, e.Size, err)
	}
	return nil
}

// clean is a path of this machine as a name in an image.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }
