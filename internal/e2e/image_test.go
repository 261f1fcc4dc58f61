package e2e

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// imageContext is what Dockerfile.prebuilt is built from, built once.
var imageContext = sync.OnceValues(func() (string, error) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return "", err
	}
	dir := filepath.Join(scratch, "image")
	out, err := exec.Command(filepath.Join(root, "scripts", "build"), "image", "v0.0.0-test", dir, runtime.GOARCH).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("scripts/build image: %w\n%s", err, out)
	}
	return dir, nil
})

// prebuilt builds our own image, upon base, and removes it when the test ends.
func prebuilt(t *testing.T, c *client.Client, base string) string {
	t.Helper()
	dir, err := imageContext()
	if err != nil {
		t.Fatal(err)
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	pack(t, w, filepath.Join(githubtest.ModuleRoot(t), "Dockerfile.prebuilt"), "Dockerfile")
	pack(t, w, filepath.Join(dir, "plimsoll"), "plimsoll")
	pack(t, w, filepath.Join(dir, "ca-certificates.crt"), "ca-certificates.crt")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tag := fmt.Sprintf("plimsoll-e2e/%08x:latest", rand.Uint32())
	// Without the builder's cache: another test removes what they would share.
	built, err := c.ImageBuild(t.Context(), &files, client.ImageBuildOptions{
		NoCache: true, Tags: []string{tag}, BuildArgs: map[string]*string{"BASE": &base}, Version: build.BuilderV1, Remove: true, ForceRemove: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer built.Body.Close()
	log, err := io.ReadAll(built.Body)
	if err != nil || !bytes.Contains(log, []byte("Successfully tagged")) {
		t.Fatalf("build the image: %v\n%s", err, log)
	}
	t.Cleanup(func() {
		if _, err := c.ImageRemove(context.WithoutCancel(t.Context()), tag, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
			t.Error(err)
		}
	})
	return tag
}

func pack(t *testing.T, w *tar.Writer, file, name string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Size: int64(len(raw))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
}

// socket is the file by which the engine is reached.
func socket(t *testing.T, c *client.Client) string {
	t.Helper()
	path, is := strings.CutPrefix(c.DaemonHost(), "unix://")
	if !is {
		t.Fatalf("the engine is at %s; this test mounts its socket, so it needs one on this machine", c.DaemonHost())
	}
	return path
}

// contained is a run of our image.
type contained struct {
	config container.Config
	host   container.HostConfig
	work   string // directory to copy into /work before the start
}

// run starts the container, waits for its end, and removes it.
func (r contained) run(t *testing.T, c *client.Client) (code int64, stdout, stderr string) {
	t.Helper()
	created, err := c.ContainerCreate(t.Context(), client.ContainerCreateOptions{Config: &r.config, HostConfig: &r.host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.ContainerRemove(context.WithoutCancel(t.Context()), created.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	if r.work != "" {
		copyInto(t, c, created.ID, r.work)
	}
	end := c.ContainerWait(t.Context(), created.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := c.ContainerStart(t.Context(), created.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case ended := <-end.Result:
		code = ended.StatusCode
	case err := <-end.Error:
		t.Fatal(err)
	}
	logs, err := c.ContainerLogs(t.Context(), created.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var out, problems bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &problems, logs); err != nil {
		t.Fatal(err)
	}
	return code, out.String(), problems.String()
}

func copyInto(t *testing.T, c *client.Client, id, dir string) {
	t.Helper()
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	pack(t, w, filepath.Join(dir, "plimsoll.yml"), "plimsoll.yml")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CopyToContainer(t.Context(), id, client.CopyToContainerOptions{DestinationPath: "/work", Content: &files}); err != nil {
		t.Fatal(err)
	}
}

// judged makes a directory with a configuration that judges an image.
func judged(t *testing.T, head string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/plimsoll.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const image = "image: plimsoll.test/tini\n"
	if !bytes.Contains(raw, []byte(image)) {
		t.Fatalf("no %q in\n%s", image, raw)
	}
	raw = bytes.ReplaceAll(raw, []byte(image), []byte("image: "+head+"\n"))
	if err := os.WriteFile(filepath.Join(dir, "plimsoll.yml"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// measured checks that the comparison has what only agents inside of pods know.
func measured(t *testing.T, stdout, stderr string) {
	t.Helper()
	var c record.Comparison
	if err := json.Unmarshal([]byte(stdout), &c); err != nil {
		t.Fatalf("%v\n%s\n%s", err, stdout, stderr)
	}
	values := map[record.MetricID]int{}
	for _, m := range c.Services[0].Metrics {
		values[m.ID] = m.N
	}
	for _, id := range []record.MetricID{record.StartupReady, record.MemoryPeak, record.CPURequest} {
		if values[id] < 8 {
			t.Errorf("%s has %d pairs, want at least 8\n%s", id, values[id], stderr)
		}
	}
}

// With the engine's socket and nothing else of the machine.
func TestImageComparesWithTheSocketAlone(t *testing.T) {
	t.Parallel()
	c := dock(t)
	code, stdout, stderr := contained{
		config: container.Config{Image: prebuilt(t, c, "scratch"), Cmd: []string{"compare", "--format", "json"}, Env: []string{"PLIMSOLL_GUARDS=off"}},
		host:   container.HostConfig{Binds: []string{socket(t, c) + ":/var/run/docker.sock"}},
		work:   judged(t, "plimsoll.test/clock"),
	}.run(t, c)
	if code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, stderr)
	}
	measured(t, stdout, stderr)
}

// With as few rights as docs/container.md says, and a budget that is broken.
func TestImageComparesAsNobody(t *testing.T) {
	t.Parallel()
	c := dock(t)
	at := socket(t, c)
	info, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := contained{
		config: container.Config{
			Image: prebuilt(t, c, "scratch"), User: "65532:65532",
			Cmd: []string{"compare", "--format", "json"}, Env: []string{"PLIMSOLL_GUARDS=off"},
		},
		host: container.HostConfig{
			Binds:    []string{at + ":/var/run/docker.sock", judged(t, "plimsoll.test/tini") + ":/work:ro"},
			GroupAdd: []string{fmt.Sprint(info.Sys().(*syscall.Stat_t).Gid)}, ReadonlyRootfs: true, NetworkMode: "none",
			CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges"},
		},
	}.run(t, c)
	if code != 1 {
		t.Errorf("exit code %d, want 1 for the image's size\n%s", code, stderr)
	}
	measured(t, stdout, stderr)
}

// Without an engine it says what to do, and not only that there is none.
func TestImageWithoutASocket(t *testing.T) {
	t.Parallel()
	c := dock(t)
	code, _, stderr := contained{
		config: container.Config{Image: prebuilt(t, c, "scratch"), Cmd: []string{"compare", "a", "b"}},
	}.run(t, c)
	if code != 3 || !strings.Contains(stderr, "/var/run/docker.sock") {
		t.Errorf("exit code %d, want 3 and the socket's name\n%s", code, stderr)
	}
}

// GitLab and its like start a shell in the job's image.
func TestImageUponOneWithAShell(t *testing.T) {
	t.Parallel()
	c := dock(t)
	code, stdout, stderr := contained{
		config: container.Config{
			Image: prebuilt(t, c, "plimsoll.example/debian"), Entrypoint: []string{"sh", "-c"}, Cmd: []string{"cd /tmp && plimsoll version"},
		},
	}.run(t, c)
	if code != 0 || !strings.Contains(stdout, "v0.0.0-test") {
		t.Errorf("exit code %d, printed %q%s, want the version it was built with", code, stdout, stderr)
	}
}

func TestImageTrustsMozillasRoots(t *testing.T) {
	t.Parallel()
	dir, err := imageContext()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "ca-certificates.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(raw) {
		t.Fatal("no certificate can be read")
	}
	roots := bytes.Count(raw, []byte("BEGIN CERTIFICATE"))
	if roots < 80 {
		t.Errorf("%d roots, want those of Mozilla, which are more than 80", roots)
	}
}

// What a release ships is what `docker build .` gives.
func TestDockerfilesEndAlike(t *testing.T) {
	last := func(name string, replaced ...string) string {
		raw, err := os.ReadFile(filepath.Join(githubtest.ModuleRoot(t), name))
		if err != nil {
			t.Fatal(err)
		}
		_, stage, found := strings.Cut(string(raw), "FROM ${BASE}\n")
		if !found {
			t.Fatalf("%s has no stage upon BASE", name)
		}
		return strings.NewReplacer(replaced...).Replace(stage)
	}
	here := last("Dockerfile", "--from=build /image/", "")
	there := last("Dockerfile.prebuilt")
	if here != there {
		t.Errorf("the last stage of Dockerfile:\n%s\nand of Dockerfile.prebuilt:\n%s", here, there)
	}
}
