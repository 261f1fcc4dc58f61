package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// exact spends $BURN ("2ms") of CPU on every request, all of the process's work
// for it included, and holds $HOLD_KB kibibytes of memory, all that it has
// included: so what it costs is known.
func exact([]string) int {
	each, err := time.ParseDuration(environment("BURN", "2ms"))
	if err != nil {
		return fatal(err)
	}
	if err := hold(number(environment("HOLD_KB", "0")) << 10); err != nil {
		return fatal(err)
	}
	b := burner{each: each}
	return serveUntilTold(handler(func(w http.ResponseWriter, r *http.Request) {
		b.request()
		ok(w, r)
	}), ":8080")
}

// burner makes the requests cost a fixed amount together, by the CPU clock of the
// whole process: what the server and the garbage collector spend is part of it.
type burner struct {
	each time.Duration

	mu   sync.Mutex
	due  time.Duration // where the requests so far take the process's clock
	last time.Time
}

// quiet is how long a pause between requests is, after which what the process
// spent by itself is not theirs.
const quiet = 100 * time.Millisecond

func (b *burner) request() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.last) > quiet {
		b.due = processCPU()
	}
	for b.due += b.each; processCPU() < b.due; {
	}
	b.last = time.Now()
}

func processCPU() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}

// hold touches memory until the process has so many bytes that are its own.
func hold(size int) error {
	for {
		has, err := anonymous()
		if err != nil || has >= size {
			return err
		}
		pages, err := unix.Mmap(-1, 0, size-has, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return fmt.Errorf("map %d bytes: %w", size-has, err)
		}
		for i := 0; i < len(pages); i += os.Getpagesize() {
			pages[i] = 1
		}
	}
}

// anonymous is the process's own memory: what is resident and of no file, from
// /proc/self/status (proc_pid_status(5)).
func anonymous() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "RssAnon:"); found {
			return number(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB"))) << 10, nil
		}
	}
	return 0, fmt.Errorf("/proc/self/status names no RssAnon")
}
