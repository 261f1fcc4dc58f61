package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
)

// tree makes files with modes below a temporary directory.
func tree(t *testing.T, files map[string]os.FileMode) string {
	t.Helper()
	root := t.TempDir()
	for name, mode := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLookupFindsWhatTheContainerRuntimeWould(t *testing.T) {
	root := tree(t, map[string]os.FileMode{"a/plain": 0o644, "b/plain": 0o755, "b/app": 0o755, "a/dir/x": 0o755, "b/dir": 0o755})
	t.Chdir(filepath.Join(root, "b"))
	path := "PATH=" + root + "/a:" + root + "/b:" + root + "/missing"
	for name, c := range map[string]struct {
		command string
		env     []string
		want    string
		errno   syscall.Errno
	}{
		"on the PATH":                    {"app", []string{"X=1", path}, root + "/b/app", 0},
		"not executable, then it is":     {"plain", []string{path}, root + "/b/plain", 0},
		"a directory, then a program":    {"dir", []string{path}, root + "/b/dir", 0},
		"not executable anywhere":        {"plain", []string{"PATH=" + root + "/a"}, "", syscall.EACCES},
		"nowhere":                        {"none", []string{path}, "", syscall.ENOENT},
		"with a slash, as it stands":     {"./app", []string{path}, "./app", 0},
		"absolute":                       {root + "/b/app", nil, root + "/b/app", 0},
		"absolute and missing":           {"/does-not-exist", nil, "/does-not-exist", syscall.ENOENT},
		"an empty element is this place": {"app", []string{"PATH=" + root + "/a::"}, "./app", 0},
		"no PATH: the engine's default":  {"sh-that-nobody-has", nil, "", syscall.ENOENT},
	} {
		got, errno := lookup(c.command, c.env)
		if got != c.want || errno != c.errno {
			t.Errorf("%s: lookup gave %q, %v; want %q, %v", name, got, errno, c.want, c.errno)
		}
	}
}

// A command that does not exist is reported to the agent only after GO, over the
// connection that a successful start would have closed.
func TestLaunchReportsAMissingCommand(t *testing.T) {
	const socket = "plimsoll-test-launch"
	listener, err := net.Listen("unix", "@"+socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	said := make(chan string, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			said <- err.Error()
			return
		}
		defer connection.Close()
		connection.SetDeadline(time.Now().Add(10 * time.Second))
		buffer := make([]byte, gate.MaxLine)
		n, _ := connection.Read(buffer)
		hello := string(buffer[:n])
		connection.Write([]byte(gate.Go))
		n, _ = connection.Read(buffer)
		said <- hello + string(buffer[:n])
	}()
	err = launch(gate.Arguments(socket, nil, []string{"/does-not-exist"}), nil)
	if err == nil || !strings.Contains(err.Error(), "/does-not-exist") {
		t.Errorf("launch gave %v", err)
	}
	if got, want := <-said, gate.Hello+gate.FailedLine(syscall.ENOENT, "/does-not-exist"); got != want {
		t.Errorf("the agent read %q, want %q", got, want)
	}
}

func TestLaunchWithoutAGate(t *testing.T) {
	if err := launch(gate.Arguments("plimsoll-nobody-listens", nil, []string{"/bin/true"}), nil); err == nil {
		t.Error("launch started the app without a gate")
	}
	if err := launch([]string{"nonsense"}, nil); err == nil {
		t.Error("launch took nonsense for arguments")
	}
}
