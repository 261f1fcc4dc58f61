package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"
)

// Process is one of an app's processes, as the engine's host sees it.
type Process struct {
	PID    int
	Parent int
	Name   string // of the program, without its path and arguments, which may hold secrets; foreign text

	catches, ignores uint64 // sets of signals; bit 0 is signal 1
}

// Catches reports whether the process has a handler for the signal.
func (p Process) Catches(s syscall.Signal) bool { return p.catches&signalBit(s) != 0 }

// Ignores reports whether the process asked for the signal to be ignored.
func (p Process) Ignores(s syscall.Signal) bool { return p.ignores&signalBit(s) != 0 }

func signalBit(s syscall.Signal) uint64 {
	if s < 1 || s > 64 {
		return 0
	}
	return 1 << (s - 1)
}

// mostProcesses bounds how many processes are looked at: an app may have forked
// without end.
const mostProcesses = 1000

// Processes lists the app's processes, the first one (its PID 1) in front. The
// error says that the engine cannot tell: Podman has no masks of signals, and
// an engine's host may lack a ps that knows them.
func (p *Pod) Processes(ctx context.Context) ([]Process, error) {
	top, err := p.client.api.ContainerTop(ctx, p.App, client.ContainerTopOptions{Arguments: []string{"-o", "pid,ppid,caught,ignored,args"}})
	if err != nil {
		return nil, fmt.Errorf("list the app's processes: %w", err)
	}
	return parseProcesses(top.Titles, top.Processes)
}

var processTitles = []string{"PID", "PPID", "CAUGHT", "IGNORED", "COMMAND"}

func parseProcesses(titles []string, rows [][]string) ([]Process, error) {
	if !slices.Equal(titles, processTitles) {
		return nil, fmt.Errorf("list the app's processes: the engine gave the columns %.100q, expected %q", titles, processTitles)
	}
	var all []Process
	inside := map[int]bool{}
	for _, row := range rows[:min(len(rows), mostProcesses)] {
		process, err := parseProcess(row)
		if err != nil {
			return nil, fmt.Errorf("list the app's processes: %w", err)
		}
		inside[process.PID] = true
		all = append(all, process)
	}
	// The parent of PID 1 is outside; so is that of a process of `docker exec`,
	// which comes later.
	first := slices.IndexFunc(all, func(p Process) bool { return !inside[p.Parent] })
	if first > 0 {
		all[0], all[first] = all[first], all[0]
	}
	return all, nil
}

func parseProcess(row []string) (Process, error) {
	if len(row) != len(processTitles) {
		return Process{}, fmt.Errorf("a row has %d columns, expected %d", len(row), len(processTitles))
	}
	pid, err1 := strconv.Atoi(row[0])
	parent, err2 := strconv.Atoi(row[1])
	catches, err3 := strconv.ParseUint(row[2], 16, 64)
	ignores, err4 := strconv.ParseUint(row[3], 16, 64)
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return Process{}, fmt.Errorf("a row starts with %.80q, expected two numbers and two sets of signals", row[:4])
	}
	name, _, _ := strings.Cut(row[4], " ")
	name = name[strings.LastIndexByte(name, '/')+1:]
	return Process{PID: pid, Parent: parent, Name: name, catches: catches, ignores: ignores}, nil
}

// stopSignal reads the stop signal of an image's configuration: a name with or
// without SIG, or a number; SIGTERM where there is none.
func stopSignal(text string) syscall.Signal {
	if number, err := strconv.Atoi(text); err == nil && number > 0 && number <= 64 {
		return syscall.Signal(number)
	}
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if s := unix.SignalNum(name); s != 0 {
		return s
	}
	return syscall.SIGTERM // as the engine, which refuses what it does not know
}

// Kill sends SIGKILL to the app.
func (p *Pod) Kill(ctx context.Context) error {
	if _, err := p.client.api.ContainerKill(ctx, p.App, client.ContainerKillOptions{Signal: "SIGKILL"}); err != nil {
		return fmt.Errorf("kill the app's container: %w", err)
	}
	return nil
}
