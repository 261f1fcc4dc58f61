package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func mustEncode(t testing.TB, key string, value []byte) []byte {
	t.Helper()
	file, err := encode(key, value)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// sealed puts a right checksum before any body.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(append(bytes.Clone(magic), sum[:]...), body...)
}

// bodyOf is a body that says what it likes about its frame.
func bodyOf(key string, size uint64, frame []byte) []byte {
	body := append(binary.BigEndian.AppendUint32(nil, uint32(len(key))), key...)
	return append(binary.BigEndian.AppendUint64(body, size), frame...)
}

// A change to the format must come with another version.
func TestTheFormatOfThisVersion(t *testing.T) {
	const key = "sha256:0123"
	file, err := os.ReadFile(filepath.Join("testdata", nameOf(key)))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("usr/lib/", 1000)
	if value, ok := decode(file, key, 1<<20); !ok || string(value) != want {
		t.Errorf("the file gives %.20q, %v, expected %.20q", value, ok, want)
	}
}

func TestCutFilesAreMissesAndRemoved(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	file := mustEncode(t, "key", bytes.Repeat([]byte("index "), 30))
	for size := range file {
		write(t, fileOf(dir, "key"), file[:size])
		expectRemoved(t, c, dir, "key", size)
	}
	write(t, fileOf(dir, "key"), append(file, 0))
	expectRemoved(t, c, dir, "key", len(file)+1)
}

func TestDamagedFilesAreMissesAndRemoved(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	file := mustEncode(t, "key", bytes.Repeat([]byte("index "), 30))
	for at := range file {
		for bit := range 8 {
			damaged := bytes.Clone(file)
			damaged[at] ^= 1 << bit
			write(t, fileOf(dir, "key"), damaged)
			expectRemoved(t, c, dir, "key", at)
		}
	}
}

func expectRemoved(t *testing.T, c *Cache, dir, key string, at int) {
	t.Helper()
	if value, ok := c.Get(key); ok {
		t.Errorf("at %d: got %q, expected a miss", at, value)
	}
	if exists(t, fileOf(dir, key)) {
		t.Errorf("at %d: the file is still there", at)
	}
}

func TestForeignFilesAreMissesAndRemoved(t *testing.T) {
	frame := zstded(t, []byte("value"))
	for name, file := range map[string][]byte{
		"empty":               {},
		"of another program":  []byte("#!/bin/sh\n"),
		"of another key":      mustEncode(t, "kez", []byte("value")),
		"of a longer key":     mustEncode(t, "key and more", []byte("value")),
		"of an older version": append([]byte("plimsol0"), mustEncode(t, "key", []byte("value"))[8:]...),
		"without a key":       sealed(nil),
		"with a cut key":      sealed(bodyOf("key", 0, nil)[:5]),
		"without a length":    sealed(bodyOf("key", 0, nil)[:7]),
		"shorter than stated": sealed(bodyOf("key", 6, frame)),
		"longer than stated":  sealed(bodyOf("key", 4, frame)),
		"with two frames":     sealed(bodyOf("key", 5, append(bytes.Clone(frame), frame...))),
		"with half a frame":   sealed(bodyOf("key", 5, frame[:len(frame)-5])),
		"not compressed":      sealed(bodyOf("key", 5, []byte("value"))),
		"of nothing":          sealed(bodyOf("key", 5, nil)),
		"too long":            sealed(bodyOf("key", 1<<20/4+1, frame)),
		"of an absurd length": sealed(bodyOf("key", 1<<63, frame)),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, fileOf(dir, "key"), file)
			expectRemoved(t, open(t, dir, 1<<20), dir, "key", 0)
		})
	}
}

func TestWhatIsNotAFileIsAMissAndRemoved(t *testing.T) {
	for name, make := range map[string]func(path, target string) error{
		"link to a value": func(path, target string) error { return os.Symlink(target, path) },
		"link to nothing": func(path, _ string) error { return os.Symlink("/nonexistent", path) },
		"link to itself":  func(path, _ string) error { return os.Symlink(filepath.Base(path), path) },
		"pipe":            func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"directory":       func(path, _ string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "value")
			write(t, target, mustEncode(t, "key", []byte("planted")))
			dir := t.TempDir()
			if err := make(fileOf(dir, "key"), target); err != nil {
				t.Fatal(err)
			}
			c := open(t, dir, 1<<20)
			expectRemoved(t, c, dir, "key", 0)
			if !exists(t, target) {
				t.Error("the target of the link was removed")
			}
			mustPut(t, c, "key", []byte("value"))
			expect(t, c, "key", []byte("value"))
		})
	}
}

// Bombs are planted files: their checksum is right.
func TestBombsTakeNoMemory(t *testing.T) {
	const most = 4 << 20 // so a value is at most 1 MiB
	zeros := make([]byte, 64<<20)
	bomb := zstded(t, zeros)
	var streamed bytes.Buffer // its frame does not state its length
	w, err := zstd.NewWriter(&streamed, zstd.WithWindowSize(32<<20))
	if err != nil {
		t.Fatal(err)
	}
	w.Write(zeros)
	w.Close()
	dir := t.TempDir()
	c := open(t, dir, most)
	for name, file := range map[string][]byte{
		"that states its length":      sealed(bodyOf("key", 64<<20, bomb)),
		"that states another length":  sealed(bodyOf("key", 1<<20, bomb)),
		"in a stream":                 sealed(bodyOf("key", 1<<20, streamed.Bytes())),
		"of many frames":              sealed(bodyOf("key", 1<<20, bytes.Repeat(zstded(t, zeros[:1<<20]), 1000))),
		"of many empty frames":        sealed(bodyOf("key", 1<<20, bytes.Repeat(zstded(t, nil), 10_000))),
		"larger than a file would be": make([]byte, 16<<20),
	} {
		write(t, fileOf(dir, "key"), file)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		expectRemoved(t, c, dir, "key", 0)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 6<<20 {
			t.Errorf("a bomb %s took %d bytes of memory, expected at most the file and a value", name, took)
		}
	}
}

func zstded(t testing.TB, raw []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithZeroFrames(true))
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(raw, nil)
}

// FuzzDecode tries bytes as a file, and as the body of one with the right
// checksum, or nothing would get behind that.
func FuzzDecode(f *testing.F) {
	const largest = 1 << 12
	for _, value := range [][]byte{nil, []byte("value"), indexLike(2000), make([]byte, largest)} {
		file := mustEncode(f, "key", value)
		f.Add(file, "key")
		f.Add(file[len(magic)+sha256.Size:], "key")
		f.Add(file[:len(file)/2], "key")
	}
	f.Add(bodyOf("", 1<<62, zstded(f, []byte("value"))), "")
	f.Fuzz(func(t *testing.T, raw []byte, key string) {
		for _, file := range [][]byte{raw, sealed(raw)} {
			value, ok := decode(file, key, largest)
			if !ok {
				continue
			}
			if len(value) > largest || cap(value) > largest {
				t.Errorf("a value of %d bytes, with room for %d, exceeds %d", len(value), cap(value), largest)
			}
			again, ok := decode(mustEncode(t, key, value), key, largest)
			if !ok || !bytes.Equal(value, again) {
				t.Errorf("what was decoded does not survive: %d bytes, then %d, %v", len(value), len(again), ok)
			}
			if _, ok := decode(file, key+"x", largest); ok {
				t.Error("the same file holds the value of two keys")
			}
		}
	})
}
