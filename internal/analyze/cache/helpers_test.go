package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"time"

	"pgregory.net/rapid"
)

func open(t rapid.TB, dir string, most int64) *Cache {
	t.Helper()
	c, err := Open(dir, most)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustPut(t rapid.TB, c *Cache, key string, value []byte) {
	t.Helper()
	if err := c.Put(key, value); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

// expect checks what Get gives; nil stands for a miss.
func expect(t rapid.TB, c *Cache, key string, want []byte) {
	t.Helper()
	got, ok := c.Get(key)
	if ok != (want != nil) || !bytes.Equal(got, want) {
		t.Errorf("get %q: %d bytes, %v; expected %d bytes, %v", key, len(got), ok, len(want), want != nil)
	}
}

// fileOf is where a cache in dir keeps the value of a key.
func fileOf(dir, key string) string { return filepath.Join(dir, nameOf(key)) }

func write(t rapid.TB, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(t rapid.TB, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// aged sets the time that a file was last used.
func aged(t rapid.TB, path string, used time.Time) {
	t.Helper()
	if err := os.Chtimes(path, used, used); err != nil {
		t.Fatal(err)
	}
}
