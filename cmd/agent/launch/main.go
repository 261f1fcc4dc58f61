// Command launch waits at the starting gate and then becomes the app.
//
// It is the entrypoint of every app container: same PID 1, same user, same
// working directory, same environment as the image asked for. It must work on
// an empty root file system and leave nothing behind, so it speaks system
// calls and owns nothing but one close-on-exec socket.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
)

// exitCannotStart is the shell's code for "command cannot be executed".
const exitCannotStart = 126

func main() {
	err := launch(os.Args[1:], os.Environ())
	fmt.Fprintln(os.Stderr, "plimsoll launch:", err)
	os.Exit(exitCannotStart)
}

// launch returns only if the app could not be started.
func launch(args, env []string) error {
	socket, hidden, command, err := gate.ParseArguments(args)
	if err != nil {
		return err
	}
	env = gate.Restore(env, hidden)
	path, lookupErr := lookup(command[0], env)

	connection, err := dial(socket)
	if err != nil {
		return fmt.Errorf("dial the gate: %w", err)
	}
	if err := pass(connection); err != nil {
		return fmt.Errorf("wait at the gate: %w", err)
	}
	failure := lookupErr
	if failure == 0 {
		if failure = become(connection, path, command, env); failure == syscall.ENOENT {
			failure = gate.NoInterpreter
		}
	}
	if err := write(connection, gate.FailedLine(failure, command[0])); err != nil {
		return err
	}
	return &gate.ExecError{Errno: failure, Command: command[0]}
}

// become stamps the clock and replaces this process by the app.
func become(connection int, path string, command, env []string) syscall.Errno {
	if write(connection, gate.Stamp(monotonic())) != nil {
		return syscall.EPIPE
	}
	return number(syscall.Exec(path, command, env), syscall.EINVAL)
}

// number is the error number in err, otherwise where there is none.
func number(err error, otherwise syscall.Errno) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return otherwise
}

// dial connects to the abstract socket of the pod's network namespace.
func dial(name string) (int, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, syscall.Connect(fd, &syscall.SockaddrUnix{Name: "@" + name})
}

// pass reports in and blocks until the agent says go.
func pass(connection int) error {
	if err := write(connection, gate.Hello); err != nil {
		return err
	}
	line, err := readLine(connection)
	if err == nil && line != gate.Go {
		err = fmt.Errorf("got %q, expected %q", line, gate.Go)
	}
	return err
}

func write(connection int, line string) error {
	_, err := syscall.Write(connection, []byte(line))
	return err
}

func readLine(connection int) (string, error) {
	buffer := make([]byte, 0, gate.MaxLine)
	for len(buffer) < gate.MaxLine {
		n, err := syscall.Read(connection, buffer[len(buffer):gate.MaxLine])
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", fmt.Errorf("the agent closed the gate")
		}
		buffer = buffer[:len(buffer)+n]
		if bytes.IndexByte(buffer, '\n') >= 0 {
			return string(buffer), nil
		}
	}
	return "", fmt.Errorf("a line of more than %d bytes", gate.MaxLine)
}

// lookup finds the program as the container runtime would: a name with a slash
// as it stands, otherwise the first executable on the image's PATH.
func lookup(name string, env []string) (string, syscall.Errno) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	found := syscall.ENOENT
	for _, dir := range strings.Split(searchPath(env), ":") {
		if dir == "" {
			dir = "."
		}
		path := dir + "/" + name
		errno := executable(path)
		if errno == 0 {
			return path, 0
		}
		if errno == syscall.EACCES {
			found = errno
		}
	}
	return "", found
}

// defaultPath is what engines give a container whose image sets none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func searchPath(env []string) string {
	for _, pair := range env {
		if path, ok := strings.CutPrefix(pair, "PATH="); ok {
			return path
		}
	}
	return defaultPath
}

// executable reports why path cannot be executed, 0 if it can.
func executable(path string) syscall.Errno {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return number(err, syscall.ENOENT)
	}
	if stat.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return syscall.EACCES
	}
	const executeOK = 1
	if err := syscall.Faccessat(atFDCWD, path, executeOK, atEAccess); err != nil {
		return syscall.EACCES
	}
	return 0
}

// Values of fcntl.h that package syscall does not export.
const (
	atFDCWD   = -0x64
	atEAccess = 0x200
)
