package analyze_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/analyze"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// These tests need a container engine and fail without one.

func connect(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Ping(t.Context(), client.PingOptions{}); err != nil {
		t.Fatalf("this test needs a container engine: %v", err)
	}
	return c
}

// ours is a name that no other run uses; what it names is removed at the end.
func ours(t *testing.T, c *client.Client, tag string) string {
	image := fmt.Sprintf("plimsoll-analyze-test/%08x:%s", rand.Uint32(), tag)
	t.Cleanup(func() {
		_, err := c.ImageRemove(context.WithoutCancel(t.Context()), image, client.ImageRemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !strings.Contains(err.Error(), "No such image") {
			t.Errorf("remove %s: %v", image, err)
		}
	})
	return image
}

// buildImage builds a Dockerfile with the classic builder. The builder looks for
// its cache through all images without a parent, and gives up when another test
// removes one meanwhile: then it is asked again.
func buildImage(t *testing.T, c *client.Client, tag string, files map[string]string) {
	t.Helper()
	var in bytes.Buffer
	var log []byte
	w := tar.NewWriter(&in)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if log = built(t, c, tag, in.Bytes()); bytes.Contains(log, []byte("Successfully tagged")) {
			return
		}
		// Another test may have removed what is in the builder's cache.
		if !bytes.Contains(log, []byte("unable to find image")) && !bytes.Contains(log, []byte("unknown parent image")) {
			break
		}
	}
	t.Fatalf("build %s:\n%s", tag, log)
}

// built is what the engine says of a build.
func built(t *testing.T, c *client.Client, tag string, dir []byte) []byte {
	t.Helper()
	res, err := c.ImageBuild(t.Context(), bytes.NewReader(dir), client.ImageBuildOptions{Tags: []string{tag}, Version: build.BuilderV1, Remove: true, ForceRemove: true})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	log, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func diffIDs(layers []record.Layer) []string {
	var out []string
	for _, l := range layers {
		out = append(out, l.DiffID)
	}
	return out
}

func save(t *testing.T, c *client.Client, refs ...string) []analyze.Image {
	t.Helper()
	stream, err := c.ImageSave(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	images, err := analyze.Saved(t.Context(), stream, refs, analyze.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range images {
		inspect, err := c.ImageInspect(t.Context(), refs[i])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(inspect.RootFS.Layers, diffIDs(img.Layers)); d != "" {
			t.Errorf("%s: DiffIDs (-engine +ours):\n%s", refs[i], d)
		}
		if img.Platform.OS != inspect.Os || img.Platform.Architecture != inspect.Architecture {
			t.Errorf("%s: platform %s, engine says %s/%s", refs[i], img.Platform, inspect.Os, inspect.Architecture)
		}
	}
	return images
}

func TestEngineSavesWhatWeRead(t *testing.T) {
	c := connect(t)
	base, head := ours(t, c, "base"), ours(t, c, "head")
	exe, err := os.Executable() // a large file which is real
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"app": string(binary), "a": "aaa", "b": "bbbbbb"}
	files["Dockerfile"] = "FROM scratch\nCOPY app /bin/app\nENV MODE=x\nCOPY a /etc/a\nLABEL of=base\nCMD [\"/bin/app\"]\n"
	buildImage(t, c, base, files)
	files["Dockerfile"] = "FROM scratch\nCOPY app /bin/app\nENV MODE=x\nCOPY b /etc/a\nWORKDIR /work\nCOPY a /bin/app\nCMD [\"/bin/app\"]\n"
	buildImage(t, c, head, files)

	images := save(t, c, head, base)
	h, b := images[0], images[1]
	size := record.Bytes(len(binary))
	if b.Stored != size+3 || b.Wasted() != 0 || b.Files != 2 {
		t.Errorf("base: stored %d, wasted %d, files %d; the binary has %d", b.Stored, b.Wasted(), b.Files, size)
	}
	if h.Stored != size+6+3 || h.Wasted() != size || h.Files != 2 {
		t.Errorf("head: stored %d, wasted %d, files %d; the binary has %d", h.Stored, h.Wasted(), h.Files, size)
	}
	if b.Layers[0] != h.Layers[0] {
		t.Errorf("the shared layer differs: %+v, %+v", b.Layers[0], h.Layers[0])
	}
	if l := h.Layers[0]; l.Compressed < size/5 || l.Compressed > size*4/5 || l.Estimated == keepsBlobs(t, c) {
		t.Errorf("a program of %d bytes is estimated at %d, %v", size, l.Compressed, l.Estimated)
	}
	if p := analyze.Pull(b.Layers, h.Layers); p <= 0 || p > 2000 {
		t.Errorf("pull is %d for three tiny layers", p)
	}
	checkInstructions(t, h.Layers, "COPY file:", "COPY file:", "WORKDIR /work", "COPY file:")
	inspect, err := c.ImageInspect(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	if inspect.ID != h.Digest && !keepsBlobs(t, c) {
		t.Errorf("image ID is %s, the engine says %s", h.Digest, inspect.ID)
	}
}

// keepsBlobs reports whether the engine has the containerd image store, which
// keeps layers compressed and names an image by its manifest, not its configuration.
func keepsBlobs(t *testing.T, c *client.Client) bool {
	t.Helper()
	info, err := c.Info(t.Context(), client.InfoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range info.Info.DriverStatus {
		if pair[0] == "driver-type" {
			return true
		}
	}
	return false
}

func checkInstructions(t *testing.T, layers []record.Layer, want ...string) {
	t.Helper()
	for i, l := range layers {
		if !strings.HasPrefix(l.Instruction, want[i]) {
			t.Errorf("layer %d comes from %q, want %q", i+1, l.Instruction, want[i])
		}
	}
}

// Whiteouts, opaque directories and hard links, through a real engine: it
// unpacks the layers on load and makes new tars of them on save.
func TestEngineKeepsWhiteouts(t *testing.T) {
	c := connect(t)
	image := ours(t, c, "whiteouts")
	img := empty.Image
	for _, l := range [][]tar.Header{
		{{Name: "opt/big", Size: 3000, Mode: 0o644}, {Name: "opt/small", Size: 10, Mode: 0o644},
			{Typeflag: tar.TypeLink, Name: "opt/alias", Linkname: "opt/big"}, {Name: "dir/a", Size: 500, Mode: 0o644}},
		{{Name: "opt/.wh.small"}, {Typeflag: tar.TypeDir, Name: "dir/", Mode: 0o755}, {Name: "dir/.wh..wh..opq"}, {Name: "dir/b", Size: 7, Mode: 0o644}},
		{{Name: "opt/.wh.big"}},
	} {
		var raw bytes.Buffer
		w := tar.NewWriter(&raw)
		for _, h := range l {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw.Bytes())), nil })
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			t.Fatal(err)
		}
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file.OS, file.Architecture = "linux", "amd64"
	if img, err = mutate.ConfigFile(img, file); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(image)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(tarball.Write(tag, img, w)) }()
	load(t, c, r)

	got := save(t, c, image)[0]
	if got.Stored != 3517 || got.Live != 3007 || got.Files != 2 {
		t.Errorf("stored %d, live %d, files %d; want 3517, 3007, 2", got.Stored, got.Live, got.Files)
	}
}

func load(t *testing.T, c *client.Client, r io.Reader) {
	t.Helper()
	res, err := c.ImageLoad(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for d := json.NewDecoder(res); ; {
		var line struct{ Error, Stream string }
		if err := d.Decode(&line); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if line.Error != "" {
			t.Fatal(line.Error)
		}
	}
}

// An image from a layout, loaded into the engine and read from there, is the
// same image.
func TestEngineLoadsConvertedLayout(t *testing.T) {
	c := connect(t)
	tag := ours(t, c, "converted")
	img, err := random.Image(20_000, 3)
	if err != nil {
		t.Fatal(err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file.OS, file.Architecture = "linux", "amd64"
	if img, err = mutate.ConfigFile(img, file); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	ref, err := analyze.ParseReference("oci:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	fromLayout, err := analyze.Open(t.Context(), ref, analyze.Options{Estimate: true})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(analyze.WriteDocker(t.Context(), w, ref, analyze.Options{}, tag)) }()
	load(t, c, r)

	fromEngine := save(t, c, tag)[0]
	if fromEngine.Digest != fromLayout.Digest || fromEngine.Stored != fromLayout.Stored {
		t.Errorf("engine: %s, %d bytes; layout: %s, %d bytes", fromEngine.Digest, fromEngine.Stored, fromLayout.Digest, fromLayout.Stored)
	}
	a, b, err := analyze.Comparable(fromLayout, fromEngine)
	if err != nil {
		t.Fatal(err)
	}
	ca, _ := a.Compressed()
	cb, estimated := b.Compressed()
	if ca != cb || estimated == keepsBlobs(t, c) {
		t.Errorf("compressed with one compressor: %d from the layout, %d from the engine", ca, cb)
	}
	if p := analyze.Pull(a.Layers, b.Layers); p != 0 {
		t.Errorf("pulling the same image costs %d", p)
	}
}
