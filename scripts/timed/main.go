// Command timed runs a program and says what it took, as one line of JSON:
// seconds of wall clock, the most memory it held at a time in bytes, and its
// exit code.
//
//	timed [-stdout FILE] PROGRAM [ARGUMENT...]
//
// Linux counts in the memory of a new process what its parent held when it was
// started, so a benchmark of some size cannot start what it measures itself:
// its own memory would be the least that anything takes. This program is small.
// See setmax_mm_hiwater_rss in
// https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/fs/exec.c
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Taken is what a run took.
type Taken struct {
	Seconds float64
	Memory  int64 // bytes, the peak of the resident set
	Exit    int
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "timed:", err)
		os.Exit(1)
	}
}

func run() error {
	stdout := flag.String("stdout", os.DevNull, "`file` for the program's output")
	flag.Parse()
	if flag.NArg() == 0 {
		return errors.New("no program to run")
	}
	out, err := os.Create(*stdout)
	if err != nil {
		return err
	}
	defer out.Close()
	command := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	command.Stdout, command.Stderr = out, os.Stderr
	taken, err := measure(command)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(taken)
}

// measure runs the command. That it fails is no error: the code says so.
func measure(command *exec.Cmd) (Taken, error) {
	began := time.Now()
	err := command.Run()
	took := time.Since(began).Seconds()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return Taken{}, err
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return Taken{}, errors.New("this system does not say what a process used")
	}
	return Taken{took, usage.Maxrss << 10, command.ProcessState.ExitCode()}, nil
}
