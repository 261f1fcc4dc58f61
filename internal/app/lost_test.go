package app_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// second is an engine of the test's own, beside the machine's: one that may be
// stopped. It has a network of its own, where it can take no bridge away from the
// other, and nothing else in it.
type second struct {
	dir string
	api *client.Client

	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has ended
}

// startSecond runs an engine that holds the fixtures of [brief], until the test ends.
func startSecond(t *testing.T) *second {
	t.Helper()
	dir, err := os.MkdirTemp("", "second") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	s := &second{dir: dir}
	t.Cleanup(func() { s.remove(t) })
	if s.api, err = client.New(client.WithHost(s.host())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.api.Close() })
	s.start(t)
	t.Cleanup(func() { s.end(t) })
	saved, err := dock(t).ImageSave(t.Context(), []string{"plimsoll.test/clock", "plimsoll.test/entrycmd"})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	loaded, err := s.api.ImageLoad(t.Context(), saved, client.ImageLoadWithQuiet(true))
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := io.Copy(io.Discard, loaded); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *second) host() string { return "unix://" + s.dir + "/docker.sock" }

// asRoot is a command that needs to be root, which tests on a runner are not.
func asRoot(name string, args ...string) *exec.Cmd {
	if os.Geteuid() == 0 {
		return exec.Command(name, args...)
	}
	return exec.Command("sudo", append([]string{"-n", name}, args...)...)
}

// start runs the engine until it answers. One that was killed takes its
// containerd with it a moment later, and a new one that still sees it gives up.
func (s *second) start(t *testing.T) {
	t.Helper()
	var told []byte
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); {
		if s.try(t) {
			return
		}
		told, _ = os.ReadFile(s.dir + "/log")
	}
	t.Fatalf("the second engine does not answer\n%s", told[max(0, len(told)-2000):])
}

// try starts the engine, and says whether it came up.
func (s *second) try(t *testing.T) bool {
	t.Helper()
	log, err := os.Create(s.dir + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = asRoot("unshare", "--net", "dockerd", "--host", s.host(), "--data-root", s.dir+"/data", "--exec-root", s.dir+"/exec", "--pidfile", s.dir+"/pid",
		"--bridge", "none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // how it ended is of no interest
	}()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := s.api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
		cancel()
		if err == nil {
			return true
		}
		select {
		case <-s.ended:
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// signal goes to the engine itself, whose parent may be sudo.
func (s *second) signal(t *testing.T, name string) {
	t.Helper()
	pid, err := os.ReadFile(s.dir + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	if err := asRoot("sh", "-c", "kill -"+name+" "+strings.TrimSpace(string(pid))).Run(); err != nil {
		t.Fatalf("send %s to the second engine: %v", name, err)
	}
}

// end stops the engine if it runs.
func (s *second) end(t *testing.T) {
	t.Helper()
	select {
	case <-s.ended:
	default:
		s.signal(t, "TERM")
		<-s.ended
	}
}

// remove takes away the engine's directory, and first what one that was killed
// left mounted below it.
func (s *second) remove(t *testing.T) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); strings.HasPrefix(fields[1], s.dir+"/") {
			_ = asRoot("umount", "--lazy", fields[1]).Run() // rm tells if it did not
		}
	}
	if told, err := asRoot("rm", "-rf", s.dir).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, told)
	}
}

// left counts what the engine holds of all runs.
func (s *second) left(t *testing.T) int {
	t.Helper()
	labelled := client.Filters{}.Add("label", engine.LabelRun)
	containers, err := s.api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: labelled})
	volumes, err2 := s.api.VolumeList(t.Context(), client.VolumeListOptions{})
	images, err3 := s.api.ImageList(t.Context(), client.ImageListOptions{Filters: client.Filters{}.Add("reference", "plimsoll.run/*")})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return len(containers.Items) + len(volumes.Items) + len(images.Items)
}

// The engine ends, is ended, or hangs in the middle of a run: that is said in one
// line, what was measured is kept, and what is left goes when it is back.
func TestEngineStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), startSecond(t)
	r.api = s.api
	two := strings.TrimPrefix(brief, "\nservices:")
	two = brief + strings.Replace(two, "name: api", "name: other", 1)
	if err := os.WriteFile(r.dir+"/plimsoll.yml", []byte(two), 0o644); err != nil {
		t.Fatal(err)
	}
	host := []string{"DOCKER_HOST=" + s.host()}
	for _, c := range []struct{ signal, says string }{
		{"KILL", "has stopped"},
		{"TERM", "has stopped"},
		{"STOP", "has not answered for 9s"},
	} {
		t.Run(c.signal, func(t *testing.T) {
			p := r.startWith(t, host, "compare", "--format", "json")
			p.await(t, "start app", 5) // the warm-up, the first pair, and one more
			began := time.Now()
			s.signal(t, c.signal)
			code, took := p.ends(t), time.Since(began)
			if code != 3 || took > 15*time.Second {
				t.Errorf("exit code %d after %v, expected 3 within 15 s\n%s", code, took, p.stderr.String())
			}
			said := p.comparison(t)
			warnings := strings.Join(said.Services[0].Warnings, "\n")
			if said.Verdict != record.Missing || said.Services[0].Pairs == 0 ||
				!strings.Contains(warnings, "the container engine at "+s.host()+" "+c.says) {
				t.Errorf("%s after %d pairs, warnings\n%s", said.Verdict, said.Services[0].Pairs, warnings)
			}
			if len(said.Services) != 1 || !strings.Contains(strings.Join(said.Warnings, "\n"), "the services from other on were not measured") {
				t.Errorf("%d services, warnings %q", len(said.Services), said.Warnings)
			}
			if text := p.stderr.String(); strings.Count(text, s.host()) != 1 || !strings.Contains(text, "`plimsoll cleanup --run "+p.run+"`") {
				t.Errorf("it said\n%s", text)
			}
			s.revive(t, c.signal)
			swept := r.startWith(t, host, "cleanup")
			if code := swept.ends(t); code != 0 || !strings.HasPrefix(swept.stdout.String(), "removed ") || strings.Contains(swept.stdout.String(), "nothing") {
				t.Errorf("cleanup exits with %d: %s%s", code, swept.stdout.String(), swept.stderr.String())
			}
			if n := s.left(t); n > 0 {
				t.Errorf("%d things are left", n)
			}
		})
	}
}

// revive brings the engine back from a signal.
func (s *second) revive(t *testing.T, signal string) {
	t.Helper()
	if signal == "STOP" {
		s.signal(t, "CONT")
		return
	}
	<-s.ended
	s.forgetContainerd(t)
	s.start(t)
}

// forgetContainerd waits for the containerd of an engine that was killed. Where the
// first process waits for nobody it stays a zombie, and an engine that found its
// number in the pid file would wait for it for ever.
func (s *second) forgetContainerd(t *testing.T) {
	t.Helper()
	file := filepath.Join(s.dir, "exec", "containerd", "containerd.pid")
	pid, err := os.ReadFile(file)
	if err != nil {
		return // it ended in order
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/status")
		if err != nil || strings.Contains(string(status), "\nState:\tZ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the engine's containerd, process %s, outlives it", pid)
		}
	}
	if out, err := asRoot("rm", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
