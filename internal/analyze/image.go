package analyze

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/owner"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Image is what there is to know of one image without booting it.
type Image struct {
	Ref      string    // as asked for
	Source   Transport // where it was read from
	Digest   string    // of the configuration, sha256:…
	Manifest string    // digest of the manifest, "" where the source has none
	Platform Platform
	Config   *v1.ConfigFile
	Layers   []record.Layer // lowest first
	Stored   record.Bytes   // file payload in all layers
	Live     record.Bytes   // of which the final file system still holds
	Files    int            // in the final file system; names of anything but directories
	Warnings []string

	estimates []record.Bytes // of Layers, by the one compressor; -1 where not made
	raw       []byte         // of Config, where every layer was hashed
	tree      *tree
	evidence  [][]owner.Evidence // by layer
	indexes   []*index
}

// Wasted is what the layers store and the final file system no longer holds.
func (img Image) Wasted() record.Bytes { return img.Stored - img.Live }

// Compressed is the sum of the compressed layers. It is estimated when one of
// them is.
func (img Image) Compressed() (sum record.Bytes, estimated bool) {
	for _, l := range img.Layers {
		sum += l.Compressed
		estimated = estimated || l.Estimated
	}
	return sum, estimated
}

// Options say how to read an image.
type Options struct {
	Platform Platform // zero: the only one there is, else this machine's
	Limits   Limits   // zero fields: DefaultLimits
	// Estimate also compresses the layers that are compressed already, so that
	// the image can be compared with one whose source does not compress.
	Estimate bool
	// Exact compresses all of a layer to estimate what it weighs, instead of a
	// sample: slower, and right to under a percent.
	Exact bool
	Store *Store // nil: nothing is kept between two calls
}

// ErrNotEstimated says that two images cannot be compared before the
// compressed one was read again with Options.Estimate.
var ErrNotEstimated = errors.New("one image is compressed and the other is not, and the compressed one was not estimated")

// Comparable returns base and head with compressed sizes of the same kind:
// both exact, or both estimated with the same compressor where either source
// does not compress. A layer that two uncompressed sources share is measured
// exactly alike. The arguments are not changed.
func Comparable(base, head Image) (Image, Image, error) {
	_, b := base.Compressed()
	_, h := head.Compressed()
	if !b && !h {
		return base, head, nil
	}
	eb, err := base.estimated()
	if err != nil {
		return base, head, err
	}
	eh, err := head.estimated()
	if err != nil {
		return base, head, err
	}
	shareEstimates(eb.Layers, eh.Layers)
	return eb, eh, nil
}

// shareEstimates gives what both images hold one size: of a layer in one source
// all may have been compressed, in the other samples.
func shareEstimates(base, head []record.Layer) {
	sizes := map[string]record.Bytes{}
	for _, l := range base {
		sizes[l.DiffID] = l.Compressed
	}
	for i, l := range head {
		if size, ok := sizes[l.DiffID]; ok {
			head[i].Compressed = size
		}
	}
}

// estimated is the image with every compressed size replaced by its estimate.
func (img Image) estimated() (Image, error) {
	layers := make([]record.Layer, len(img.Layers))
	for i, l := range img.Layers {
		if !l.Estimated {
			if i >= len(img.estimates) || img.estimates[i] < 0 {
				return img, fmt.Errorf("%s: %w", img.Ref, ErrNotEstimated)
			}
			l.Compressed, l.Estimated = img.estimates[i], true
		}
		layers[i] = l
	}
	img.Layers = layers
	return img, nil
}

// Pull is what a node that holds base must still fetch for head: the
// compressed bytes of head's layers that base lacks. A layer counts as held
// when its content is, and where both sides are compressed, when the blob is.
// Blobs are content-addressed, so a layer that stands twice is fetched once.
func Pull(base, head []record.Layer) record.Bytes {
	held := map[string][]string{} // blob digests by DiffID
	for _, l := range base {
		held[l.DiffID] = append(held[l.DiffID], l.Digest)
	}
	var sum record.Bytes
	for _, l := range head {
		if !holds(held[l.DiffID], l.Digest) {
			sum += l.Compressed
			held[l.DiffID] = append(held[l.DiffID], l.Digest)
		}
	}
	return sum
}

func holds(digests []string, want string) bool {
	for _, d := range digests {
		if d == want || d == "" || want == "" {
			return true
		}
	}
	return false
}

// Metrics are the exact metrics of one image alone. image.pull needs two: see
// [Pull].
func Metrics(img Image) map[record.MetricID]record.Measured {
	compressed, estimated := img.Compressed()
	return map[record.MetricID]record.Measured{
		record.ImageSize:       {Unit: record.UnitBytes, Value: float64(img.Stored)},
		record.ImageCompressed: {Unit: record.UnitBytes, Value: float64(compressed), Estimated: estimated},
		record.ImageWasted:     {Unit: record.UnitBytes, Value: float64(img.Wasted())},
		record.ImageLayers:     {Unit: record.UnitCount, Value: float64(len(img.Layers))},
		record.ImageFiles:      {Unit: record.UnitCount, Value: float64(img.Files)},
	}
}

// Record is the static part of an image's record. Who saves it adds Created
// and Tool; who boots the image adds the rest.
func Record(img Image) *record.Record {
	return &record.Record{
		Schema:   record.RecordSchema,
		Image:    img.Ref,
		Digest:   img.Digest,
		Platform: img.Platform.String(),
		Source:   string(img.Source),
		Layers:   append([]record.Layer{}, img.Layers...),
		Metrics:  Metrics(img),
		Warnings: append([]string{}, img.Warnings...),
	}
}
