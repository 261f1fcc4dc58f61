package analyze

import (
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// assemble makes an Image of its configuration and its scanned layers.
func assemble(ref string, from Transport, c config, layers []*scanned, limits Limits) (Image, error) {
	img := Image{Ref: ref, Source: from, Digest: c.digest, Platform: c.platform(), Config: c.file}
	ids := c.diffIDs()
	if len(layers) != len(ids) {
		return img, fmt.Errorf("%s: found %d layers, the configuration lists %d", ref, len(layers), len(ids))
	}
	created, warning := instructions(c.file)
	if warning != "" {
		img.Warnings = append(img.Warnings, warning)
	}
	t := tree{most: limits.Entries}
	for i, l := range layers {
		if l.diffID != ids[i] {
			return img, fmt.Errorf("%s: %s: its content hashes to %s, the configuration expects %s", ref, layerName(i, l.digest), l.diffID, ids[i])
		}
		if err := t.apply(l.index); err != nil {
			return img, fmt.Errorf("%s: %s: %w", ref, layerName(i, ids[i]), err)
		}
		for _, note := range t.notes.take() {
			img.Warnings = append(img.Warnings, layerName(i, ids[i])+": "+note)
		}
		img.addLayer(l, *t.top(), created[i])
	}
	img.Stored, img.Live, img.Files = t.size(), t.live, t.names
	return img, nil
}

func (img *Image) addLayer(l *scanned, s stored, instruction string) {
	out := record.Layer{DiffID: l.diffID, Size: s.size, Files: s.files, Instruction: instruction}
	if l.compressed {
		out.Digest, out.Compressed = l.digest, l.blob
	} else {
		out.Compressed, out.Estimated = l.estimate, true
	}
	img.Layers = append(img.Layers, out)
	estimate := l.estimate
	if !l.estimated {
		estimate = -1
	}
	img.estimates = append(img.estimates, estimate)
}

// layerName is how errors and warnings call a layer.
func layerName(i int, digest string) string {
	const short = len("sha256:") + 12
	return fmt.Sprintf("layer %d (%.*s)", i+1, short, digest)
}
