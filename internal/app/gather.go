package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// comparisonFile is what a saved comparison is called.
const comparisonFile = "comparison.json"

// mostSaved bounds how many saved comparisons are joined, and mostBytes how large
// they may be together: they are all in memory at once.
const (
	mostSaved = 1000
	mostBytes = 128 << 20
)

// savedFile is a saved comparison before it is read. Its name is only for showing.
type savedFile struct {
	name string
	open func() (io.ReadCloser, error)
}

// findSaved finds what the user named: files, globs, and directories, of which it
// is every comparison.json below. A name that leads to nothing is a problem to
// tell, since a job may have failed before it saved anything.
func findSaved(patterns []string) (all []savedFile, problems []string) {
	seen := map[string]bool{}
	for _, pattern := range patterns {
		found, err := matches(pattern)
		switch {
		case err != nil:
			problems = append(problems, err.Error())
		case len(found) == 0:
			problems = append(problems, fmt.Sprintf("there is no saved comparison at %s", pattern))
		}
		for _, path := range found {
			if clean := filepath.Clean(path); !seen[clean] {
				seen[clean] = true
				all = append(all, savedFile{path, func() (io.ReadCloser, error) { return os.Open(path) }})
			}
		}
	}
	if len(all) > mostSaved {
		problems = append(problems, fmt.Sprintf("%d saved comparisons, of which only %d are read", len(all), mostSaved))
		all = all[:mostSaved]
	}
	return all, problems
}

// matches lists the files that one pattern leads to, in the order of their paths.
// A name is taken as it is where it exists.
func matches(pattern string) ([]string, error) {
	paths := []string{pattern}
	if _, err := os.Stat(pattern); err != nil {
		if paths, err = filepath.Glob(pattern); err != nil {
			return nil, fmt.Errorf("read %s: %w", pattern, err)
		}
	}
	var found []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read a saved comparison: %w", err)
		case !info.IsDir():
			found = append(found, path)
			continue
		}
		below, err := comparisonsBelow(path)
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}

// comparisonsBelow lists every comparison.json below a directory. Links are not
// followed: what others saved could lead anywhere.
func comparisonsBelow(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == comparisonFile && entry.Type().IsRegular() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for saved comparisons: %w", err)
	}
	slices.Sort(found)
	return found, nil
}

// readSaved reads saved comparisons. One that cannot be taken is a problem to
// tell, beside the others.
func readSaved(files []savedFile) (all []record.Comparison, problems []string) {
	left := mostBytes
	for _, file := range files {
		c, size, err := file.read(left)
		if left -= size; err == nil {
			all = append(all, c)
			continue
		}
		for i, part := range strings.Split(err.Error(), "\n") {
			if i == mostReasons {
				problems = append(problems, fmt.Sprintf("%s: and more", file.name))
				break
			}
			problems = append(problems, fmt.Sprintf("%s was not taken: %s", file.name, part))
		}
	}
	return all, problems
}

// mostReasons is how much is told of one file.
const mostReasons = 5

// read gives the comparison, and how large it was, if it is not larger than what
// is left.
func (f savedFile) read(left int) (record.Comparison, int, error) {
	r, err := f.open()
	if err != nil {
		return record.Comparison{}, 0, unnamed(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, record.MaxComparison+1))
	if err != nil {
		return record.Comparison{}, 0, unnamed(err)
	}
	if len(raw) > left {
		return record.Comparison{}, 0, fmt.Errorf("all the saved comparisons together have more than %d bytes", mostBytes)
	}
	c, err := record.ParseComparison(raw)
	return c, len(raw), err
}

// unnamed is the cause of an error about a file whose name is told already.
func unnamed(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
