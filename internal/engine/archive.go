package engine

import (
	"archive/tar"
	"bytes"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// writeImage writes an image of one layer, for the engine's architecture, as a
// docker archive.
func (r *Run) writeImage(w io.Writer, tag string, files []archived, settings v1.Config) error {
	layer, err := layerOf(files)
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config = "linux", r.client.environment.Arch, settings
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return err
	}
	ref, err := name.NewTag(tag)
	if err != nil {
		return err
	}
	return tarball.Write(ref, image, w)
}

// archived is a file or directory of an archive.
type archived struct {
	name string
	body []byte
	mode int64
	kind byte
}

func archiveOf(files []archived) ([]byte, error) {
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	for _, file := range files {
		header := &tar.Header{Name: file.name[1:], Typeflag: file.kind, Mode: file.mode, Size: int64(len(file.body)), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(file.body); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// layerOf is not compressed: it goes over a local socket once. (Package tarball
// would compress it, twice, whatever it is asked for.)
func layerOf(files []archived) (v1.Layer, error) {
	content, err := archiveOf(files)
	if err != nil {
		return nil, err
	}
	return static.NewLayer(content, types.DockerUncompressedLayer), nil
}
