package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bomb starts processes that start processes, without end. They are plain
// forks, which share all their memory: a bomb of Go programs would run into a
// memory limit first.
func bomb([]string) int {
	runtime.LockOSThread()
	for {
		pid, _, errno := unix.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		if pid != 0 && errno != 0 {
			pause := unix.Timespec{Nsec: 1e6}
			unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
		}
	}
}

// fill listens, and writes without end to $FILL ("/fill"): $CHURN ("") not
// empty, it deletes each file of 16 MiB after it was written.
func fill([]string) int {
	if code := listen(); code != 0 {
		return code
	}
	path, chunk := environment("FILL", "/fill"), make([]byte, 1<<20)
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s-%d", path, n)
		f, err := os.Create(name)
		if err != nil {
			return fatal(err)
		}
		for range 16 {
			if _, err := f.Write(chunk); err != nil {
				return fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			return fatal(err)
		}
		if os.Getenv("CHURN") != "" {
			os.Remove(name)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// hungry listens and takes 8 MiB every 10 ms. With $CHILD it has a child do it,
// and stays.
func hungry([]string) int {
	if os.Getenv("CHILD") == "" {
		if code := listen(); code != 0 {
			return code
		}
		for {
			if err := touch(8, 0); err != nil {
				return fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	child := exec.Command("/proc/self/exe", "hungry")
	child.Env = []string{"ADDRESS=:9090"}
	fact(map[string]string{"child": fmt.Sprint(child.Run())})
	return serve(nil)
}

// talk prints $LINES lines of $WIDTH characters as fast as it can, and then
// serves.
func talk([]string) int {
	line := strings.Repeat("x", max(1, number(environment("WIDTH", "1000"))-1)) + "\n"
	go func() {
		for range number(environment("LINES", "1000000")) {
			if _, err := os.Stdout.WriteString(line); err != nil {
				return
			}
		}
	}()
	return serveUntilTold(http.HandlerFunc(ok), ":8080")
}

// crash ends in the way its argument names.
func crash(args []string) int {
	switch way := environment("CRASH", strings.Join(args, "")); way {
	case "segfault":
		fault()
	case "loop":
		for {
			child := exec.Command("/proc/self/exe", "exits")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			if err := child.Run(); err != nil {
				fmt.Println("restarting:", err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	case "refused":
		fmt.Println("dial tcp 127.0.0.1:5432: connect: connection refused")
		return 1
	}
	return 0
}

// fault ends this process as a fault ends a C program: the handler by which the
// Go runtime makes a panic of it is taken away first.
func fault() {
	const size = 8 // of the kernel's signal set
	var action [4]uint64
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGSEGV), uintptr(unsafe.Pointer(&action)), 0, size, 0, 0)
	var nowhere *int
	*nowhere = 1
}
