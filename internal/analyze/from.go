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
	// History asks for the image's instructions, lowest first, as its
	// configuration gives them; nil when they cannot be had.
	History func() []string
}

// labelBase names the image that this one was built on, where a builder says so.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const labelBase = "org.opencontainers.image.base.name"

// from finds the image that img was built on: the candidate with the most of
// its lowest layers, unless the history tells of more.
func (img Image) from(candidates []Candidate) *record.From {
	found := record.From{Layers: inherited(img.Config), How: "history"}
	for _, c := range candidates {
		n := len(c.DiffIDs)
		better := n > found.Layers || n == found.Layers && found.Image == ""
		if n > 0 && n < len(img.Layers) && better && img.startsWith(c.DiffIDs) && img.continues(c) {
			found = record.From{Image: c.Name, Layers: n, How: "engine"}
		}
	}
	if found.Layers == 0 || found.Layers == len(img.Layers) {
		return nil
	}
	if name := img.Config.Config.Labels[labelBase]; name != "" && found.Image == "" {
		found.Image, found.How = name, "annotation"
	}
	for _, l := range img.Layers[:found.Layers] {
		found.Size += l.Size
	}
	return &found
}

// continues reports whether all instructions of a candidate come first in img,
// also those that make no layer: an older build of the same Dockerfile shares
// layers, but has its own last words.
func (img Image) continues(c Candidate) bool {
	if c.History == nil {
		return true
	}
	said := c.History()
	if len(said) == 0 || len(said) > len(img.Config.History) {
		return false
	}
	for i, h := range said {
		if img.Config.History[i].CreatedBy != h {
			return false
		}
	}
	return true
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
