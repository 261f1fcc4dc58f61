package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/client"
)

// labelRole tells agents from apps.
const (
	labelRole = "plimsoll.role"
	roleAgent = "agent"
	roleApp   = "app"
)

// Programs are the two static binaries that go into pods, for the engine's
// architecture.
type Programs struct {
	Agent    []byte
	Launcher []byte
}

// Run owns what one run of the tool makes in the engine.
type Run struct {
	ID     string
	client *Client
	labels map[string]string
	volume string
	image  string

	mu     sync.Mutex
	closed bool
}

// Where the programs stand in the agent's image. The launcher's directory is
// also where its volume is mounted, so that the first agent's creation fills
// the volume from the image.
const (
	agentPath    = "/agent"
	launcherDir  = "/plimsoll"
	launcherPath = launcherDir + "/launch"
)

// NewRun prepares the engine for pods: it loads the agent's image and makes
// the launcher's volume. The caller closes the run on every way out.
func (c *Client) NewRun(ctx context.Context, id string, programs Programs) (*Run, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	run := &Run{ID: id, client: c, labels: runLabels(id, time.Now()), volume: runVolume(id), image: runTag(id, "agent")}
	patient, cancel := finishing(ctx)
	defer cancel()
	err := run.prepare(patient, programs)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, run.Close(patient))
	}
	return run, nil
}

// runVolume is the name of a run's volume.
func runVolume(run string) string { return "plimsoll-" + run }

// prepare makes the volume first: it is what a later sweep knows the run by.
func (r *Run) prepare(ctx context.Context, programs Programs) error {
	if _, err := r.client.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: r.volume, Labels: r.labels}); err != nil {
		return fmt.Errorf("create the launcher's volume: %w", err)
	}
	var archive bytes.Buffer
	if err := r.writeAgentImage(&archive, programs); err != nil {
		return fmt.Errorf("make the agent's image: %w", err)
	}
	if err := r.client.Load(ctx, &archive); err != nil {
		return fmt.Errorf("load the agent: %w", err)
	}
	return nil
}

// LoadImage puts an image the engine does not have into it, for the length of
// the run. Write streams it as a docker archive under the tag it is given.
func (r *Run) LoadImage(ctx context.Context, name string, write func(w io.Writer, tag string) error) (Image, error) {
	tag := runTag(r.ID, name)
	reader, writer := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := write(writer, tag)
		writer.CloseWithError(err)
		written <- err
	}()
	// An interrupt ends the archive, not the request: the engine must not go on
	// with what it has behind the back of the clean-up.
	err := r.client.Load(context.WithoutCancel(ctx), reader)
	_ = reader.Close() // never fails; ends the writer
	if writeErr := <-written; writeErr != nil && !errors.Is(writeErr, io.ErrClosedPipe) {
		return Image{}, writeErr // the cause of whatever the engine says
	}
	if err != nil {
		return Image{}, err
	}
	return r.client.Image(ctx, tag)
}

// Close removes everything the run made. It may be called twice.
func (r *Run) Close(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	if lost := r.client.life.cause(); lost != nil {
		return lost
	}
	_, err := r.client.Remove(ctx, r.ID)
	r.closed = err == nil
	return err
}

func (r *Run) writeAgentImage(w io.Writer, programs Programs) error {
	return r.writeImage(w, r.image, []archived{
		{agentPath, programs.Agent, 0o555, tar.TypeReg},
		{launcherDir + "/", nil, 0o755, tar.TypeDir},
		{launcherPath, programs.Launcher, 0o555, tar.TypeReg},
	}, v1.Config{Entrypoint: []string{agentPath}, User: nobody, Labels: r.labels})
}
