package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The labels of everything a run makes in an engine.
const (
	LabelRun      = "plimsoll.run"      // the run's identifier
	LabelOwner    = "plimsoll.owner"    // the process that will remove it
	LabelDeadline = "plimsoll.deadline" // Unix time after which nobody can be using it
)

// maxRun is for how long a run may use what it makes: past it, what carries its
// label is litter if its owner lives on a machine that cannot be asked.
const maxRun = 2 * time.Hour

// NewID gives a random run identifier.
func NewID() string {
	raw := make([]byte, 6)
	rand.Read(raw) // never fails; see its documentation
	return hex.EncodeToString(raw)
}

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// CheckID says whether an identifier from outside may be used in names.
func CheckID(id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("run identifier %.60q: expected up to 40 lower-case letters, digits and dashes", id)
	}
	return nil
}

func runLabels(id string, now time.Time) map[string]string {
	return map[string]string{
		LabelRun:      id,
		LabelOwner:    self(),
		LabelDeadline: strconv.FormatInt(now.Add(maxRun).Unix(), 10),
	}
}

// owner identifies a process for as long as its machine is up: boot, process
// namespace, pid and start time. It is "" where the system does not tell.
func owner(pid string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	started := startTime(pid)
	if started == "" {
		return ""
	}
	return strings.Join([]string{strings.TrimSpace(string(boot)), namespace, pid, started}, "/")
}

func self() string { return owner(strconv.Itoa(os.Getpid())) }

// startTime is field 22 of /proc/PID/stat, "" for a process that is gone or
// waits for its parent to take note of its end (a zombie, which a container
// without an init keeps). The second field is the command in parentheses and
// may hold anything.
func startTime(pid string) string {
	raw, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	const state, start = 3, 22
	if len(fields) <= start-state || fields[0] == "Z" {
		return ""
	}
	return fields[start-state]
}

// litter reports whether what carries these labels was left behind. Where the
// owner can be asked, what counts is whether it lives; otherwise its deadline.
func litter(labels map[string]string, now time.Time) bool {
	was, here := labels[LabelOwner], self()
	wasParts, hereParts := strings.Split(was, "/"), strings.Split(here, "/")
	if was != "" && len(wasParts) == len(hereParts) && wasParts[0] == hereParts[0] && wasParts[1] == hereParts[1] {
		return owner(wasParts[2]) != was
	}
	// Another machine, or another container's view of this one.
	deadline, err := strconv.ParseInt(labels[LabelDeadline], 10, 64)
	return err != nil || now.Unix() > deadline
}
