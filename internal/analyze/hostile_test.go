package analyze

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
)

// Images made to break whoever reads them. Each ends in an error that names
// the layer, or in numbers; without writing anything anywhere; and in 64 MiB
// of memory, which is measured in a process of its own that was built without
// the race detector.
const mostMemory = 64 << 20

// blobFile is a blob that is being written to a layout.
type blobFile struct {
	to    *os.File
	sum   hash.Hash
	bytes int64
}

func (b *blobFile) Write(p []byte) (int, error) {
	b.sum.Write(p)
	b.bytes += int64(len(p))
	return b.to.Write(p)
}

// putBlob writes a blob of a layout under its digest.
func putBlob(t *testing.T, dir string, write layer) v1.Descriptor {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "blob"))
	if err != nil {
		t.Fatal(err)
	}
	b := &blobFile{to: f, sum: sha256.New()}
	write(t, b)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	d := v1.Descriptor{Digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(b.sum.Sum(nil))}, Size: b.bytes}
	if err := os.Rename(f.Name(), filepath.Join(dir, blobPath(d))); err != nil {
		t.Fatal(err)
	}
	return d
}

// hostileLayout writes an OCI layout of one good layer below a hostile one,
// and returns how errors name that.
func hostileLayout(t *testing.T, c hostile) (dir, name string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "blobs/sha256"), 0o700); err != nil {
		t.Fatal(err)
	}
	good := layerTar(t, fileOf("good", 10))
	m := v1.Manifest{SchemaVersion: 2, Layers: []v1.Descriptor{putBlob(t, dir, blob(good)), putBlob(t, dir, c.layer)}}
	second := m.Layers[1].Digest
	if c.want == "" || c.memory > 0 { // else nobody gets so far as to ask
		second = contentOf(t, filepath.Join(dir, blobPath(m.Layers[1])))
	}
	config := v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{hashOf(good), second}}}
	m.Config = putBlob(t, dir, blob(toJSON(t, config)))
	index := v1.IndexManifest{Manifests: []v1.Descriptor{putBlob(t, dir, blob(toJSON(t, m)))}}
	if err := os.WriteFile(filepath.Join(dir, "index.json"), toJSON(t, index), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, "layer 2 (sha256:" + second.Hex[:12] + "): "
}

// contentOf is the DiffID of a layer that is compressed with gzip.
func contentOf(t *testing.T, file string) v1.Hash {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, z); err != nil {
		t.Fatal(err)
	}
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}

// sandbox is a process whose every place to write to is empty, and reports at
// the end of the test what it wrote.
func sandbox(t *testing.T, stdin io.Reader) child {
	t.Helper()
	root := t.TempDir()
	home := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				t.Errorf("it wrote %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	// The memory that the process of the product aims at by itself.
	return child{dir: home, env: []string{"GOMEMLIMIT=40MiB", "HOME=" + home, "TMPDIR=" + home, "XDG_CACHE_HOME=" + home}, stdin: stdin}
}

// checkHostile holds an outcome against a bound of memory, and against parts of
// the error, none for no error.
func checkHostile(t *testing.T, got outcome, memory int64, want ...string) {
	t.Helper()
	if len(want) == 0 && got.Error != "" {
		t.Errorf("got error %q", got.Error)
	}
	for _, part := range want {
		if !strings.Contains(got.Error, part) {
			t.Errorf("got error %q, want %q", got.Error, part)
		}
	}
	if got.Peak > memory {
		t.Errorf("took %d MiB of memory, at most %d are accepted", got.Peak>>20, memory>>20)
	}
	t.Logf("%d MiB: %s", got.Peak>>20, got.Error)
}

// Each layer in a layout, and in what docker save writes, as a stream.
func TestHostileLayers(t *testing.T) {
	t.Parallel()
	program := buildOpen(t)
	for _, c := range hostileLayers(t) {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir, name := hostileLayout(t, c)
			check := func(t *testing.T, got outcome, want string) {
				t.Helper()
				if c.want == "" {
					checkHostile(t, got, mostMemory)
				} else {
					checkHostile(t, got, cmp.Or(c.memory, mostMemory), name, want)
				}
			}
			t.Run("layout", func(t *testing.T) {
				check(t, sandbox(t, nil).run(t, program, "oci:"+dir), c.want)
			})
			t.Run("stream", func(t *testing.T) {
				r := streamed(t, func(w io.Writer) error { return savedLayout(w, dir) })
				check(t, sandbox(t, r).run(t, program, "-saved"), cmp.Or(c.stream, c.want))
			})
		})
	}
}

// savedLayout writes a layout as engines save it, with a manifest.json.
func savedLayout(w io.Writer, dir string) error {
	out := tar.NewWriter(w)
	if err := out.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return err
	}
	var at v1.IndexManifest
	if err := json.Unmarshal(index, &at); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, blobPath(at.Manifests[0])))
	if err != nil {
		return err
	}
	var m v1.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	it := item{Config: blobPath(m.Config), RepoTags: []string{"app:1"}}
	for _, l := range m.Layers {
		it.Layers = append(it.Layers, blobPath(l))
	}
	return finish(out, it)
}

// Ten million entries, which are written while they are read.
func TestTenMillionEntries(t *testing.T) {
	t.Parallel()
	const n = 10_000_000
	r := streamed(t, func(w io.Writer) error {
		out := tar.NewWriter(w)
		if err := out.WriteHeader(&tar.Header{Name: "l.tar", Size: n * 512, Mode: 0o644}); err != nil {
			return err
		}
		counted(n, "/f")(t, out)
		c := newFixture(t, "app:1", amd64, nil)
		if err := writeFile(out, "c.json", c.config); err != nil {
			return err
		}
		return finish(out, item{Config: "c.json", RepoTags: []string{"app:1"}, Layers: []string{"l.tar"}})
	})
	got := sandbox(t, r).run(t, buildOpen(t), "-saved")
	checkHostile(t, got, mostMemory, "layer 1 (sha256:", " entries in all layers together")
}

// streamed is what write writes, at the other end of a pipe. The process at
// that end may have had enough before it has read all.
func streamed(t *testing.T, write func(io.Writer) error) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		defer w.Close()
		done <- write(w)
	}()
	t.Cleanup(func() {
		r.Close()
		if err := <-done; err != nil && !errors.Is(err, syscall.EPIPE) {
			t.Error(err)
		}
	})
	return r
}
