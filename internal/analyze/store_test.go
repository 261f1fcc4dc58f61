package analyze

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/cache"
)

func openCache(t *testing.T, dir string) *Store {
	t.Helper()
	disk, err := cache.Open(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return NewStore(disk)
}

// save writes an archive with the time it had before, if any.
func save(t *testing.T, path string, raw []byte, at time.Time) Reference {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return Reference{Transport: DockerArchive, Path: path}
}

// A layer that was read is not read again: its path would be refused this time.
// Another file in its place is read, whatever its size and time.
func TestLayersAreReadOnce(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
	noon := time.Unix(1700000000, 0)
	long := "app/ab" + strings.Repeat("n", 90)
	raw := legacy(t, newFixture(t, "app:head", amd64, layerOf(t, textOf(long, "content"))))
	ref := save(t, path, raw, noon)
	first, err := Open(t.Context(), ref, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	strict := func(store *Store) (Image, error) {
		return Open(t.Context(), ref, Options{Store: store, Limits: Limits{Path: 80}})
	}
	again, err := strict(openCache(t, dir))
	if err != nil {
		t.Fatalf("the layer was read again: %v", err)
	}
	if d := cmp.Diff(first, again, cmpopts.IgnoreUnexported(Image{})); d != "" {
		t.Errorf("from the cache (-first +again):\n%s", d)
	}
	for name, store := range map[string]*Store{"no cache": NewStore(nil), "none": nil, "another cache": openCache(t, t.TempDir())} {
		if _, err := strict(store); err == nil {
			t.Errorf("%s: the layer was not read", name)
		}
	}
	save(t, path, bytes.ReplaceAll(raw, []byte("app/ab"), []byte("app/ba")), noon)
	other, err := Open(t.Context(), ref, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := other.tree.find([]byte("app/ba" + long[6:])); !ok {
		t.Error("a file that was written since was not read")
	}
}

// A file may say of a layer that it has the content of another. Who has hashed
// the other believes himself.
func TestOnlyHashedLayersAreBelievedElsewhere(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
	image := newFixture(t, "app:head", amd64, layerOf(t, textOf("app/file", "before")))
	planted := bytes.ReplaceAll(legacy(t, image), []byte("app/file"), []byte("app/elif"))
	ref := save(t, path, planted, time.Unix(1700000000, 0))
	if _, err := Open(t.Context(), ref, Options{Store: openCache(t, dir)}); err != nil {
		t.Fatal(err)
	}
	found, err := Saved(t.Context(), bytes.NewReader(modern(t, asIs, image)), nil, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := found[0].tree.find([]byte("app/file")); !ok {
		t.Error("what a file only claimed was believed of an engine's layer")
	}
}

// What the engine hashed is not read from its next stream, and a stream that
// would be read in vain is not even walked.
func TestStreamsSkipWhatIsKnown(t *testing.T) {
	dir := t.TempDir()
	image := newFixture(t, "app:head", amd64, layerOf(t, textOf("app/file", "content")))
	raw := modern(t, asIs, image)
	first, err := Saved(t.Context(), bytes.NewReader(raw), nil, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.ReplaceAll(raw, []byte("app/file"), []byte("app/elif"))
	if _, err := Saved(t.Context(), bytes.NewReader(broken), nil, Options{}); err == nil {
		t.Fatal("a changed layer passes")
	}
	again, err := Saved(t.Context(), bytes.NewReader(broken), nil, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first, again, cmpopts.IgnoreUnexported(Image{})); d != "" {
		t.Errorf("from the cache (-first +again):\n%s", d)
	}
}

// An estimate from samples does not serve who asked for an exact one.
func TestExactIsReadAgain(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "image.tar")
	image := newFixture(t, "app:head", amd64, layerTar(t, fileOf("a", 3*sampleMost)))
	ref := save(t, path, legacy(t, image), time.Unix(1700000000, 0))
	compressed := func(exact bool) int64 {
		t.Helper()
		img, err := Open(t.Context(), ref, Options{Store: openCache(t, dir), Exact: exact})
		if err != nil {
			t.Fatal(err)
		}
		sum, _ := img.Compressed()
		return int64(sum)
	}
	sampled, exact := compressed(false), compressed(true)
	if sampled == exact {
		t.Errorf("%d from samples and %d exact: expected two numbers", sampled, exact)
	}
	if after := compressed(false); after != exact {
		t.Errorf("%d after %d was known exactly", after, exact)
	}
}

// Samples are the same wherever a layer is read from, and come near the truth.
func TestSamples(t *testing.T) {
	raw := layerTar(t, fileOf("a", 2*sampleMost), fileOf("b", 1), fileOf("c", sampleMost))
	estimate := func(exact bool, feed func(*estimator)) float64 {
		e := newEstimator(int64(len(raw)), exact)
		feed(e)
		return float64(e.Close())
	}
	whole := estimate(true, func(e *estimator) { _, _ = e.Write(raw) })
	stream := estimate(false, func(e *estimator) {
		_, _ = io.Copy(e, io.MultiReader(bytes.NewReader(raw[:12345]), bytes.NewReader(raw[12345:])))
	})
	random := estimate(false, func(e *estimator) {
		if err := e.readAt(bytes.NewReader(raw), int64(len(raw))); err != nil {
			t.Error(err)
		}
	})
	if stream != random || stream < 0.97*whole || stream > 1.03*whole {
		t.Errorf("%.0f from a stream, %.0f at random, %.0f in all", stream, random, whole)
	}
}

// A section reads like a file, however it is read and sought in.
func TestSection(t *testing.T) {
	raw := layerTar(t, fileOf("a", 100), fileOf("large", 5*readAhead), fileOf("b", 3))
	read := func(in io.Reader) (names []string, sum int64) {
		c, err := walk(tape{Reader: in}, newBudget(Limits{}))
		if err != nil {
			t.Fatal(err)
		}
		err = c.index.each(func(e entry) error {
			names, sum = append(names, string(e.path)), sum+e.body.size
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return names, sum
	}
	padded := append(append(bytes.Repeat([]byte("x"), 777), raw...), "behind"...)
	names, sum := read(bytes.NewReader(raw))
	got, total := read(newSection(bytes.NewReader(padded), 777, int64(len(raw))))
	if d := cmp.Diff(names, got); d != "" || sum != total {
		t.Errorf("%d bytes, expected %d: (-stream +section):\n%s", total, sum, d)
	}
	in := newSection(bytes.NewReader(padded), 777, int64(len(raw)))
	if _, err := in.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the start passes")
	}
	all, err := io.ReadAll(in)
	if err != nil || !bytes.Equal(all, raw) {
		t.Errorf("%d bytes, %v, expected %d", len(all), err, len(raw))
	}
}

// An engine need not save an image of which all is known.
func TestImagesAreKept(t *testing.T) {
	dir := t.TempDir()
	base, head := pair(t)
	images, err := Saved(t.Context(), bytes.NewReader(legacy(t, base, head)), nil, Options{Store: openCache(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	openCache(t, dir).Keep("sha256:base", images[0])
	again, ok := openCache(t, dir).Image("sha256:base", "app:base", Options{})
	if !ok {
		t.Fatal("the image is not known again")
	}
	if d := cmp.Diff(images[0], again, cmpopts.IgnoreUnexported(Image{})); d != "" {
		t.Errorf("kept (-read +kept):\n%s", d)
	}
	for name, ask := range map[string]func() (Image, bool){
		"another image":       func() (Image, bool) { return openCache(t, dir).Image("sha256:head", "app:head", Options{}) },
		"another cache":       func() (Image, bool) { return openCache(t, t.TempDir()).Image("sha256:base", "app:base", Options{}) },
		"estimates are asked": func() (Image, bool) { return openCache(t, dir).Image("sha256:base", "", Options{Exact: true}) },
	} {
		if _, ok := ask(); ok {
			t.Errorf("%s: known", name)
		}
	}
}

// An index that was damaged, or planted, ends in an error or in fewer entries,
// never in a panic.
func FuzzIndex(f *testing.F) {
	x := new(index)
	for _, e := range []entry{
		{kind: dir, path: []byte("usr/lib")}, {kind: file, path: []byte("usr/lib/a"), body: body{size: 5, mtime: 1700000000, attrs: 7, sum: 9}},
		{kind: link, path: []byte("usr/b"), target: []byte("usr/lib/a")}, {kind: whiteout, path: []byte("c")},
	} {
		x.add(e)
	}
	f.Add(x.blocks[0])
	f.Add(x.blocks[0][:x.size-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		tree := newTree(0, 1000)
		if err := tree.apply(&index{blocks: [][]byte{data}, size: len(data), whiteouts: 1}); err == nil && tree.bytes < 0 {
			t.Errorf("%d bytes", tree.bytes)
		}
	})
}

// A layer that is known from base is not read for head, whichever comes first.
func TestHeadIsReadWithWhatIsKnownOfBase(t *testing.T) {
	dir, files := t.TempDir(), t.TempDir()
	base, head := pair(t)
	noon := time.Unix(1700000000, 0)
	refs := []Reference{
		save(t, filepath.Join(files, "head.tar"), legacy(t, head), noon),
		save(t, filepath.Join(files, "base.tar"), legacy(t, base), noon),
	}
	if _, err := Open(t.Context(), refs[1], Options{Store: openCache(t, dir)}); err != nil {
		t.Fatal(err)
	}
	opts := Options{Store: openCache(t, dir)}
	var images []*Found
	for _, ref := range refs {
		found, err := Find(t.Context(), ref, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		images = append(images, found)
	}
	for _, found := range images {
		found.Recall()
	}
	by := newScanner(images[0].opts)
	var known []bool
	for _, from := range images[0].sources {
		_, ok := opts.Store.get(from.wanted, &by)
		known = append(known, ok)
	}
	if d := cmp.Diff([]bool{true, false, false}, known); d != "" {
		t.Errorf("layers of head that are known before any is read (-want +got):\n%s", d)
	}
	if _, err := images[0].Read(t.Context()); err != nil {
		t.Error(err)
	}
}
