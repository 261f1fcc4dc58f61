package e2e

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// dock talks to the engine that the program will find.
func dock(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.Ping(t.Context(), client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		t.Fatalf("no container engine: %v\nrun scripts/setup", err)
	}
	return c
}

func label(run string) client.Filters { return client.Filters{}.Add("label", engine.LabelRun+"="+run) }

// left names what the engine still has of a run.
func left(t *testing.T, c *client.Client, run string) []string {
	t.Helper()
	var all []string
	containers, err := c.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: label(run)})
	volumes, err2 := c.VolumeList(t.Context(), client.VolumeListOptions{Filters: label(run)})
	images, err3 := c.ImageList(t.Context(), client.ImageListOptions{})
	networks, err4 := c.NetworkList(t.Context(), client.NetworkListOptions{Filters: label(run)})
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, item := range containers.Items {
		all = append(all, "container "+item.ID)
	}
	for _, item := range volumes.Items {
		all = append(all, "volume "+item.Name)
	}
	for _, item := range networks.Items {
		all = append(all, "network "+item.Name)
	}
	for _, item := range images.Items {
		for _, tag := range item.RepoTags {
			if strings.Contains(tag, run) {
				all = append(all, "image "+tag)
			}
		}
	}
	return all
}

// starts waits until a container of the run starts.
func starts(ctx context.Context, t *testing.T, c *client.Client, run string, since time.Time) {
	t.Helper()
	events := c.Events(ctx, client.EventsListOptions{
		Since:   strconv.FormatInt(since.Unix(), 10),
		Filters: label(run).Add("type", "container").Add("event", "start"),
	})
	select {
	case <-events.Messages:
	case err := <-events.Err:
		t.Fatalf("no container of run %s was started: %v", run, err)
	}
}

// A job that is cancelled in the middle of a boot leaves nothing in the engine
// and no process behind. Its check run has ended, and what an earlier push's
// comment says of that push still stands.
func TestCancelledRunLeavesNothing(t *testing.T) {
	t.Parallel()
	s, c := githubtest.New(t), dock(t)
	dir, began := t.TempDir(), time.Now()
	fifo, heard := listen(t)
	p := copyExamples(t, "app.yml", "basic.yml")
	p.grow(t, over)
	// Says who it is, then becomes the program.
	wrapper := program(t, `[ "$1" = cleanup ] || echo "$PLIMSOLL_RUN $$" > '`+fifo+`'; exec '`+built(t)+`' "$@"`)
	p.action = releasedAs(t, strings.TrimPrefix(wrapper, "INPUT_BINARY="))
	before := "<!-- plimsoll/comment/v1 key=plimsoll head=" + firstPush + " run=1 attempt=1 digest=00 -->\nof an earlier push"
	s.Add("Codertocat", "Hello-World", 2, githubtest.Actions, before)
	printed, err := os.Create(filepath.Join(dir, "printed"))
	if err != nil {
		t.Fatal(err)
	}
	defer printed.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	act := p.run(t, "basic.yml", "pull_request", push(t, secondPush)).as(2).command(ctx, t, s.URL)
	act.Stdout, act.Stderr = printed, printed
	if err := act.Start(); err != nil {
		t.Fatal(err)
	}
	who := strings.Fields(heard())
	starts(ctx, t, c, who[0], began)
	if err := act.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = act.Wait()
	raw, readErr := os.ReadFile(printed.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	out := string(raw)
	if ctx.Err() != nil {
		t.Fatalf("act did not end after it was interrupted\n%s", out)
	}
	if err == nil {
		t.Errorf("a cancelled run was a success\n%s", out)
	}
	if got := left(t, c, who[0]); len(got) > 0 {
		t.Errorf("left in the engine: %v\n%s", got, out)
	}
	if raw, err := os.ReadFile("/proc/" + who[1] + "/environ"); err == nil && strings.Contains(string(raw), who[0]) {
		t.Errorf("process %s lives on\n%s", who[1], out)
	}
	oneCheck(t, s, secondPush, "cancelled")
	if got := oneComment(t, s).Body; got != before {
		t.Errorf("a cancelled run made the comment\n%s\nof\n%s", got, before)
	}
}

// listen makes a named pipe and a function that waits for one line from it.
func listen(t *testing.T) (path string, heard func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // for writing too, so that opening does not wait
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	return path, func() string {
		t.Helper()
		if err := pipe.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(pipe).ReadString('\n')
		if err != nil {
			t.Fatalf("wait for the program: %v", err)
		}
		return line
	}
}
