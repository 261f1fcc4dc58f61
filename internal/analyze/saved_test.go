package analyze

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestSavedReadsEveryLayout(t *testing.T) {
	base, head := pair(t)
	for _, c := range []struct {
		name      string
		stream    []byte
		estimated bool
	}{
		{"Engine 20.10", legacy(t, base, head), true},
		{"Engine 25, classic store", modern(t, asIs, base, head), true},
		{"Engine 29, containerd store with gzip", modern(t, gzipped, base, head), false},
		{"containerd store with zstd", modern(t, zstded, base, head), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Saved(t.Context(), bytes.NewReader(c.stream), []string{"app:head", "docker.io/library/app:base"}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkHead(t, got[0], head)
			if got[0].Ref != "app:head" || got[1].Digest != digestBytes(base.config) {
				t.Errorf("refs are mixed up: %s, %s", got[0].Ref, got[1].Digest)
			}
			_, estimated := got[0].Compressed()
			if estimated != c.estimated {
				t.Errorf("estimated is %v", estimated)
			}
			want := got[0].Layers[1].Compressed + got[0].Layers[2].Compressed
			if pull := Pull(got[1].Layers, got[0].Layers); pull != want {
				t.Errorf("pull is %d, the two new layers have %d", pull, want)
			}
		})
	}
}

// checkHead holds an image against the fixture head of pair.
func checkHead(t *testing.T, got Image, want fixture) {
	t.Helper()
	var ids []string
	for _, l := range got.Layers {
		ids = append(ids, l.DiffID)
	}
	var expected []string
	for _, l := range want.layers {
		expected = append(expected, digestBytes(l))
	}
	if d := cmp.Diff(expected, ids); d != "" {
		t.Errorf("DiffIDs (-want +got):\n%s", d)
	}
	if got.Stored != 12000 || got.Live != 9000 || got.Wasted() != 3000 || got.Files != 1 {
		t.Errorf("stored %d, live %d, wasted %d, files %d", got.Stored, got.Live, got.Wasted(), got.Files)
	}
	if got.Platform != amd64 || got.Config.Config.Cmd[0] != "/app" {
		t.Errorf("platform %s, command %v", got.Platform, got.Config.Config.Cmd)
	}
	if l := got.Layers[1]; l.Size != 9000 || l.Files != 1 || l.Instruction != "COPY file:1 in /" {
		t.Errorf("second layer: %+v", l)
	}
	if len(got.Warnings) != 0 {
		t.Errorf("warnings: %q", got.Warnings)
	}
}

func TestSavedFindsImages(t *testing.T) {
	base, head := pair(t)
	id := digestBytes(head.config)
	stream := modern(t, gzipped, base, head)
	var manifest string
	for _, l := range strings.Split(string(stream), `"digest":"`) {
		manifest = l[:min(71, len(l))] // the last one is the last manifest of index.json
	}
	for _, c := range []struct {
		refs []string
		want []string // names of the configurations
		err  string
	}{
		{nil, []string{"app:base", "app:head"}, ""},
		{[]string{id}, []string{"app:head"}, ""},
		{[]string{id[7:19], "app:head"}, []string{"app:head", "app:head"}, ""},
		{[]string{manifest}, []string{"app:head"}, ""},
		{[]string{"app@" + manifest}, []string{"app:head"}, ""},
		{[]string{"app:base", "registry.example/other:1"}, []string{"app:base", "app:head"}, ""},
		{[]string{"nothing:here"}, nil, `nothing:here: not among the saved images, found "app:base", "app:head"`},
		{[]string{""}, nil, `found 2 images, name one of them`},
	} {
		got, err := Saved(t.Context(), bytes.NewReader(stream), c.refs, Options{})
		checkError(t, strings.Join(c.refs, " "), err, c.err)
		var names []string
		for _, img := range got {
			names = append(names, img.Config.Config.Labels["name"])
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%q: got %q, want %q", c.refs, names, c.want)
		}
	}
}

// checkError holds err against a part of its message, "" for none.
func checkError(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: got error %v, want %q", what, err, want)
	}
}

// Exactly what the one compressor makes of the layer, whatever the number of
// processors and however the bytes arrive.
func TestEstimate(t *testing.T) {
	raw := layerTar(t, fileOf("a", estimateChunk), fileOf("b", 100))
	e := newEstimator(-1, true)
	for rest := raw; len(rest) > 0; {
		n := min(len(rest), 70_001)
		_, _ = e.Write(rest[:n])
		rest = rest[n:]
	}
	var want int
	for chunk := range slices.Chunk(raw, estimateChunk) {
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, 6)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(chunk)
		_ = w.Close()
		want += out.Len()
	}
	if got := e.Close(); got != record.Bytes(want) {
		t.Errorf("estimate is %d, compressing by hand gives %d", got, want)
	}
	if whole := len(gzipped(t, raw)); want > whole*101/100 {
		t.Errorf("members cost %d bytes against one stream of %d", want, whole)
	}
}

func TestComparable(t *testing.T) {
	base, head := pair(t)
	read := func(stream []byte, ref string, opts Options) Image {
		got, err := Saved(t.Context(), bytes.NewReader(stream), []string{ref}, opts)
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	plain := read(legacy(t, base), "app:base", Options{})
	exact := read(modern(t, zstded, head), "app:head", Options{})
	if _, _, err := Comparable(plain, exact); !errors.Is(err, ErrNotEstimated) {
		t.Fatalf("got %v", err)
	}
	both := read(modern(t, zstded, head), "app:head", Options{Estimate: true})
	if d := cmp.Diff(exact.Layers, both.Layers); d != "" {
		t.Errorf("estimating changes exact sizes:\n%s", d)
	}
	b, h, err := Comparable(plain, both)
	if err != nil {
		t.Fatal(err)
	}
	if b.Layers[0].Compressed != h.Layers[0].Compressed || !h.Layers[0].Estimated {
		t.Errorf("the shared layer differs: %+v, %+v", b.Layers[0], h.Layers[0])
	}
	if both.Layers[0].Estimated {
		t.Error("Comparable changed its argument")
	}
	b, h, err = Comparable(exact, both)
	if err != nil || b.Layers[0].Estimated || h.Layers[0].Estimated {
		t.Errorf("two exact images became estimates: %v", err)
	}
}

func TestSavedRejects(t *testing.T) {
	base, head := pair(t)
	whole := legacy(t, base)
	rename := func(stream []byte, from, to string) []byte {
		if !bytes.Contains(stream, []byte(from)) || len(from) != len(to) {
			t.Fatalf("cannot replace %q", from)
		}
		return bytes.ReplaceAll(stream, []byte(from), []byte(to))
	}
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(flipped, []byte("bin/app"))+600] ^= 1
	cut := gzipped(t, base.layers[1])
	for _, c := range []struct {
		name   string
		stream []byte
		limits Limits
		want   string
	}{
		{"empty", nil, Limits{}, "found no manifest.json"},
		{"no tar", bytes.Repeat([]byte("x"), 2000), Limits{}, "read saved images: at its first entry"},
		{"cut in a layer", whole[:len(whole)/3], Limits{}, "unexpected EOF"},
		{"cut before manifest.json", whole[:bytes.Index(whole, []byte("manifest.json"))], Limits{}, "found no manifest.json"},
		{"changed payload", flipped, Limits{}, "layer 2 (sha256:"},
		{"manifest.json is no JSON", rename(whole, `[{"Config"`, `[["Config"`), Limits{}, "manifest.json: not the JSON expected"},
		{"blob under a wrong name", modern(t, asIs, fixture{base.name, base.config, [][]byte{base.layers[0], base.layers[0]}}), Limits{}, "layer 2 (sha256:"},
		{"missing layer", modern(t, asIs, fixture{base.name, base.config, base.layers[:1]}), Limits{}, "lists 1 layers, the image configuration 2"},
		{"truncated gzip", modern(t, func(_ testing.TB, raw []byte) []byte {
			if bytes.Equal(raw, base.layers[1]) {
				return cut[:len(cut)/2]
			}
			return raw
		}, base), Limits{}, "layer 2 (sha256:"},
		{"layers", whole, Limits{Layers: 1}, "more than 1 layers"},
		{"entries", whole, Limits{Entries: 1}, "more than 1 entries"},
		{"bytes", whole, Limits{Unpacked: 2000}, "more than 2000 bytes unpacked"},
		{"bytes in all", whole, Limits{Unpacked: 6000}, "more than 6000 bytes unpacked"},
		{"documents", whole, Limits{Document: 100}, "found no manifest.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Saved(t.Context(), bytes.NewReader(c.stream), []string{"app:base"}, Options{Limits: c.limits})
			checkError(t, c.name, err, c.want)
		})
	}
	_, err := Saved(t.Context(), bytes.NewReader(whole), []string{"app:base"}, Options{Platform: Platform{"linux", "arm64", ""}})
	checkError(t, "platform", err, "app:base: image is for linux/amd64, wanted linux/arm64")
	// A broken layer of an image that nobody asked for is nobody's error.
	broken := legacy(t, base, fixture{head.name, head.config, [][]byte{head.layers[0], []byte("no tar at all"), head.layers[2]}})
	if _, err := Saved(t.Context(), bytes.NewReader(broken), []string{"app:base"}, Options{}); err != nil {
		t.Error(err)
	}
	_, err = Saved(t.Context(), bytes.NewReader(broken), []string{"app:head"}, Options{})
	checkError(t, "broken head", err, "app:head: layer 2 (sha256:")
}

func TestSavedStopsWithItsContext(t *testing.T) {
	base, _ := pair(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(legacy(t, base)[:4000]), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	}))
	if _, err := Saved(ctx, r, nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestDockerArchive(t *testing.T) {
	base, head := pair(t)
	file := filepath.Join(t.TempDir(), "images.tar")
	if err := os.WriteFile(file, legacy(t, base, head), 0o600); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"docker-archive:" + file + ":app:head":         "",
		"docker-archive:" + file + ":app:none":         `app:none: not among the saved images, found "app:base", "app:head"`,
		"docker-archive:" + file:                       "found 2 images, name one of them",
		"docker-archive:" + file + ".missing:app:head": "no such file",
	} {
		r, err := ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(t.Context(), r, Options{})
		checkError(t, ref, err, want)
		if want == "" {
			checkHead(t, got, head)
			if got.Source != DockerArchive || got.Ref != ref {
				t.Errorf("source %s, ref %s", got.Source, got.Ref)
			}
		}
	}
}
