// Command server is the program in all the fixture images: one static binary
// whose first argument chooses how it behaves. The images lie beside it, one
// directory each; scripts/images builds them as plimsoll.test/<directory>.
//
// Pods have no network, so whatever a test wants to know is also printed: each
// fact is one line of standard output, "fixture: " and a JSON object.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// A mode runs until the process is to end and returns its exit code.
type mode func(args []string) int

var modes = map[string]mode{
	"serve":       serve,
	"h2c":         h2c,
	"clock":       clock,
	"exits":       exits,
	"silent":      silent,
	"fivehundred": fiveHundred,
	"several":     several,
	"memory":      memory,
	"burn":        burn,
	"exact":       exact,
	"frozen":      frozen,
	"hostile":     hostile,
	"flood":       flood,
	"sigquit":     sigquit,
	"stubborn":    stubborn,
	"forks":       forks,
	"ask":         ask,
	"job":         job,
	"logs":        logs,
	"rpc":         rpc,
	"slow":        slow,
	"orphans":     orphans,
	"fork":        fork,
	"linger":      linger,
	"six":         sixOnly,
	"unix":        unixOnly,
	"drip":        drip,
	"gigabyte":    gigabyte,
	"circle":      circle,
	"setclock":    setsClock,
	"bomb":        bomb,
	"fill":        fill,
	"hungry":      hungry,
	"talk":        talk,
	"crash":       crash,
}

func main() {
	run := modes["serve"]
	var args []string
	if len(os.Args) > 1 {
		run, args = modes[os.Args[1]], os.Args[2:]
	}
	if run == nil {
		fmt.Fprintf(os.Stderr, "fixture: unknown mode %q\n", os.Args[1])
		os.Exit(2)
	}
	os.Exit(run(args))
}

// fact prints what a test may look for in the log.
func fact(about any) {
	line, err := json.Marshal(about)
	if err != nil {
		panic(err)
	}
	fmt.Printf("fixture: %s\n", line)
}

func fatal(err error) int {
	fmt.Fprintln(os.Stderr, "fixture:", err)
	return 1
}

// untilSignal blocks until one of the signals comes. PID 1 has no default
// actions, so a fixture that did not ask for SIGTERM could only be killed.
func untilSignal(signals ...os.Signal) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, signals...)
	<-c
}

func untilTold() { untilSignal(syscall.SIGTERM, syscall.SIGINT) }

// environment returns the variable, or the default when it is unset or empty.
func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
