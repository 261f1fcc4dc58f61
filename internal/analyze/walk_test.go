package analyze

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
)

func scanLayer(t testing.TB, r io.Reader, l Limits) (*scanned, error) {
	t.Helper()
	s := scanner{ctx: context.Background(), budget: newBudget(l), digests: true, contents: true}
	return s.layer(r, -1)
}

func TestWalkRejects(t *testing.T) {
	long := strings.Repeat("n", 64<<10)
	whole := layerTar(t, fileOf("a", 5000))
	for _, c := range []struct {
		name   string
		raw    []byte
		limits Limits
		want   string
	}{
		{"path that climbs out", layerTar(t, fileOf("../../etc/passwd", 1)), Limits{}, `entry "../../etc/passwd": path leads out of the image`},
		{"hidden climb", layerTar(t, fileOf("a/../../b", 1)), Limits{}, "path leads out of the image"},
		{"link that climbs out", layerTar(t, hardlink("a", "../b")), Limits{}, `hard link to "../b": path leads out of the image`},
		{"name of 64 KiB", layerTar(t, fileOf(long, 1)), Limits{}, "path of 65536 bytes, at most 4096"},
		{"link name of 64 KiB", layerTar(t, hardlink("a", long)), Limits{}, "path of 65536 bytes, at most 4096"},
		{"whiteout of nothing", layerTar(t, fileOf("a/.wh.", 0)), Limits{}, "a whiteout that names nothing"},
		{"whiteout of the directory itself", layerTar(t, fileOf("a/.wh..", 0)), Limits{}, "a whiteout that names nothing"},
		{"whiteout of the parent", layerTar(t, fileOf("a/.wh...", 0)), Limits{}, "a whiteout that names nothing"},
		{"file in place of the root", layerTar(t, fileOf(".", 1)), Limits{}, "replaces the root directory"},
		{"ten entries", layerTar(t, fileOf("a", 0), fileOf("b", 0)), Limits{Entries: 1}, "more than 1 entries"},
		{"cut in a payload", whole[:2000], Limits{}, "cut short after 2000 bytes"},
		{"cut in a header", whole[:100], Limits{}, "cut short after 100 bytes"},
		{"broken header", append(bytes.Repeat([]byte("x"), 600), whole...), Limits{}, "read tar at its first entry"},
		{"cut gzip", gzipped(t, whole)[:200], Limits{}, "cut short"},
		{"broken gzip", append([]byte{0x1f, 0x8b}, whole...), Limits{}, "inflate gzip"},
		{"cut zstd", zstded(t, whole)[:200], Limits{}, "cut short"},
		{"bytes behind gzip", append(gzipped(t, whole), "garbage behind it"...), Limits{}, "invalid header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scanLayer(t, bytes.NewReader(c.raw), c.limits)
			checkError(t, c.name, err, c.want)
		})
	}
}

// zeros reads n zero bytes, of which a tar full of nothing consists too.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestBombs(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	if _, err := io.Copy(w, zeros(100<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := scanLayer(t, &gz, Limits{})
	checkError(t, "gzip", err, "unpacks to more than 200 times its compressed size")

	// A frame header that asks for a window of 2 GiB: no single segment,
	// exponent 21, mantissa 0 (RFC 8878, section 3.1.1.1.2).
	window := append(bytes.Clone(magicZstd), 0x00, 21<<3, 0x01, 0x00, 0x00)
	_, err = scanLayer(t, bytes.NewReader(window), Limits{})
	checkError(t, "zstd window", err, "window size exceeded")

	huge := func(size int64) []byte { // a header alone that claims size
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "huge", Size: size}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	_, err = scanLayer(t, bytes.NewReader(huge(1<<62)), Limits{})
	checkError(t, "claimed size", err, `entry "huge": claims 4611686018427387904 bytes`)
}

// A sparse file weighs what it unpacks to, not what the tar holds.
func TestSparseFiles(t *testing.T) {
	for _, name := range []string{"testdata/sparse-gnu.tar.gz", "testdata/sparse-pax.tar.gz"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := scanLayer(t, bytes.NewReader(raw), Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := newTree(0, 10)
		if err := got.apply(&l.index); err != nil {
			t.Fatal(err)
		}
		if want := int64(1<<20 + 3); int64(got.size()) != want || got.lookup(0, []byte("holes")) == 0 {
			t.Errorf("%s: %d bytes in %v, want %d in holes", name, got.size(), got.nodes, want)
		}
	}
}

func TestScanKnowsDigests(t *testing.T) {
	raw := layerTar(t, dirOf("d"), fileOf("d/a", 100_000))
	for format, blob := range map[string][]byte{"": raw, "gzip": gzipped(t, raw), "zstd": zstded(t, raw)} {
		got, err := scanLayer(t, bytes.NewReader(blob), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got.diffID != digestBytes(raw) || got.digest != digestBytes(blob) || int(got.blob) != len(blob) || int(got.unpacked) != len(raw) {
			t.Errorf("%q: %+v", format, got)
		}
		if got.compressed != (format != "") || got.estimated == got.compressed {
			t.Errorf("%q: compressed %v, estimated %v", format, got.compressed, got.estimated)
		}
	}
}

func TestIndexGivesBackWhatItTook(t *testing.T) {
	want := []entry{
		{kind: dir, path: []byte("usr/lib")},
		{kind: file, path: []byte("usr/lib/a"), body: body{size: 1 << 40, mtime: 1700000000, attrs: 12, sum: 1 << 31}},
		{kind: link, path: []byte("usr/lib/b"), target: []byte("usr/lib/a")},
		{kind: special, path: []byte("u")},
		{kind: soft, path: []byte("usr/lib/c"), target: []byte("../a")},
		{kind: file, path: []byte("usr/lib/d"), body: body{size: 1, mtime: -5}},
		{kind: whiteout, path: []byte("usr/lib64/x")},
		{kind: opaque, path: []byte{}},
	}
	x := new(index)
	for _, e := range want {
		x.add(e)
	}
	var got []entry
	err := x.each(func(e entry) error {
		e.path, e.target = append([]byte{}, e.path...), bytes.Clone(e.target)
		got = append(got, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, body{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if x.whiteouts != 2 {
		t.Errorf("%d whiteouts", x.whiteouts)
	}
}

// Whatever a layer holds, it ends in an error or in numbers that make sense.
func FuzzLayer(f *testing.F) {
	plain := layerTar(f, dirOf("d"), fileOf("d/a", 10), hardlink("b", "d/a"), fileOf(".wh.d", 0), fileOf("x/.wh..wh..opq", 0), symlink("s", "/"))
	f.Add(plain)
	f.Add(gzipped(f, plain))
	f.Add(zstded(f, plain))
	f.Add(layerTar(f, fileOf("../a", 1)))
	f.Add(layerTar(f, fileOf(strings.Repeat("long/", 60)+"a", 0), fileOf("a/.wh.", 0)))
	limits := Limits{Entries: 1000, Unpacked: 1 << 20}
	f.Fuzz(func(t *testing.T, blob []byte) {
		l, err := scanLayer(t, bytes.NewReader(blob), limits)
		if err != nil {
			return
		}
		got := newTree(0, limits.Entries)
		for range 2 {
			if err := got.apply(&l.index); err != nil {
				return
			}
		}
		if got.bytes < 0 || got.size() < got.bytes || got.files < 0 {
			t.Errorf("stored %d, live %d, files %d", got.size(), got.bytes, got.files)
		}
	})
}

// Foreign JSON: a stream's documents around one good layer.
func FuzzSavedDocuments(f *testing.F) {
	base, head := pair(f)
	l := layerTar(f, fileOf("a", 10))
	f.Add([]byte(`[{"Config":"c.json","RepoTags":["app:base"],"Layers":["l.tar"]}]`), newFixture(f, "a", amd64, l).config, []byte(`{}`))
	f.Add([]byte(`[{"Config":"c.json"}]`), base.config, []byte(`{"manifests":[{"digest":"sha256:00"}]}`))
	f.Add([]byte(`[null]`), head.config, []byte(`{"config":{"digest":"sha256:`+hashOf(head.config).Hex+`"},"layers":null}`))
	f.Fuzz(func(t *testing.T, manifest, config, blob []byte) {
		name := hashOf(blob).Hex
		stream := tarOf(t, "l.tar", l, "c.json", config, "blobs/sha256/"+name, blob, "manifest.json", manifest)
		for _, refs := range [][]string{nil, {"app:base"}, {"sha256:" + name}} {
			images, err := Saved(t.Context(), bytes.NewReader(stream), refs, Options{})
			for _, img := range images {
				if err == nil && (img.Config == nil || len(img.Layers) != len(img.Config.RootFS.DiffIDs)) {
					t.Errorf("%+v", img)
				}
			}
		}
	})
}

func FuzzLayoutDocuments(f *testing.F) {
	base, _ := pair(f)
	f.Add([]byte(`{"manifests":[]}`), base.config)
	f.Add([]byte(`{"config":{"digest":"sha256:`+hashOf(base.config).Hex+`"},"layers":[{},{}]}`), base.config)
	f.Add([]byte(`{"manifests":[null,{"platform":{"os":"unknown","architecture":"unknown"}}]}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, manifest, config []byte) {
		s := newStream(t.Context(), Daemon, Options{Limits: DefaultLimits})
		for _, raw := range [][]byte{manifest, config} {
			s.documents["blobs/sha256/"+hashOf(raw).Hex] = raw
		}
		r := resolver{from: s, limits: DefaultLimits, want: amd64}
		got, err := r.image(t.Context(), v1.Descriptor{Digest: hashOf(manifest)}, 1)
		if err == nil && len(got.layers) != len(got.config.file.RootFS.DiffIDs) {
			t.Errorf("%d layers, %d DiffIDs", len(got.layers), len(got.config.file.RootFS.DiffIDs))
		}
	})
}
