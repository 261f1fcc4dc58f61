package engine

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// roleDependency marks what an app needs to start.
const roleDependency = "dependency"

// Further are the settings of a container beyond what every one has.
type Further struct {
	Directory  string // "" leaves the image's working directory
	Mounts     []Mount
	Shm        record.Bytes // of /dev/shm, 0 for the engine's default
	Ulimits    []*container.Ulimit
	StopSignal string // "" leaves the image's
	Groups     []string
	DropAll    bool     // of the capabilities
	Drop, Add  []string // Add is of those that DropAll takes away
}

// DependencySpec is a container that stands beside pods.
type DependencySpec struct {
	Image      string
	Entrypoint []string // nil leaves the image's
	Command    []string // nil leaves the image's
	Env        []string
	User       string
	Tmpfs      []string
	ReadOnly   bool
	Init       bool
	Limits     record.Limits
	Joining    Joining
	Further    Further
}

// Dependency is a started container of a site.
type Dependency struct {
	ID     string
	client *Client
}

// Start creates and starts a dependency. The site removes it.
func (s *Site) Start(ctx context.Context, spec DependencySpec) (*Dependency, error) {
	patient, cancel := finishing(ctx)
	defer cancel()
	created, err := s.run.client.api.ContainerCreate(patient, s.dependencyOptions(spec))
	if err != nil {
		return nil, fmt.Errorf("create its container: %w", err)
	}
	s.add(created.ID)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := s.run.client.api.ContainerStart(patient, created.ID, client.ContainerStartOptions{}); err != nil {
		return nil, fmt.Errorf("start its container: %w", err)
	}
	return &Dependency{ID: created.ID, client: s.run.client}, nil
}

// dependencyOptions trust a dependency as little as an app: it comes from a file
// of the pull request, too. Health is asked for from outside, and not while
// something is measured.
func (s *Site) dependencyOptions(spec DependencySpec) client.ContainerCreateOptions {
	options := client.ContainerCreateOptions{
		Config: &container.Config{
			Image: spec.Image, Entrypoint: spec.Entrypoint, Cmd: spec.Command, Env: spec.Env, User: spec.User,
			Labels: s.run.withRole(roleDependency), Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: &container.HostConfig{
			CapDrop: droppedCapabilities, SecurityOpt: []string{"no-new-privileges"}, LogConfig: boundedLog,
			Tmpfs: tmpfs(spec.Tmpfs), ReadonlyRootfs: spec.ReadOnly, Init: &spec.Init,
			Resources: container.Resources{
				NanoCPUs: int64(spec.Limits.CPUs * 1e9),
				Memory:   int64(spec.Limits.Memory), MemorySwap: int64(spec.Limits.Memory), PidsLimit: &spec.Limits.PIDs,
			},
		},
	}
	s.further(&options, spec.Further)
	s.join(&options, spec.Joining)
	return options
}

// further puts what is special to a container into its options.
func (s *Site) further(options *client.ContainerCreateOptions, f Further) {
	host := options.HostConfig
	options.Config.WorkingDir, options.Config.StopSignal = f.Directory, f.StopSignal
	host.Mounts = append(host.Mounts, s.mounts(f.Mounts)...)
	host.ShmSize, host.Ulimits, host.GroupAdd = int64(f.Shm), append(host.Ulimits, f.Ulimits...), f.Groups
	host.CapDrop = append(append([]string{}, host.CapDrop...), f.Drop...)
	if f.DropAll {
		host.CapDrop, host.CapAdd = []string{"ALL"}, f.Add
	}
}

// State says whether a dependency runs, and its exit code if it does not.
func (d *Dependency) State(ctx context.Context) (running bool, code int, err error) {
	state, err := d.client.state(ctx, d.ID)
	return state.Running, state.ExitCode, err
}

// Await waits for a dependency's end and gives its exit code.
func (d *Dependency) Await(ctx context.Context) (int, error) { return d.client.awaitEnd(ctx, d.ID) }

// Logs gives the last lines a dependency wrote. They are foreign text.
func (d *Dependency) Logs(ctx context.Context, lines int) ([]string, error) {
	return d.client.logs(ctx, d.ID, lines)
}

// maxExecOutput bounds what is kept of a command's output, in bytes.
const maxExecOutput = 16 << 10

// Exec runs a command in a dependency and gives its exit code and the beginning
// of what it wrote, which is foreign text. When ctx ends first, the command goes
// on until the container is removed.
func (d *Dependency) Exec(ctx context.Context, command []string) (code int, output []string, err error) {
	created, err := d.client.api.ExecCreate(ctx, d.ID, client.ExecCreateOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, nil, err
	}
	attached, err := d.client.api.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, nil, err
	}
	defer context.AfterFunc(ctx, attached.Close)()
	defer attached.Close()
	kept := keeper{most: maxExecOutput}
	_, err = stdcopy.StdCopy(&kept, &kept, attached.Reader)
	if ctx.Err() != nil {
		return 0, kept.lines(), ctx.Err()
	}
	if err != nil {
		return 0, kept.lines(), err
	}
	ended, err := d.client.api.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	return ended.ExitCode, kept.lines(), err
}
