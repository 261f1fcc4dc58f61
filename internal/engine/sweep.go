package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Sweep removes what crashed runs left in the engine and says how many things
// that were. What a live run owns stays.
func (c *Client) Sweep(ctx context.Context) (int, error) {
	stale, err := c.stale(ctx, time.Now())
	failed := []error{err}
	removed := 0
	for _, run := range stale {
		n, err := c.Remove(ctx, run)
		removed += n
		failed = append(failed, err)
	}
	return removed, errors.Join(failed...)
}

// stale lists the runs that were left behind. A run's volume is the first thing
// it makes and the last it loses. It is also what no image can claim to be: a
// container has the labels of its image, a named volume has not.
func (c *Client) stale(ctx context.Context, now time.Time) ([]string, error) {
	filter := client.Filters{}.Add("label", LabelRun)
	containers, err := c.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var inUse []map[string]string
	for _, item := range containers.Items {
		inUse = append(inUse, item.Labels)
	}
	volumes, err := c.api.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var own []map[string]string
	for _, item := range volumes.Items {
		if item.Name == runVolume(item.Labels[LabelRun]) {
			own = append(own, item.Labels)
		}
	}
	return litterRuns(own, inUse, now), nil
}

// litterRuns gives the runs with a volume of their own of which everything is
// litter. A run that is alive and long has things of its own beyond their
// deadline, and newer ones.
func litterRuns(volumes, containers []map[string]string, now time.Time) []string {
	alive := map[string]bool{}
	for _, l := range slices.Concat(volumes, containers) {
		alive[l[LabelRun]] = alive[l[LabelRun]] || !litter(l, now)
	}
	var runs []string
	for _, l := range volumes {
		if run := l[LabelRun]; CheckID(run) == nil && !alive[run] {
			runs = append(runs, run)
		}
	}
	return runs
}

// How often, and after what pause, Remove tries again what the engine refuses:
// it may still be busy with what was there before.
const (
	removeAttempts = 5
	removePause    = 400 * time.Millisecond
)

// Remove takes away everything of one run, whoever owns it, and says how many
// things that were.
func (c *Client) Remove(ctx context.Context, run string) (int, error) {
	if err := CheckID(run); err != nil {
		return 0, err
	}
	removed := 0
	for attempt := 1; ; attempt++ {
		n, err := c.removeAll(ctx, run)
		removed += n
		if err == nil || attempt == removeAttempts || ctx.Err() != nil {
			return removed, err
		}
		select {
		case <-time.After(removePause):
		case <-ctx.Done():
		}
	}
}

// removeAll goes on after an error, so that one stuck container does not keep
// the rest.
func (c *Client) removeAll(ctx context.Context, run string) (int, error) {
	removed := 0
	var failed []error
	for _, list := range []func(context.Context, string) ([]removal, error){c.containers, c.networks, c.images, c.volumes} {
		found, err := list(ctx, run)
		failed = append(failed, err)
		for _, thing := range found {
			err := thing.remove()
			switch {
			case err == nil:
				removed++
			case !errdefs.IsNotFound(err):
				failed = append(failed, fmt.Errorf("remove %s: %w", thing.what, err))
			}
		}
	}
	return removed, errors.Join(failed...)
}

// removal is one thing to take away.
type removal struct {
	what   string
	remove func() error
}

// gone says of a container that somebody else removed it, or is about to have
// done so.
func gone(err error) bool { return errdefs.IsNotFound(err) || errdefs.IsConflict(err) }

// containers lists those that joined a namespace before those that own one:
// Podman refuses to remove an owner first.
func (c *Client) containers(ctx context.Context, run string) ([]removal, error) {
	list, err := c.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ofRun(run)})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var apps, agents []removal
	for _, item := range list.Items {
		thing := removal{"container " + item.ID[:12], func() error { return c.removeContainer(ctx, item.ID) }}
		if item.Labels[labelRole] == roleAgent {
			agents = append(agents, thing)
		} else {
			apps = append(apps, thing)
		}
	}
	return append(apps, agents...), nil
}

func ofRun(run string) client.Filters { return client.Filters{}.Add("label", LabelRun+"="+run) }

func (c *Client) removeContainer(ctx context.Context, id string) error {
	_, err := c.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	return err
}

// networks are listed behind the containers in them.
func (c *Client) networks(ctx context.Context, run string) ([]removal, error) {
	list, err := c.api.NetworkList(ctx, client.NetworkListOptions{Filters: ofRun(run)})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var found []removal
	for _, item := range list.Items {
		found = append(found, removal{"network " + item.Name, func() error {
			_, err := c.api.NetworkRemove(ctx, item.ID, client.NetworkRemoveOptions{})
			return err
		}})
	}
	return found, nil
}

func (c *Client) volumes(ctx context.Context, run string) ([]removal, error) {
	list, err := c.api.VolumeList(ctx, client.VolumeListOptions{Filters: ofRun(run)})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var found []removal
	for _, item := range list.Items {
		found = append(found, removal{"volume " + item.Name, func() error {
			_, err := c.api.VolumeRemove(ctx, item.Name, client.VolumeRemoveOptions{Force: true})
			return err
		}})
	}
	return found, nil
}

// images lists the tags of a run. Images under test that the run loaded carry
// no label, since that would change what they are; their tag names the run.
// Removing the tag leaves an image alone that has another.
func (c *Client) images(ctx context.Context, run string) ([]removal, error) {
	list, err := c.api.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("reference", imagePrefix+"*")})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var found []removal
	for _, item := range list.Items {
		for _, tag := range item.RepoTags {
			if !ofRunTag(tag, run) {
				continue
			}
			found = append(found, removal{"image " + tag, func() error {
				_, err := c.api.ImageRemove(ctx, tag, client.ImageRemoveOptions{PruneChildren: true})
				return err
			}})
		}
	}
	return found, nil
}

// imagePrefix is the repository of every tag a run makes; the tag itself is the
// run's identifier, a dot and a name.
const imagePrefix = "plimsoll.run/"

func runTag(run, name string) string { return imagePrefix + "image:" + run + "." + name }

func ofRunTag(tag, run string) bool { return strings.HasPrefix(tag, runTag(run, "")) }
