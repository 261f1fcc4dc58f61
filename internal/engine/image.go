package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ErrNoImage is returned when the engine does not have an image.
var ErrNoImage = errors.New("image not found")

// Image is what the engine says of an image it holds.
type Image struct {
	Ref        string // as it was asked for
	ID         string // sha256:..., of its configuration
	Platform   string // linux/amd64
	Env        []string
	Entrypoint []string
	Cmd        []string
	Exposed    []int // TCP ports, ascending
	Volumes    []string
	Health     Health
	Shell      []string       // of the image's CMD-SHELL, empty for /bin/sh -c
	StopSignal syscall.Signal // what ends a container of it
}

// Command is what the image starts when nothing else is asked for.
func (i Image) Command() []string { return append(slices.Clone(i.Entrypoint), i.Cmd...) }

// Image looks an image up. The error wraps [ErrNoImage] when the engine does
// not have it.
func (c *Client) Image(ctx context.Context, ref string) (Image, error) {
	found, err := c.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return Image{}, fmt.Errorf("%s: %w in the engine", ref, ErrNoImage)
	}
	if err != nil {
		return Image{}, fmt.Errorf("inspect image %s: %w", ref, err)
	}
	image := Image{Ref: ref, ID: found.ID, Platform: found.Os + "/" + found.Architecture, StopSignal: syscall.SIGTERM}
	if found.Config == nil {
		return image, nil
	}
	image.StopSignal = stopSignal(found.Config.StopSignal)
	image.Env, image.Entrypoint, image.Cmd = found.Config.Env, found.Config.Entrypoint, found.Config.Cmd
	image.Health, image.Shell = healthOf(found.Config.Healthcheck), found.Config.Shell
	for port := range found.Config.ExposedPorts {
		number, protocol, _ := strings.Cut(port, "/")
		if n, err := strconv.Atoi(number); err == nil && (protocol == "" || protocol == "tcp") {
			image.Exposed = append(image.Exposed, n)
		}
	}
	slices.Sort(image.Exposed)
	for volume := range found.Config.Volumes {
		image.Volumes = append(image.Volumes, volume)
	}
	slices.Sort(image.Volumes)
	return image, nil
}

// Stack is the layers of an image, known by the digests of their content.
type Stack struct {
	Name   string
	ID     string
	Layers []string // lowest first
}

// mostStacks bounds how many images are looked at: each is a request of its own.
const mostStacks = 200

// Stacks lists the layers of the engine's images that have a name.
func (c *Client) Stacks(ctx context.Context) ([]Stack, error) {
	list, err := c.api.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the engine's images: %w", err)
	}
	var stacks []Stack
	for _, item := range list.Items {
		if len(item.RepoTags) == 0 || strings.HasPrefix(item.RepoTags[0], imagePrefix) {
			continue
		}
		if len(stacks) == mostStacks {
			break
		}
		found, err := c.api.ImageInspect(ctx, item.ID)
		if errdefs.IsNotFound(err) {
			continue // removed meanwhile
		}
		if err != nil {
			return stacks, fmt.Errorf("inspect image %s: %w", item.RepoTags[0], err)
		}
		stacks = append(stacks, Stack{Name: item.RepoTags[0], ID: item.ID, Layers: found.RootFS.Layers})
	}
	return stacks, nil
}

// History gives the instructions an image was made by, lowest first, also those
// that made no layer.
func (c *Client) History(ctx context.Context, id string) ([]string, error) {
	found, err := c.api.ImageHistory(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("ask for the history of image %s: %w", id, err)
	}
	var out []string
	for _, item := range slices.Backward(found.Items) {
		out = append(out, item.CreatedBy)
	}
	return out, nil
}

// Save streams images as `docker save` does. The caller closes the stream.
func (c *Client) Save(ctx context.Context, refs ...string) (io.ReadCloser, error) {
	stream, err := c.api.ImageSave(ctx, refs)
	if err != nil {
		return nil, fmt.Errorf("save %s from the engine: %w", strings.Join(refs, " and "), err)
	}
	return stream, nil
}

// Load reads an archive as `docker load` does.
func (c *Client) Load(ctx context.Context, archive io.Reader) error {
	answer, err := c.api.ImageLoad(ctx, archive, client.ImageLoadWithQuiet(true))
	if err != nil {
		return fmt.Errorf("load an image into the engine: %w", err)
	}
	defer answer.Close()
	return streamError("load an image into the engine", answer)
}

// streamError reads the engine's progress messages to their end and gives the
// error among them, which comes after the status 200.
func streamError(doing string, stream io.Reader) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var message struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(lines.Bytes(), &message) == nil && message.Error != "" {
			return fmt.Errorf("%s: %s", doing, message.Error)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: read the engine's answer: %w", doing, err)
	}
	return nil
}

// Pull fetches an image from its registry, with the credentials the user's
// Docker configuration holds for it.
func (c *Client) Pull(ctx context.Context, ref, platform string) error {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	auth, err := registryAuth(ctx, parsed)
	if err != nil {
		return fmt.Errorf("pull %s: read the registry's credentials: %w", ref, err)
	}
	options := client.ImagePullOptions{RegistryAuth: auth}
	if os, arch, ok := strings.Cut(platform, "/"); ok {
		arch, variant, _ := strings.Cut(arch, "/")
		options.Platforms = []ocispec.Platform{{OS: os, Architecture: arch, Variant: variant}}
	}
	answer, err := c.api.ImagePull(ctx, ref, options)
	if err != nil {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	if err := answer.Wait(ctx); err != nil {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	return nil
}

// registryAuth encodes the credentials for the engine, "" for none.
func registryAuth(ctx context.Context, ref name.Reference) (string, error) {
	authenticator, err := authn.Resolve(ctx, authn.DefaultKeychain, ref.Context())
	if err != nil || authenticator == authn.Anonymous {
		return "", err
	}
	found, err := authn.Authorization(ctx, authenticator)
	if err != nil {
		return "", err
	}
	return authconfig.Encode(registry.AuthConfig{
		Username: found.Username, Password: found.Password, Auth: found.Auth,
		IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken,
		ServerAddress: ref.Context().RegistryStr(),
	})
}
