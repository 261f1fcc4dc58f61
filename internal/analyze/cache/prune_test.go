package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A clocked cache has a directory and a clock of its own.
type clocked struct {
	*Cache
	t   *testing.T
	dir string
	at  time.Time
}

func newClocked(t *testing.T, most int64) *clocked {
	t.Helper()
	dir := t.TempDir()
	c := &clocked{Cache: open(t, dir, most), t: t, dir: dir, at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c.now = func() time.Time { return c.at }
	return c
}

func (c *clocked) pass(d time.Duration) { c.at = c.at.Add(d) }

// put keeps a value that takes just so many blocks of 4 KiB.
func (c *clocked) put(key string, blocks int) {
	c.t.Helper()
	mustPut(c.t, c.Cache, key, random(c.t, blocks*4096-300))
}

// held gives those of the keys whose value is there, without using it.
func (c *clocked) held(keys ...string) []string {
	c.t.Helper()
	var out []string
	for _, key := range keys {
		if exists(c.t, fileOf(c.dir, key)) {
			out = append(out, key)
		}
	}
	return out
}

func (c *clocked) expectHeld(keys []string, want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.held(keys...)); diff != "" {
		c.t.Errorf("held (-want +got):\n%s", diff)
	}
}

func TestTheLeastRecentlyUsedGoFirst(t *testing.T) {
	c := newClocked(t, 100*4096)
	var keys []string
	for i := range 10 {
		keys = append(keys, fmt.Sprint(i))
		c.put(keys[i], 10)
		c.pass(time.Minute)
	}
	c.expectHeld(keys, keys...) // full to the last block
	c.pass(2 * time.Hour)
	for _, used := range []string{"0", "3"} {
		if _, ok := c.Get(used); !ok {
			t.Fatalf("%s is not there", used)
		}
	}
	c.pass(time.Minute)
	keys = append(keys, "new")
	c.put("new", 1) // 101 blocks: down to 90, so 1 and 2 go
	c.expectHeld(keys, "0", "3", "4", "5", "6", "7", "8", "9", "new")
	c.put("another", 10) // 91
	c.expectHeld(keys, "0", "3", "4", "5", "6", "7", "8", "9", "new")
	c.put("more", 10) // 101: down to 90, so 4 and 5 go
	c.expectHeld(keys, "0", "3", "6", "7", "8", "9", "new")
}

func TestReplacingAValueTakesNoMoreRoom(t *testing.T) {
	c := newClocked(t, 100*4096)
	c.put("held", 20)
	for range 20 {
		c.pass(time.Minute)
		c.put("again", 20)
	}
	c.expectHeld([]string{"held", "again"}, "held", "again")
}

func TestGetRenewsTheTimeOnceAnHour(t *testing.T) {
	c := newClocked(t, 1<<20)
	c.put("key", 1)
	used := func() time.Time { return stat(t, fileOf(c.dir, "key")).ModTime().UTC() }
	start := c.at
	for _, step := range []struct{ after, want time.Duration }{
		{0, 0},
		{time.Hour, 0},
		{time.Minute, 61 * time.Minute},
		{time.Hour, 61 * time.Minute},
		{time.Minute, 122 * time.Minute},
		{-3 * time.Hour, -58 * time.Minute}, // the clock was wrong before
	} {
		c.pass(step.after)
		if _, ok := c.Get("key"); !ok {
			t.Fatal("the value is not there")
		}
		if got := used().Sub(start); got != step.want {
			t.Errorf("at %v the file was used at %v, expected %v", c.at.Sub(start), got, step.want)
		}
	}
}

func TestTimesInTheFutureAreNotNew(t *testing.T) {
	c := newClocked(t, 100*4096)
	keys := []string{"future", "old", "new"}
	for _, key := range keys[:2] {
		c.put(key, 22)
	}
	aged(t, fileOf(c.dir, "future"), c.at.AddDate(10, 0, 0))
	aged(t, fileOf(c.dir, "old"), c.at.AddDate(-1, 0, 0))
	c.put("new", 22)
	c.put("newer", 22)
	c.put("newest", 22)
	c.expectHeld(append(keys, "newer", "newest"), "old", "new", "newer", "newest")
}

func TestWhatACrashLeavesIsClearedAway(t *testing.T) {
	c := newClocked(t, 1<<20)
	left, underWay, foreign := tempPrefix+"LEFT", tempPrefix+"UNDERWAY", "temp-of-somebody"
	for name, age := range map[string]time.Duration{left: time.Hour + time.Second, underWay: time.Minute, foreign: 1000 * time.Hour} {
		path := filepath.Join(c.dir, name)
		write(t, path, []byte("half a val"))
		aged(t, path, c.at.Add(-age))
	}
	c.put("key", 1)
	for name, want := range map[string]bool{left: false, underWay: true, foreign: true} {
		if got := exists(t, filepath.Join(c.dir, name)); got != want {
			t.Errorf("%s is there: %v, expected %v", name, got, want)
		}
	}
}

func TestOtherVersionsAgeAway(t *testing.T) {
	c := newClocked(t, 100*4096)
	name := strings.TrimSuffix(nameOf("key"), suffix)
	older, newer := filepath.Join(c.dir, name+".v0"), filepath.Join(c.dir, name+".v12")
	for path, age := range map[string]time.Duration{older: 2 * time.Hour, newer: time.Minute} {
		file, err := encode("key", random(t, 22*4096-300))
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, file)
		aged(t, path, c.at.Add(-age))
	}
	expect(t, c.Cache, "key", nil)
	if !exists(t, older) || !exists(t, newer) {
		t.Error("the file of another version was removed by a Get")
	}
	for _, key := range []string{"a", "b", "c"} {
		c.pass(time.Second)
		c.put(key, 22)
	}
	if exists(t, older) || !exists(t, newer) {
		t.Errorf("older: %v, newer: %v, expected that the one used longest ago went", exists(t, older), exists(t, newer))
	}
}

func TestOnlyWhatIsOursIsPruned(t *testing.T) {
	c := newClocked(t, 100*4096)
	name := nameOf("key")
	for _, foreign := range []string{"thesis.tex", name + "x", name[1:], "x" + name[1:], name[:64], name[:64] + ".v", tempPrefix[1:] + "old"} {
		path := filepath.Join(c.dir, foreign)
		write(t, path, random(t, 100*4096))
		aged(t, path, c.at.AddDate(-1, 0, 0))
		defer func() {
			if !exists(t, path) {
				t.Errorf("%s was removed", foreign)
			}
		}()
	}
	if err := os.Mkdir(fileOf(c.dir, "directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c.pass(time.Second)
		c.put(fmt.Sprint(i), 20)
	}
	c.expectHeld([]string{"18", "19"}, "18", "19")
}

// What other processes put counts, too, by the time that a 64th was put.
func TestAnotherProcessFillsTheDirectory(t *testing.T) {
	c := newClocked(t, 1000*4096)
	c.put("first", 1)
	other := open(t, c.dir, 1<<30)
	for i := range 8 {
		mustPut(t, other, fmt.Sprint("other", i), random(t, 200*4096-300))
	}
	for i := range 16 {
		c.pass(time.Hour)
		c.put(fmt.Sprint(i), 1)
	}
	files, err := c.list()
	if err != nil {
		t.Fatal(err)
	}
	used := int64(0)
	for _, f := range files {
		used += f.size
	}
	if used > c.most {
		t.Errorf("%d bytes are held, expected at most %d", used, c.most)
	}
}

func TestPruningWhatAnotherProcessPrunes(t *testing.T) {
	c := newClocked(t, 1<<20)
	files := []held{{"gone", 4096, time.Hour}, {nameOf("key"), 4096, time.Minute}}
	c.put("key", 1)
	used, err := c.evict(files, 1<<20)
	if err != nil || used != 1<<20-8192 {
		t.Errorf("evict gave %d, %v, expected to count the file that was gone already", used, err)
	}
}
