package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Dir is where the layers' cache lies, "" where there is no place for one.
func Dir(getenv func(string) string) string {
	if home := Home(getenv); home != "" {
		return filepath.Join(home, "layers")
	}
	return ""
}

// Home is where all of plimsoll's caches lie: below XDG_CACHE_HOME, else below
// .cache in HOME. Paths that are not absolute are ignored, as the specification
// has it: https://specifications.freedesktop.org/basedir/latest/. With neither
// there is no place for a cache, and Home is "".
func Home(getenv func(string) string) string {
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "plimsoll")
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".cache", "plimsoll")
	}
	return ""
}

// openOwn opens a directory that nobody but the caller can have written to,
// and makes it if needed. What is checked is the directory that was opened, so
// nothing is gained by exchanging it later. Those above it are not checked: who
// can write there can at most put another of the caller's own directories in
// its place, where only files with the names of this package are touched.
func openOwn(dir string) (*os.Root, error) {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	named, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(named, opened) {
		err = fmt.Errorf("it is a symbolic link, expected a directory")
	}
	if err == nil {
		err = owned(opened)
	}
	if err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("%s: %w: remove it, or set XDG_CACHE_HOME to a directory of your own", dir, err)
	}
	return root, nil
}

// owned checks that only the user who runs this can write to a file, root
// aside. A list of access rights (ACL) that lets others write shows as write
// permission of the group.
func owned(info os.FileInfo) error {
	return ownedBy(os.Geteuid(), info)
}

func ownedBy(uid int, info os.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != uid {
		return fmt.Errorf("it does not belong to user %d, who runs this, so what is in it cannot be trusted", uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others can write to it (%v), so what is in it cannot be trusted", info.Mode())
	}
	return nil
}
