package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// CgroupRoot is where an agent sees the engine host's cgroup tree.
const CgroupRoot = "/sys/fs/cgroup"

// PodSpec is what to boot, and how.
type PodSpec struct {
	Image      string   // identifier of the image under test
	Entrypoint []string // the launcher and its arguments
	Env        []string // on top of the image's
	User       string   // "" leaves the image's
	Tmpfs      []string // paths, optionally :options
	ReadOnly   bool     // the root file system
	Limits     record.Limits
	Pinned     *record.Pinned // nil leaves app and agent all CPUs
	Site       *Site          // nil: no network at all
	Joining    Joining        // how the pod stands in its site
	Further    Further        // only with a site
}

// Pod is one boot: the agent that holds the network namespace and talks to the
// orchestrator, and the app.
type Pod struct {
	App string // container id

	client *Client
	agent  string
	stdio  *stdio
}

// The capabilities an app does not get of the engine's default set. Dropping
// them all would break privilege drops and file capabilities in ordinary images.
var droppedCapabilities = []string{"NET_RAW", "MKNOD", "AUDIT_WRITE"}

// The app's log is bounded: a chatty image must not fill the host's disk.
var boundedLog = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "1"}}

// agentMemory bounds the agent, in bytes: it reads what the app answers. It
// needs 10 to 30 MiB; an app that makes it need more ends its own trial.
const agentMemory = 512 << 20

// NewPod creates both containers and starts the agent. The caller closes the
// pod on every way out.
func (r *Run) NewPod(ctx context.Context, spec PodSpec) (*Pod, error) {
	patient, cancel := finishing(ctx)
	defer cancel()
	with6 := !r.client.without6.Load()
	pod, err := r.makePod(patient, spec)
	if err != nil && with6 && strings.Contains(err.Error(), loopback6) {
		r.client.without6.Store(true)
		pod, err = r.makePod(patient, spec)
	}
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), pod.Close(patient))
	}
	return pod, err
}

// makePod leaves nothing behind when it fails.
func (r *Run) makePod(ctx context.Context, spec PodSpec) (*Pod, error) {
	pod := &Pod{client: r.client}
	if err := pod.create(ctx, r, spec); err != nil {
		return nil, errors.Join(err, pod.Close(ctx))
	}
	return pod, nil
}

// loopback6 gives a pod the address ::1, which Docker takes away where a
// network has no IPv6: an app may listen on it alone.
const loopback6 = "net.ipv6.conf.lo.disable_ipv6"

func (c *Client) sysctls() map[string]string {
	if c.without6.Load() {
		return nil
	}
	return map[string]string{loopback6: "0"}
}

// finishing is for requests that make something: an interrupt does not cut them
// off, since the engine would finish them behind the back of the clean-up.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	const patience = time.Minute
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

func (p *Pod) create(ctx context.Context, run *Run, spec PodSpec) error {
	created, err := p.client.api.ContainerCreate(ctx, run.agentOptions(spec))
	if err != nil {
		return fmt.Errorf("create the agent's container: %w", err)
	}
	p.agent = created.ID
	var both errgroup.Group // without a context: what one has begun is known before the other's error ends the pod
	both.Go(func() error { return p.startAgent(ctx) })
	both.Go(func() error { return p.createApp(ctx, run, spec) })
	return both.Wait()
}

func (p *Pod) createApp(ctx context.Context, run *Run, spec PodSpec) error {
	created, err := p.client.api.ContainerCreate(ctx, run.appOptions(p.agent, spec))
	if err != nil {
		return fmt.Errorf("create the app's container: %w", err)
	}
	p.App = created.ID
	return nil
}

func (p *Pod) startAgent(ctx context.Context) error {
	attached, err := p.client.api.ContainerAttach(ctx, p.agent, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("attach to the agent: %w", err)
	}
	p.stdio = newStdio(p.client.life.lost, attached.HijackedResponse)
	if _, err := p.client.api.ContainerStart(ctx, p.agent, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start the agent's container: %w", err)
	}
	return nil
}

func (r *Run) withRole(role string) map[string]string {
	labels := runLabels(r.ID, time.Now())
	labels[labelRole] = role
	return labels
}

func (r *Run) agentOptions(spec PodSpec) client.ContainerCreateOptions {
	host := &container.HostConfig{
		NetworkMode: "none", ReadonlyRootfs: true, CapDrop: []string{"ALL"},
		SecurityOpt: []string{"no-new-privileges"}, LogConfig: container.LogConfig{Type: "none"},
		Resources: container.Resources{Memory: agentMemory, MemorySwap: agentMemory},
		Mounts:    []mount.Mount{{Type: mount.TypeVolume, Source: r.volume, Target: launcherDir}},
		Sysctls:   r.client.sysctls(),
	}
	if spec.Pinned != nil {
		host.CpusetCpus = spec.Pinned.Agent
	}
	if r.client.environment.CgroupVersion == "2" {
		host.CgroupnsMode = "host"
	} else {
		host.Binds = []string{CgroupRoot + ":" + CgroupRoot + ":ro"}
	}
	options := client.ContainerCreateOptions{
		Config: &container.Config{
			Image: r.image, Labels: r.withRole(roleAgent), OpenStdin: true, StdinOnce: true,
			AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: host,
	}
	if spec.Site != nil {
		spec.Site.join(&options, spec.Joining)
	}
	return options
}

func (r *Run) appOptions(agent string, spec PodSpec) client.ContainerCreateOptions {
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode("container:" + agent),
		CapDrop:     droppedCapabilities, SecurityOpt: []string{"no-new-privileges"}, LogConfig: boundedLog,
		Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: r.volume, Target: launcherDir, ReadOnly: true,
			VolumeOptions: &mount.VolumeOptions{NoCopy: true}}},
		Tmpfs: tmpfs(spec.Tmpfs), ReadonlyRootfs: spec.ReadOnly,
		Resources: container.Resources{
			NanoCPUs: int64(spec.Limits.CPUs * 1e9),
			// Swap would hide what does not fit: the two limits are equal.
			Memory: int64(spec.Limits.Memory), MemorySwap: int64(spec.Limits.Memory),
		},
	}
	if spec.Pinned != nil {
		host.CpusetCpus = spec.Pinned.App
	}
	if spec.Limits.PIDs > 0 {
		host.PidsLimit = &spec.Limits.PIDs
	}
	options := client.ContainerCreateOptions{
		Config: &container.Config{
			Image: spec.Image, Entrypoint: spec.Entrypoint, Env: spec.Env, User: spec.User,
			Labels: r.withRole(roleApp), Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: host,
	}
	if spec.Site != nil {
		spec.Site.further(&options, spec.Further)
	}
	return options
}

// tmpfs reads PATH[:OPTIONS].
func tmpfs(mounts []string) map[string]string {
	parsed := make(map[string]string, len(mounts))
	for _, m := range mounts {
		path, options, _ := strings.Cut(m, ":")
		parsed[path] = options
	}
	return parsed
}

// Agent is the connection to the agent's standard streams.
func (p *Pod) Agent() io.ReadWriter { return p.stdio }

// AgentErrors is what the agent wrote to its standard error.
func (p *Pod) AgentErrors() string { return p.stdio.errors() }

// Start starts the app, which waits at the gate.
func (p *Pod) Start(ctx context.Context) error {
	if _, err := p.client.api.ContainerStart(ctx, p.App, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start the app's container: %w", err)
	}
	return nil
}

// Stop sends the image's own stop signal and, after the timeout, SIGKILL. It
// returns when the app has ended.
func (p *Pod) Stop(ctx context.Context, timeout time.Duration) error {
	seconds := int(math.Ceil(timeout.Seconds())) // 0 would not wait at all
	if _, err := p.client.api.ContainerStop(ctx, p.App, client.ContainerStopOptions{Timeout: &seconds}); err != nil {
		return fmt.Errorf("stop the app's container: %w", err)
	}
	return nil
}

// Exit says how the app ended; it must have.
func (p *Pod) Exit(ctx context.Context) (record.Exit, error) {
	state, err := p.client.state(ctx, p.App)
	if err != nil {
		return record.Exit{}, fmt.Errorf("the app: %w", err)
	}
	return record.Exit{Code: state.ExitCode, OOMKilled: state.OOMKilled}, nil
}

// Logs gives the last lines the app wrote. They are foreign text.
func (p *Pod) Logs(ctx context.Context, lines int) ([]string, error) {
	return p.client.logs(ctx, p.App, lines)
}

// Close removes both containers, at the same time where the engine allows it:
// Podman refuses to remove the owner of a namespace before those who joined it.
func (p *Pod) Close(ctx context.Context) error {
	if p.stdio != nil {
		p.stdio.Close()
	}
	if p.client.environment.Engine == podman {
		return errors.Join(p.remove(ctx, p.App), p.remove(ctx, p.agent))
	}
	app := make(chan error)
	go func() { app <- p.remove(ctx, p.App) }()
	err := p.remove(ctx, p.agent)
	return errors.Join(<-app, err)
}

func (p *Pod) remove(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	return p.client.discard(ctx, id)
}

// stdio takes the engine's multiplexed stream apart.
type stdio struct {
	connection client.HijackedResponse
	out        *io.PipeReader
	done       chan struct{}
	release    func() bool // from the engine's life

	mu     sync.Mutex
	stderr keeper
}

// newStdio reads until the engine is lost: of a connection under TLS the lifeline
// does not know.
func newStdio(lost context.Context, connection client.HijackedResponse) *stdio {
	reader, writer := io.Pipe()
	s := &stdio{connection: connection, out: reader, done: make(chan struct{}), stderr: keeper{most: maxAgentErrors}}
	s.release = context.AfterFunc(lost, connection.Close)
	go func() {
		defer close(s.done)
		_, err := stdcopy.StdCopy(writer, (*stderrSink)(s), connection.Reader)
		writer.CloseWithError(err) // nil reads as io.EOF
	}()
	return s
}

func (s *stdio) Read(p []byte) (int, error)  { return s.out.Read(p) }
func (s *stdio) Write(p []byte) (int, error) { return s.connection.Conn.Write(p) }

// Close ends the stream, which ends the agent.
func (s *stdio) Close() {
	s.release()
	s.connection.Close()
	_ = s.out.Close() // never fails
	<-s.done
}

func (s *stdio) errors() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.stderr.kept)
}

// maxAgentErrors bounds what is kept of the agent's standard error, in bytes.
const maxAgentErrors = 4 << 10

// stderrSink keeps the beginning of the agent's standard error.
type stderrSink stdio

func (s *stderrSink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.Write(p)
}
