package analyze

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// registry is a repository of a registry, reached with the credentials of the
// user's Docker configuration and its helpers.
type registry struct{ repository name.Repository }

func (r registry) options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

func (r registry) digest(d v1.Descriptor) name.Digest {
	return r.repository.Digest(d.Digest.String())
}

func (r registry) manifest(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	desc, err := remote.Get(r.digest(d), r.options(ctx)...)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(desc.Manifest)), nil
}

func (r registry) open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	layer, err := remote.Layer(r.digest(d), r.options(ctx)...)
	if err != nil {
		return nil, err
	}
	return layer.Compressed()
}

// resolveRegistry finds the image that ref names in its registry.
func resolveRegistry(ctx context.Context, ref Reference, opts Options) (resolved, error) {
	named, err := name.ParseReference(ref.Name)
	if err != nil {
		return resolved{}, err
	}
	from := registry{named.Context()}
	head, err := remote.Get(named, from.options(ctx)...)
	if err != nil {
		return resolved{}, fmt.Errorf("ask %s: %w", named.Context().RegistryStr(), err)
	}
	r := resolver{from: from, limits: opts.Limits, want: opts.Platform}
	return r.image(ctx, v1.Descriptor{Digest: head.Digest}, 1)
}
