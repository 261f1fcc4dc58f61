package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// What is asked of every container, whatever its role: its state, its end, its
// log and its removal. The caller says whose it is.

// state is how a container stands.
func (c *Client) state(ctx context.Context, id string) (container.State, error) {
	found, err := c.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return container.State{}, fmt.Errorf("inspect its container: %w", err)
	}
	if found.Container.State == nil {
		return container.State{}, errors.New("inspect its container: the engine gave no state")
	}
	return *found.Container.State, nil
}

// awaitEnd waits for a container's end and gives its exit code. An error says that
// it is not known whether it has ended.
func (c *Client) awaitEnd(ctx context.Context, id string) (code int, err error) {
	wait := c.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case end := <-wait.Result:
		return int(end.StatusCode), nil
	case err := <-wait.Error:
		return 0, fmt.Errorf("wait for its end: %w", err)
	}
}

// maxLog bounds what is read of a container's log, in bytes: engines keep a long
// line in pieces of 16 KiB and count them as lines.
const maxLog = 512 << 10

// logs gives the last lines a container wrote. They are foreign text.
func (c *Client) logs(ctx context.Context, id string, lines int) ([]string, error) {
	stream, err := c.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(lines)})
	if err != nil {
		return nil, fmt.Errorf("read its log: %w", err)
	}
	defer stream.Close()
	text := keeper{most: maxLog}
	// A log that breaks off still shows its beginning.
	_, err = stdcopy.StdCopy(&text, &text, io.LimitReader(stream, maxLog))
	if len(text.kept) == 0 {
		return nil, err
	}
	all := text.lines()
	return all[max(0, len(all)-lines):], nil
}

// discard removes a container, unless somebody else has done so.
func (c *Client) discard(ctx context.Context, id string) error {
	if err := c.removeContainer(ctx, id); err != nil && !gone(err) {
		return fmt.Errorf("remove container %.12s: %w", id, err)
	}
	return nil
}

// keeper keeps the first bytes that are written to it, or the last.
type keeper struct {
	most int
	last bool
	kept []byte
}

func (k *keeper) Write(p []byte) (int, error) {
	if !k.last {
		k.kept = append(k.kept, p[:min(len(p), k.most-len(k.kept))]...)
		return len(p), nil
	}
	k.kept = append(k.kept, p[max(0, len(p)-k.most):]...)
	if over := len(k.kept) - k.most; over > 0 {
		k.kept = append(k.kept[:0], k.kept[over:]...)
	}
	return len(p), nil
}

// lines are what was kept, nil for nothing.
func (k *keeper) lines() []string {
	text := strings.TrimRight(string(k.kept), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
