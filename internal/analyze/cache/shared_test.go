package cache

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// In a process that the tests start, these say what to do, and where.
const jobVar, dirVar = "PLIMSOLL_CACHE_TEST_JOB", "PLIMSOLL_CACHE_TEST_DIR"

var jobs = map[string]func(dir string) error{
	"full": putOnFullDisk,
	"use":  func(dir string) error { return useFor(dir, 400) },
	"loop": func(dir string) error { return useFor(dir, 1<<40) },
}

func TestMain(m *testing.M) {
	job, ok := jobs[os.Getenv(jobVar)]
	if !ok {
		m.Run()
		return
	}
	if err := job(os.Getenv(dirVar)); err != nil {
		fmt.Println("failed:", err)
	}
}

func process(t *testing.T, dir, job string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(cmd.Environ(), jobVar+"="+job, dirVar+"="+dir)
	cmd.Stderr = os.Stderr // what the race detector says
	return cmd
}

// run gives what a process of its own printed.
func run(t *testing.T, dir, job string) string {
	t.Helper()
	out, err := process(t, dir, job).Output()
	if err != nil {
		t.Errorf("%s: %v", job, err)
	}
	return string(out)
}

const (
	sharedMost = 512 << 10 // so that the values below do not all fit
	sharedKeys = 12
)

// madeUp is a value that knows its key and its edition, so that any mixture of
// two values shows.
func madeUp(key string, edition uint64) []byte {
	out := binary.BigEndian.AppendUint64(nil, edition)
	random := rand.NewChaCha8(sha256.Sum256(append(out, key...)))
	out = append(out, make([]byte, random.Uint64()%(100<<10))...)
	random.Read(out[8:])
	return out
}

func isMadeUp(key string, value []byte) bool {
	return len(value) >= 8 && bytes.Equal(value, madeUp(key, binary.BigEndian.Uint64(value)))
}

// use puts and gets at random and gives how many Gets hit. It prints a line
// after the first few rounds.
func use(c *Cache, rounds int, started func()) (hits int, err error) {
	for i := range rounds {
		key := fmt.Sprint("layer ", rand.IntN(sharedKeys))
		if i == 20 {
			started()
		}
		if rand.IntN(3) == 0 {
			if err := c.Put(key, madeUp(key, rand.Uint64())); err != nil {
				return hits, err
			}
			continue
		}
		if value, ok := c.Get(key); ok && !isMadeUp(key, value) {
			return hits, fmt.Errorf("%d bytes that were never put as %q", len(value), key)
		} else if ok {
			hits++
		}
	}
	return hits, nil
}

func useFor(dir string, rounds int) error {
	c, err := Open(dir, sharedMost)
	if err != nil {
		return err
	}
	hits, err := use(c, rounds, func() { fmt.Println("started") })
	if err == nil && hits == 0 {
		err = errors.New("no Get hit anything")
	}
	fmt.Println("done")
	return err
}

func TestGoroutinesShareACache(t *testing.T) {
	dir := t.TempDir()
	shared := open(t, dir, sharedMost)
	var group sync.WaitGroup
	for i := range 8 {
		c := shared
		if i%2 == 1 {
			c = open(t, dir, sharedMost)
		}
		group.Go(func() {
			if hits, err := use(c, 200, func() {}); err != nil || hits == 0 {
				t.Errorf("%d hits, %v", hits, err)
			}
		})
	}
	group.Wait()
	expectWhole(t, dir, 0)
}

// While a value is replaced, the one before is there.
func TestReplacingIsNeverAMiss(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 64<<20)
	mustPut(t, c, "key", []byte("edition 0"))
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		defer close(done)
		for edition := range 200 {
			if err := c.Put("key", fmt.Appendf(nil, "edition %d", edition)); err != nil {
				t.Error(err)
			}
		}
	})
	other := open(t, dir, 64<<20)
	for replacing := true; replacing && !t.Failed(); {
		if value, ok := other.Get("key"); !ok || !bytes.HasPrefix(value, []byte("edition ")) {
			t.Errorf("got %q, %v, expected one of the editions", value, ok)
		}
		select {
		case <-done:
			replacing = false
		default:
		}
	}
	group.Wait()
}

// Processes use the same directory, and some are killed wherever they are.
func TestProcessesShareADirectory(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if out := run(t, dir, "use"); out != "started\ndone\n" {
				t.Errorf("a process printed %q", out)
			}
		})
		group.Go(func() { killed(t, dir) })
	}
	group.Wait()
	expectWhole(t, dir, 6)
}

// killed starts processes and kills each while it puts and gets.
func killed(t *testing.T, dir string) {
	for range 5 {
		cmd := process(t, dir, "loop")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Error(err)
			return
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
			t.Errorf("a process printed %q, %v", line, err)
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// expectWhole checks that a directory that was used hard is sound, within its
// size but for the share of so many processes, and free of what crashed.
func expectWhole(t *testing.T, dir string, processes int64) {
	t.Helper()
	c := open(t, dir, sharedMost)
	for i := range sharedKeys {
		key := fmt.Sprint("layer ", i)
		if value, ok := c.Get(key); ok && !isMadeUp(key, value) {
			t.Errorf("%q has %d bytes that were never put", key, len(value))
		} else if !ok && exists(t, fileOf(dir, key)) {
			t.Errorf("%q cannot be read, which it could if it was not damaged", key)
		}
	}
	files, err := c.list()
	if err != nil {
		t.Fatal(err)
	}
	used := int64(0)
	for _, f := range files {
		used += f.size
	}
	if most := int64(sharedMost) + processes*(sharedMost/64+100<<10); used > most {
		t.Errorf("%d bytes are held, expected at most %d", used, most)
	}
	c.now = func() time.Time { return time.Now().Add(2 * settled) }
	mustPut(t, c, "last", nil)
	names, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if err != nil || len(names) != 0 {
		t.Errorf("%s, %v are left, expected that what crashed is cleared away", strings.Join(names, ", "), err)
	}
}
