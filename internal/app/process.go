package app

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// memoryGoal is where the garbage collector begins to work harder, in bytes. The
// process shares its machine with the images under test; what it needs for a
// large image is below.
const memoryGoal = 46 << 20

// Process runs a command over the real process and gives its exit code; it is
// called by the mains only. The first SIGINT or SIGTERM ends ctx, and
// everything is cleaned up; a second one ends the process at once.
func Process(run func(ctx context.Context, env Env, args []string) int) int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	env := Env{
		Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: columns(os.Stderr) > 0, Width: columns(os.Stdout),
	}
	return run(ctx, env, os.Args[1:])
}

// columns is the width of a terminal, 0 for anything else.
func columns(file *os.File) int {
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
