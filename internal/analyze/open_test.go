package analyze

import (
	"bytes"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	registrytest "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func mustParse(t testing.TB, s string) Reference {
	t.Helper()
	r, err := ParseReference(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOpenLayoutAndArchive(t *testing.T) {
	base, head := pair(t)
	for name, pack := range map[string]func(testing.TB, []byte) []byte{"gzip": gzipped, "zstd": zstded, "uncompressed": asIs} {
		dir := layoutOf(t, map[string]mutate.Appendable{"base": base.image(t, pack), "head": head.image(t, pack)})
		file := archiveOf(t, dir)
		for _, ref := range []string{"oci:" + dir + ":head", "oci-archive:" + file + ":head"} {
			got, err := Open(t.Context(), mustParse(t, ref), Options{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, ref, err)
			}
			checkHead(t, got, head)
			_, estimated := got.Compressed()
			if estimated != (name == "uncompressed") || (got.Layers[0].Digest == "") != estimated {
				t.Errorf("%s: estimated is %v, digest %q", name, estimated, got.Layers[0].Digest)
			}
			again, err := Open(t.Context(), mustParse(t, strings.TrimSuffix(ref, ":head")+"@"+got.Manifest), Options{})
			if err != nil || again.Digest != got.Digest {
				t.Errorf("%s by manifest digest: %v", name, err)
			}
		}
	}
}

// multi is an index with two platforms and an attestation, inside an index.
func multi(t testing.TB, amd, arm fixture) v1.ImageIndex {
	entry := func(what mutate.Appendable, p *v1.Platform) mutate.IndexAddendum {
		return mutate.IndexAddendum{Add: what, Descriptor: v1.Descriptor{Platform: p}}
	}
	attestation, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	inner := mutate.AppendManifests(empty.Index,
		entry(attestation, &v1.Platform{OS: "unknown", Architecture: "unknown"}),
		entry(arm.image(t, gzipped), &v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}),
		entry(amd.image(t, gzipped), &v1.Platform{OS: "linux", Architecture: "amd64"}))
	return mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: inner})
}

func TestOpenChoosesPlatform(t *testing.T) {
	_, head := pair(t)
	arm := newFixture(t, "app:arm", Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, layerTar(t, fileOf("a", 7)))
	dir := layoutOf(t, map[string]mutate.Appendable{"app": multi(t, head, arm)})
	for platform, want := range map[string]string{
		"linux/amd64": "", "linux/amd64/v3": "", "linux/arm": "arm", "linux/arm/v8": "arm",
		"linux/arm/v6":  "no image for linux/arm/v6, found \"linux/arm/v7\", \"linux/amd64\"",
		"linux/s390x":   "no image for linux/s390x",
		"windows/amd64": "no image for windows/amd64",
	} {
		p, err := ParsePlatform(platform)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(t.Context(), mustParse(t, "oci:"+dir+":app"), Options{Platform: p})
		switch want {
		case "":
			if err != nil {
				t.Errorf("%s: %v", platform, err)
				continue
			}
			checkHead(t, got, head)
		case "arm":
			if err != nil || got.Platform.String() != "linux/arm/v7" {
				t.Errorf("%s: got %s, %v", platform, got.Platform, err)
			}
		default:
			checkError(t, platform, err, want)
		}
	}
	single := layoutOf(t, map[string]mutate.Appendable{"app": arm.image(t, gzipped)})
	if got, err := Open(t.Context(), mustParse(t, "oci:"+single), Options{}); err != nil || got.Platform != (Platform{"linux", "arm", "v7"}) {
		t.Errorf("the only image there is: %s, %v", got.Platform, err)
	}
	_, err := Open(t.Context(), mustParse(t, "oci:"+single), Options{Platform: amd64})
	checkError(t, "wrong platform", err, "image is for linux/arm/v7, wanted linux/amd64")
}

func TestOpenRejects(t *testing.T) {
	base, head := pair(t)
	img := base.image(t, gzipped)
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	blob := func(dir string, h v1.Hash) string { return filepath.Join(dir, "blobs", h.Algorithm, h.Hex) }
	write := func(file string, raw []byte) {
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	layer2 := manifest.Layers[1].Digest
	for _, c := range []struct {
		name  string
		spoil func(dir string) error
		ref   string
		want  string
	}{
		{"no layout", func(dir string) error { return os.Remove(dir + "/index.json") }, ":base", "not an OCI layout: index.json is not there"},
		{"no directory", os.RemoveAll, ":base", "no such file"},
		{"unknown name", func(string) error { return nil }, ":other", `nothing in it is named "other", found "`},
		{"which of two", func(string) error { return nil }, "", "found 2 images, name one of them"},
		{"unknown digest", func(string) error { return nil }, "@sha256:" + strings.Repeat("0", 64), "is not there"},
		{"missing layer", func(dir string) error { return os.Remove(blob(dir, layer2)) }, ":base", "layer 2 (sha256:"},
		{"layer cut short", func(dir string) error { return os.Truncate(blob(dir, layer2), 100) }, ":base", "cut short"},
		{"layer swapped", func(dir string) error { write(blob(dir, layer2), gzipped(t, base.layers[0])); return nil }, ":base", "content hashes to"},
		{"config swapped", func(dir string) error { write(blob(dir, manifest.Config.Digest), head.config); return nil }, ":base", "image configuration sha256:"},
		{"layer is a directory", func(dir string) error {
			if err := os.Remove(blob(dir, layer2)); err != nil {
				return err
			}
			return os.Mkdir(blob(dir, layer2), 0o700)
		}, ":base", "is no regular file"},
		{"layer outside of the layout", func(dir string) error {
			if err := os.Remove(blob(dir, layer2)); err != nil {
				return err
			}
			return os.Symlink("/etc/passwd", blob(dir, layer2))
		}, ":base", "escapes"},
		{"index.json is no JSON", func(dir string) error { write(dir+"/index.json", []byte("{")); return nil }, ":base", "index.json: not the JSON expected"},
		{"digest that is a path", func(dir string) error {
			write(dir+"/index.json", []byte(`{"manifests":[{"digest":"sha256:../../../etc/passwd"}]}`))
			return nil
		}, "", "index.json: not the JSON expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := layoutOf(t, map[string]mutate.Appendable{"base": img, "head": head.image(t, gzipped)})
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), mustParse(t, "oci:"+dir+c.ref), Options{})
			checkError(t, c.name, err, c.want)
		})
	}
	_, err = Open(t.Context(), mustParse(t, "app:base"), Options{})
	checkError(t, "bare", err, "container engine")
}

// An index cannot hold its own digest, but deep ones are as bad.
func TestOpenBoundsNesting(t *testing.T) {
	base, _ := pair(t)
	var index mutate.Appendable = base.image(t, gzipped)
	for range 6 {
		index = mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index})
	}
	dir := layoutOf(t, map[string]mutate.Appendable{"deep": index})
	_, err := Open(t.Context(), mustParse(t, "oci:"+dir), Options{})
	checkError(t, "deep", err, "more than 4 indexes within each other")
}

func TestOpenRegistry(t *testing.T) {
	_, head := pair(t)
	arm := newFixture(t, "app:arm", Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, layerTar(t, fileOf("a", 7)))
	server := httptest.NewServer(registrytest.New(registrytest.Logger(log.New(bytes.NewBuffer(nil), "", 0))))
	defer server.Close()
	image := strings.TrimPrefix(server.URL, "http://") + "/team/app:head"
	tag, err := name.NewTag(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag, multi(t, head, arm)); err != nil {
		t.Fatal(err)
	}
	ref := mustParse(t, "docker://"+image)
	got, err := Open(t.Context(), ref, Options{Platform: amd64})
	if err != nil {
		t.Fatal(err)
	}
	checkHead(t, got, head)
	if got.Source != Registry || got.Manifest == "" {
		t.Errorf("source %s, manifest %q", got.Source, got.Manifest)
	}
	_, err = Open(t.Context(), mustParse(t, "docker://"+image+"x"), Options{})
	checkError(t, "unknown tag", err, "MANIFEST_UNKNOWN")
}

// What WriteDocker writes is a docker archive of the same image.
func TestWriteDocker(t *testing.T) {
	base, head := pair(t)
	for name, pack := range map[string]func(testing.TB, []byte) []byte{"gzip": gzipped, "zstd": zstded, "uncompressed": asIs} {
		dir := layoutOf(t, map[string]mutate.Appendable{"base": base.image(t, pack), "head": head.image(t, pack)})
		plain := filepath.Join(t.TempDir(), "saved.tar")
		if err := os.WriteFile(plain, modern(t, pack, base, head), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"oci:" + dir + ":head", "oci-archive:" + archiveOf(t, dir) + ":head", "docker-archive:" + plain + ":app:head"} {
			var out bytes.Buffer
			if err := WriteDocker(t.Context(), &out, mustParse(t, ref), Options{}, "plimsoll/loaded:1"); err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
			got, err := Saved(t.Context(), &out, []string{"plimsoll/loaded:1"}, Options{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, ref, err)
			}
			checkHead(t, got[0], head)
			whole, err := Open(t.Context(), mustParse(t, ref), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(whole.Digest, got[0].Digest); d != "" {
				t.Errorf("%s: the image ID changed: %s", ref, d)
			}
		}
	}
	err := WriteDocker(t.Context(), new(bytes.Buffer), mustParse(t, "app"), Options{}, "x")
	checkError(t, "bare", err, "convert app for the engine")
}
