package k6_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-ci/plimsoll/internal/load/k6"
)

func files(all map[string]string) fstest.MapFS {
	dir := fstest.MapFS{}
	for name, body := range all {
		dir[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return dir
}

func TestReadTakesWhatTheScriptNeeds(t *testing.T) {
	dir := files(map[string]string{
		"load/test.js":         "import http from 'k6/http';\nimport { a } from \"./lib/a.js\";\nimport '../shared.js';\nconst d = open('data/users.json');\nimport gone from './gone.js';",
		"load/lib/a.js":        "export { b } from './b.js'; // and back: import '../test.js'",
		"load/lib/b.js":        "const x = require('../../outside/../shared.js')",
		"shared.js":            "import x from '../../etc/passwd'; open('/etc/passwd')",
		"load/unused.js":       "",
		"load/data/users.json": "[]",
	})
	got, err := k6.Read(dir, "load/../load/test.js")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"load/data/users.json", "load/lib/a.js", "load/lib/b.js", "load/test.js", "shared.js"}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(got.Files))); d != "" || got.Main != "load/test.js" {
		t.Errorf("main %s, files (-want +got):\n%s", got.Main, d)
	}
	again, err := k6.Read(dir, "load/test.js")
	if err != nil || again.Digest() != got.Digest() {
		t.Errorf("digest %s, then %s, %v", got.Digest(), again.Digest(), err)
	}
	dir["shared.js"].Data = []byte("other")
	if other, err := k6.Read(dir, "load/test.js"); err != nil || other.Digest() == got.Digest() {
		t.Errorf("another file has the same digest, %v", err)
	}
}

func TestReadIsBounded(t *testing.T) {
	many := map[string]string{}
	var imports strings.Builder
	for i := range k6.MaxFiles {
		name := strings.Repeat("x", i+1) + ".js"
		many[name] = ""
		imports.WriteString("import './" + name + "';\n")
	}
	many["test.js"] = imports.String()
	for name, c := range map[string]struct {
		dir  fstest.MapFS
		file string
		want string
	}{
		"absent":     {files(nil), "test.js", "test.js"},
		"outside":    {files(nil), "../test.js", "lies outside"},
		"absolute":   {files(nil), "/test.js", "lies outside"},
		"too large":  {files(map[string]string{"test.js": strings.Repeat("x", k6.MaxFile+1)}), "test.js", "more than 1 MiB"},
		"too many":   {files(many), "test.js", "more than 64 files"},
		"no regular": {files(map[string]string{"test.js/x": ""}), "test.js", "is no file"},
	} {
		if _, err := k6.Read(c.dir, c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, expected %q", name, err, c.want)
		}
	}
}

// Links lead nowhere but to the directory: that is what os.Root is for.
func TestReadFollowsNoLinkOut(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.js")
	dir := t.TempDir()
	for path, body := range map[string]string{secret: "secret", filepath.Join(dir, "test.js"): "import './link.js'"} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.js")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if got, err := k6.Read(root.FS(), "test.js"); err == nil {
		t.Errorf("read %d files, expected a refusal", len(got.Files))
	}
}
