//go:build !release

package programs

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// cached gives an environment with a cache directory of its own.
func cached(dir string) func(string) string {
	return func(name string) string {
		if name == "XDG_CACHE_HOME" {
			return dir
		}
		return ""
	}
}

func TestProgramsAreStaticAndCached(t *testing.T) {
	dir := t.TempDir()
	built, err := For(t.Context(), runtime.GOARCH, cached(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"agent": built.Agent, "launch": built.Launcher} {
		file, err := elf.NewFile(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, part := range file.Progs {
			if part.Type == elf.PT_INTERP {
				t.Errorf("%s needs an interpreter, which an empty file system has not", name)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "plimsoll", "programs", "*-"+runtime.GOARCH, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("the cache holds %q, %v, expected the two programs and nothing else", files, err)
	}
	// What is in the cache is taken as it is.
	for _, file := range files {
		if err := os.WriteFile(file, []byte(filepath.Base(file)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	again, err := For(t.Context(), runtime.GOARCH, cached(dir))
	if err != nil || string(again.Agent) != "agent" || string(again.Launcher) != "launch" {
		t.Errorf("the second time gave %.20q and %.20q, %v", again.Agent, again.Launcher, err)
	}
}

func TestMissingSources(t *testing.T) {
	for _, file := range []string{
		filepath.Join(t.TempDir(), "internal/agent/programs/compiled.go"),     // the checkout is gone
		"github.com/plimsoll-ci/plimsoll/internal/agent/programs/compiled.go", // built with -trimpath
	} {
		_, err := rootOf(file)
		if err == nil || !strings.Contains(err.Error(), "`make build`") {
			t.Errorf("%s: got %v, expected what to do about it", file, err)
		}
	}
}

func TestUnusableCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := For(t.Context(), runtime.GOARCH, cached(file)); err == nil || !strings.Contains(err.Error(), "cache") {
		t.Errorf("got %v, expected an error that names the cache", err)
	}
}

func TestCacheDirectory(t *testing.T) {
	for want, vars := range map[string]map[string]string{
		"/x/plimsoll":        {"XDG_CACHE_HOME": "/x", "HOME": "/h"},
		"/h/.cache/plimsoll": {"HOME": "/h"},
		filepath.Join(os.TempDir(), "plimsoll-cache"): {},
	} {
		if got := cacheDir(func(name string) string { return vars[name] }); got != want {
			t.Errorf("with %v the cache is %s, expected %s", vars, got, want)
		}
	}
}

// checkoutOf makes the files that name a build, and nothing else.
func checkoutOf(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range sources {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheHashNamesTheBuild(t *testing.T) {
	files := map[string]string{"go.mod": "module m", "go.sum": "", "cmd/agent/main.go": "package main"}
	hash := func() string {
		t.Helper()
		sum, err := sourceHash(checkoutOf(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	first := hash()
	if second := hash(); second != first {
		t.Error("the same sources elsewhere have another hash")
	}
	files["internal/load/load_test.go"] = "package load"
	if hash() != first {
		t.Error("a test changes the hash")
	}
	for _, name := range []string{"go.mod", "go.sum", "cmd/agent/main.go"} {
		was := files[name]
		files[name] += "\n"
		if hash() == first {
			t.Errorf("%s does not change the hash", name)
		}
		files[name] = was
	}
	delete(files, "go.mod")
	if _, err := sourceHash(checkoutOf(t, files)); err == nil {
		t.Error("sources without go.mod have a hash")
	}
}
