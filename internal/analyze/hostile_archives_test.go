package analyze

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Archives whose hostility lies around the layers.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	program := buildOpen(t)
	f := newFixture(t, "app:1", amd64, layerTar(t, fileOf("a", 10)))
	manifest := toJSON(t, []item{{Config: "c.json", RepoTags: []string{"app:1"}, Layers: []string{"l.tar"}}})
	good := []any{"l.tar", f.layers[0], "c.json", f.config, "manifest.json", manifest}
	fill := strings.Repeat("n", 4000)
	for _, c := range []struct {
		what    string
		members func(add func(name string, content any))
		want    string
	}{
		{"a good one", func(func(string, any)) {}, ""},
		{"60 MiB of documents", func(add func(string, any)) {
			for i := range 10 {
				add(fmt.Sprint(i), append([]byte("{"), bytes.Repeat([]byte(" "), 6<<20)...))
			}
		}, ""},
		{"60 MiB of attestations in front of the configuration", func(add func(string, any)) {
			for i := range 10 {
				add(fmt.Sprint(i), append([]byte(`{"_type":"https://in-toto.io/Statement/v0.1",`), bytes.Repeat([]byte(" "), 6<<20)...))
			}
			add("behind.json", f.config)
			add("manifest.json", toJSON(t, []item{{Config: "behind.json", RepoTags: []string{"app:1"}, Layers: []string{"l.tar"}}}))
		}, ""},
		{"members with long names", func(add func(string, any)) {
			for i := range 4_000 {
				add(fmt.Sprintf("%08d%s", i, fill), []byte("{}"))
			}
		}, "members"},
		{"links with long names", func(add func(string, any)) {
			for i := range 4_000 {
				add(fmt.Sprintf("%08d%s", i, fill), fmt.Sprintf("%08d%s", i+1, fill))
			}
		}, "members"},
		{"seventy thousand members", func(add func(string, any)) {
			for i := range 70_000 {
				add(fmt.Sprint(i), []byte(nil))
			}
		}, "more than 65536 members"},
		{"a member that climbs out", func(add func(string, any)) { add("../../etc/passwd", []byte("x")) }, `member "../../etc/passwd": path leads out of the image`},
		{"links in a circle", func(add func(string, any)) {
			add("x", "y")
			add("y", "x")
			add("manifest.json", toJSON(t, []item{{Config: "x", Layers: []string{"y"}}}))
		}, `"x" is not in the archive`},
		{"a manifest that lists itself", func(add func(string, any)) {
			add("manifest.json", toJSON(t, []item{{Config: "manifest.json", RepoTags: []string{"app:1"}, Layers: []string{"manifest.json"}}}))
		}, "image configuration: not the JSON expected"},
		{"a manifest that is its own layer", func(add func(string, any)) {
			add("manifest.json", toJSON(t, []item{{Config: "c.json", RepoTags: []string{"app:1"}, Layers: []string{"manifest.json"}}}))
			add("c.json", newFixture(t, "app:1", amd64, layerTar(t, fileOf("b", 1))).config)
		}, "layer 1 (sha256:"},
		{"a crowded manifest", func(add func(string, any)) {
			add("manifest.json", []byte("["+strings.Repeat("{},", 2<<20)+"{}]"))
		}, "manifest.json: holds more than 65536 values"},
		{"a crowded configuration", func(add func(string, any)) {
			add("c.json", []byte(`{"history":[`+strings.Repeat("{},", 2<<20)+"{}]}"))
		}, "image configuration: holds more than 65536 values"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			file := writeArchive(t, func(add func(string, any)) {
				for i := 0; i < len(good); i += 2 {
					add(good[i].(string), good[i+1])
				}
				c.members(add)
			})
			var want []string
			if c.want != "" {
				want = append(want, c.want)
			}
			checkHostile(t, sandbox(t, nil).run(t, program, "docker-archive:"+file), mostMemory, want...)
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			checkHostile(t, sandbox(t, f).run(t, program, "-saved"), mostMemory, want...)
		})
	}
}

// writeArchive makes a tar of files ([]byte) and symbolic links (string).
func writeArchive(t *testing.T, fill func(add func(name string, content any))) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "saved.tar")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := tar.NewWriter(out)
	fill(func(name string, content any) {
		h := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}
		raw, isFile := content.([]byte)
		if isFile {
			h.Size = int64(len(raw))
		} else {
			h.Typeflag, h.Linkname = tar.TypeSymlink, content.(string)
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}
