package imagegen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is what lies below a directory of this machine, by name. It holds
// regular files and symbolic links that can be read, and nothing else.
type Tree []Entry

func (t Tree) size() (bytes int64) {
	for _, e := range t {
		bytes += e.Size
	}
	return bytes
}

// scan lists the directory root as the directory called name in an image. What
// may not be read, or is gone meanwhile, is left out.
func scan(root, name string) (Tree, error) {
	var t Tree
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if e, ok := find(p, path.Join(name, filepath.ToSlash(relative))); ok {
			t = append(t, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", root, err)
	}
	return t, nil
}

// find makes an entry of a file or symbolic link that can be read.
func find(source, name string) (Entry, bool) {
	info, err := os.Lstat(source)
	if err != nil {
		return Entry{}, false
	}
	e := Entry{Name: name, Mode: info.Mode(), ModTime: info.ModTime(), Source: source}
	switch info.Mode().Type() {
	case 0:
		e.Size = info.Size()
		f, err := os.Open(source)
		if err != nil {
			return Entry{}, false
		}
		return e, f.Close() == nil
	case fs.ModeSymlink:
		e.Link, err = os.Readlink(source)
		return e, err == nil
	}
	return Entry{}, false
}

// toolchain is the Go distribution that runs this.
func toolchain(ctx context.Context) (Tree, error) {
	root, err := goCommand(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	return scan(strings.TrimSpace(root), "usr/local/go")
}

// modules are the dependencies of this project that have been downloaded.
func modules(ctx context.Context) (Tree, error) {
	cache, err := goCommand(ctx, "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	cache = strings.TrimSpace(cache)
	dirs, err := goCommand(ctx, "list", "-m", "-f", "{{if not .Main}}{{.Dir}}{{end}}", "all")
	if err != nil {
		return nil, err
	}
	var all Tree
	for _, dir := range strings.Fields(dirs) {
		inside, err := filepath.Rel(cache, dir)
		if err != nil || strings.HasPrefix(inside, "..") {
			continue // vendored or replaced
		}
		t, err := scan(dir, path.Join("go/pkg/mod", filepath.ToSlash(inside)))
		if err != nil {
			return nil, err
		}
		all = append(all, t...)
	}
	return all, nil
}

func goCommand(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// largeFile is sampled by itself; smaller files are with their neighbours, so
// that directories are as full as real ones.
const largeFile = 256 << 10

// enough is how many of the bytes a sample may lack. Whoever filled it to the
// brim would end with a crowd of tiny directories.
func enough(bytes int64) int64 { return bytes >> 8 }

// sample takes about so many bytes of the tree: whole directories and large
// files, in the tree's own proportion and in a random order that seed fixes.
// A tree that has less is repeated under other names, with bytes changed.
func sample(t Tree, bytes int64, seed uint64) Tree {
	var large Tree
	rest := slices.DeleteFunc(slices.Clone(t), func(e Entry) bool {
		if e.Size >= largeFile {
			large = append(large, e)
		}
		return e.Size >= largeFile
	})
	share := bytes * (large.size() >> 10) / max(1, t.size()>>10)
	out := take(large, share, seed, func(e Entry) string { return e.Name })
	return append(out, take(rest, bytes-out.size(), seed, func(e Entry) string { return path.Dir(e.Name) })...)
}

// take takes whole groups until there are enough bytes.
func take(t Tree, bytes int64, seed uint64, group func(Entry) string) (out Tree) {
	groups := map[string]Tree{}
	for _, e := range t {
		groups[group(e)] = append(groups[group(e)], e)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return byHash(seed, a, b) })
	left := bytes
	for round, before := 0, left+1; left > enough(bytes) && left < before; round++ {
		before = left
		for _, key := range keys {
			if size := groups[key].size(); left > enough(bytes) && size <= left {
				out = append(out, again(groups[key], "srv/more", round)...)
				left -= size
			}
		}
	}
	return out
}

func byHash(seed uint64, a, b string) int {
	x, y := scramble(seed, a), scramble(seed, b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return strings.Compare(a, b)
}

// again is copy number n of the tree, below a directory of its own; 0 is the
// tree itself.
func again(t Tree, dir string, n int) Tree {
	if n == 0 {
		return t
	}
	out := make(Tree, len(t))
	for i, e := range t {
		out[i] = e.under(fmt.Sprintf("%s-%d", dir, n))
		out[i].Seed = e.Seed<<8 | uint64(n)
	}
	return out
}
