package analyze

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// fixture is an image to be written in all the ways there are.
type fixture struct {
	name   string
	config []byte
	layers [][]byte // uncompressed
}

func hashOf(raw []byte) v1.Hash {
	h, err := v1.NewHash(digestBytes(raw))
	if err != nil {
		panic(err)
	}
	return h
}

func newFixture(t testing.TB, name string, platform Platform, layers ...[]byte) fixture {
	t.Helper()
	c := v1.ConfigFile{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant, RootFS: v1.RootFS{Type: "layers"}}
	c.Config.Cmd = []string{"/app"}
	c.Config.Labels = map[string]string{"name": name}
	for i, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, hashOf(l))
		c.History = append(c.History,
			v1.History{CreatedBy: fmt.Sprintf("/bin/sh -c #(nop)  ENV N=%d", i), EmptyLayer: true},
			v1.History{CreatedBy: fmt.Sprintf("/bin/sh -c #(nop) COPY file:%d in / ", i)})
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{name, raw, layers}
}

var amd64 = Platform{OS: "linux", Architecture: "amd64"}

// pair is a base and a head that share their lowest layer.
func pair(t testing.TB) (base, head fixture) {
	shared := layerTar(t, dirOf("etc"), fileOf("etc/a", 3000))
	base = newFixture(t, "app:base", amd64, shared, layerTar(t, fileOf("bin/app", 5000)))
	head = newFixture(t, "app:head", amd64, shared, layerTar(t, fileOf("bin/app", 9000)), layerTar(t, fileOf("etc/.wh.a", 0)))
	return base, head
}

func tarOf(t testing.TB, members ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(members); i += 2 {
		hdr := tar.Header{Typeflag: tar.TypeReg, Name: members[i].(string), Mode: 0o644}
		raw, isFile := members[i+1].([]byte)
		if isFile {
			hdr.Size = int64(len(raw))
		} else {
			hdr.Typeflag, hdr.Linkname = tar.TypeSymlink, members[i+1].(string)
		}
		if err := w.WriteHeader(&hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func toJSON(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// legacy writes what Engine 20.10 saves: layers first, each under an ID of its
// own, repeated content as a symbolic link, manifest.json last.
func legacy(t testing.TB, images ...fixture) []byte {
	var members []any
	var items []item
	at := map[string]string{}
	for n, f := range images {
		it := item{Config: hashOf(f.config).Hex + ".json", RepoTags: []string{f.name}}
		for i, l := range f.layers {
			id := fmt.Sprintf("%064x", n*100+i+1)
			name := id + "/layer.tar"
			it.Layers = append(it.Layers, name)
			members = append(members, id+"/VERSION", []byte("1.0"), id+"/json", []byte(`{"id":"`+id+`"}`))
			if first, ok := at[hashOf(l).Hex]; ok {
				members = append(members, name, "../"+first)
				continue
			}
			at[hashOf(l).Hex] = name
			members = append(members, name, l)
		}
		items = append(items, it)
		members = append(members, it.Config, f.config)
	}
	members = append(members, "manifest.json", toJSON(t, items), "repositories", []byte("{}"))
	return tarOf(t, members...)
}

// modern writes what Engine 25 and newer save: an OCI layout and a
// manifest.json. pack is what the store does to layers.
func modern(t testing.TB, pack func(testing.TB, []byte) []byte, images ...fixture) []byte {
	var members []any
	var items []item
	var index v1.IndexManifest
	add := func(raw []byte, media types.MediaType) v1.Descriptor {
		members = append(members, "blobs/sha256/"+hashOf(raw).Hex, raw)
		return v1.Descriptor{MediaType: media, Digest: hashOf(raw), Size: int64(len(raw))}
	}
	for _, f := range images {
		m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: add(f.config, types.OCIConfigJSON)}
		it := item{Config: "blobs/sha256/" + hashOf(f.config).Hex, RepoTags: []string{f.name}}
		for _, l := range f.layers {
			m.Layers = append(m.Layers, add(pack(t, l), types.OCILayer))
			it.Layers = append(it.Layers, "blobs/sha256/"+m.Layers[len(m.Layers)-1].Digest.Hex)
		}
		d := add(toJSON(t, m), m.MediaType)
		d.Annotations = map[string]string{annotationContainerd: "docker.io/library/" + f.name, annotationName: f.name[4:]}
		index.Manifests = append(index.Manifests, d)
		items = append(items, it)
	}
	members = append(members, "index.json", toJSON(t, index), "manifest.json", toJSON(t, items), "oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	return tarOf(t, members...)
}

func asIs(_ testing.TB, raw []byte) []byte { return raw }

// image is the fixture as go-containerregistry knows images, so that layouts
// and registries are filled by somebody else's code.
func (f fixture) image(t testing.TB, pack func(testing.TB, []byte) []byte) v1.Image {
	t.Helper()
	c, err := parseConfig(f.config, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	img := empty.Image
	for i, l := range f.layers {
		blob := pack(t, l)
		media := map[string]types.MediaType{"": types.OCIUncompressedLayer, "gzip": types.OCILayer, "zstd": types.OCILayerZStd}[compressionOf(blob)]
		layer := diffIDed{static.NewLayer(blob, media), hashOf(l)}
		img, err = mutate.Append(img, mutate.Addendum{Layer: layer, MediaType: media, History: c.file.History[2*i+1]})
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file.OS, file.Architecture, file.Variant = c.file.OS, c.file.Architecture, c.file.Variant
	file.Config = c.file.Config
	img, err = mutate.ConfigFile(img, file)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.MediaType(img, types.OCIManifestSchema1)
}

// diffIDed is a static layer that knows its content's digest too.
type diffIDed struct {
	v1.Layer
	diffID v1.Hash
}

func (d diffIDed) DiffID() (v1.Hash, error) { return d.diffID, nil }

// layoutOf writes an OCI layout whose index.json holds the given indexes and
// images by name.
func layoutOf(t testing.TB, named map[string]mutate.Appendable) string {
	t.Helper()
	dir := t.TempDir()
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for name, what := range named {
		option := layout.WithAnnotations(map[string]string{annotationName: name})
		switch what := what.(type) {
		case v1.ImageIndex:
			err = at.AppendIndex(what, option)
		case v1.Image:
			err = at.AppendImage(what, option)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archiveOf packs a layout directory as an OCI archive.
func archiveOf(t testing.TB, dir string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "image.tar")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
