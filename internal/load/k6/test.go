package k6

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what is put beside k6.
const (
	MaxFile  = 1 << 20 // bytes of the script, and of each file it needs
	MaxFiles = 64
	MaxTotal = 8 << 20 // bytes of all files together
)

// Test is a script and the local files it needs, by their path below the
// directory that was read. Paths have slashes and never lead out of it.
type Test struct {
	Main  string
	Files map[string][]byte
}

// Digest identifies the content: sha256 over the paths and files.
func (t Test) Digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(t.Files)) {
		fmt.Fprintf(sum, "%q %d\n", name, len(t.Files[name]))
		sum.Write(t.Files[name])
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// Read takes a script out of a directory, and with it what its text names as
// imported or opened, where that is a file of the directory. What else it
// names, k6 itself will miss, and say where.
func Read(dir fs.FS, name string) (Test, error) {
	t := Test{Main: path.Clean(filepath.ToSlash(name)), Files: map[string][]byte{}}
	if !fs.ValidPath(t.Main) {
		return Test{}, fmt.Errorf("%s lies outside of the configuration's directory, expected a file in it: only such files are put beside k6", name)
	}
	waiting := []string{t.Main}
	total := 0
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		if t.Files[next] != nil {
			continue
		}
		body, err := readFile(dir, next)
		if errors.Is(err, fs.ErrNotExist) && next != t.Main {
			continue
		}
		if err != nil {
			return Test{}, err
		}
		t.Files[next] = body
		if total += len(body); total > MaxTotal || len(t.Files) > MaxFiles {
			return Test{}, fmt.Errorf("%s needs more than %d files or %d MiB in all, which is the most that is put beside k6", name, MaxFiles, MaxTotal>>20)
		}
		waiting = append(waiting, needed(next, body)...)
	}
	return t, nil
}

func readFile(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", name, fs.ErrNotExist)
	}
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read from
	body, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err == nil && len(body) > MaxFile {
		err = fmt.Errorf("%s has more than %d MiB, which is the most that is put beside k6", name, MaxFile>>20)
	}
	if body == nil {
		body = []byte{}
	}
	return body, err
}

// named finds what a script may import or open. It takes too much rather than
// too little: a path in a comment costs a file, at worst.
var named = []*regexp.Regexp{
	regexp.MustCompile(`(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["'` + "`" + `](\.{1,2}/[^"'` + "`" + `\n]+)["'` + "`" + `]`),
	regexp.MustCompile(`\bopen\s*\(\s*["'` + "`" + `]([^"'` + "`" + `\n]+)["'` + "`" + `]`),
}

// needed lists the local files that the text of a file names, as paths of the
// directory. Those that lead out of it are left out.
func needed(from string, body []byte) []string {
	var all []string
	for _, pattern := range named {
		for _, match := range pattern.FindAllSubmatch(body, -1) {
			name := path.Join(path.Dir(from), string(match[1]))
			if !strings.HasPrefix(string(match[1]), "/") && fs.ValidPath(name) {
				all = append(all, name)
			}
		}
	}
	return all
}
