package app_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/app"
)

// The help of a command says what that command takes and writes, and is no mistake.
func TestHelpIsOfItsCommand(t *testing.T) {
	for command, c := range map[string]struct{ has, lacks string }{
		"compare":  {"and BASE may be a record.json", "no such words"},
		"measure":  {"record.json and report.html", "BASE"},
		"inspect":  {"record.json and report.html", "BASE"},
		"selftest": {"usage: plimsoll selftest", "BASE"},
		"version":  {"usage: plimsoll version", "IMAGE"},
	} {
		var stdout, stderr bytes.Buffer
		env := app.Env{Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr}
		code := app.Main(t.Context(), env, []string{command, "--help"})
		if got := stdout.String(); code != app.ExitOK || !strings.Contains(got, c.has) || strings.Contains(got, c.lacks) {
			t.Errorf("%s --help exits %d, want 0, %q and not %q:\n%s%s", command, code, c.has, c.lacks, got, stderr.String())
		}
	}
}
