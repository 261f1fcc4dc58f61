package agent

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	// procUnix lists the unix sockets of this network namespace, which the app
	// shares. See unix(7) and Documentation/filesystems/proc.rst.
	procUnix = "/proc/net/unix"
	// maxUnix bounds how much of it is read, in bytes: the app may have opened
	// any number.
	maxUnix = 1 << 20
	// acceptsUnix is the flag of a socket that listens (__SO_ACCEPTCON).
	acceptsUnix = "00010000"
)

// unixSockets says on which unix sockets the app listens, for the message that
// it listens on no port; "" for none.
func (t *trial) unixSockets() string {
	file, err := os.Open(procUnix)
	if err != nil {
		return ""
	}
	defer file.Close()
	found := listeningUnix(io.LimitReader(file, maxUnix))
	if len(found) == 0 {
		return ""
	}
	return fmt.Sprintf(", only on the unix socket %s: a probe needs a TCP port, or measure it as a worker with `ready: none`", joined(found))
}

// listeningUnix gives the names of the listening stream sockets of a table in
// the form of /proc/net/unix, a few at most. The names are the app's own text.
func listeningUnix(table io.Reader) []string {
	var names []string
	seen := map[string]bool{}
	lines := bufio.NewScanner(table)
	for lines.Scan() && len(names) < shown {
		fields := strings.Fields(lines.Text())
		const flags, path = 3, 7
		if len(fields) <= path || fields[flags] != acceptsUnix || seen[fields[path]] {
			continue
		}
		seen[fields[path]] = true
		names = append(names, fmt.Sprintf("%.100q", fields[path]))
	}
	return names
}
