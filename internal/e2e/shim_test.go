package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// shim is a step that runs the Action's shim as the runner does.
type shim struct {
	t       *testing.T
	root    string // of the action's checkout
	dir     string
	env     []string
	printed bytes.Buffer
}

// newShim prepares a step in the checkout at root.
func newShim(t *testing.T, root string, env ...string) *shim {
	t.Helper()
	dir := t.TempDir()
	s := &shim{t: t, root: root, dir: dir}
	s.env = append([]string{"PLIMSOLL_GUARDS=off", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "RUNNER_TEMP=" + dir,
		"RUNNER_TOOL_CACHE=" + filepath.Join(dir, "tools"), "GITHUB_STATE=" + filepath.Join(dir, "state")}, env...)
	return s
}

// command is main.mjs or post.mjs, under the node that runs actions.
func (s *shim) command(script string, env ...string) *exec.Cmd {
	c := exec.Command(githubtest.Cache(s.t, "node24", "bin", "node"), filepath.Join(s.root, "action", script))
	c.Env = append(s.env[:len(s.env):len(s.env)], env...)
	c.Stdout, c.Stderr = &s.printed, &s.printed
	c.WaitDelay = 10 * time.Second // for a program that outlives main with our pipes open
	return c
}

func (s *shim) run(script string, env ...string) int {
	s.t.Helper()
	err := s.command(script, env...).Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// state is what main saved, as post gets it.
func (s *shim) state() map[string]string {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "state"))
	if err != nil {
		s.t.Fatal(err)
	}
	state := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		state[name] = value
	}
	return state
}

func (s *shim) stateEnv() []string {
	var env []string
	for name, value := range s.state() {
		env = append(env, "STATE_"+name+"="+value)
	}
	return env
}

// program writes a shell script that stands in for the program and gives the
// environment that names it.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return "INPUT_BINARY=" + path
}

func TestShimRunsTheProgram(t *testing.T) {
	s := newShim(t, githubtest.ModuleRoot(t), program(t, `echo "config $INPUT_CONFIG, run $PLIMSOLL_RUN, args $#"; cat "$GITHUB_STATE"; exit 3`), "INPUT_CONFIG=a b; c")
	if code := s.run("main.mjs"); code != 3 {
		t.Errorf("exit code %d, want the program's 3:\n%s", code, s.printed.String())
	}
	run := s.state()["run"]
	if want := "config a b; c, run " + run + ", args 0\n"; run == "" || !strings.Contains(s.printed.String(), want) {
		t.Errorf("printed %q, want %q", s.printed.String(), want)
	}
	if !strings.Contains(s.printed.String(), "\nrun="+run+"\n") {
		t.Errorf("the run was not saved before the program started:\n%s", s.printed.String())
	}
}

func TestShimPassesSignalsOn(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		s := newShim(t, githubtest.ModuleRoot(t))
		ready, heard := listen(t)
		c := s.command("main.mjs", program(t, `trap 'exit 130' INT TERM; echo > "$READY"; while :; do sleep 0.05; done`), "READY="+ready)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		heard() // the program has its trap
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if code := c.ProcessState.ExitCode(); code != 130 {
			t.Errorf("%v: exit code %d, want the program's 130:\n%s", signal, code, s.printed.String())
		}
	}
}

// A runner that cancels may kill main alone. Post ends the program, with time
// to clean up after itself, and then removes what is left.
func TestShimEndsAnOrphan(t *testing.T) {
	s := newShim(t, githubtest.ModuleRoot(t))
	log := filepath.Join(s.dir, "log")
	ready, heard := listen(t)
	c := s.command("main.mjs", program(t, `echo "$@" >> "$LOG"
		[ "$1" = cleanup ] && exit 0
		trap 'echo ended >> "$LOG"; exit 130' TERM
		echo > "$READY"; while :; do sleep 0.05; done`), "READY="+ready, "LOG="+log)
	c.Stdout, c.Stderr = nil, nil // or Wait would wait for the orphan
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	heard()
	pid := childOf(t, c.Process.Pid)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	state := s.state()
	if state["pid"] == "" {
		// Main was killed between starting the program and saving its number.
		state["pid"] = pid
		s.env = append(s.env, "STATE_pid="+pid)
	}
	if code := s.run("post.mjs", append(s.stateEnv(), "LOG="+log)...); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.printed.String())
	}
	raw, err := os.ReadFile(log)
	if want := "\nended\ncleanup --run " + state["run"] + "\n"; err != nil || string(raw) != want {
		t.Errorf("log %q, %v, want %q", raw, err, want)
	}
	if _, err := os.Stat("/proc/" + pid); err == nil {
		if raw, _ := os.ReadFile("/proc/" + pid + "/environ"); len(raw) > 0 {
			t.Errorf("process %s is still there", pid)
		}
	}
}

func childOf(t *testing.T, parent int) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))[0]
}

// A process number that has gone to somebody else is left alone.
func TestShimEndsNoStranger(t *testing.T) {
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { stranger.Wait(); close(ended) }()
	t.Cleanup(func() { stranger.Process.Kill(); <-ended })
	s := newShim(t, githubtest.ModuleRoot(t))
	path := strings.TrimPrefix(program(t, "exit 0"), "INPUT_BINARY=")
	if code := s.run("post.mjs", "STATE_run=r", "STATE_program="+path, "STATE_pid="+strconv.Itoa(stranger.Process.Pid)); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.printed.String())
	}
	select {
	case <-ended:
		t.Error("the stranger was ended")
	default:
	}
}

func TestShimPostWithoutMain(t *testing.T) {
	s := newShim(t, githubtest.ModuleRoot(t))
	if code := s.run("post.mjs"); code != 0 || s.printed.Len() > 0 {
		t.Errorf("exit code %d, printed %q, want nothing to do", code, s.printed.String())
	}
}

func TestShimWarnsWhenCleanupFails(t *testing.T) {
	s := newShim(t, githubtest.ModuleRoot(t))
	path := strings.TrimPrefix(program(t, "exit 3"), "INPUT_BINARY=")
	if code := s.run("post.mjs", "STATE_run=r", "STATE_program="+path); code != 0 {
		t.Errorf("exit code %d, want 0: the verdict is main's", code)
	}
	if !strings.Contains(s.printed.String(), "::warning title=plimsoll::") {
		t.Errorf("printed %q, want a warning", s.printed.String())
	}
}

func TestShimProblemsAreClear(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ env, want string }{
		"binary is missing":    {"INPUT_BINARY=/nonexistent", "::error title=plimsoll::input binary: /nonexistent cannot be run (ENOENT)"},
		"binary cannot be run": {"INPUT_BINARY=" + plain, "cannot be run (EACCES)"},
		"no Linux": {"NODE_OPTIONS=--import=data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})",
			"and this one is win32: put the job on a Linux runner"},
		"no release and no Go": {"PATH=/nonexistent", "put actions/setup-go before this step"},
	} {
		s := newShim(t, actionOf(t, `{"sha256": {}}`), c.env)
		if code := s.run("main.mjs"); code != 2 || !strings.Contains(s.printed.String(), c.want) {
			t.Errorf("%s: exit code %d, printed %q, want 2 and %q", name, code, s.printed.String(), c.want)
		}
		if strings.Contains(s.printed.String(), "node:internal") {
			t.Errorf("%s: a stack was printed:\n%s", name, s.printed.String())
		}
	}
}
