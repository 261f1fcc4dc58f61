package imagegen

import (
	"archive/tar"
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Format is a way to write an image into one file.
type Format string

// The formats.
const (
	Saved20     Format = "docker save, Engine 20.10"                // ID/layer.tar, uncompressed
	Saved25     Format = "docker save, Engine 25"                   // an OCI layout and a manifest.json, uncompressed
	SavedPacked Format = "docker save, Engine 25, containerd store" // the same with gzip layers
	OCIPacked   Format = "OCI archive"                              // an OCI layout with gzip layers
)

func (f Format) packed() bool { return f == SavedPacked || f == OCIPacked }

// member is a file of an archive, or a directory when it has neither content
// nor file.
type member struct {
	name    string
	content []byte
	file    blob
}

// archive is what a manifest.json tells of an image.
// https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
type archive struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// write puts the image into the file, which must not exist.
func (i image) write(path string, format Format) error {
	members, err := i.members(format)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := writeMembers(buffered, members); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func (i image) members(format Format) ([]member, error) {
	if format == Saved20 {
		return i.saved20()
	}
	return i.layout(format)
}

// saved20 has a directory for each layer, with an ID of its own.
func (i image) saved20() ([]member, error) {
	a := archive{Config: hashOf(i.config).Hex + ".json", RepoTags: []string{i.name + ":latest"}}
	members := []member{{name: a.Config, content: i.config}}
	id := ""
	for _, l := range i.layers {
		parent := id
		id = hashOf([]byte(parent + l.plain.hash.Hex)).Hex
		legacy, err := json.Marshal(map[string]string{"id": id, "parent": parent, "os": "linux"})
		if err != nil {
			return nil, err
		}
		members = append(members, member{name: id + "/"}, member{name: id + "/VERSION", content: []byte("1.0")},
			member{name: id + "/json", content: legacy}, member{name: id + "/layer.tar", file: l.plain})
		a.Layers = append(a.Layers, id+"/layer.tar")
	}
	return with(members, map[string]any{
		"manifest.json": []archive{a},
		"repositories":  map[string]map[string]string{i.name: {"latest": id}},
	})
}

// layout is an OCI layout, for docker save with a manifest.json beside it.
func (i image) layout(format Format) ([]member, error) {
	media := types.OCIUncompressedLayer
	if format.packed() {
		media = types.OCILayer
	}
	config := v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: hashOf(i.config), Size: int64(len(i.config))}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config}
	a := archive{Config: blobName(config.Digest), RepoTags: []string{i.name + ":latest"}}
	members := []member{{name: "blobs/"}, {name: "blobs/sha256/"}, {name: a.Config, content: i.config}}
	for _, l := range i.layers {
		b := l.plain
		if format.packed() {
			b = l.packed
		}
		name := blobName(b.hash)
		manifest.Layers = append(manifest.Layers, v1.Descriptor{MediaType: media, Digest: b.hash, Size: b.size})
		members, a.Layers = append(members, member{name: name, file: b}), append(a.Layers, name)
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		return nil, err
	}
	members = append(members, member{name: blobName(hashOf(raw)), content: raw})
	documents := map[string]any{
		"index.json": v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{
			{MediaType: types.OCIManifestSchema1, Digest: hashOf(raw), Size: int64(len(raw))}}},
		"oci-layout": map[string]string{"imageLayoutVersion": "1.0.0"},
	}
	if format != OCIPacked {
		documents["manifest.json"] = []archive{a}
	}
	return with(members, documents)
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// with adds documents and puts all in the order of engines, which is by name.
func with(members []member, documents map[string]any) ([]member, error) {
	for name, document := range documents {
		raw, err := json.Marshal(document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		members = append(members, member{name: name, content: raw})
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	return members, nil
}

func writeMembers(w io.Writer, members []member) error {
	t := tar.NewWriter(w)
	for _, m := range members {
		if err := m.write(t); err != nil {
			return fmt.Errorf("member %s: %w", m.name, err)
		}
	}
	return t.Close()
}

func (m member) write(t *tar.Writer) error {
	header := tar.Header{Typeflag: tar.TypeReg, Name: m.name, Mode: 0o644, ModTime: epoch, Size: int64(len(m.content)) + m.file.size}
	if strings.HasSuffix(m.name, "/") {
		header.Typeflag, header.Mode = tar.TypeDir, 0o755
	}
	if err := t.WriteHeader(&header); err != nil {
		return err
	}
	if m.file.path == "" {
		_, err := t.Write(m.content)
		return err
	}
	f, err := os.Open(m.file.path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(t, f)
	return err
}
