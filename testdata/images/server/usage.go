package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// memory touches anonymous memory: $TOUCH_MB mebibytes for $TOUCH_MS
// milliseconds after the start (0: until the end), and as much as asked for by
// GET /touch?mb=64&ms=100, which answers when the memory has been given back.
func memory([]string) int {
	if size := number(environment("TOUCH_MB", "0")); size > 0 {
		go func() {
			if err := touch(size, number(environment("TOUCH_MS", "0"))); err != nil {
				os.Exit(fatal(err))
			}
		}()
	}
	mux := handler(ok)
	mux.HandleFunc("/touch", func(w http.ResponseWriter, r *http.Request) {
		if err := touch(number(r.FormValue("mb")), number(r.FormValue("ms"))); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ok(w, r)
	})
	return serveUntilTold(mux, ":8080")
}

// number reads a count; whatever is none counts as 0.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// touch writes to every page of a mapping that the garbage collector and the
// heap know nothing of, so the size is exact and goes back at once.
func touch(mebibytes, milliseconds int) error {
	pages, err := unix.Mmap(-1, 0, mebibytes<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("map %d MiB: %w", mebibytes, err)
	}
	for i := 0; i < len(pages); i += os.Getpagesize() {
		pages[i] = 1
	}
	if milliseconds == 0 {
		return nil
	}
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return unix.Munmap(pages)
}

// burn spends $BURN ("2ms") of CPU on every request, by the clock of the
// thread that serves it.
func burn([]string) int {
	each, err := time.ParseDuration(environment("BURN", "2ms"))
	if err != nil {
		return fatal(err)
	}
	return serveUntilTold(handler(func(w http.ResponseWriter, r *http.Request) {
		spend(each)
		ok(w, r)
	}), ":8080")
}

func spend(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadCPU() + d; threadCPU() < end; {
	}
}

func threadCPU() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}
