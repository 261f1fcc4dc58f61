//go:build !release

package programs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/analyze/cache"
	"github.com/plimsoll-ci/plimsoll/internal/engine"
)

// For compiles the programs for an architecture in Go's naming, or takes them
// from the cache below the user's cache directory.
func For(ctx context.Context, arch string, getenv func(string) string) (engine.Programs, error) {
	root, err := checkout()
	if err != nil {
		return engine.Programs{}, err
	}
	hash, err := sourceHash(root)
	if err != nil {
		return engine.Programs{}, fmt.Errorf("hash the agent's sources in %s: %w", root, err)
	}
	dir := filepath.Join(cacheDir(getenv), "programs", hash+"-"+arch)
	agent, err := compiled(ctx, root, dir, "agent", "./cmd/agent", arch)
	if err != nil {
		return engine.Programs{}, err
	}
	launcher, err := compiled(ctx, root, dir, "launch", "./cmd/agent/launch", arch)
	if err != nil {
		return engine.Programs{}, err
	}
	return engine.Programs{Agent: agent, Launcher: launcher}, nil
}

// CarryAll does nothing here: the programs are compiled for any architecture.
func CarryAll() {}

// checkout finds the sources this very program was compiled from.
func checkout() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	return rootOf(file)
}

// rootOf is the checkout that holds this file, as the compiler wrote it down.
func rootOf(file string) (string, error) {
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	if filepath.IsAbs(file) {
		if _, err := os.Stat(filepath.Join(root, "cmd", "agent")); err == nil {
			return root, nil
		}
	}
	return "", fmt.Errorf("the agent is compiled from the sources on first use, and they are not at %s any more: "+
		"build with `make build`, which puts the agent into the binary", root)
}

// sources are the directories whose Go files make up the two programs.
var sources = []string{"cmd/agent", "internal/agent", "internal/load", "internal/sample", "internal/record"}

// sourceHash names the build: sources, module versions and compiler.
func sourceHash(root string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version())
	add := func(path string) error {
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", strings.TrimPrefix(path, root), len(body))
		_, err = sum.Write(body)
		return err
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		if err := add(filepath.Join(root, file)); err != nil {
			return "", err
		}
	}
	for _, dir := range sources {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return add(path)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}

// cacheDir is where all caches lie; a machine without a home still has a temporary
// directory.
func cacheDir(getenv func(string) string) string {
	return cmp.Or(cache.Home(getenv), filepath.Join(os.TempDir(), "plimsoll-cache"))
}

// compiled gives one program, built at most once per cache. Two runs may build
// at the same time: each writes its own file and renames it into place.
func compiled(ctx context.Context, root, dir, name, pkg, arch string) ([]byte, error) {
	path := filepath.Join(dir, name)
	body, err := os.ReadFile(path)
	if err == nil {
		return body, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the cached %s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache for the agent: %w", err)
	}
	temporary, err := os.CreateTemp(dir, name+"-*")
	if err != nil {
		return nil, fmt.Errorf("make the cache for the agent: %w", err)
	}
	temporary.Close()
	defer func() { _ = os.Remove(temporary.Name()) }() // not there after the rename
	if err := compile(ctx, root, temporary.Name(), pkg, arch); err != nil {
		return nil, err
	}
	if body, err = os.ReadFile(temporary.Name()); err != nil {
		return nil, err
	}
	return body, os.Rename(temporary.Name(), path)
}

func compile(ctx context.Context, root, output, pkg, arch string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", output, pkg)
	command.Dir = root
	command.Env = append(command.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("compile %s for linux/%s (needs Go, once): %w\n%s", pkg, arch, err, stderr.String())
	}
	return nil
}
