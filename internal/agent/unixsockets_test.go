package agent

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const unixTable = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/app.sock
0000000000000000: 00000003 00000000 00000000 0001 03 4243 /run/app.sock
0000000000000000: 00000002 00000000 00010000 0001 01 4244 @abstract
0000000000000000: 00000002 00000000 00000000 0002 01 4245 /dev/log
0000000000000000: 00000002 00000000 00010000 0001 01 4246
0000000000000000: 00000002 00000000 00010000 0001 01 4247 /run/app.sock
`

func TestListeningUnixSockets(t *testing.T) {
	if got := listeningUnix(strings.NewReader(unixTable)); !slices.Equal(got, []string{`"/run/app.sock"`, `"@abstract"`}) {
		t.Errorf("got %q", got)
	}
}

func TestListeningUnixSocketsAreBounded(t *testing.T) {
	var table strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&table, "0: 2 0 00010000 0001 01 1 /%d\x1b[31m%s\n", i, strings.Repeat("x", 200))
	}
	got := listeningUnix(strings.NewReader(table.String()))
	if len(got) != shown || len(got[0]) > 120 || strings.Contains(got[0], "\x1b") {
		t.Errorf("got %d names, the first is %s", len(got), got[0])
	}
}

// The kernel's own table is read as the invented one.
func TestUnixSocketsOfThisMachine(t *testing.T) {
	name := filepath.Join(t.TempDir(), "app.sock")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if text := new(trial).unixSockets(); !strings.Contains(text, "unix socket") {
		t.Errorf("got %q, expected a socket such as %s", text, name)
	}
}
