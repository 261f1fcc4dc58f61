package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/plimsoll-ci/plimsoll/internal/baseline"
	"github.com/plimsoll-ci/plimsoll/internal/config"
)

// What a checkout holds was chosen by whoever opened the pull request: a file may
// be a link to a device without end, and the output directory one to elsewhere.

// largeError is a file with more bytes than are read.
type largeError struct{ size, most int64 }

func (e *largeError) Error() string {
	return fmt.Sprintf("the file has %d bytes, expected at most %d (%d MiB)", e.size, e.most, e.most>>20)
}

// readBounded reads a file that is not too large. What is no file on a disk is not
// opened: a pipe might never be written to, a device never end, and what the kernel
// tells of this process holds its token.
func readBounded(path string, most int64) ([]byte, error) {
	real, err := filepath.EvalSymlinks(path)
	var missing *fs.PathError
	if errors.As(err, &missing) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: missing.Err} // and not a part of it
	}
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, err
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || strings.HasPrefix(real, "/proc/"):
		return nil, fmt.Errorf("%s leads to %s, expected a regular file", path, real)
	case info.Size() > most:
		return nil, &largeError{info.Size(), most}
	}
	f, err := os.Open(real)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// readSource reads a file that a configuration is made of. Its name is as errors
// tell it.
func readSource(name, path string) ([]byte, error) {
	source, err := readBounded(path, config.MaxSize)
	var large *largeError
	if errors.As(err, &large) {
		return nil, config.Errors{{File: name, Line: 1, Column: 1, Message: large.Error()}}
	}
	return source, err
}

// readConfig reads the configuration at path, or at the default's where there is
// one: nil without an error means that there is none.
func readConfig(path string) (name string, source []byte, err error) {
	named := path != ""
	if !named {
		path = defaultConfig
	}
	source, err = readSource(path, path)
	var wrong config.Errors
	switch {
	case err == nil || errors.As(err, &wrong):
		return path, source, err
	case named || !errors.Is(err, fs.ErrNotExist):
		return path, nil, usagef("read the configuration: %v", err)
	}
	return "", nil, nil
}

// enclose keeps the output directory of a job within the checkout that it is named
// in: links there are a stranger's.
func enclose(env Env, dir string) error {
	root := "."
	if workspace := env.Getenv("GITHUB_WORKSPACE"); workspace != "" && filepath.IsAbs(dir) {
		if inside, err := filepath.Rel(workspace, dir); err == nil {
			root, dir = workspace, inside
		}
	}
	if !underActions(env) && env.Getenv("CI") == "" || !filepath.IsLocal(dir) {
		return nil
	}
	checkout, err := os.OpenRoot(root)
	if err == nil {
		err = checkout.MkdirAll(dir, 0o755)
		if err == nil {
			_, err = checkout.Stat(dir)
		}
		err = errors.Join(err, checkout.Close())
	}
	if err != nil {
		return usagef("make the output directory %s: %v; expected one that no link leads out of the checkout", dir, err)
	}
	return nil
}

// replaceFile puts a file in the place of another, and of no directory.
func replaceFile(path string, content []byte) error {
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		return &fs.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
	}
	return baseline.Replace(path, content)
}
