package owner

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// tree is a file system: contents by path. Where a test writes one as a map,
// the lines of a file are as long as they need to be and no more.
type tree map[string]string

// archived is the tree in an archive of testdata.
func archived(t testing.TB, name string) tree {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := tree{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

// evidence is what is kept of all files that are wanted.
func (files tree) evidence(t testing.TB) []Evidence {
	t.Helper()
	var all []Evidence
	for path, body := range files {
		kind := Wanted(path, int64(len(body)), 0o644)
		if kind == "" {
			continue
		}
		data, err := Distil(kind, plainFile(path, body))
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if len(data) > 0 {
			all = append(all, Evidence{Path: path, Kind: kind, Data: data})
		}
	}
	return all
}

func plainFile(path, body string) File {
	return File{Path: path, Size: int64(len(body)), Mode: 0o644, Body: strings.NewReader(body)}
}

// claims are those of all packages in the tree, which must be without problems.
func (files tree) claims(t testing.TB) []Claim {
	t.Helper()
	claims, problems := Packages(files.evidence(t))
	for _, p := range problems {
		t.Error(p)
	}
	return claims
}

func mustClaim(t *testing.T, files tree, want ...Claim) {
	t.Helper()
	if diff := cmp.Diff(want, files.claims(t)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

// mustRefuse checks that a file gives no evidence, but an error that says so.
func mustRefuse(t *testing.T, path, body, want string) {
	t.Helper()
	kind := Wanted(path, int64(len(body)), 0o644)
	data, err := Distil(kind, plainFile(path, body))
	if data != nil || err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Distil(%q, %q) = %d bytes, %v; want an error with %q", kind, path, len(data), err, want)
	}
}

func listed(ecosystem record.Ecosystem, name, version string, files ...string) Claim {
	return Claim{Ecosystem: ecosystem, Name: name, Version: version, Files: files}
}

func rooted(ecosystem record.Ecosystem, name, version, root string) Claim {
	return Claim{Ecosystem: ecosystem, Name: name, Version: version, Root: root}
}

// under puts a directory before each path.
func under(dir string, paths ...string) []string {
	paths = slices.Clone(paths)
	for i := range paths {
		paths[i] = dir + "/" + paths[i]
	}
	return paths
}
