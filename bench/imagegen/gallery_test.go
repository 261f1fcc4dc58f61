package imagegen

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
)

// small is a gallery of a few megabytes, made of invented files.
var small = Recipe{Unit: 1 << 20, Files: 300, Whiteouts: 20}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// invented are sources with a system of two packages.
func invented(t *testing.T) sources {
	t.Helper()
	root := t.TempDir()
	files := func(dir string, n int) Tree {
		for i := range n {
			write(t, filepath.Join(root, dir, fmt.Sprintf("d%d/f%d.txt", i/10, i)), strings.Repeat(fmt.Sprintf("line %d\n", i), 20+i*13%200))
		}
		write(t, filepath.Join(root, dir, "big"), strings.Repeat("a large file\n", largeFile/10))
		tree, err := scan(filepath.Join(root, dir), dir)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	system := filepath.Join(root, "system")
	write(t, filepath.Join(system, "usr/lib/libone.so"), strings.Repeat("one", 9000))
	write(t, filepath.Join(system, "usr/bin/two"), strings.Repeat("two", 5000))
	if err := os.Symlink("usr/lib", filepath.Join(system, "lib")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(system, dpkg, "status"), "Package: one\nArchitecture: amd64\n\nPackage: two\nArchitecture: amd64\n\nPackage: gone\nArchitecture: amd64\n")
	write(t, filepath.Join(system, dpkg, "info/one:amd64.list"), "/.\n/lib\n/lib/libone.so\n")
	write(t, filepath.Join(system, dpkg, "info/two.list"), "/.\n/usr\n/usr/bin\n/usr/bin/two\n")
	return sources{root: system, toolchain: files("usr/local/go", 150), modules: files("go/pkg/mod", 100)}
}

// hang makes the gallery.
func hang(t *testing.T, s sources) Gallery {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "images-1")
	if err := replace(t.Context(), dir, at, s, small); err != nil {
		t.Fatal(err)
	}
	g, err := load(at)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func read(t *testing.T, i Image) analyze.Image {
	t.Helper()
	transport := "docker-archive:"
	if i.Format == OCIPacked {
		transport = "oci-archive:"
	}
	ref, err := analyze.ParseReference(transport + i.File)
	if err != nil {
		t.Fatal(err)
	}
	got, err := analyze.Open(t.Context(), ref, analyze.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGallery(t *testing.T) {
	s := invented(t)
	g := hang(t, s)
	t.Run("every format is read", func(t *testing.T) { everyFormatIsRead(t, g) })
	t.Run("entries and bytes grow together", func(t *testing.T) { entriesAndBytesGrowTogether(t, g) })
	t.Run("base and head share their lower layers", func(t *testing.T) { baseAndHeadShareLayers(t, g) })
	t.Run("whiteouts hide files of the layer below", func(t *testing.T) { whiteoutsHideFiles(t, g["whiteouts"]) })
	t.Run("the same sources give the same bytes", func(t *testing.T) { sameBytes(t, g, hang(t, s)) })
}

func everyFormatIsRead(t *testing.T, g Gallery) {
	if len(g) != 8 {
		t.Errorf("%d images were made, expected 8", len(g))
	}
	for name, i := range g {
		if got := read(t, i); len(got.Layers) != i.Layers || int64(got.Stored) != i.Stored {
			t.Errorf("%s: %d layers with %d bytes are read, %d layers with %d bytes were written", name, len(got.Layers), got.Stored, i.Layers, i.Stored)
		}
	}
}

func digest(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw))
}

func sameBytes(t *testing.T, one, two Gallery) {
	for name := range one {
		if a, b := digest(t, one[name].File), digest(t, two[name].File); a != b {
			t.Errorf("%s: sha256 %s, the second time %s", name, a, b)
		}
	}
}

func entriesAndBytesGrowTogether(t *testing.T, g Gallery) {
	for _, times := range []int{2, 4, 8} {
		i := g[fmt.Sprintf("x%d", times)]
		if entries, bytes := ratio(i.Entries, g["x1"].Entries), ratio(i.Stored, g["x1"].Stored); !near(entries, times) || !near(bytes, times) {
			t.Errorf("x%d has %.2f times the entries and %.2f times the bytes of x1", times, entries, bytes)
		}
	}
}

func ratio[N int | int64](a, b N) float64 { return float64(a) / float64(b) }

// near leaves room for what every image has once.
func near(got float64, want int) bool {
	return got > 0.97*float64(want) && got < 1.05*float64(want)
}

func baseAndHeadShareLayers(t *testing.T, g Gallery) {
	base, head := read(t, g["x8"]), read(t, g["x8-head"])
	var shared []bool
	for i := range base.Layers {
		shared = append(shared, base.Layers[i].DiffID == head.Layers[i].DiffID)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, false}, shared); diff != "" {
		t.Errorf("layers with the same content (-want +got):\n%s", diff)
	}
}

func whiteoutsHideFiles(t *testing.T, i Image) {
	if got := read(t, i); got.Files != small.Files-small.Whiteouts || got.Wasted() == 0 {
		t.Errorf("%d files are left of %d, and %d bytes wasted, after %d whiteouts", got.Files, small.Files, got.Wasted(), small.Whiteouts)
	}
}

// A copy that only differed in its name would be one blob to whoever hashes.
func TestRepeatedTreesDiffer(t *testing.T) {
	s := invented(t)
	for _, e := range again(s.toolchain, "srv/replica", 3) {
		original, err := os.ReadFile(e.Source)
		if err != nil {
			t.Fatal(err)
		}
		var copied bytes.Buffer
		if err := e.writeContent(&copied); err != nil {
			t.Fatal(err)
		}
		changed := 0
		for i, c := range copied.Bytes() {
			if c != original[i] {
				changed++
			}
		}
		if rare := copied.Len() / 100; copied.Len() != len(original) || changed > rare || changed == 0 && copied.Len() > 20*alterEvery {
			t.Errorf("%s: %d of %d bytes changed, of %d", e.Name, changed, copied.Len(), len(original))
		}
	}
}

func TestAnOlderGalleryIsRemoved(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "images-1")
	tiny := Recipe{Unit: 64 << 10, Files: 10, Whiteouts: 2}
	write(t, filepath.Join(dir, "images-0", "x1.tar"), "made by an older version")
	if err := replace(t.Context(), dir, at, invented(t), tiny); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{at}, left); diff != "" {
		t.Errorf("left below the directory (-want +got):\n%s", diff)
	}
}

func TestDebianHasWholePackagesAndTheirDatabase(t *testing.T) {
	s := invented(t)
	system, err := debian(s.root, 1<<20, 1)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := writeLayer(&out, system); err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(&out); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeDir {
			names = append(names, header.Name)
		}
		if header.Name == dpkg+"/status" {
			status, err := io.ReadAll(r)
			if want := "Package: one\nArchitecture: amd64\n\nPackage: two\nArchitecture: amd64\n"; err != nil || string(status) != want {
				t.Errorf("status is %q (%v), expected %q", status, err, want)
			}
		}
	}
	want := []string{"lib", "usr/bin/two", "usr/lib/libone.so", dpkg + "/info/one:amd64.list", dpkg + "/info/two.list", dpkg + "/status"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAMachineWithoutDpkgHasNoPackages(t *testing.T) {
	if system, err := debian(t.TempDir(), 1<<20, 1); err != nil || system != nil {
		t.Errorf("%d entries and %v, expected none and no error", len(system), err)
	}
}
