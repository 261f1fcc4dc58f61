package owner

import (
	"bytes"
	"path"
	"strings"
	"testing"
)

// fuzz tries to make the reader of a file panic, keep too much, or claim what
// is outside of the image. It starts from the files of that kind in testdata.
func fuzz(f *testing.F, at string, seeds ...string) {
	kind := Wanted(at, 1, 0o644)
	for p, body := range everything(f) {
		if Wanted(p, 1, 0o644) == kind {
			f.Add([]byte(body))
		}
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		data, err := Distil(kind, plainFile(at, string(body)))
		if err != nil || data == nil {
			return
		}
		if again, err := Distil(kind, plainFile(at, string(body))); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("distilled once more: %v", err)
		}
		claims, problems := Packages(companions(t, Evidence{Path: at, Kind: kind, Data: data}))
		for _, p := range problems {
			if !strings.Contains(p.Error(), "left out") {
				t.Errorf("its own evidence is no good: %v", p)
			}
		}
		mustStayInside(t, claims, len(data))
	})
}

// companions adds the evidence that makes a list of files count.
func companions(t *testing.T, e Evidence) []Evidence {
	files := tree{
		"var/lib/dpkg/status":      "Package: p\nStatus: install ok installed\nVersion: 1\n",
		"var/lib/dpkg/status.d/p":  "Package: p\nVersion: 1\n",
		"lib/p.dist-info/METADATA": metadata,
		"lib/p.egg-info/PKG-INFO":  metadata,
	}
	delete(files, e.Path)
	return append(files.evidence(t), e)
}

func mustStayInside(t *testing.T, claims []Claim, kept int) {
	t.Helper()
	total := 0
	for _, c := range claims {
		if c.Name == "" || len(c.Name) > maxName || len(c.Version) > maxName {
			t.Errorf("a claim by %q %q", c.Name, c.Version)
		}
		for _, p := range append(c.Files, c.Root) {
			total += len(p)
			if p != "" && (p != path.Clean(p) || p[0] == '/' || p == ".." || strings.HasPrefix(p, "../")) {
				t.Errorf("%s claims %q, which is not a clean path inside of the image", c.Name, p)
			}
		}
	}
	if most := 64*kept + 16<<10; total > most {
		t.Errorf("%d bytes of evidence make claims of %d bytes, want at most %d", kept, total, most)
	}
}

func FuzzDpkgStatus(f *testing.F) {
	fuzz(f, "var/lib/dpkg/status", status("a", "1", "amd64", "install ok unpacked"), "Package:\nVersion\n: \n")
}

func FuzzDpkgStatusD(f *testing.F) { fuzz(f, "var/lib/dpkg/status.d/p") }

func FuzzDpkgList(f *testing.F) {
	fuzz(f, "var/lib/dpkg/info/p.list", "/.\n/../a\n//b\n/a/b\n/a/bc\n")
}

func FuzzDpkgMD5Sums(f *testing.F) {
	fuzz(f, "var/lib/dpkg/status.d/p.md5sums", "abc  ../../a\nabc\nabc  /b\n")
}

func FuzzAPK(f *testing.F) {
	fuzz(f, "lib/apk/db/installed", "P:a\nV:1\nF:../..\nR:../a\nR:/b\n\nP:b\n")
}

func FuzzPythonInfo(f *testing.F) {
	fuzz(f, "lib/p.dist-info/METADATA", "Name: -._\nVersion:\n", "name: a\n Name: b\n\n")
}

func FuzzPythonRecord(f *testing.F) {
	fuzz(f, "lib/p.dist-info/RECORD", "\"a,\"\"b\"\"\",,\r\n../../x,,\n/etc/y\n", "\"")
}

func FuzzPythonFiles(f *testing.F) {
	fuzz(f, "lib/p.egg-info/installed-files.txt", "../a.py\n../../../x\n\n/y\n")
}

func FuzzPythonTop(f *testing.F) {
	fuzz(f, "lib/p.egg-info/top_level.txt", "a\n../b\n/c\nd/e\n")
}

func FuzzNPM(f *testing.F) {
	fuzz(f, "node_modules/p/package.json", "\ufeff{}", `{"name":"a","version":{"name":1}}`, `{"a":[[{}]],"name":"\ud800"`)
}

func FuzzGem(f *testing.F) {
	fuzz(f, "g/specifications/p-1.gemspec", "# stub: \n", "s.name = %q{a\ns.version='", "# stub: a 1\n")
}

// Evidence comes out of a cache that may be damaged.
func FuzzPackages(f *testing.F) {
	for _, e := range everything(f).evidence(f) {
		f.Add(string(e.Kind), e.Data)
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		claims, _ := Packages(companions(t, Evidence{Path: "lib/p.dist-info/RECORD", Kind: Kind(kind), Data: data}))
		total := 0
		for _, c := range claims {
			for _, p := range c.Files {
				total += len(p)
			}
		}
		if most := 64*len(data) + 16<<10; total > most {
			t.Errorf("%d bytes of evidence make claims of %d bytes, want at most %d", len(data), total, most)
		}
	})
}
