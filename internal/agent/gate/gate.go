// Package gate is the starting gate between the agent and the launcher: the
// few bytes they exchange over an abstract unix socket, which belongs to the
// pod's network namespace. It is kept apart from package agent so that the
// launcher, which lives inside somebody else's container, stays tiny.
//
// The launcher dials, writes [Hello] and waits. When the agent is ready to
// measure it closes the listener and writes [Go]. The launcher writes the
// CLOCK_MONOTONIC stamp of the start, and calls execve with the connection
// marked close-on-exec: the agent reads either end of file (the app runs) or
// [Failed] and the reason (it does not).
package gate

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// The words of the exchange, each a line.
const (
	Hello  = "plimsoll launch 1\n"
	Go     = "go\n"
	Failed = "failed "
)

// MaxLine bounds every line either side reads, in bytes.
const MaxLine = 256

// Dir is where the launcher's volume is mounted in the app's container, and
// Launcher the launcher in it.
const (
	Dir      = "/plimsoll"
	Launcher = Dir + "/launch"
)

// runtimeVariables are read by the Go runtime as it starts, before the
// launcher's main; an image may set them to values that stop it.
var runtimeVariables = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"}

// separator ends the launcher's own arguments.
const separator = "--"

// Arguments gives the launcher's argument list for an app: the socket's name,
// the hidden variables, and the command to become. Hidden is what Hide returned.
func Arguments(socket string, hidden, command []string) []string {
	args := append([]string{socket}, hidden...)
	args = append(args, separator)
	return append(args, command...)
}

// ParseArguments is the inverse of [Arguments].
func ParseArguments(args []string) (socket string, hidden, command []string, err error) {
	for i, arg := range args {
		if arg == separator && i > 0 && i+1 < len(args) {
			return args[0], args[1:i], args[i+1:], nil
		}
	}
	return "", nil, nil, fmt.Errorf("launcher got %q, expected SOCKET [NAME=VALUE...] %s COMMAND [ARGUMENT...]", args, separator)
}

// Hide splits off the variables of env that the Go runtime would act on. It
// gives the original NAME=VALUE pairs for the launcher to restore, and the
// empty assignments that take their place until then.
func Hide(env []string) (hidden, blanks []string) {
	for _, name := range runtimeVariables {
		for _, pair := range env {
			if strings.HasPrefix(pair, name+"=") {
				hidden = append(hidden, pair)
				blanks = append(blanks, name+"=")
			}
		}
	}
	return hidden, blanks
}

// Restore puts the hidden variables back in place of their blanks. Variables
// that were not hidden pass through untouched, in order.
func Restore(env, hidden []string) []string {
	values := make(map[string]string, len(hidden))
	for _, pair := range hidden {
		name, _, _ := strings.Cut(pair, "=")
		values[name] = pair
	}
	restored := make([]string, 0, len(env))
	for _, pair := range env {
		name, _, _ := strings.Cut(pair, "=")
		if original, ok := values[name]; ok {
			pair = original
		}
		restored = append(restored, pair)
	}
	return restored
}

// Stamp writes a CLOCK_MONOTONIC reading in nanoseconds as a line.
func Stamp(nanoseconds int64) string { return strconv.FormatInt(nanoseconds, 10) + "\n" }

// ParseStamp reads the line that [Stamp] wrote.
func ParseStamp(line string) (nanoseconds int64, err error) {
	n, err := strconv.ParseInt(strings.TrimSuffix(line, "\n"), 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("the gate's clock stamp is %q, expected nanoseconds since boot", line)
	}
	return n, nil
}

// FailedLine reports an execve that the kernel refused, or a command that was
// not found.
func FailedLine(errno syscall.Errno, path string) string {
	line := fmt.Sprintf("%s%d %s", Failed, int(errno), path)
	if len(line) > MaxLine-1 {
		line = line[:MaxLine-1]
	}
	return line + "\n"
}

// NoInterpreter is what the launcher reports where the kernel says ENOENT of a
// file that is there.
const NoInterpreter = syscall.Errno(79) // ELIBACC, which not every system has by name

// ExecError is why the app's command could not be started.
type ExecError struct {
	Errno   syscall.Errno
	Command string
}

func (e *ExecError) Error() string {
	switch e.Errno {
	case syscall.ENOENT:
		return fmt.Sprintf("command %q not found in the image: check ENTRYPOINT, CMD and PATH", e.Command)
	case NoInterpreter:
		return fmt.Sprintf("command %q is in the image, but not what runs it: the interpreter of its #! line or, for a program, "+
			"its dynamic loader (one built for another C library?)", e.Command)
	case syscall.EACCES:
		return fmt.Sprintf("command %q may not be executed: is it executable for the image's USER?", e.Command)
	case syscall.EPERM:
		return fmt.Sprintf("command %q was refused by the kernel (%v): it carries file capabilities that the pod drops (NET_RAW, MKNOD, AUDIT_WRITE)", e.Command, e.Errno)
	case syscall.ENOEXEC:
		return fmt.Sprintf("command %q is not a program for this machine (%v): wrong architecture, or a script without #!", e.Command, e.Errno)
	}
	return fmt.Sprintf("command %q could not be started: %v", e.Command, e.Errno)
}

// ParseFailed reads the line that [FailedLine] wrote.
func ParseFailed(line string) (*ExecError, bool) {
	rest, ok := strings.CutPrefix(line, Failed)
	if !ok {
		return nil, false
	}
	number, command, ok := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	if errno, err := strconv.Atoi(number); ok && err == nil && errno > 0 {
		return &ExecError{Errno: syscall.Errno(errno), Command: command}, true
	}
	return nil, false
}
