package main

import (
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// began is when this process got to run Go code of its own, which is about a
// millisecond after its exec: the runtime starts first.
var began = monotonic()

// monotonic reads the clock that the starting gate stamps too, in nanoseconds.
// It is the same for all containers of a kernel.
func monotonic() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}

// stamp is the truth that the startup clock is checked against.
type stamp struct {
	Clock  string `json:"clock"`
	Start  int64  `json:"start"`  // nanoseconds, when the process began
	Listen int64  `json:"listen"` // nanoseconds, when listen(2) had returned
}

// clock waits for $LISTEN_AFTER since its own start, listens, notes when
// listen(2) returned, and answers. The note is on /stamp, and printed once the
// first answer is out, so that printing delays nothing that is measured.
func clock([]string) int {
	after, err := time.ParseDuration(environment("LISTEN_AFTER", "0s"))
	if err != nil {
		return fatal(err)
	}
	time.Sleep(after - time.Duration(monotonic()-began))
	listener, listened, err := listenStamped(8080)
	if err != nil {
		return fatal(err)
	}
	s := stamp{"CLOCK_MONOTONIC", began, listened}
	var once sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("/stamp", func(w http.ResponseWriter, _ *http.Request) { answer(w, s) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		ok(w, r)
		once.Do(func() { go fact(s) })
	})
	accept(mux, listener)
	untilTold()
	return 0
}

// listenStamped makes the three system calls itself, because net.Listen does
// more after listen(2) than before it.
func listenStamped(port int) (net.Listener, int64, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, 0, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port}); err != nil {
		return nil, 0, os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, 128); err != nil {
		return nil, 0, os.NewSyscallError("listen", err)
	}
	listened := monotonic()
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	listener, err := net.FileListener(file)
	return listener, listened, err
}
