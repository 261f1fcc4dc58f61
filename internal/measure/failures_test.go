package measure

import (
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/agent"
	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestCodeWords(t *testing.T) {
	for code, want := range map[int]string{
		0: "exit code 0", 3: "exit code 3", 128: "exit code 128", 255: "exit code 255", 143: "exit code 143, SIGTERM",
		139: "exit code 139, SIGSEGV: it crashed on an invalid memory access",
	} {
		if got := codeWords(code); got != want {
			t.Errorf("%d is %q, want %q", code, got, want)
		}
	}
}

func TestKilled(t *testing.T) {
	const limit = 256 << 20
	for name, c := range map[string]struct {
		failure agent.Failure
		exit    record.Exit
		limit   record.Bytes
		want    string
	}{
		"the engine says so": {agent.Failure{After: 1}, record.Exit{Code: 137, OOMKilled: true}, limit, "1.00 s after its start: it needed more memory than its limit of 256 MiB"},
		"the kernel does":    {agent.Failure{OOMKills: 1, Peak: 200 << 20}, record.Exit{Code: 137}, limit, "it needed more memory than its limit of 256 MiB (it held 200 MiB when last seen)"},
		"it was close":       {agent.Failure{Peak: 250 << 20}, record.Exit{Code: 137}, limit, "it needed more memory"},
		"nobody knows":       {agent.Failure{Peak: 20 << 20}, record.Exit{Code: 137}, limit, "not by us: perhaps"},
		"without a limit":    {agent.Failure{After: 2}, record.Exit{Code: 137}, 0, "killed 2.00 s after its start"},
	} {
		if got := killed(&c.failure, c.exit, c.limit).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q in it", name, got, c.want)
		}
	}
}

// What the clients of databases and services print when nobody is there.
func TestAsksForOthers(t *testing.T) {
	for _, line := range []string{
		"dial tcp 127.0.0.1:5432: connect: connection refused",
		"dial tcp: lookup db on 127.0.0.11:53: no such host",
		"Error: getaddrinfo EAI_AGAIN db",
		"Error: connect ECONNREFUSED 127.0.0.1:6379",
		`psycopg2.OperationalError: could not translate host name "db" to address: Temporary failure in name resolution`,
		"java.net.UnknownHostException: kafka",
		"ERROR 2003 (HY000): Can't connect to MySQL server on 'db'",
	} {
		if !asksForOthers([]string{"starting", line}) {
			t.Errorf("%q is not understood", line)
		}
	}
	for _, line := range []string{"", "listening on :8080", "panic: runtime error: index out of range", "connection accepted"} {
		if asksForOthers([]string{line}) {
			t.Errorf("%q is taken for a missing service", line)
		}
	}
}
