package measure

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-ci/plimsoll/internal/engine"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// habits are the processes of images as they were seen once, before the first
// stop of each. Looking costs the engine a ps, so it is not done every time.
type habits struct {
	mu   sync.Mutex
	seen map[string]habit // by the image's identifier and command
}

// habit is what is known of how an app takes its stop signal.
type habit struct {
	signal    syscall.Signal
	command   []string         // what was started
	processes []engine.Process // PID 1 first; nil where the engine cannot tell
}

// of gives the habit of a boot, and looks where it is not known.
func (h *habits) of(ctx context.Context, b *boot) habit {
	key := b.target.Image.ID + "\x00" + strings.Join(b.command(), "\x00")
	h.mu.Lock()
	known, ok := h.seen[key]
	h.mu.Unlock()
	if ok {
		return known
	}
	known = habit{signal: b.target.Image.StopSignal, command: b.command()}
	if known.signal == 0 {
		known.signal = syscall.SIGTERM
	}
	known.processes, _ = b.pod.Processes(ctx) // what the engine cannot tell is left out of the cause
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = map[string]habit{}
	}
	h.seen[key] = known
	return known
}

// judge says what the app made of its stop signal.
func (h habit) judge(exit *record.Exit, timeout time.Duration) {
	switch {
	case exit.Killed:
		exit.Ending = record.EndedByKill
		exit.Cause = fmt.Sprintf("had to be killed %v after %s: %s", timeout, h.name(), h.whyKilled())
	case exit.OOMKilled:
	case exit.Code == signalled+int(h.signal) && h.diesBySignal():
		exit.Ending = record.EndedBySignal
		exit.Cause = fmt.Sprintf("does not handle %s: the signal itself ended it (exit code %d), so whatever was under way is dropped", h.name(), exit.Code)
	default:
		exit.Ending = record.EndedGracefully
	}
}

func (h habit) name() string { return unix.SignalName(h.signal) }

// diesBySignal tells an exit code that stands for a signal from one the program
// chose. The kernel never ends a PID 1 by a signal it does not handle, so it
// must have been a child of PID 1; and a Java machine that has ended in good
// order says 143 too.
func (h habit) diesBySignal() bool {
	if h.processes == nil {
		return len(h.command) > 0 && path.Base(h.command[0]) != "java"
	}
	if len(h.processes) < 2 {
		return false
	}
	if first := h.processes[0]; shells[first.Name] && first.Catches(h.signal) {
		return false
	}
	for _, p := range h.processes {
		if p.Name == "java" {
			return false
		}
	}
	return true
}

// shells are programs that do not pass a signal on to what they wait for.
var shells = map[string]bool{"sh": true, "bash": true, "dash": true, "ash": true, "zsh": true, "ksh": true, "busybox": true}

// whyKilled is why the stop signal did not end the app.
func (h habit) whyKilled() string {
	if h.processes == nil {
		if len(h.command) > 0 && shells[path.Base(h.command[0])] {
			return "PID 1 is a shell, " + shellAdvice
		}
		return "PID 1 may not handle it (the engine does not tell)"
	}
	first := h.processes[0]
	who := fmt.Sprintf("PID 1 (%.40q)", first.Name)
	switch {
	case shells[first.Name] && !first.Catches(h.signal) && len(h.processes) > 1:
		return fmt.Sprintf("PID 1 is a shell (%.40q) with %.40q below it, %s", first.Name, h.processes[1].Name, shellAdvice)
	case first.Ignores(h.signal):
		return who + " ignores it"
	case !first.Catches(h.signal):
		return who + " has no handler for it, and a PID 1 is not ended by default: handle it, or start the program under an init such as tini"
	}
	return who + " has a handler for it and did not end"
}

const shellAdvice = "which does not pass the signal on: use the exec form of ENTRYPOINT or CMD, or start the program with `exec`"
