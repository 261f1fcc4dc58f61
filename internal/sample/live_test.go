package sample

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

const cgroups = "/sys/fs/cgroup"

// engine is the Docker Engine of this machine with the fixture's image loaded.
type engine struct {
	*client.Client
	image string
}

// connect fails the test when there is no engine: what is tested here exists
// nowhere but in a kernel.
func connect(t testing.TB) engine {
	t.Helper()
	c, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.ImageImport(t.Context(), client.ImageImportSource{Source: rootfs(t), SourceName: "-"}, "",
		client.ImageImportOptions{Changes: []string{`ENTRYPOINT ["/fixture"]`}})
	if err != nil {
		t.Fatalf("these tests need a container engine: %v", err)
	}
	defer result.Close()
	var status struct {
		Status string `json:"status"`
	}
	if err := json.NewDecoder(result).Decode(&status); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.ImageRemove(context.Background(), status.Status, client.ImageRemoveOptions{}); err != nil {
			t.Error(err)
		}
		c.Close()
	})
	return engine{c, status.Status}
}

// binary builds the static fixture once.
var binary = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "fixture")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "fixture")
	build := exec.Command("go", "build", "-o", path, "./testdata/fixture")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// rootfs is a file system with the static fixture and nothing else.
func rootfs(t testing.TB) io.Reader {
	t.Helper()
	content, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "fixture", Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &archive
}

// run starts a container and gives its id and its output, line by line.
func (e engine) run(t testing.TB, binds []string, args ...string) (id string, lines *bufio.Scanner) {
	t.Helper()
	created, err := e.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config:     &container.Config{Image: e.image, Cmd: args},
		HostConfig: &container.HostConfig{NetworkMode: "none", Binds: binds},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := e.ContainerRemove(context.Background(), created.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	if _, err := e.ContainerStart(t.Context(), created.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	logs, err := e.ContainerLogs(t.Context(), created.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(w, w, logs)
		w.CloseWithError(err)
	}()
	t.Cleanup(func() { logs.Close() })
	return created.ID, bufio.NewScanner(r)
}

func (e engine) kill(t testing.TB, id, signal string) {
	t.Helper()
	if _, err := e.ContainerKill(t.Context(), id, client.ContainerKillOptions{Signal: signal}); err != nil {
		t.Fatal(err)
	}
}

// touching starts a container that touches 64 MiB when it gets SIGUSR1, and
// opens its cgroup.
func (e engine) touching(t testing.TB) (id string, g *Group, lines *bufio.Scanner) {
	t.Helper()
	id, lines = e.run(t, nil, "touch")
	if got := line(t, lines); got != "waiting" {
		t.Fatalf("the container says %q, want waiting", got)
	}
	g, err := Find(cgroups, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return id, g, lines
}

func line(t testing.TB, lines *bufio.Scanner) string {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the container's output ended: %v", lines.Err())
	}
	return lines.Text()
}

// The known truth of a real container: 64 MiB touched for 100 ms and given back.
func TestLiveMemoryWithinTwoPercent(t *testing.T) {
	const touched = 64 << 20
	e := connect(t)
	id, g, lines := e.touching(t)
	begin := Monotonic()
	r := Start(g, 0)
	e.kill(t, id, "USR1")
	var stamp struct{ Before, Touched, Released time.Duration }
	if err := json.Unmarshal([]byte(line(t, lines)), &stamp); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	idle, ok := r.Median(begin, stamp.Before)
	peak, ok2 := r.Peak(stamp.Before, stamp.Released)
	if !ok || !ok2 {
		t.Fatalf("no samples between the container's own stamps %+v: %+v", stamp, r.Timeline(begin).At)
	}
	t.Logf("cgroup v%d, idle %d, peak %d, longest gap %v", g.Version, idle, peak, r.Timeline(begin).MaxGap.Duration())
	if grown := float64(peak - idle); grown < 0.98*touched || grown > 1.02*touched {
		t.Errorf("saw %.0f bytes of %d touched (%+.2f %%), want within 2 %%", grown, touched, 100*(grown/touched-1))
	}
	if kernel, err := g.KernelPeak(); err == nil && kernel < touched {
		t.Errorf("the kernel's own peak is %d, below the %d touched", kernel, touched)
	}
}

func TestLiveReadingsOfABusyContainer(t *testing.T) {
	e := connect(t)
	id, g, lines := e.touching(t)
	before, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	e.kill(t, id, "USR1")
	line(t, lines)
	after, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	if used := after.Usage - before.Usage; used <= 0 || used > time.Second {
		t.Errorf("touching 64 MiB used %v of CPU time, want some, below 1 s", used)
	}
	if n, err := g.PIDs(); err != nil || n < 1 {
		t.Errorf("PIDs() = %d, %v, want at least the process", n, err)
	}
	if n, err := g.OOMKills(); err != nil || n != 0 {
		t.Errorf("OOMKills() = %d, %v, want none", n, err)
	}
	if m, err := g.Memory(); err != nil || m.NoKernel || m.Kernel <= 0 {
		t.Errorf("Memory() = %+v, %v, want the kernel's own memory accounted", m, err)
	}
}

// The agent is a container itself: it sees the tree through a read-only bind
// mount and the other container's processes not at all.
func TestLiveWatchFromInsideAnotherContainer(t *testing.T) {
	e := connect(t)
	app, _ := e.run(t, nil, "touch")
	_, lines := e.run(t, []string{cgroups + ":/cgroup:ro"}, "watch", app)
	if got := line(t, lines); got != "alive" {
		t.Fatalf("the watcher says %q, want alive", got)
	}
	e.kill(t, app, "KILL")
	if got := line(t, lines); got != "empty" {
		t.Fatalf("the watcher says %q, want empty", got)
	}
	if got := line(t, lines); !strings.Contains(got, ErrGone.Error()) {
		t.Errorf("the watcher's last reading ended with %q, want %q", got, ErrGone)
	}
}

// BenchmarkSample is the cost of one sample of a live container; at 50 Hz,
// 200 µs are 1 % of a core.
func BenchmarkSample(b *testing.B) {
	_, g, _ := connect(b).touching(b)
	r := &Recorder{source: g, clock: clock{Monotonic, Sleep}, samples: make([]sample, 0, expected)}
	b.ReportAllocs()
	for b.Loop() {
		r.samples = r.samples[:0]
		if !r.take() {
			b.Fatal(r.err)
		}
	}
}

// BenchmarkFind is paid once per boot.
func BenchmarkFind(b *testing.B) {
	id, _ := connect(b).run(b, nil, "touch")
	for b.Loop() {
		g, err := Find(cgroups, id)
		if err != nil {
			b.Fatal(err)
		}
		g.Close()
	}
}
