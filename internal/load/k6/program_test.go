package k6_test

import (
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
)

func TestFind(t *testing.T) {
	empty, plain, right := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(plain, "k6"), 0o600)
	write(t, filepath.Join(right, "k6"), 0o700)
	if err := os.Mkdir(filepath.Join(empty, "k6"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{"", empty, plain, right}, string(filepath.ListSeparator))
	if got, err := k6.Find(path); err != nil || got != filepath.Join(right, "k6") {
		t.Errorf("found %s, %v", got, err)
	}
	if got, err := k6.Find(empty); !errors.Is(err, k6.ErrNoProgram) {
		t.Errorf("found %s, %v", got, err)
	}
}

func write(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
}

func TestReadProgram(t *testing.T) {
	static, dynamic := compiled(t, "0", ""), dynamicProgram(t)
	got, err := k6.ReadProgram(static, runtime.GOARCH)
	if info, statErr := os.Stat(static); err != nil || statErr != nil || int64(len(got.Body)) != info.Size() {
		t.Errorf("read %d bytes, %v, %v", len(got.Body), err, statErr)
	}
	other := map[string]string{"amd64": "arm64"}[runtime.GOARCH]
	if other == "" {
		other = "amd64"
	}
	script := filepath.Join(t.TempDir(), "k6")
	write(t, script, 0o700)
	for name, c := range map[string]struct{ path, arch, want string }{
		"dynamic":      {dynamic, runtime.GOARCH, "dynamically linked"},
		"architecture": {static, other, "the engine's host is linux/" + other},
		"no program":   {script, runtime.GOARCH, "is no Linux program"},
		"directory":    {t.TempDir(), runtime.GOARCH, "is no file"},
		"absent":       {script + "x", runtime.GOARCH, "no such file"},
	} {
		if _, err := k6.ReadProgram(c.path, c.arch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, expected %q", name, err, c.want)
		}
	}
}

// A k6 tells its version, where it was built as a module.
func TestVersionOfAProgram(t *testing.T) {
	const path = "../../../.cache/bin/k6" // where scripts/fetch-k6 puts it
	got, err := k6.ReadProgram(path, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	want, err := buildinfo.ReadFile(path)
	if err != nil || got.Version != want.Main.Version || got.Version == "" {
		t.Errorf("version %q, want that of %+v, %v", got.Version, want, err)
	}
}

// compiled is a Go program that stands for k6.
func compiled(t *testing.T, cgo, mode string) string {
	t.Helper()
	dir := t.TempDir()
	source, output := filepath.Join(dir, "main.go"), filepath.Join(dir, "k6")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "build", "-o", output, source)
	command.Env = append(command.Environ(), "CGO_ENABLED="+cgo, "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if mode != "" {
		command.Args = append(command.Args[:2:2], append([]string{mode}, command.Args[2:]...)...)
	}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return output
}

// dynamicProgram asks for an interpreter, as k6 does when it is built with cgo.
func dynamicProgram(t *testing.T) string {
	t.Helper()
	return compiled(t, "1", "-buildmode=pie")
}
