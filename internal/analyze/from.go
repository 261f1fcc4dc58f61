package analyze

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Candidate is an image that others may be built on.
type Candidate struct {
	Name    string
	DiffIDs []string // lowest first
}

// labelBase names the image that this one was built on, where a builder says so.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const labelBase = "org.opencontainers.image.base.name"

// from finds the image that img was built on: the candidate with the most of
// its lowest layers, else what the history gives away.
func (img Image) from(candidates []Candidate) *record.From {
	var found *record.From
	for _, c := range candidates {
		if n := len(c.DiffIDs); n > 0 && n < len(img.Layers) && img.startsWith(c.DiffIDs) && (found == nil || n > found.Layers) {
			found = &record.From{Image: c.Name, Layers: n, How: "engine"}
		}
	}
	if found == nil {
		if n := inherited(img.Config); n > 0 && n < len(img.Layers) {
			found = &record.From{Layers: n, How: "history"}
		}
	}
	if found == nil {
		return nil
	}
	if name := img.Config.Config.Labels[labelBase]; name != "" && found.Image == "" {
		found.Image, found.How = name, "annotation"
	}
	for _, l := range img.Layers[:found.Layers] {
		found.Size += l.Size
	}
	return found
}

func (img Image) startsWith(ids []string) bool {
	for i, id := range ids {
		if img.Layers[i].DiffID != id {
			return false
		}
	}
	return true
}

// inherited counts the layers up to the last CMD or ENTRYPOINT that more layers
// follow. A Dockerfile says last what is to be started, so that one was the end
// of another Dockerfile. 0 where the history does not tell.
func inherited(c *v1.ConfigFile) int {
	layers, last, end := 0, 0, 0
	for _, h := range c.History {
		if !h.EmptyLayer {
			layers++
			last = end
			continue
		}
		if what := instruction(h.CreatedBy); strings.HasPrefix(what, "CMD ") || strings.HasPrefix(what, "ENTRYPOINT ") {
			end = layers
		}
	}
	if layers != len(c.RootFS.DiffIDs) {
		return 0
	}
	return last
}
