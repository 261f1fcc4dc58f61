package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func notify(c chan<- os.Signal, signals ...os.Signal) { signal.Notify(c, signals...) }

// exits says why in five lines, and is gone.
func exits([]string) int {
	fmt.Println("reading configuration")
	fmt.Println("connecting to postgres://db:5432/app")
	fmt.Println("retrying in 0 seconds")
	fmt.Println("no route to host")
	fmt.Println("giving up")
	return 3
}

// silent is a worker: it stays, and never listens.
func silent([]string) int {
	fact(map[string]string{"state": "waiting for work"})
	untilTold()
	return 0
}

// forks starts the server in a session of its own, as daemons do. PID 1 only
// waits for it, and passes on the signal to end.
func forks([]string) int {
	child := exec.Command("/proc/self/exe", "serve")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fatal(err)
	}
	go func() {
		untilTold()
		// It has gone already when this fails.
		_ = child.Process.Signal(syscall.SIGTERM)
	}()
	if err := child.Wait(); err != nil {
		return fatal(err)
	}
	return 0
}
