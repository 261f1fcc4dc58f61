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
	entries := int64(0)
	for _, l := range layers {
		entries += l.entries
	}
	t := newTree(entries, limits.Entries)
	for i, l := range layers {
		if err := t.apply(&l.index); err != nil {
			return img, fmt.Errorf("%s: %s: %w", ref, layerName(i, ids[i]), err)
		}
		for _, note := range t.notes.take() {
			img.Warnings = append(img.Warnings, layerName(i, ids[i])+": "+note)
		}
		for _, problem := range l.problems {
			img.Warnings = append(img.Warnings, layerName(i, ids[i])+": "+problem)
		}
		img.evidence, img.indexes = append(img.evidence, l.evidence), append(img.indexes, &l.index)
		img.addLayer(ids[i], l, *t.top(), created[i])
	}
	img.Stored, img.Live, img.Files, img.tree = t.size(), t.bytes, t.files, t
	return img, nil
}

func (img *Image) addLayer(diffID string, l *scanned, s stored, instruction string) {
	out := record.Layer{DiffID: diffID, Size: s.size, Files: s.files, Instruction: instruction}
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
