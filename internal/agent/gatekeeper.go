package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

// gatekeeper holds the agent's end of the starting gate.
type gatekeeper struct {
	listener *net.UnixListener
	launcher *net.UnixConn
	lines    *bufio.Reader
}

// openGate starts to listen on the trial's abstract socket.
func openGate(socket string) (*gatekeeper, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@" + socket, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the starting gate: %w", err)
	}
	return &gatekeeper{listener: listener}, nil
}

// await accepts once, and returns when the launcher has reported in. Whoever
// connects first is taken for the launcher: anything else that knows the name
// spoils its own trial and no other.
func (g *gatekeeper) await(ctx context.Context, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	if err := g.listener.SetDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { g.listener.Close() })
	defer stop()
	connection, err := g.listener.AcceptUnix()
	if err != nil {
		return fmt.Errorf("the launcher did not report in within %v: %w", timeout, err)
	}
	g.launcher = connection
	// One byte more than a line is read, so that a flood is seen as one.
	g.lines = bufio.NewReaderSize(io.LimitReader(connection, 4*gate.MaxLine), gate.MaxLine)
	if err := connection.SetDeadline(deadline); err != nil {
		return err
	}
	line, err := g.readLine()
	if err != nil {
		return err
	}
	if line != gate.Hello {
		return fmt.Errorf("%.40q came through the starting gate, expected the launcher's %q", line, gate.Hello)
	}
	return nil
}

func (g *gatekeeper) readLine() (string, error) {
	line, err := g.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("more than %d bytes without a line end came through the starting gate", gate.MaxLine)
	case err != nil && len(line) == 0:
		return "", err
	case err != nil:
		return "", fmt.Errorf("read from the launcher: %w", err)
	}
	return string(line), nil
}

// release closes the listener, says GO, and returns the moment the app was
// executed, also as a reading of CLOCK_MONOTONIC. The error is a
// [gate.ExecError] when the app's command could not be executed.
func (g *gatekeeper) release() (time.Time, time.Duration, error) {
	stamp, err := g.start()
	if err != nil {
		return time.Time{}, 0, err
	}
	if err := g.end(); err != nil {
		return time.Time{}, 0, err
	}
	zero := time.Duration(stamp)
	return time.Now().Add(zero - sample.Monotonic()), zero, nil
}

// end waits for the end of file: the connection is close-on-exec, so it comes
// when the launcher has become the app.
func (g *gatekeeper) end() error {
	line, err := g.readLine()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("wait for the launcher to become the app: %w", err)
	}
	if failed, ok := gate.ParseFailed(line); ok {
		return failed
	}
	return fmt.Errorf("the launcher said %.40q after the start", line)
}

// start says GO and reads the launcher's stamp.
func (g *gatekeeper) start() (nanoseconds int64, err error) {
	if err := g.listener.Close(); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(g.launcher, gate.Go); err != nil {
		return 0, fmt.Errorf("say go to the launcher: %w", err)
	}
	line, err := g.readLine()
	if err != nil {
		return 0, fmt.Errorf("the launcher went away without starting the app: %w", err)
	}
	if failed, ok := gate.ParseFailed(line); ok {
		return 0, failed
	}
	return gate.ParseStamp(line)
}

// close ends the gate on every way out.
func (g *gatekeeper) close() {
	g.listener.Close()
	if g.launcher != nil {
		g.launcher.Close()
	}
}
