package analyze

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// items returns what the stream holds for each ref, in their order; all it
// holds when there is no ref.
func (s *stream) items(ctx context.Context, refs []string) ([]item, error) {
	all, err := s.manifestJSON()
	if err != nil {
		return nil, err
	}
	if len(refs) == 0 {
		return all, nil
	}
	out := make([]item, len(refs))
	claimed := map[int]bool{} // of all
	var open []int            // of refs
	for i, ref := range refs {
		at, ok := s.match(all, ref)
		if !ok {
			open = append(open, i)
			continue
		}
		out[i], claimed[at] = all[at], true
	}
	return out, s.settle(ctx, out, all, claimed, open, refs)
}

// settle finds the items of refs that go by no tag and no image ID: digests of
// manifests, and the one that is left when all others were found.
func (s *stream) settle(ctx context.Context, out, all []item, claimed map[int]bool, open []int, refs []string) error {
	for _, i := range open {
		if it, ok := s.byDigest(ctx, refs[i]); ok {
			out[i] = it
			continue
		}
		// An engine may call an image otherwise than it was asked for; whoever
		// named one in a file meant that one.
		left, ok := last(all, claimed)
		if !ok || !sameRef(refs, open) || s.from != Daemon && refs[i] != "" {
			return notFound(refs[i], all)
		}
		out[i] = left
	}
	return nil
}

func notFound(ref string, all []item) error {
	if ref == "" {
		return fmt.Errorf("found %d images, name one of them: %s", len(all), orNone(names(all)))
	}
	return fmt.Errorf("%s: not among the saved images, found %s", ref, orNone(names(all)))
}

// sameRef reports whether all open refs say the same.
func sameRef(refs []string, open []int) bool {
	for _, i := range open {
		if refs[i] != refs[open[0]] {
			return false
		}
	}
	return true
}

// last returns the one item that nobody claimed.
func last(all []item, claimed map[int]bool) (left item, ok bool) {
	if len(all)-len(claimed) != 1 {
		return left, false
	}
	for i, it := range all {
		if !claimed[i] {
			left = it
		}
	}
	return left, true
}

func names(all []item) []string {
	var out []string
	for _, it := range all {
		out = append(out, it.name())
	}
	return out
}

func (s *stream) manifestJSON() ([]item, error) {
	raw, ok := s.documents["manifest.json"]
	if !ok {
		return nil, fmt.Errorf("found no manifest.json, so these are no saved images (an OCI layout is read as oci: or oci-archive:)")
	}
	var all []item
	if err := decode(raw, &all); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	return all, nil
}

var shortID = regexp.MustCompile(`^[0-9a-f]{4,64}$`)

// match finds the item that goes by the tag or image ID ref.
func (s *stream) match(all []item, ref string) (int, bool) {
	for i, it := range all {
		for _, tag := range it.RepoTags {
			// Podman files names without a registry under localhost.
			if sameName(tag, ref) || sameName(strings.TrimPrefix(tag, "localhost/"), ref) {
				return i, true
			}
		}
	}
	id := strings.TrimPrefix(ref, "sha256:")
	if !shortID.MatchString(id) {
		return 0, false
	}
	for i, it := range all {
		raw, err := s.document(it.Config)
		if err == nil && strings.HasPrefix(digestBytes(raw), "sha256:"+id) {
			return i, true
		}
	}
	return 0, false
}

// byDigest follows the digest of a manifest or index: with the containerd
// store that is what an image ID is.
func (s *stream) byDigest(ctx context.Context, ref string) (item, bool) {
	_, digest, ok := strings.Cut(ref, "@")
	if !ok {
		digest = "sha256:" + strings.TrimPrefix(ref, "sha256:")
	}
	h, err := v1.NewHash(digest)
	if err != nil {
		return item{}, false
	}
	r := resolver{from: s, limits: s.opts.Limits, want: s.opts.Platform}
	found, err := r.image(ctx, v1.Descriptor{Digest: h}, 1)
	if err != nil {
		return item{}, false
	}
	it := item{Config: "blobs/sha256/" + strings.TrimPrefix(found.config.digest, "sha256:")}
	for _, l := range found.layers {
		it.Layers = append(it.Layers, blobPath(l))
	}
	return it, true
}
