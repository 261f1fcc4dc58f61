package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDir(t *testing.T) {
	for _, c := range []struct{ xdg, home, want string }{
		{"/x", "/h", "/x/plimsoll/layers"},
		{"/x/", "", "/x/plimsoll/layers"},
		{"", "/h", "/h/.cache/plimsoll/layers"},
		{"relative", "/h", "/h/.cache/plimsoll/layers"},
		{"", "", ""},
		{"relative", "", ""},
		{"", "relative", ""},
	} {
		vars := map[string]string{"XDG_CACHE_HOME": c.xdg, "HOME": c.home}
		if got := Dir(func(name string) string { return vars[name] }); got != c.want {
			t.Errorf("with %v the cache is in %q, expected %q", vars, got, c.want)
		}
	}
}

func TestNobodyElseReadsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plimsoll", "layers")
	mustPut(t, open(t, dir, 1<<20), "key", []byte("value"))
	for path, want := range map[string]os.FileMode{
		filepath.Dir(dir):  os.ModeDir | 0o700,
		dir:                os.ModeDir | 0o700,
		fileOf(dir, "key"): 0o600,
	} {
		if got := stat(t, path).Mode(); got != want {
			t.Errorf("%s has mode %v, expected %v", path, got, want)
		}
	}
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	for _, name := range []string{"own", "group", "others", "sticky"} {
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	chmod(t, at("group"), 0o770)
	chmod(t, at("others"), 0o707)
	chmod(t, at("sticky"), os.ModeSticky|0o777)
	write(t, at("file"), nil)
	for link, target := range map[string]string{"link": at("own"), "dangling": at("nothing")} {
		if err := os.Symlink(target, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"group":    "others can write to it (drwxrwx---)",
		"others":   "others can write to it (drwx---rwx)",
		"sticky":   "others can write to it (dtrwxrwxrwx)",
		"link":     "is a symbolic link, expected a directory",
		"link/":    "is a symbolic link, expected a directory",
		"dangling": "file exists",
		"file":     "not a directory",
		"file/in":  "not a directory",
	} {
		c, err := Open(base+"/"+name, 1<<20)
		if c != nil || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), base) {
			t.Errorf("%s: got %v, expected an error that says where and %q", name, err, want)
		}
	}
	if exists(t, at("nothing")) {
		t.Error("the target of a dangling link was made")
	}
}

// A link above the directory is how people move their caches to another disk.
func TestALinkAboveTheDirectoryIsFollowed(t *testing.T) {
	base := t.TempDir()
	if err := os.Symlink(t.TempDir(), filepath.Join(base, "plimsoll")); err != nil {
		t.Fatal(err)
	}
	c := open(t, filepath.Join(base, "plimsoll", "layers"), 1<<20)
	mustPut(t, c, "key", []byte("value"))
	expect(t, c, "key", []byte("value"))
}

func TestWhatBelongsToOthersIsNotTrusted(t *testing.T) {
	info := stat(t, t.TempDir())
	if err := ownedBy(os.Geteuid(), info); err != nil {
		t.Errorf("our own directory: %v", err)
	}
	if err := ownedBy(os.Geteuid()+1, info); err == nil || !strings.Contains(err.Error(), "does not belong to user") {
		t.Errorf("the directory of another: got %v, expected that it is not trusted", err)
	}
}

func TestAFileThatOthersCanWriteToIsNotRead(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	mustPut(t, c, "key", []byte("value"))
	chmod(t, fileOf(dir, "key"), 0o620)
	expect(t, c, "key", nil)
	if exists(t, fileOf(dir, "key")) {
		t.Error("it was not removed")
	}
}

// An open cache stays with the directory that was checked.
func TestADirectoryExchangedLater(t *testing.T) {
	base := t.TempDir()
	dir, aside := filepath.Join(base, "layers"), filepath.Join(base, "aside")
	c := open(t, dir, 1<<20)
	mustPut(t, c, "key", []byte("value"))
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	planted := open(t, dir, 1<<20)
	mustPut(t, planted, "key", []byte("planted"))
	expect(t, c, "key", []byte("value"))
	mustPut(t, c, "other", []byte("value"))
	if exists(t, fileOf(dir, "other")) {
		t.Error("a value was written to the directory in its place")
	}
}

func stat(t testing.TB, path string) os.FileInfo {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func chmod(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
