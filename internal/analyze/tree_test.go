package analyze

import (
	"archive/tar"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every case with the truth worked out by hand. Those that other tools get
// wrong say what they answer.
func TestStoredAndLive(t *testing.T) {
	const mb = 1000
	type layers [][]tar.Header
	hundred := []tar.Header{fileOf("bin/tool", 5*mb)}
	for i := range 100 {
		hundred = append(hundred, hardlink(fmt.Sprintf("bin/alias%d", i), "bin/tool"))
	}
	twenty := make([]tar.Header, 20)
	var gone []tar.Header
	for i := range twenty {
		twenty[i] = fileOf(fmt.Sprintf("app/f%d", i), mb)
		gone = append(gone, fileOf(fmt.Sprintf("app/.wh.f%d", i), 0))
	}
	for _, c := range []struct {
		name               string
		layers             layers
		stored, live, file int64
	}{
		{"one layer", layers{{dirOf("etc"), fileOf("etc/a", 10)}}, 10, 10, 1},
		{"directory removed later (dive: nothing wasted)",
			layers{{dirOf("opt"), fileOf("opt/big", 20*mb)}, {fileOf(".wh.opt", 0)}}, 20 * mb, 0, 0},
		{"opaque directory (dive: nothing wasted)",
			layers{{fileOf("opt/big", 20*mb)}, {dirOf("opt"), fileOf("opt/.wh..wh..opq", 0), fileOf("opt/small", 5)}}, 20*mb + 5, 5, 1},
		{"opaque marker after the new files", layers{{fileOf("opt/big", 20)}, {fileOf("opt/small", 5), fileOf("opt/.wh..wh..opq", 0)}}, 25, 5, 1},
		{"opaque root", layers{{fileOf("a", 1), fileOf("b/c", 2)}, {fileOf(".wh..wh..opq", 0), fileOf("d", 4)}}, 7, 4, 1},
		{"twenty files overwritten once (dive: doubled)", layers{twenty, twenty}, 40 * mb, 20 * mb, 20},
		{"overwritten twice", layers{{fileOf("a", 10)}, {fileOf("a", 10)}, {fileOf("a", 10)}}, 30, 10, 1},
		{"twenty files deleted by name", layers{twenty, gone}, 20 * mb, 0, 0},
		{"dangling whiteout beside an overwrite (dive: layer dropped)",
			layers{{fileOf("a", 10)}, {fileOf(".wh.never", 0), fileOf("x/.wh.never", 0), fileOf("a", 10)}}, 20, 10, 1},
		{"one of 101 hard links deleted (dive: all wasted)", layers{hundred, {fileOf("bin/.wh.alias7", 0)}}, 5 * mb, 5 * mb, 100},
		{"the first of the hard links deleted", layers{hundred, {fileOf("bin/.wh.tool", 0)}}, 5 * mb, 5 * mb, 100},
		{"all hard links deleted", layers{hundred, {fileOf(".wh.bin", 0)}}, 5 * mb, 0, 0},
		{"hard link to a lower layer", layers{{fileOf("a", 10)}, {hardlink("b", "a")}, {fileOf(".wh.a", 0)}}, 10, 10, 1},
		{"hard link to a missing file", layers{{hardlink("b", "a")}}, 0, 0, 1},
		{"hard link to itself", layers{{fileOf("a", 10)}, {hardlink("a", "a")}}, 10, 10, 1},
		{"hard link with an absolute target", layers{{fileOf("a", 10), hardlink("b", "/a")}, {fileOf(".wh.a", 0)}}, 10, 10, 1},
		{"hard link over a file", layers{{fileOf("a", 10), fileOf("b", 20)}, {hardlink("b", "a")}}, 30, 10, 2},
		{"file replaced by a directory and back",
			layers{{fileOf("a", 10)}, {dirOf("a"), fileOf("a/b", 20)}, {fileOf("a", 40)}}, 70, 40, 1},
		{"directory over directory keeps its children", layers{{fileOf("d/a", 10)}, {dirOf("d"), fileOf("d/b", 20)}}, 30, 30, 2},
		{"symbolic link replaced by an implied directory", layers{{symlink("lib", "usr/lib")}, {fileOf("lib/a", 10)}}, 10, 10, 1},
		{"duplicate path in one layer: the last is what unpacking leaves", layers{{fileOf("a", 10), fileOf("a", 30)}}, 30, 30, 1},
		{"duplicate path with a hard link in between", layers{{fileOf("a", 10), hardlink("b", "a"), fileOf("a", 30)}}, 40, 40, 2},
		{"duplicate path that turns a directory into a file", layers{{fileOf("a/b", 10), fileOf("a", 30)}}, 30, 30, 1},
		{"whiteout of a whiteout", layers{{fileOf("a", 10)}, {fileOf(".wh.a", 0)}, {fileOf(".wh..wh.a", 0)}}, 10, 0, 0},
		{"whiteout and file of the same name: the file is of this layer", layers{{fileOf("a", 10)}, {fileOf("a", 3), fileOf(".wh.a", 0)}}, 13, 3, 1},
		{"whiteout below a file", layers{{fileOf("a", 10)}, {fileOf("a/.wh.b", 0)}}, 10, 10, 1},
		{"AUFS bookkeeping", layers{{dirOf(".wh..wh.plnk"), fileOf(".wh..wh.aufs", 0), fileOf("a", 10)}}, 10, 10, 1},
		{"dot and slash prefixes", layers{{fileOf("./etc/a", 10)}, {fileOf("/etc/a", 20)}, {fileOf("etc//.wh.a", 0)}}, 30, 0, 0},
		{"root entry", layers{{dirOf("."), fileOf("./a", 10)}, {dirOf("/")}}, 10, 10, 1},
		{"empty layers in between", layers{{fileOf("a", 10)}, {}, {}, {fileOf("a", 10)}}, 20, 10, 1},
		{"long PAX name", layers{{fileOf(strings.Repeat("long/", 100)+"a", 10)}}, 10, 10, 1},
		{"special files weigh nothing", layers{{symlink("a", "/b"), {Typeflag: tar.TypeFifo, Name: "p"}, {Typeflag: tar.TypeChar, Name: "null"}}}, 0, 0, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			var raw [][]byte
			for _, l := range c.layers {
				raw = append(raw, layerTar(t, l...))
			}
			got := stack(t, raw...)
			if int64(got.size()) != c.stored || int64(got.bytes) != c.live || int64(got.files) != c.file {
				t.Errorf("stored %d, live %d, files %d; want %d, %d, %d", got.size(), got.bytes, got.files, c.stored, c.live, c.file)
			}
		})
	}
}

func TestDuplicateAndDanglingLinkAreNoted(t *testing.T) {
	got := stack(t, layerTar(t, fileOf("a", 1), fileOf("a", 2), hardlink("b", "nowhere")))
	notes := strings.Join(got.notes.take(), "\n")
	for _, want := range []string{`"a" stands twice in the layer`, `"b" is a hard link to "nowhere"`} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes lack %q:\n%s", want, notes)
		}
	}
	if again := got.notes.take(); len(again) != 0 {
		t.Errorf("notes are given twice: %q", again)
	}
}

// model is the slow and obvious truth: a map from path to inode, to which
// layers are really applied by looking at every path there is.
type model map[string]*modelFile

// modelFile is an inode; directories have the shared modelDir.
type modelFile struct{ size int64 }

var modelDir = new(modelFile)

func (m model) removeBelow(dir string) {
	for p := range m {
		if dir == "" || strings.HasPrefix(p, dir+"/") {
			delete(m, p)
		}
	}
}

func (m model) remove(p string) {
	m.removeBelow(p)
	delete(m, p)
}

func (m model) apply(layer []tar.Header) (created map[*modelFile]bool) {
	created = map[*modelFile]bool{}
	for _, h := range layer {
		dir, base := path.Split(h.Name)
		dir = strings.TrimSuffix(dir, "/")
		switch {
		case base == ".wh..wh..opq":
			if f, ok := m[dir]; dir == "" || ok && f == modelDir {
				m.removeBelow(dir)
			}
		case strings.HasPrefix(base, ".wh."):
			m.remove(path.Join(dir, strings.TrimPrefix(base, ".wh.")))
		}
	}
	for _, h := range layer {
		name := strings.TrimSuffix(h.Name, "/")
		if strings.HasPrefix(path.Base(name), ".wh.") {
			continue
		}
		m.makeParents(name)
		switch h.Typeflag {
		case tar.TypeDir:
			if m[name] != modelDir {
				m.remove(name)
				m[name] = modelDir
			}
			continue
		case tar.TypeLink:
			target := m[h.Linkname]
			m.remove(name)
			if target == nil || target == modelDir {
				target = &modelFile{}
			}
			m[name] = target
			continue
		}
		f := &modelFile{size: h.Size}
		created[f] = true
		m.remove(name)
		m[name] = f
	}
	return created
}

func (m model) makeParents(name string) {
	parts := strings.Split(name, "/")
	for i := 1; i < len(parts); i++ {
		p := strings.Join(parts[:i], "/")
		if m[p] != modelDir {
			m.remove(p)
			m[p] = modelDir
		}
	}
}

// sum adds up the distinct inodes that can be reached, of those in only.
func (m model) sum(only map[*modelFile]bool) (size int64, names int) {
	seen := map[*modelFile]bool{}
	for _, f := range m {
		if f == modelDir {
			continue
		}
		names++
		if !seen[f] && (only == nil || only[f]) {
			size += f.size
		}
		seen[f] = true
	}
	return size, names
}

func drawLayer(t *rapid.T) []tar.Header {
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 4).Draw(t, "name"), "/")
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) tar.Header {
		at := name.Draw(t, "path")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0, 1:
			return dirOf(at)
		case 2, 3:
			return hardlink(at, name.Draw(t, "target"))
		case 4, 5:
			return fileOf(path.Join(path.Dir(at), ".wh."+path.Base(at)), 0)
		case 6:
			return fileOf(path.Join(at, ".wh..wh..opq"), 0)
		}
		return fileOf(at, rapid.Int64Range(0, 50).Draw(t, "size"))
	}), 0, 12).Draw(t, "layer")
}

func TestTreeEqualsModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		layers := rapid.SliceOfN(rapid.Custom(drawLayer), 1, 5).Draw(r, "layers")
		m := model{}
		var raw [][]byte
		var stored []int64
		for _, l := range layers {
			raw = append(raw, layerTar(t, l...))
			m.apply(l)
			alone := model{}
			created := alone.apply(l)
			size, _ := alone.sum(created)
			stored = append(stored, size)
		}
		live, names := m.sum(nil)
		got := stack(t, raw...)
		var have []int64
		for _, l := range got.layers {
			have = append(have, int64(l.size))
		}
		if !slices.Equal(have, stored) {
			r.Fatalf("stored per layer %v, the model says %v", have, stored)
		}
		if int64(got.bytes) != live || got.files != names {
			r.Fatalf("live %d in %d files, the model says %d in %d", got.bytes, got.files, live, names)
		}
		if got.size() < got.bytes {
			r.Fatalf("stored %d is less than live %d", got.size(), got.bytes)
		}
	})
}
