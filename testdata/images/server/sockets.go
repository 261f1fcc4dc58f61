package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// abstractSockets lists the names of the network namespace's abstract sockets,
// as Go writes them: with an @ in front.
func abstractSockets() []string {
	table, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) == 8 && strings.HasPrefix(fields[7], "@") {
			names = append(names, fields[7])
		}
	}
	return names
}

// found is what a hostile image learned about the sockets around it.
type found struct {
	mu        sync.Mutex
	Looks     int      `json:"looks"`
	Seen      []string `json:"seen"`
	Connected []string `json:"connected"`
	Done      bool     `json:"done"`
}

// hostile looks for the starting gate from its first moment on: for a second
// it tries every abstract socket it can see. The outcome is on /found, and
// printed.
func hostile([]string) int {
	f := &found{Seen: []string{}, Connected: []string{}}
	f.look()
	go func() {
		for range 100 {
			time.Sleep(10 * time.Millisecond)
			f.look()
		}
		f.finish()
	}()
	mux := handler(ok)
	mux.HandleFunc("/found", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		answer(w, f)
	})
	return serveUntilTold(mux, ":8080")
}

func (f *found) look() {
	names := abstractSockets()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Looks++
	for _, name := range names {
		f.Seen = append(f.Seen, name)
		if conn, err := net.Dial("unix", name); err == nil {
			f.Connected = append(f.Connected, name)
			conn.Close()
		}
	}
}

func (f *found) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Done = true
	fact(f)
}

// flood attacks the abstract socket that is named, or any that it sees, for
// $FLOOD ("5s"): many connections, and on each a line of a mebibyte without an
// end. It is run in the network namespace of a pod whose gate is still closed.
func flood(args []string) int {
	length, err := time.ParseDuration(environment("FLOOD", "5s"))
	if err != nil {
		return fatal(err)
	}
	huge := bytes.Repeat([]byte("A"), 1<<20)
	tried, connected := 0, 0
	for end := time.Now().Add(length); time.Now().Before(end); {
		names := args
		if len(names) == 0 {
			names = abstractSockets()
		}
		for _, name := range names {
			tried++
			if attack(name, huge) == nil {
				connected++
			}
		}
		time.Sleep(time.Millisecond)
	}
	fact(map[string]int{"tried": tried, "connected": connected})
	return 0
}

func attack(name string, line []byte) error {
	conn, err := net.Dial("unix", name)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		return err
	}
	if _, err := conn.Write(line); err != nil {
		return fmt.Errorf("write to %s: %w", name, err)
	}
	return nil
}
