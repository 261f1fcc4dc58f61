package analyze

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/plimsoll-ci/plimsoll/internal/courier"
)

// registry is a repository of a registry, reached with the credentials of the
// user's Docker configuration and its helpers.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
type registry struct {
	repository name.Repository
	client     *http.Client
	wire       wire
	anonymous  bool // the configuration has no credentials for it
	first      document
}

// document is a manifest that was fetched by its tag, so that it need not be
// fetched again by its digest: Docker Hub counts.
type document struct {
	digest string
	raw    []byte
}

// openRegistry logs in where credentials are known and the registry wants them.
func openRegistry(ctx context.Context, repository name.Repository, w wire) (registry, error) {
	const handshake = 2 * time.Minute // a helper may wait for its user, a busy token server is asked again
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	auth, err := credentials(ctx, w.keys, repository)
	if err != nil {
		return registry{}, err
	}
	r := registry{repository: repository, wire: w, anonymous: auth == authn.Anonymous}
	through, err := transport.NewWithContext(ctx, repository.Registry, auth, w, []string{repository.Scope(transport.PullScope)})
	if err != nil {
		return registry{}, r.explain(request{}, err)
	}
	r.client = &http.Client{Transport: through, CheckRedirect: checkRedirect}
	return r, nil
}

// credentials asks the Docker configuration, which may start a helper program.
func credentials(ctx context.Context, keys authn.Keychain, repository name.Repository) (authn.Authenticator, error) {
	type answer struct {
		auth authn.Authenticator
		err  error
	}
	done := make(chan answer, 1)
	go func() { // the helper's protocol knows no end of patience
		auth, err := authn.Resolve(ctx, keys, repository)
		done <- answer{auth, err}
	}()
	select {
	case found := <-done:
		if found.err != nil {
			return nil, fmt.Errorf("read the credentials for %s from the Docker configuration: %w", repository.RegistryStr(), found.err)
		}
		return found.auth, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the credential helper of %s: %w", repository.RegistryStr(), ctx.Err())
	}
}

// get asks for content, or for a range of its bytes.
func (r registry) get(ctx context.Context, what request, bytes string) (*http.Response, error) {
	where := url.URL{
		Scheme: r.repository.Scheme(), Host: r.repository.RegistryStr(),
		Path: fmt.Sprintf("/v2/%s/%s/%s", r.repository.RepositoryStr(), what.kind, what.id),
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, err
	}
	if what.accept != "" {
		req.Header.Set("Accept", what.accept)
	}
	if bytes != "" {
		req.Header.Set("Range", bytes)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, r.explain(what, err)
	}
	if err := transport.CheckError(resp, http.StatusOK, http.StatusPartialContent); err != nil {
		resp.Body.Close()
		return nil, r.explain(what, withWait(err, resp))
	}
	return resp, nil
}

// accepted are the manifests that can be read here. Schema 1 is not asked for.
var accepted = strings.Join([]string{
	string(types.OCIManifestSchema1), string(types.OCIImageIndex),
	string(types.DockerManifestSchema2), string(types.DockerManifestList),
}, ", ")

func (r registry) manifest(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	if r.first.raw != nil && r.first.digest == d.Digest.String() {
		return io.NopCloser(bytes.NewReader(r.first.raw)), nil
	}
	return r.download(ctx, request{"manifests", d.Digest.String(), accepted}, d.Size)
}

func (r registry) open(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	return r.download(ctx, request{"blobs", d.Digest.String(), ""}, d.Size)
}

// place is nothing: what comes from a registry is known by its digests.
func (r registry) place(v1.Descriptor) string { return "" }

// resolveRegistry finds the image that ref names in its registry.
func resolveRegistry(ctx context.Context, ref Reference, opts Options) (resolved, error) {
	return resolveOver(ctx, registries, ref, opts)
}

func resolveOver(ctx context.Context, w wire, ref Reference, opts Options) (resolved, error) {
	named, err := name.ParseReference(ref.Name)
	if err != nil {
		return resolved{}, err
	}
	from, err := openRegistry(ctx, named.Context(), w)
	if err != nil {
		return resolved{}, err
	}
	if from.first, err = from.head(ctx, named, opts.Limits); err != nil {
		return resolved{}, err
	}
	start, err := v1.NewHash(from.first.digest)
	if err != nil {
		return resolved{}, err
	}
	r := resolver{from: from, limits: opts.Limits, want: opts.Platform}
	return r.image(ctx, v1.Descriptor{Digest: start}, 1)
}

// head fetches what a tag stands for; a digest stands for itself.
func (r registry) head(ctx context.Context, named name.Reference, limits Limits) (document, error) {
	if digest, ok := named.(name.Digest); ok {
		return document{digest: digest.DigestStr()}, nil
	}
	in, err := r.download(ctx, request{"manifests", named.Identifier(), accepted}, -1)
	if err != nil {
		return document{}, err
	}
	defer func() { _ = in.Close() }() // nothing was written
	raw, err := readAtMost(in, limits.Document)
	if err != nil {
		return document{}, fmt.Errorf("manifest: %w", err)
	}
	found := document{digestBytes(raw), raw}
	if said := in.header.Get("Docker-Content-Digest"); digests.MatchString(said) && said != found.digest && !isSchema1(raw) {
		return document{}, fmt.Errorf("manifest %s: content hashes to %s", said, found.digest)
	}
	return found, nil
}

// asked is a refusal with the time the server wants to pass before another try.
type asked struct {
	error
	wait time.Duration
}

func (a asked) Unwrap() error { return a.error }

func withWait(err error, resp *http.Response) error {
	wait, _ := courier.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	return asked{err, wait}
}

// explain turns a registry's refusal into what to do about it.
func (r registry) explain(what request, err error) error {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("ask %s: %w", r.host(), bare(err))
	}
	status := fmt.Sprintf("%d %s%s", answer.StatusCode, http.StatusText(answer.StatusCode), said(answer))
	switch {
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return r.unauthorised(status, answer)
	case answer.StatusCode == http.StatusNotFound && what.kind == "blobs":
		return refusal{fmt.Sprintf("%s does not have the blob any more (%s): push the image again", r.host(), status), answer}
	case answer.StatusCode == http.StatusNotFound:
		return refusal{fmt.Sprintf("%s has no such image (%s): check its name and tag", r.host(), status), answer}
	case answer.StatusCode == http.StatusTooManyRequests:
		var when asked
		until := "later"
		if errors.As(err, &when) && when.wait > 0 {
			until = "in " + when.wait.Round(time.Second).String()
		}
		return refusal{fmt.Sprintf("%s takes no more requests for now (%s): log in, or try again %s", r.host(), status, until), answer}
	}
	return refusal{fmt.Sprintf("%s answered %s", r.host(), status), answer}
}

func (r registry) unauthorised(status string, answer *transport.Error) error {
	if r.anonymous {
		return refusal{fmt.Sprintf("not authorised: %s wants credentials (%s) and the Docker configuration has none for it: run `docker login %s`, or check the name of the image",
			r.host(), status, r.host()), answer}
	}
	return refusal{fmt.Sprintf("not authorised: %s refused the credentials of the Docker configuration (%s): run `docker login %s` again, or get the right to pull %s",
		r.host(), status, r.host(), r.repository.RepositoryStr()), answer}
}

// host is the registry as users call it.
func (r registry) host() string {
	if host := r.repository.RegistryStr(); host != name.DefaultRegistry {
		return host
	}
	return "docker.io"
}

// refusal is an answer of a registry in our words.
type refusal struct {
	text   string
	answer *transport.Error
}

func (r refusal) Error() string { return r.text }
func (r refusal) Unwrap() error { return r.answer }

// said is what a registry gives as its reason, made fit for one line.
func said(answer *transport.Error) string {
	const most = 200
	if len(answer.Errors) == 0 {
		return ""
	}
	d := answer.Errors[0]
	text := strings.Join(strings.FieldsFunc(fmt.Sprintf("%s: %s", d.Code, d.Message), func(c rune) bool { return !unicode.IsPrint(c) }), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return "; " + text
}

// bare is err without the URL around it, which repeats what the message says
// and may hold a signature of where a redirect led.
func bare(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}
