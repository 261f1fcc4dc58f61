package record_test

import (
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

func TestLogPattern(t *testing.T) {
	for pattern, c := range map[string]struct{ yes, no string }{
		"Listening on":      {"2026-01-01 Listening on :8080", "listening on :8080"},
		`/ready in \d+ ms/`: {"ready in 12 ms", "ready in ages"},
		"/":                 {"GET / 200", "GET 200"},
		"a.c":               {"xa.cx", "abc"},
	} {
		match, err := record.LogPattern(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if !match([]byte(c.yes)) || match([]byte(c.no)) {
			t.Errorf("%s: matches %q: %v, %q: %v", pattern, c.yes, match([]byte(c.yes)), c.no, match([]byte(c.no)))
		}
	}
	for _, pattern := range []string{"//", "/a(/", "/x*/", `/(?=a)/`} {
		if _, err := record.LogPattern(pattern); err == nil {
			t.Errorf("%s was accepted", pattern)
		}
	}
}
