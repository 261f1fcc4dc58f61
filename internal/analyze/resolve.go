package analyze

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// blobs is content by digest, wherever it is kept. Neither method verifies.
type blobs interface {
	// manifest opens an index or a manifest.
	manifest(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error)
	// open opens a configuration or a layer.
	open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error)
	// place is what a blob goes by as long as its file does not change, "" where
	// there is no such thing.
	place(d v1.Descriptor) string
}

// resolved is an image of which only documents were read.
type resolved struct {
	from     blobs
	manifest string
	config   config
	raw      []byte // of config
	layers   []v1.Descriptor
}

// resolver walks from an index down to one image.
type resolver struct {
	from   blobs
	limits Limits
	want   Platform
}

// manifestDoc is an index or a manifest: which one it is shows in its fields,
// since media types are optional in both.
type manifestDoc struct {
	v1.Manifest
	Manifests []v1.Descriptor `json:"manifests"`
}

// image follows d, through indexes if need be.
func (r resolver) image(ctx context.Context, d v1.Descriptor, depth int) (resolved, error) {
	if depth > r.limits.Nesting {
		return resolved{}, fmt.Errorf("manifest %s: more than %d indexes within each other", d.Digest, r.limits.Nesting)
	}
	raw, err := r.document(ctx, d, r.from.manifest)
	if err != nil {
		return resolved{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	var doc manifestDoc
	if err := decode(raw, &doc); err != nil {
		return resolved{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if doc.Manifests != nil {
		next, err := r.choose(doc.Manifests)
		if err != nil {
			return resolved{}, fmt.Errorf("index %s: %w", d.Digest, err)
		}
		return r.image(ctx, next, depth+1)
	}
	if doc.Config.Digest.Hex == "" && isSchema1(raw) {
		return resolved{}, fmt.Errorf("manifest %s: %w", d.Digest, errSchema1)
	}
	return r.load(ctx, d, doc.Manifest)
}

// load reads the configuration of a manifest and checks that it fits.
func (r resolver) load(ctx context.Context, d v1.Descriptor, m v1.Manifest) (resolved, error) {
	if len(m.Layers) > r.limits.Layers {
		return resolved{}, fmt.Errorf("manifest %s: lists %d layers, at most %d are accepted", d.Digest, len(m.Layers), r.limits.Layers)
	}
	if m.Config.Digest.Hex == "" {
		return resolved{}, fmt.Errorf("manifest %s: names no configuration, so it is no image (media type %q)", d.Digest, m.MediaType)
	}
	raw, err := r.document(ctx, m.Config, r.from.open)
	if err != nil {
		return resolved{}, fmt.Errorf("manifest %s: image configuration %s: %w", d.Digest, m.Config.Digest, err)
	}
	c, err := parseConfig(raw, r.limits)
	if err != nil {
		return resolved{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if have, want := len(m.Layers), len(c.file.RootFS.DiffIDs); have != want {
		return resolved{}, fmt.Errorf("manifest %s: lists %d layers, its configuration %d%s", d.Digest, have, want, otherKind(m))
	}
	if err := c.runsOn(r.want); err != nil {
		return resolved{}, err
	}
	return resolved{from: r.from, manifest: d.Digest.String(), config: c, raw: raw, layers: m.Layers}, nil
}

// otherKind says what a manifest is of when it is of no image: charts, caches
// and signatures are stored alike.
func otherKind(m v1.Manifest) string {
	if m.Config.MediaType == "" || m.Config.MediaType.IsConfig() {
		return ""
	}
	return fmt.Sprintf(" (it may be no image: its configuration is of type %q)", m.Config.MediaType)
}

// document reads a small blob whole and verifies its digest.
func (r resolver) document(ctx context.Context, d v1.Descriptor, open func(context.Context, v1.Descriptor) (io.ReadCloser, error)) ([]byte, error) {
	if err := checkDigest(d); err != nil {
		return nil, err
	}
	in, err := open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := readAtMost(in, r.limits.Document)
	if err != nil {
		return nil, err
	}
	if got := digestBytes(raw); got != d.Digest.String() {
		if isSchema1(raw) { // its digest leaves out the signatures within
			return nil, errSchema1
		}
		return nil, fmt.Errorf("content hashes to %s", got)
	}
	return raw, nil
}

var errSchema1 = errors.New("an image manifest of schema 1, which is out of use since 2017: push the image again with a current tool")

// isSchema1 recognises the manifests of Docker before 1.10.
// https://github.com/distribution/distribution/blob/release/2.8/docs/spec/manifest-v2-1.md
func isSchema1(raw []byte) bool {
	var doc struct {
		SchemaVersion int               `json:"schemaVersion"`
		FSLayers      []json.RawMessage `json:"fsLayers"`
	}
	return decode(raw, &doc) == nil && doc.SchemaVersion == 1 && doc.FSLayers != nil
}

// checkDigest refuses everything but SHA-256 and with it any digest that could
// be mistaken for a path.
func checkDigest(d v1.Descriptor) error {
	if !digests.MatchString(d.Digest.String()) {
		return fmt.Errorf("digest %s: expected sha256: and 64 hexadecimal digits", quote(d.Digest.String()))
	}
	return nil
}

func readAtMost(r io.Reader, most record.Bytes) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if record.Bytes(len(raw)) > most {
		return nil, fmt.Errorf("longer than %d bytes", most)
	}
	return raw, nil
}

// choose picks the manifest for the wanted platform. Attestations are no
// images and never picked.
func (r resolver) choose(manifests []v1.Descriptor) (v1.Descriptor, error) {
	images := slices.DeleteFunc(slices.Clone(manifests), attestation)
	if len(images) == 1 && (images[0].Platform == nil || r.want == (Platform{})) {
		return images[0], nil
	}
	want := r.want
	if want == (Platform{}) {
		want = Platform{OS: "linux", Architecture: runtime.GOARCH}
	}
	var best v1.Descriptor
	most, found := 0, []string{}
	for _, d := range images {
		if d.Platform == nil {
			found = append(found, "one without platform")
			continue
		}
		found = append(found, platformOf(*d.Platform).String())
		if fit := want.fit(platformOf(*d.Platform)); fit > most {
			best, most = d, fit
		}
	}
	if most == 0 {
		return best, fmt.Errorf("no image for %s, found %s", want, orNone(found))
	}
	return best, nil
}

// attestation reports whether d is one of BuildKit's attestation manifests.
// https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
func attestation(d v1.Descriptor) bool {
	return d.Platform != nil && platformOf(*d.Platform).unknown() || d.Annotations["vnd.docker.reference.type"] == "attestation-manifest"
}

// Annotations under which tools keep an image's name in index.json.
const (
	annotationName       = "org.opencontainers.image.ref.name"
	annotationContainerd = "io.containerd.image.name"
)

// start picks the entry of an index.json that ref names.
func (r resolver) start(manifests []v1.Descriptor, ref Reference) (v1.Descriptor, error) {
	if ref.Digest != "" {
		h, err := v1.NewHash(ref.Digest)
		return v1.Descriptor{Digest: h}, err
	}
	named, found := byName(manifests, ref.Name)
	switch {
	case ref.Name == "" && len(found) > 1:
		return v1.Descriptor{}, fmt.Errorf("found %d images, name one of them: %s", len(found), orNone(found))
	case ref.Name == "":
		return r.choose(manifests)
	case len(named) == 0:
		return v1.Descriptor{}, fmt.Errorf("nothing in it is named %q, found %s", ref.Name, orNone(found))
	}
	return r.choose(named)
}

// byName returns the manifests called name, and all the names there are.
// containerd keeps the whole name and the bare tag of the same image.
func byName(manifests []v1.Descriptor, name string) (named []v1.Descriptor, found []string) {
	for _, d := range manifests {
		long, short := d.Annotations[annotationContainerd], d.Annotations[annotationName]
		if shown := cmp.Or(long, short); shown != "" && !slices.Contains(found, shown) {
			found = append(found, shown)
		}
		if name != "" && (sameName(long, name) || sameName(short, name)) {
			named = append(named, d)
		}
	}
	return named, found
}

// orNone lists names of a foreign document in an error message.
func orNone(found []string) string {
	const most = 10
	if len(found) == 0 {
		return "none"
	}
	var list []string
	for _, name := range found[:min(len(found), most)] {
		list = append(list, quote(name))
	}
	if len(found) > most {
		list = append(list, fmt.Sprintf("and %d more", len(found)-most))
	}
	return strings.Join(list, ", ")
}

// sameName compares image names the way Docker completes them: app and
// docker.io/library/app:latest are the same.
func sameName(a, b string) bool {
	if a == b {
		return true
	}
	return familiar(a) != "" && familiar(a) == familiar(b)
}

func familiar(s string) string {
	ref, err := name.ParseReference(s)
	if err != nil {
		return ""
	}
	return ref.Name()
}
