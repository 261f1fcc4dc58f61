package analyze

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseReference(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for s, want := range map[string]Reference{
		"app":                                  {Transport: Bare, Name: "app"},
		"docker:24-dind":                       {Transport: Bare, Name: "docker:24-dind"},
		"dir:latest":                           {Transport: Bare, Name: "dir:latest"},
		"localhost:5000/team/app@sha256:" + id: {Transport: Bare, Name: "localhost:5000/team/app@sha256:" + id},
		"sha256:" + id:                         {Transport: Bare, Name: "sha256:" + id},
		id:                                     {Transport: Bare, Name: id},
		"docker-daemon:app:v1":                 {Transport: Daemon, Name: "app:v1"},
		"docker-daemon:sha256:" + id:           {Transport: Daemon, Name: "sha256:" + id},
		"docker://ghcr.io/team/app:v1":         {Transport: Registry, Name: "ghcr.io/team/app:v1"},
		"oci:out":                              {Transport: OCILayout, Path: "out"},
		"oci:/tmp/out:docker.io/app:v1":        {Transport: OCILayout, Path: "/tmp/out", Name: "docker.io/app:v1"},
		"oci:out@sha256:" + id:                 {Transport: OCILayout, Path: "out", Digest: "sha256:" + id},
		"oci:out:app@sha256:" + id:             {Transport: OCILayout, Path: "out", Name: "app", Digest: "sha256:" + id},
		"oci-archive:a.tar:v1":                 {Transport: OCIArchive, Path: "a.tar", Name: "v1"},
		"docker-archive:a.tar":                 {Transport: DockerArchive, Path: "a.tar"},
		"docker-archive:a.tar:app:v1":          {Transport: DockerArchive, Path: "a.tar", Name: "app:v1"},
	} {
		got, err := ParseReference(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Reference{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", s, d)
		}
		if got.String() != s {
			t.Errorf("%s is printed as %s", s, got)
		}
	}
	for s, want := range map[string]string{
		"":                          "image reference is empty: expected docker-daemon:NAME",
		"App":                       `image reference "App": could not parse reference: App; expected`,
		"a b":                       "could not parse reference",
		"containers-storage:/x/y:z": `transport "containers-storage" is not supported: expected`,
		"dir:/tmp/x":                `transport "dir" is not supported: expected`,
		"docker://":                 "could not parse reference",
		"docker-daemon:":            "could not parse reference",
		"oci:":                      "found no path, expected oci:PATH or oci:PATH:TAG",
		"oci::tag":                  "found no path",
		"oci:out@sha256:12":         `digest "sha256:12": expected sha256: and 64 hexadecimal digits`,
		"oci:o\x00t":                "NUL byte",
		"docker://sha256:":          "could not parse reference",
	} {
		_, err := ParseReference(s)
		checkError(t, s, err, want)
	}
}

func TestParsePlatform(t *testing.T) {
	for s, want := range map[string]string{
		"linux/amd64": "linux/amd64", "amd64": "linux/amd64", "linux/x86_64": "linux/amd64", "Linux/ARM64/v8": "linux/arm64",
		"linux/arm": "linux/arm/v7", "linux/arm/6": "linux/arm/v6", "linux/armhf": "linux/arm/v7", "linux/amd64/v1": "linux/amd64",
		"windows/amd64": "windows/amd64", "linux/riscv64": "linux/riscv64",
	} {
		got, err := ParsePlatform(s)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v; want %s", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"": `"" is no name`, "linux/": `"" is no name`, "a/b/c/d": "found 4 parts", "linux/am d64": `"am d64" is no name`,
	} {
		_, err := ParsePlatform(s)
		checkError(t, s, err, want)
	}
}

func TestPlatformRuns(t *testing.T) {
	for _, c := range []struct {
		machine, image string
		runs           bool
	}{
		{"linux/amd64", "linux/amd64", true}, {"linux/amd64/v3", "linux/amd64", true}, {"linux/amd64/v3", "linux/amd64/v2", true},
		{"linux/amd64", "linux/amd64/v2", false}, {"linux/arm/v7", "linux/arm/v6", true}, {"linux/arm/v6", "linux/arm/v7", false},
		{"linux/arm64", "linux/arm64/v8", true}, {"linux/arm64", "linux/arm/v7", false}, {"windows/amd64", "linux/amd64", false},
	} {
		m, _ := ParsePlatform(c.machine)
		i, _ := ParsePlatform(c.image)
		if got := m.Runs(i); got != c.runs {
			t.Errorf("%s runs %s: %v", c.machine, c.image, got)
		}
	}
	m := Platform{"linux", "amd64", "v3"}
	if m.fit(Platform{"linux", "amd64", "v2"}) <= m.fit(Platform{"linux", "amd64", ""}) || m.fit(m) <= m.fit(Platform{"linux", "amd64", "v2"}) {
		t.Error("a newer variant does not suit better")
	}
}

func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"app", "oci:d:t", "oci:d@sha256:00", "docker://x/y:z", "docker-daemon:sha256:", ":", "@", "oci-archive:", "docker-archive:a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference(s)
		if err != nil {
			return
		}
		if r.String() != s {
			t.Errorf("%q is printed as %q", s, r)
		}
		if r.Path == "" && r.Name == "" {
			t.Errorf("%q names nothing: %+v", s, r)
		}
	})
}
