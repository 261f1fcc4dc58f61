package cache

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestWhatIsPutIsThereForTheNextRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plimsoll", "layers")
	large := indexLike(3 << 20)
	values := map[string][]byte{
		"sha256:0123": []byte("an index"),
		"":            []byte("the key is empty"),
		"empty":       {},
		"../../key":   {0},
		"large":       large,
		"random":      random(t, 1<<20),
		"key\x00\xff" + strings.Repeat("k", 70_000): {1, 2},
	}
	first := open(t, dir, 64<<20)
	for key, value := range values {
		mustPut(t, first, key, value)
	}
	second := open(t, dir, 64<<20)
	for key, value := range values {
		expect(t, second, key, value)
	}
	expect(t, second, "sha256:0", nil)
	if entries, _ := filepath.Glob(filepath.Join(dir, "*")); len(entries) != len(values) {
		t.Errorf("%d values lie in the directory as %q", len(values), entries)
	}
	if size := stat(t, fileOf(dir, "large")).Size(); size*10 > int64(len(large))*6 {
		t.Errorf("%d bytes that compress take %d on disk", len(large), size)
	}
}

func TestPutReplaces(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	mustPut(t, c, "key", []byte("old"))
	mustPut(t, c, "key", []byte("new"))
	expect(t, c, "key", []byte("new"))
}

func TestTheValueIsTheCallers(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	value := []byte("value")
	mustPut(t, c, "key", value)
	value[0] = 'V'
	got, _ := c.Get("key")
	got[1] = 'A'
	expect(t, c, "key", []byte("value"))
}

func TestNoCache(t *testing.T) {
	for _, none := range []struct {
		dir  string
		most int64
	}{{"", 1 << 20}, {filepath.Join(t.TempDir(), "unused"), 0}} {
		c, err := Open(none.dir, none.most)
		if c != nil || err != nil {
			t.Fatalf("Open(%q, %d) = %v, %v, expected nil, nil", none.dir, none.most, c, err)
		}
		mustPut(t, c, "key", []byte("value"))
		expect(t, c, "key", nil)
		if none.dir != "" && exists(t, none.dir) {
			t.Errorf("%s was made for nothing", none.dir)
		}
	}
}

func TestValuesTooLargeAreNotKept(t *testing.T) {
	const most = 1 << 20
	c := open(t, t.TempDir(), most)
	fits := random(t, most/4-len("key"))
	mustPut(t, c, "key", fits)
	expect(t, c, "key", fits)
	// What is not kept must not leave what it was to replace.
	mustPut(t, c, "key", append(fits, 0))
	expect(t, c, "key", nil)
	mustPut(t, c, "key", append(fits, 0))

	c = open(t, t.TempDir(), 1<<40)
	mustPut(t, c, "key", make([]byte, valueMax))
	expect(t, c, "key", nil)
}

func TestFilesOfALargerCacheAreNotRead(t *testing.T) {
	dir := t.TempDir()
	value := random(t, 100<<10)
	mustPut(t, open(t, dir, 1<<20), "key", value)
	expect(t, open(t, dir, 300<<10), "key", nil)
}

func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 64<<20)
	mustPut(t, c, "key", []byte("old"))
	// A limit on the size of files stops a write in its middle, as a full disk does.
	out := run(t, dir, "full")
	if !strings.Contains(out, "write to the layer cache "+dir) || !strings.Contains(out, "file too large") {
		t.Errorf("put on a full disk gave %q, expected an error that says where and why", out)
	}
	expect(t, c, "key", []byte("old"))
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the directory holds %v, %v, expected the one value", files, err)
	}
}

// putOnFullDisk runs in a process of its own.
func putOnFullDisk(dir string) error {
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		return err
	}
	c, err := Open(dir, 64<<20)
	if err != nil {
		return err
	}
	value := make([]byte, 1<<20)
	rand.Read(value)
	fmt.Println(c.Put("key", value))
	return nil
}

func TestAReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	now := time.Now()
	c.now = func() time.Time { return now }
	mustPut(t, c, "held", []byte("value"))
	mustPut(t, c, "damaged", []byte("value"))
	write(t, fileOf(dir, "damaged"), nil)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	now = now.Add(2 * time.Hour)
	withoutPrivileges(t, func() {
		if err := c.Put("new", []byte("value")); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("put gave %v, expected that permission is denied", err)
		}
		expect(t, c, "held", []byte("value"))
		expect(t, c, "new", nil)
		expect(t, c, "damaged", nil)
		if err := c.Put("held", make([]byte, 1<<20)); err == nil {
			t.Error("a value that cannot be removed was replaced without an error")
		}
	})
}

// withoutPrivileges calls do on a thread that file permissions hold for, even
// if the tests are run by root.
func withoutPrivileges(t *testing.T, do func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData // 64 capabilities
		err := unix.Capset(&header, &none[0])
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryThatWasRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layers")
	c := open(t, dir, 1<<20)
	mustPut(t, c, "key", []byte("value"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "key", nil)
	if err := c.Put("key", []byte("value")); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("put gave %v, expected an error that names %s", err, dir)
	}
}

// A cache of any past gives what was Put, or a miss where a file was damaged.
func TestGetGivesWhatWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "cache")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		c := open(t, dir, 64<<20)
		keys := rapid.SampledFrom([]string{"", "a", "b", "c"})
		held := map[string][]byte{}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				value := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(t, "value"), rapid.IntRange(0, 5000).Draw(t, "times"))
				mustPut(t, c, key, value)
				held[key] = append([]byte{}, value...)
			},
			"get": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				expect(t, c, key, held[key])
			},
			"damage": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				if held[key] == nil {
					return // damaged twice, it may be whole again
				}
				file, err := os.ReadFile(fileOf(dir, key))
				if err != nil {
					t.Fatal(err)
				}
				file[rapid.IntRange(0, len(file)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				write(t, fileOf(dir, key), file)
				delete(held, key)
			},
			"another run": func(t *rapid.T) { c = open(t, dir, 64<<20) },
		})
	})
}

func random(t testing.TB, size int) []byte {
	t.Helper()
	out := make([]byte, size)
	rand.Read(out)
	return out
}
