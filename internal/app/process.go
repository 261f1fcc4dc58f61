package app

import (
	"os"

	"golang.org/x/sys/unix"
)

// ProcessEnv is the real process. It is called by the mains only.
func ProcessEnv() Env {
	return Env{
		Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: columns(os.Stderr) > 0, Width: columns(os.Stdout),
	}
}

// columns is the width of a terminal, 0 for anything else.
func columns(file *os.File) int {
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
