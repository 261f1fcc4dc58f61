package cache

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// valueMax bounds a value in memory, in bytes; the index of a layer of a
// million files takes less than half of it.
const valueMax = 64 << 20

// A Cache is a directory of values. It is safe for concurrent use. A nil Cache
// is valid: it holds nothing and keeps nothing.
type Cache struct {
	root    *os.Root // holds on to the directory that was checked, whatever becomes of its path
	most    int64    // bytes on disk
	largest int64    // bytes of a key and its value
	now     func() time.Time

	mu      sync.Mutex
	counted bool  // the directory was looked through
	used    int64 // bytes on disk when it was last, and what was put since
	put     int64 // bytes put since
}

// Open opens the cache in dir, for values that together take at most this many
// bytes on disk, and makes dir if needed. With no dir, or no bytes, it gives
// nil. It refuses a directory that others could have put something into: one
// that is not the caller's, that others may write to, or that is a symbolic
// link, by which they could choose which of the caller's directories it is.
func Open(dir string, most int64) (*Cache, error) {
	if dir == "" || most <= 0 {
		return nil, nil
	}
	root, err := openOwn(dir)
	if err != nil {
		return nil, fmt.Errorf("open the layer cache: %w", err)
	}
	return &Cache{root: root, most: most, largest: min(most/4, valueMax), now: time.Now}, nil
}

// Get gives what was last Put under the key. The value is the caller's.
func (c *Cache) Get(key string) (value []byte, ok bool) {
	if c == nil {
		return nil, false
	}
	name := nameOf(key)
	file, used, err := c.read(name)
	if err == nil {
		if value, ok = decode(file, key, c.largest); ok {
			c.touch(name, used)
			return value, true
		}
		err = errUnfit
	}
	if errors.Is(err, errUnfit) {
		_ = c.root.Remove(name) // if it stays, it is a miss the next time, too
	}
	return nil, false
}

// errUnfit says that a file cannot be a value of this cache.
var errUnfit = errors.New("not a value of this cache")

// read gives the bytes of a file, and when it was last used.
func (c *Cache) read(name string) ([]byte, time.Time, error) {
	f, info, err := c.open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	if owned(info) != nil || info.Size() > fileMax(c.largest) {
		return nil, time.Time{}, errUnfit
	}
	file := make([]byte, info.Size())
	if _, err := io.ReadFull(f, file); err != nil {
		return nil, time.Time{}, err
	}
	return file, info.ModTime(), nil
}

// open opens a regular file. It asks for the kind first, because to open a
// pipe could take forever.
func (c *Cache) open(name string) (*os.File, os.FileInfo, error) {
	info, err := c.root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errUnfit
	}
	f, err := c.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err = f.Stat() // again: it may have been replaced meanwhile
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// touch notes that a file was used now, but not with every Get.
func (c *Cache) touch(name string, used time.Time) {
	if now := c.now(); apart(now, used) > settled {
		_ = c.root.Chtimes(name, now, now) // a disk that is read-only is not pruned either
	}
}

// Put keeps the value under the key for later runs, in place of the one that
// was there. A value of more than a quarter of the cache or 64 MiB, its key
// included, is not kept, which is no error. An error says that the value could
// not be written, and then the one before is still there, or that the cache
// could not be pruned; neither harms what is held.
func (c *Cache) Put(key string, value []byte) error {
	if c == nil {
		return nil
	}
	name := nameOf(key)
	if int64(len(key))+int64(len(value)) > c.largest {
		return c.drop(name)
	}
	file, err := encode(key, value)
	if err != nil {
		return fmt.Errorf("compress a value for the layer cache: %w", err)
	}
	if err := c.write(name, file); err != nil {
		return fmt.Errorf("write to the layer cache %s: %w", c.root.Name(), err)
	}
	if err := c.prune(onDisk(int64(len(file)))); err != nil {
		return fmt.Errorf("prune the layer cache %s: %w", c.root.Name(), err)
	}
	return nil
}

// drop removes the value that one too large to keep has made wrong.
func (c *Cache) drop(name string) error {
	if err := ignoreMissing(c.root.Remove(name)); err != nil {
		return fmt.Errorf("remove an old value from the layer cache %s: %w", c.root.Name(), err)
	}
	return nil
}

// write puts a file in its place at once.
func (c *Cache) write(name string, file []byte) error {
	temp := tempPrefix + rand.Text()
	err := c.create(temp, file)
	if err == nil {
		err = c.root.Rename(temp, name)
	}
	if err != nil {
		_ = c.root.Remove(temp) // what stays is cleared away when it is old
	}
	return err
}

// create writes a file as of now. Its time is set from the clock that pruning
// goes by, which a file server's may differ from.
func (c *Cache) create(name string, file []byte) error {
	f, err := c.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(file)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	now := c.now()
	return c.root.Chtimes(name, now, now)
}
