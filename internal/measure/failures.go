package measure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// BootError is a boot that gave no observation.
type BootError struct {
	Target string
	Image  string
	Cause  error
	Exit   *record.Exit // how the app ended, nil if it did not
	Logs   []string     // its last lines; foreign text
	Whose  string       // the dependency that Logs are of, "" for the target itself
	Advice string       // what would help, "" where that is not known
}

func (e *BootError) Error() string {
	text := fmt.Sprintf("boot %s (%s): %v", e.Target, e.Image, e.Cause)
	if e.Exit != nil {
		text += " (" + codeWords(e.Exit.Code) + ")"
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

func (e *BootError) Unwrap() error { return e.Cause }

// explain adds to a failed boot what only the engine knows.
func (b *boot) explain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if ctx.Err() != nil {
		return fmt.Errorf("boot %s (%s): %w", b.target.Name, b.target.Image.Ref, context.Cause(ctx))
	}
	var failure *agent.Failure
	if !errors.As(err, &failure) || failure.Kind == agent.FailAgent {
		if text := strings.TrimSpace(b.pod.AgentErrors()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return fmt.Errorf("boot %s (%s): %w", b.target.Name, b.target.Image.Ref, err)
	}
	explained := &BootError{Target: b.target.Name, Image: b.target.Image.Ref, Cause: err}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if failure.Kind == agent.FailLimit {
		explained.Cause = b.filled(ask, failure)
	}
	if failure.Kind != agent.FailGate {
		explained.Logs, _ = b.pod.Logs(ask, shownLog) // the failure stands without its log
	}
	explained.Advice = b.advice(failure, nil, explained.Logs)
	if failure.Kind != agent.FailExited {
		return explained
	}
	if exit, exitErr := b.ending(ask); exitErr == nil { // the failure stands without its code, too
		explained.Exit = &exit
		if exit.OOMKilled || exit.Code == exitKilled {
			explained.Cause = killed(failure, exit, b.target.Setup.Limits.Memory)
		}
		explained.Advice = b.advice(failure, &exit, explained.Logs)
	}
	return explained
}

// signalled is the base of the exit codes of programs that a signal ended.
const signalled = 128

// codeWords is an exit code in words, with the signal it stands for.
func codeWords(code int) string {
	text := fmt.Sprintf("exit code %d", code)
	if name := signals[code-signalled]; name != "" {
		return text + ", " + name
	}
	return text
}

// signals are those of Linux, on all its architectures that containers run on.
var signals = map[int]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 9: "SIGKILL", 13: "SIGPIPE", 15: "SIGTERM",
	4:  "SIGILL: it crashed on an instruction that this CPU does not have",
	5:  "SIGTRAP: it crashed on a trap",
	6:  "SIGABRT: it aborted",
	7:  "SIGBUS: it crashed on an invalid memory access",
	8:  "SIGFPE: it crashed on an arithmetic error",
	11: "SIGSEGV: it crashed on an invalid memory access",
	31: "SIGSYS: it crashed on a system call that the pod forbids",
}

// advice says what would help an app that ended, or did not come up, "" where
// nothing is known to.
func (b *boot) advice(failure *agent.Failure, exit *record.Exit, log []string) string {
	switch {
	case exit != nil && (exit.OOMKilled || exit.Code == exitKilled):
		return ""
	case b.target.Dependencies == nil && asksForOthers(log):
		return "its log tells of something it could not reach: if it needs a database or another service, " +
			"which its pod has not, `compose:` starts it beside the app"
	case exit != nil && exit.Code == 0 && failure.Kind == agent.FailExited:
		return "if it is a job and not a service, `ready: exit` measures it"
	}
	return ""
}

// unreachable is how the usual languages and clients say that nobody is there.
var unreachable = regexp.MustCompile(`(?i)connection refused|econnrefused|no such host|enotfound|eai_again|getaddrinfo|` +
	`unknownhost|could not translate host ?name|name or service not known|temporary failure in name resolution|` +
	`network is unreachable|no route to host|could not connect to server|can't connect to (mysql|server)|connect: cannot assign`)

func asksForOthers(log []string) bool { return unreachable.MatchString(strings.Join(log, "\n")) }

// ErrMemory is in the error of a boot whose image was killed for lack of memory.
var ErrMemory = errors.New("it needed more memory than its limit")

// killed is the cause of an end by SIGKILL that nobody here sent. The engine
// may never learn that it was for memory: Docker 20.10 on cgroup v1 was seen to
// say so of some such ends and not of others. The kernel's own count, and how
// close to its limit the app was last seen, say it as well.
func killed(failure *agent.Failure, exit record.Exit, limit record.Bytes) error {
	when := fmt.Sprintf("the app was killed %.2f s after its start", float64(failure.After))
	if limit == 0 {
		return errors.New(when)
	}
	held := ""
	if failure.Peak > 0 {
		held = fmt.Sprintf(" (it held %d MiB when last seen)", failure.Peak>>20)
	}
	const close = 10 // parts of the limit; the last of them may be allocated between two samples
	if exit.OOMKilled || failure.OOMKills > 0 || failure.Peak > limit-limit/close {
		return fmt.Errorf("%s: %w of %d MiB%s", when, ErrMemory, limit>>20, held)
	}
	return fmt.Errorf("%s, and not by us: perhaps it needed more memory than its limit of %d MiB%s", when, limit>>20, held)
}

// unexplained is the share of a disk limit that the app's own layer must hold for
// the app to be to blame beyond doubt.
const unexplained = 2

// errElsewhere is of a boot that ended for what the disk lost, most of which is
// not in the app's own layer. It may have been somebody else.
var errElsewhere = errors.New("the rest is in its volumes, in a deleted file it held open, or is not the app's but of something else on the machine")

// diskAttempts is how often a boot is tried whose end may be somebody else's
// doing: an image that is pulled meanwhile fills the disk once, an app that fills
// its volumes does it each time.
const diskAttempts = 3

// filled says of an app that was ended for what the disk lost how much of it lies
// in its own layer. The disk has other users.
func (b *boot) filled(ctx context.Context, failure *agent.Failure) error {
	limit := b.target.Setup.Limits.Disk
	_ = b.pod.Kill(ctx) // which may have ended meanwhile
	if !failure.Disk {
		return failure
	}
	layer, err := b.pod.Stored(ctx)
	if err != nil {
		return failure
	}
	text := fmt.Errorf("%w; when it was ended, its own layer held %d MiB", failure, layer>>20)
	if layer < limit/unexplained {
		text = fmt.Errorf("%w: %w", text, errElsewhere)
	}
	return text
}

const (
	// oomPatience is how long the engine may take to hear, after the end of an
	// app, that it was killed for its memory.
	oomPatience = 500 * time.Millisecond
	oomPeriod   = 50 * time.Millisecond
)

// ending says how an app ended that ended by itself.
func (b *boot) ending(ctx context.Context) (record.Exit, error) {
	if err := b.pod.AwaitEnd(ctx); err != nil {
		return record.Exit{}, err
	}
	for deadline := time.Now().Add(oomPatience); ; {
		exit, err := b.pod.Exit(ctx)
		if err != nil || exit.OOMKilled || exit.Code != exitKilled || time.Now().After(deadline) {
			return exit, err
		}
		select {
		case <-time.After(oomPeriod):
		case <-ctx.Done():
		}
	}
}
