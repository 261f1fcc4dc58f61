package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// roleTool marks the containers of programs that work beside an app.
const roleTool = "tool"

// ToolSpec is a program to run in a container of its own, with its own cgroup:
// read-only, without capabilities, as nobody.
type ToolSpec struct {
	Image   string
	Command []string
	Env     []string
	Memory  record.Bytes
	PIDs    int64
	CPUs    string // that it may run on, as the kernel lists them; "" for all

	Directory string            // where Files are put, and what Writable is below of
	Files     map[string][]byte // by path below Directory
	Writable  string            // the one directory below Directory it may write to
	Result    string            // path of a file to read when it has ended, "" for none
	MaxResult int64             // bytes
	MaxFile   int64             // bytes it may write to any one file

	Started func(container string) error // called right before the start, nil for nothing
	Ended   func() error                 // called right after the end
}

// ToolEnd is how a program ended and what it left.
type ToolEnd struct {
	Code      int
	OOMKilled bool
	Stdout    []byte // its beginning
	Stderr    []byte // its end
	Result    []byte // nil when there was none
}

// Bounds of a program's output, in bytes.
const (
	maxToolStdout = 1 << 20
	maxToolStderr = 16 << 10
)

// LoadProgram puts a static program into the engine as an image of its own, for
// the length of the run. The program stands at /NAME.
func (r *Run) LoadProgram(ctx context.Context, called string, body []byte) (Image, error) {
	return r.LoadImage(ctx, called, func(w io.Writer, tag string) error {
		config := v1.Config{Entrypoint: []string{"/" + called}, User: nobody, Labels: r.labels}
		return r.writeImage(w, tag, []archived{{"/" + called, body, 0o555, tar.TypeReg}}, config)
	})
}

// nobody is the user of what needs no rights.
const nobody = "65534:65534"

// Tool runs a program until it ends or ctx does: in the network namespace of a
// pod, or without a network where pod is nil. Nothing is left of it afterwards.
func (r *Run) Tool(ctx context.Context, pod *Pod, spec ToolSpec) (end ToolEnd, err error) {
	network := "none"
	if pod != nil {
		network = "container:" + pod.agent
	}
	patient, cancel := finishing(ctx)
	defer cancel()
	created, err := r.client.api.ContainerCreate(patient, r.toolOptions(network, spec))
	if err != nil {
		return ToolEnd{}, fmt.Errorf("create the container of %s: %w", spec.Command[0], err)
	}
	t := &tool{client: r.client, id: created.ID, spec: spec}
	defer func() { err = errors.Join(err, t.remove(ctx)) }()
	if err := ctx.Err(); err != nil {
		return ToolEnd{}, err
	}
	return t.run(ctx)
}

func (r *Run) toolOptions(network string, spec ToolSpec) client.ContainerCreateOptions {
	return client.ContainerCreateOptions{
		Config: &container.Config{
			Image: spec.Image, Entrypoint: spec.Command[:1], Cmd: spec.Command[1:], Env: spec.Env, User: nobody,
			WorkingDir: "/", Labels: r.withRole(roleTool), AttachStdout: true, AttachStderr: true,
			Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: container.NetworkMode(network), ReadonlyRootfs: true, CapDrop: []string{"ALL"},
			SecurityOpt: []string{"no-new-privileges"}, LogConfig: container.LogConfig{Type: "none"},
			Resources: container.Resources{
				Memory: int64(spec.Memory), MemorySwap: int64(spec.Memory), PidsLimit: &spec.PIDs, CpusetCpus: spec.CPUs,
				Ulimits: []*container.Ulimit{{Name: "fsize", Soft: spec.MaxFile, Hard: spec.MaxFile}},
			},
			// Without a source it is the container's own volume, and goes with it.
			Mounts: []mount.Mount{{Type: mount.TypeVolume, Target: spec.Directory,
				VolumeOptions: &mount.VolumeOptions{Labels: r.withRole(roleTool)}}},
		},
	}
}

// tool is a program's container.
type tool struct {
	client *Client
	id     string
	spec   ToolSpec
}

// run takes the container from its files to its result.
func (t *tool) run(ctx context.Context) (ToolEnd, error) {
	what := t.spec.Command[0]
	if err := t.put(ctx); err != nil {
		return ToolEnd{}, fmt.Errorf("copy files for %s: %w", what, err)
	}
	attached, err := t.client.api.ContainerAttach(ctx, t.id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return ToolEnd{}, fmt.Errorf("attach to %s: %w", what, err)
	}
	output := collect(attached.HijackedResponse)
	defer output.close()
	if t.spec.Started != nil {
		if err := t.spec.Started(t.id); err != nil {
			return ToolEnd{}, err
		}
	}
	if _, err := t.client.api.ContainerStart(ctx, t.id, client.ContainerStartOptions{}); err != nil {
		return ToolEnd{}, fmt.Errorf("start %s: %w", what, err)
	}
	if _, err := t.client.awaitEnd(ctx, t.id); err != nil {
		return ToolEnd{}, fmt.Errorf("run %s: %w", what, err)
	}
	if t.spec.Ended != nil {
		if err := t.spec.Ended(); err != nil {
			return ToolEnd{}, err
		}
	}
	return t.end(ctx, output)
}

// end collects what is left of a program that has ended.
func (t *tool) end(ctx context.Context, output *output) (ToolEnd, error) {
	state, err := t.client.state(ctx, t.id)
	if err != nil {
		return ToolEnd{}, fmt.Errorf("run %s: %w", t.spec.Command[0], err)
	}
	output.wait()
	end := ToolEnd{Code: state.ExitCode, OOMKilled: state.OOMKilled, Stdout: output.stdout.kept, Stderr: output.stderr.kept}
	if t.spec.Result != "" {
		end.Result, err = t.get(ctx, t.spec.Result)
	}
	return end, err
}

// put copies the files into the volume, which the engine allows although the
// container's own file system is read-only.
func (t *tool) put(ctx context.Context) error {
	files := []archived{}
	for _, dir := range directories(t.spec.Files) {
		files = append(files, archived{"/" + dir + "/", nil, 0o755, tar.TypeDir})
	}
	if t.spec.Writable != "" {
		files = append(files, archived{"/" + t.spec.Writable + "/", nil, 0o777, tar.TypeDir})
	}
	for _, file := range slices.Sorted(maps.Keys(t.spec.Files)) {
		files = append(files, archived{"/" + file, t.spec.Files[file], 0o444, tar.TypeReg})
	}
	content, err := archiveOf(files)
	if err != nil {
		return err
	}
	_, err = t.client.api.CopyToContainer(ctx, t.id, client.CopyToContainerOptions{DestinationPath: t.spec.Directory, Content: bytes.NewReader(content)})
	return err
}

// directories lists the parents of all files, parents first.
func directories(files map[string][]byte) []string {
	seen := map[string]bool{}
	for file := range files {
		for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
			seen[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// get reads one regular file out of the ended container, nil when there is none.
func (t *tool) get(ctx context.Context, file string) ([]byte, error) {
	copied, err := t.client.api.CopyFromContainer(ctx, t.id, client.CopyFromContainerOptions{SourcePath: file})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	defer copied.Content.Close()
	archive := tar.NewReader(copied.Content)
	header, err := archive.Next()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if header.Typeflag != tar.TypeReg || header.Size > t.spec.MaxResult {
		return nil, fmt.Errorf("read %s: expected a file of at most %d bytes, found %d of kind %q", file, t.spec.MaxResult, header.Size, header.Typeflag)
	}
	body, err := io.ReadAll(io.LimitReader(archive, t.spec.MaxResult))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return body, nil
}

// remove takes the container away, running or not, also after an interrupt.
func (t *tool) remove(ctx context.Context) error {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := t.client.discard(ctx, t.id); err != nil {
		return fmt.Errorf("run %s: %w", t.spec.Command[0], err)
	}
	return nil
}

// output keeps some of what a program writes, and reads all of it.
type output struct {
	connection     client.HijackedResponse
	stdout, stderr keeper
	done           chan struct{}
}

func collect(connection client.HijackedResponse) *output {
	o := &output{connection: connection, done: make(chan struct{}), stdout: keeper{most: maxToolStdout}, stderr: keeper{most: maxToolStderr, last: true}}
	go func() {
		defer close(o.done)
		// What breaks off has been kept up to there.
		_, _ = stdcopy.StdCopy(&o.stdout, &o.stderr, connection.Reader)
	}()
	return o
}

// wait lets the last words arrive after the end, but not for long.
func (o *output) wait() {
	const patience = 2 * time.Second
	select {
	case <-o.done:
	case <-time.After(patience):
		o.close()
	}
}

func (o *output) close() {
	o.connection.Close()
	<-o.done
}
