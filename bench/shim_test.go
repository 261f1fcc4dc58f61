package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/github/githubtest"
)

// A step must have come to the program that soon, when the runner has it; on a
// machine that is busy with other things, in as many times what node alone needs.
const (
	shimBar   = 150 * time.Millisecond
	shimRatio = 5
)

// BenchmarkShim times the Action's way to its program that is in the tool cache
// already, the end of a program that does nothing included, beside the least
// that node needs and beside a step in shell that checks the same hash. They
// are started by turns.
func BenchmarkShim(b *testing.B) {
	root, tools, sum := shimWithRelease(b)
	node := githubtest.Cache(b, "node24", "bin", "node")
	program := filepath.Join(tools, "plimsoll", sum, "plimsoll-action")
	medians := timeStarts(b, tools, 20, []start{
		{"node-0", []string{node, "-e", "0"}},
		{"shell", []string{"bash", "-c", `echo "$1  $2" | sha256sum --check --status && exec "$2"`, "-", sum, program}},
		{"shim", []string{node, filepath.Join(root, "action", "main.mjs")}},
	})
	median, ratio := medians["shim"], medians["shim"]/medians["node-0"]
	b.ReportMetric(ratio, "x-node-0")
	b.ReportMetric(median/medians["shell"], "x-shell")
	if median > float64(shimBar.Milliseconds()) && ratio > shimRatio {
		b.Errorf("the shim needs %.0f ms, %.1f times what node alone does; its bars are %v and %d times", median, ratio, shimBar, shimRatio)
	}
}

// shimWithRelease is a checkout of the Action with a release that is in a tool cache.
func shimWithRelease(b *testing.B) (root, tools, sum string) {
	b.Helper()
	root, tools = b.TempDir(), b.TempDir()
	if err := os.CopyFS(filepath.Join(root, "action"), os.DirFS(filepath.Join(githubtest.ModuleRoot(b), "action"))); err != nil {
		b.Fatal(err)
	}
	body := append([]byte("#!/bin/sh\nexit 0\n"), bytes.Repeat([]byte("0123456789abcde\n"), githubtest.ReleasedBytes/16)...)
	digest := sha256.Sum256(body)
	sum = hex.EncodeToString(digest[:])
	table := fmt.Sprintf(`{"download": "http://127.0.0.1:1/{name}", "sha256": {"linux-amd64": %q, "linux-arm64": %[1]q}}`, sum)
	path := filepath.Join(tools, "plimsoll", sum, "plimsoll-action")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	for file, text := range map[string][]byte{path: body, filepath.Join(root, "action", "release.json"): []byte(table)} {
		if err := os.WriteFile(file, text, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	return root, tools, sum
}
