package sample

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const (
	id    = "55db8dfc199e54e77732efca3a8e8d514aa697ddcf4c82f9820c8fbb3114319b"
	outer = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// fixture unpacks testdata/name.txtar as a cgroup tree, with ID standing for
// the container's id, and gives its root.
func fixture(t testing.TB, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[strings.ReplaceAll(f.Name, "ID", id)] = string(f.Data)
	}
	return tree(t, files)
}

// tree writes the files below a new directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(root, name), content)
	}
	return root
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, root string) *Group {
	t.Helper()
	g, err := Find(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}
