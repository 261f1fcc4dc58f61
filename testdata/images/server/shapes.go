package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// job burns $BURN ("10ms") of CPU time, touches $TOUCH_MB mebibytes, is gone
// after $RUN_FOR ("0s") at the earliest, and ends with the exit code that is
// its argument. It prints how long it ran, from when it got to run Go code.
func job(args []string) int {
	code := 0
	if len(args) > 0 {
		code, _ = strconv.Atoi(args[0]) // 0 is as good as any
	}
	burned, err1 := time.ParseDuration(environment("BURN", "10ms"))
	length, err2 := time.ParseDuration(environment("RUN_FOR", "0s"))
	megabytes, err3 := strconv.Atoi(environment("TOUCH_MB", "0"))
	if err1 != nil || err2 != nil || err3 != nil {
		return fatal(fmt.Errorf("%v %v %v", err1, err2, err3))
	}
	kept := make([]byte, megabytes<<20)
	for i := 0; i < len(kept); i += os.Getpagesize() {
		kept[i] = 1
	}
	for processorTime()-spent < burned {
	}
	time.Sleep(length - time.Duration(monotonic()-began))
	fact(map[string]any{"ran": time.Duration(monotonic() - began).Seconds(), "used": (processorTime() - spent).Seconds(), "ended": monotonic(), "kept": len(kept)})
	return code
}

// spent is what the process had used before it was this program: it was the
// container runtime, and the launcher.
var spent = processorTime()

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}

// logs floods its log with $FLOOD lines, waits for $LISTEN_AFTER, listens, and
// says so in a line that bears its own clock.
func logs([]string) int {
	lines, _ := strconv.Atoi(environment("FLOOD", "0"))
	for i := range lines {
		fmt.Printf("line %d of much noise \x00\xff\x1b[31m\n", i)
	}
	after, err := time.ParseDuration(environment("LISTEN_AFTER", "0s"))
	if err != nil {
		return fatal(err)
	}
	time.Sleep(after - time.Duration(monotonic()-began))
	if code := listen(); code != 0 {
		return code
	}
	fmt.Printf("Listening on :8080 at %d ns\n", monotonic())
	untilTold()
	return 0
}

// rpc answers the health check of gRPC by hand: SERVING from $SERVING_AFTER on,
// NOT_SERVING before. It knows the services "" and orders.v1.Orders.
func rpc([]string) int {
	after, err := time.ParseDuration(environment("SERVING_AFTER", "0s"))
	if err != nil {
		return fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: ":9000", Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, _ := io.ReadAll(io.LimitReader(r.Body, 1<<10)) // a short one is answered like any other
		w.Header().Set("Content-Type", "application/grpc")
		service := ""
		if len(message) > 7 {
			service = string(message[7:])
		}
		switch {
		case r.URL.Path != "/grpc.health.v1.Health/Check":
			w.Header().Set("Grpc-Status", "12")
		case service != "" && service != "orders.v1.Orders":
			w.Header().Set("Grpc-Status", "5")
		default:
			status := byte(1)
			if time.Duration(monotonic()-began) < after {
				status = 2
			}
			w.Header().Set("Trailer", "Grpc-Status")
			w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, 2), 1<<3, status))
			w.Header().Set("Grpc-Status", "0")
		}
	})}
	go func() { os.Exit(fatal(server.ListenAndServe())) }()
	untilTold()
	return 0
}

// slow answers after 700 ms, so that at 50 requests per second some are always
// under way, also when somebody else has the processor for a while. Told to end
// it does so at once, or with the argument "graceful" after it has closed its port
// and answered what it took. That is two steps: net/http hangs up on a new
// connection of which it reads the first request after Shutdown began.
func slow(args []string) int {
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		return fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(700 * time.Millisecond)
		ok(w, r)
	})}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	ended := make(chan int)
	go func() {
		<-told
		if len(args) > 0 && args[0] == "graceful" {
			defer close(ended)
			time.Sleep(300 * time.Millisecond) // as for an endpoint to be taken out of service
			listener.Close()
			time.Sleep(200 * time.Millisecond)
			_ = server.Shutdown(context.Background()) // nothing bounds it
			return
		}
		os.Exit(0)
	}()
	if err := server.Serve(listener); !errors.Is(err, net.ErrClosed) {
		return fatal(err)
	}
	<-ended
	return 0
}

// orphans serves beside a process of another session whose parent is gone,
// which ignores every signal that can be ignored.
func orphans([]string) int {
	middle := exec.Command("/proc/self/exe", "fork")
	middle.Stdout, middle.Stderr = os.Stdout, os.Stderr
	if err := middle.Run(); err != nil {
		return fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	lingering := 0
	for _, file := range commands {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\x00linger\x00") {
			lingering++
		}
	}
	fact(map[string]int{"lingering": lingering})
	return serve(nil)
}

// fork leaves a stubborn process behind.
func fork([]string) int {
	child := exec.Command("/proc/self/exe", "linger", environment("TOKEN", "nameless"))
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fatal(err)
	}
	return 0
}

// linger stays until it is killed. Its argument is what a test looks for.
func linger([]string) int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	for {
		time.Sleep(time.Hour)
	}
}

// sixOnly listens on the IPv6 loopback alone.
func sixOnly([]string) int { return serveUntilTold(handler(ok), "[::1]:8080") }

// unixOnly listens on a unix socket, in an abstract name too.
func unixOnly([]string) int {
	for _, name := range []string{filepath.Join("/", "app.sock"), "@app"} {
		l, err := net.Listen("unix", name)
		if err != nil {
			return fatal(err)
		}
		accept(handler(ok), l)
	}
	untilTold()
	return 0
}

// drip answers a byte at a time, ten in a second.
func drip([]string) int {
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		return fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat("x", 1000)) {
					if _, err := c.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			}()
		}
	}()
	untilTold()
	return 0
}

// gigabyte answers with 1 GB.
func gigabyte([]string) int {
	block := make([]byte, 1<<20)
	return serveUntilTold(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}), ":8080")
}

// circle redirects for ever.
func circle([]string) int {
	return serveUntilTold(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/", http.StatusFound)
	}), ":8080")
}

// setsClock tries to set the machine's clock, to what it is already: that takes
// the same privilege and does no harm where it succeeds. Then it serves.
func setsClock([]string) int {
	now := unix.NsecToTimespec(time.Now().UnixNano())
	fact(map[string]string{"clock": fmt.Sprint(unix.ClockSettime(unix.CLOCK_REALTIME, &now))})
	return serve(nil)
}
