package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// identity is what the process is, as it sees itself: the launcher must have
// left all of it as the image wants it.
type identity struct {
	PID          int      `json:"pid"`
	UID          int      `json:"uid"`
	GID          int      `json:"gid"`
	Directory    string   `json:"directory"`
	Executable   string   `json:"executable"`
	Args         []string `json:"args"`
	Capabilities string   `json:"capabilities"` // effective, in hexadecimal
	RootWritable bool     `json:"root_writable"`
	Descriptors  []string `json:"descriptors"` // open files beyond the standard three, and what they are
	Environment  []string `json:"environment"`
}

func whoami() identity {
	// An error leaves a field empty, and the test that looks for it fails.
	directory, _ := os.Getwd()
	executable, _ := os.Executable()
	return identity{
		PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid(),
		Directory: directory, Executable: executable, Args: os.Args,
		Capabilities: effectiveCapabilities(),
		RootWritable: rootWritable(),
		Descriptors:  inherited,
		Environment:  os.Environ(),
	}
}

// inherited is read before this program opens anything of its own.
var inherited = openDescriptors()

func openDescriptors() []string {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	var open []string
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		standard := e.Name() == "0" || e.Name() == "1" || e.Name() == "2"
		if err == nil && !standard && !ofRuntime(target) {
			open = append(open, e.Name()+" "+target)
		}
	}
	return open
}

// ofRuntime tells what the Go runtime opened itself: its poller, its CPU
// limit, and the directory that is being listed.
func ofRuntime(target string) bool {
	return strings.HasPrefix(target, "anon_inode:[event") ||
		strings.HasPrefix(target, "/sys/fs/cgroup/") || strings.HasPrefix(target, "/proc/")
}

func effectiveCapabilities() string {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return ""
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "CapEff:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func rootWritable() bool {
	const probe = "/.written-by-fixture"
	if os.WriteFile(probe, nil, 0o600) != nil {
		return false
	}
	return os.Remove(probe) == nil
}

// serve is the well-behaved server: it answers on $ADDRESS (":8080"), tells
// about itself on /whoami, and ends when asked to.
func serve([]string) int {
	fact(whoami())
	return serveUntilTold(handler(ok), environment("ADDRESS", ":8080"))
}

func serveUntilTold(h http.Handler, addresses ...string) int {
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fatal(err)
		}
		listeners = append(listeners, l)
	}
	accept(h, listeners...)
	untilTold()
	return 0
}

func accept(h http.Handler, listeners ...net.Listener) {
	for _, l := range listeners {
		go func() {
			if err := http.Serve(l, h); !errors.Is(err, net.ErrClosed) {
				os.Exit(fatal(err))
			}
		}()
	}
}

// handler answers /whoami, and leaves everything else to the given function.
func handler(rest http.HandlerFunc) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/whoami", func(w http.ResponseWriter, _ *http.Request) { answer(w, whoami()) })
	mux.HandleFunc("/", rest)
	return mux
}

func ok(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"status": "ok"}) }

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	// The client has gone when this fails.
	_ = json.NewEncoder(w).Encode(what)
}

// fiveHundred answers, and always with an error.
func fiveHundred([]string) int {
	broken := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": "the database is on fire"}`, http.StatusInternalServerError)
	}
	return serveUntilTold(http.HandlerFunc(broken), ":8080")
}

// several listens on three ports, so that nobody can tell which one is meant.
func several([]string) int {
	return serveUntilTold(handler(ok), ":8081", ":8082", ":8083")
}

// sigquit ends well on SIGQUIT alone.
func sigquit([]string) int {
	ignored := make(chan os.Signal, 1)
	notify(ignored, syscall.SIGTERM)
	if code := listen(); code != 0 {
		return code
	}
	untilSignal(syscall.SIGQUIT)
	fact(map[string]string{"ended": "SIGQUIT"})
	return 0
}

// stubborn ends only when it is killed.
func stubborn([]string) int {
	ignored := make(chan os.Signal, 1)
	notify(ignored, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	if code := listen(); code != 0 {
		return code
	}
	select {}
}

func listen() int {
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		return fatal(err)
	}
	accept(handler(ok), l)
	return 0
}
