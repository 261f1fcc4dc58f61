package cache

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// settled is the age after which a Get renews the time of a file, and a
// temporary file has been left behind: to write one takes seconds.
const settled = time.Hour

// A held is a file of the cache.
type held struct {
	name string
	size int64 // on disk
	age  time.Duration
}

// prune takes note of what was put and, when that may have filled the cache,
// removes what was used longest ago until nine tenths of it are full. To look
// through the directory costs some microseconds a file, so it is done when the
// sum of what was seen and put since exceeds the limit, and every 64th of the
// limit, because other processes put, too.
func (c *Cache) prune(put int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used += put
	c.put += put
	if c.counted && c.used <= c.most && c.put <= c.most/64 {
		return nil
	}
	files, err := c.list()
	if err != nil {
		return err
	}
	used := int64(0)
	for _, f := range files {
		used += f.size
	}
	if used > c.most {
		used, err = c.evict(files, used)
	}
	c.counted, c.used, c.put = true, used, 0
	return err
}

// evict removes files and gives the bytes that are left. One that is gone
// already was removed by another process, which prunes in the same order.
func (c *Cache) evict(files []held, used int64) (int64, error) {
	slices.SortFunc(files, func(a, b held) int {
		return cmp.Or(cmp.Compare(b.age, a.age), strings.Compare(a.name, b.name))
	})
	var failed error
	for _, f := range files {
		if used <= c.most-c.most/10 {
			break
		}
		if err := ignoreMissing(c.root.Remove(f.name)); err != nil {
			failed = err
			continue
		}
		used -= f.size
	}
	return used, failed
}

// list gives the values of the cache, of all versions, and clears away the
// temporary files that a crash left behind. Those of a Put under way, and what
// is not named by this package, are none of its business.
func (c *Cache) list() ([]held, error) {
	dir, err := c.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	now := c.now()
	var files []held
	for _, name := range names {
		temp := strings.HasPrefix(name, tempPrefix)
		if !temp && !isValue(name) {
			continue
		}
		info, err := c.root.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue // removed meanwhile, or nothing to count
		}
		f := held{name, onDisk(info.Size()), apart(now, info.ModTime())}
		switch {
		case !temp:
			files = append(files, f)
		case f.age > settled:
			_ = c.root.Remove(name) // if it stays, the next tries again
		}
	}
	return files, nil
}

// apart is how far a time is from now. One in the future, from a clock that was
// wrong, is as unlikely as it is far, so it does not make a file new for good.
func apart(now, then time.Time) time.Duration { return now.Sub(then).Abs() }

// onDisk is what a file of so many bytes takes up, in blocks of 4 KiB as most
// file systems have them.
func onDisk(size int64) int64 { return (size + 4095) &^ 4095 }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
