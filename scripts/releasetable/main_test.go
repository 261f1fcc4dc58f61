package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// builds makes a directory as scripts/build does.
func builds(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"plimsoll-action-linux-amd64": "one", "plimsoll-action-linux-arm64": "two", "plimsoll-linux-amd64": "three",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// written is the file that names the builds in dir.
func written(t *testing.T, dir string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := run([]string{"write", "v1.2.3", "go1.26.8", "https://example.org/{name}", dir}, &out, &problems); code != 0 {
		t.Fatalf("exit code %d: %s", code, problems.String())
	}
	file := filepath.Join(t.TempDir(), "release.json")
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWriteNamesTheActionsPrograms(t *testing.T) {
	raw, err := os.ReadFile(written(t, builds(t)))
	if err != nil {
		t.Fatal(err)
	}
	var got table
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	want := table{Version: "v1.2.3", Go: "go1.26.8", Download: "https://example.org/{name}", SHA256: map[string]string{
		"linux-amd64": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
		"linux-arm64": "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("release.json (-want +got):\n%s", d)
	}
}

func TestCheck(t *testing.T) {
	dir := builds(t)
	file := written(t, dir)
	for name, c := range map[string]struct {
		version, platform, program, want string
	}{
		"the program":              {"v1.2.3", "linux-amd64", "plimsoll-action-linux-amd64", ""},
		"another program":          {"v1.2.3", "linux-amd64", "plimsoll-linux-amd64", "is not released"},
		"another version":          {"v1.2.4", "linux-amd64", "plimsoll-action-linux-amd64", `is of version "v1.2.3", expected v1.2.4`},
		"a platform not in there":  {"v1.2.3", "linux-riscv64", "plimsoll-action-linux-amd64", "is not released"},
		"a program that is not":    {"v1.2.3", "linux-amd64", "absent", "no such file"},
		"the program of elsewhere": {"v1.2.3", "linux-arm64", "plimsoll-action-linux-amd64", "is not released"},
	} {
		var problems bytes.Buffer
		code := run([]string{"check", file, c.version, c.platform, filepath.Join(dir, c.program)}, &problems, &problems)
		if (code == 0) != (c.want == "") || !strings.Contains(problems.String(), c.want) {
			t.Errorf("%s: exit code %d, %q, want %q", name, code, problems.String(), c.want)
		}
	}
}

// What stands on main, where nothing is released, passes for no version.
func TestCheckAgainstAnEmptyTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "release.json")
	for _, body := range []string{`{"version": "", "sha256": {}}`, `{`, ``} {
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		var problems bytes.Buffer
		if code := run([]string{"check", file, "v1.2.3", "linux-amd64", file}, &problems, &problems); code != 1 {
			t.Errorf("%q: exit code %d, want 1", body, code)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"write"}, {"check", "a", "b"}, {"other", "a", "b", "c", "d"}} {
		var problems bytes.Buffer
		if code := run(args, &problems, &problems); code != 2 || problems.String() != usage {
			t.Errorf("%q: exit code %d, %q", args, code, problems.String())
		}
	}
	var problems bytes.Buffer
	if code := run([]string{"write", "v1", "go", "url", t.TempDir()}, &problems, &problems); code != 1 || !strings.Contains(problems.String(), "scripts/build") {
		t.Errorf("nothing built: exit code %d, %q", code, problems.String())
	}
}
