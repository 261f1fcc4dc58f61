package agent

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/agent/gate"
	"github.com/plimsoll-ci/plimsoll/internal/sample"
)

func socketName(t *testing.T) string {
	t.Helper()
	return "plimsoll-test-" + strings.ReplaceAll(t.Name(), "/", "-")
}

func dialGate(t *testing.T, name string) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", "@"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func open(t *testing.T) (*gatekeeper, string) {
	t.Helper()
	name := socketName(t)
	keeper, err := openGate(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keeper.close)
	return keeper, name
}

func TestGateLetsTheLauncherThrough(t *testing.T) {
	keeper, name := open(t)
	launcher := dialGate(t, name)
	io.WriteString(launcher, gate.Hello)
	if err := keeper.await(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	stamp := sample.Monotonic()
	go func() {
		buffer := make([]byte, len(gate.Go))
		io.ReadFull(launcher, buffer)
		io.WriteString(launcher, gate.Stamp(int64(stamp)))
		launcher.Close()
	}()
	began, zero, err := keeper.release()
	if err != nil {
		t.Fatal(err)
	}
	if zero != stamp {
		t.Errorf("the stamp is %v, expected %v", zero, stamp)
	}
	if drift := time.Since(began) - (sample.Monotonic() - stamp); drift.Abs() > time.Millisecond {
		t.Errorf("the two clocks are %v apart", drift)
	}
	if _, err := net.Dial("unix", "@"+name); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after GO the socket still answers: %v", err)
	}
}

func TestGateReportsAFailedExec(t *testing.T) {
	keeper, name := open(t)
	launcher := dialGate(t, name)
	io.WriteString(launcher, gate.Hello)
	if err := keeper.await(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	io.WriteString(launcher, gate.Stamp(1)+gate.FailedLine(syscall.ENOENT, "/no"))
	launcher.(*net.UnixConn).CloseWrite()
	var exec *gate.ExecError
	if _, _, err := keeper.release(); !errors.As(err, &exec) || exec.Command != "/no" {
		t.Errorf("got %v, expected that /no was not found", err)
	}
}

func TestGateRefusesStrangers(t *testing.T) {
	for name, words := range map[string]string{
		"wrong words": "GET / HTTP/1.1\r\n", "flood": strings.Repeat("x", 1<<20), "silence": "", "half a line": "plimsoll",
	} {
		t.Run(name, func(t *testing.T) {
			keeper, socket := open(t)
			stranger := dialGate(t, socket)
			go func() {
				io.WriteString(stranger, words)
				if name != "silence" {
					stranger.Close()
				}
			}()
			err := keeper.await(t.Context(), 200*time.Millisecond)
			if err == nil {
				t.Fatal("a stranger passed for the launcher")
			}
			if name == "silence" && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, expected a deadline", err)
			}
		})
	}
}

func TestGateWithoutALauncher(t *testing.T) {
	keeper, _ := open(t)
	if err := keeper.await(t.Context(), 10*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, expected a deadline", err)
	}
}
