package analyze

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// realDocuments reads files of testdata/documents.
func realDocuments(t testing.TB, pattern string) [][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata/documents", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: found %d files, %v", pattern, len(names), err)
	}
	var out [][]byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// The fuzz targets' seeds are understood.
func TestRealDocuments(t *testing.T) {
	for _, raw := range realDocuments(t, "*.config.json") {
		c, err := parseConfig(raw, DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		created, warning := instructions(c.file)
		if warning != "" || c.platform() != amd64 || !strings.HasPrefix(created[0], "COPY ") && !strings.HasPrefix(created[0], "ADD ") {
			t.Errorf("%s, %q, %q", c.platform(), created, warning)
		}
	}
	r := resolver{limits: DefaultLimits, want: Platform{OS: "linux", Architecture: "arm64"}}
	for _, raw := range realDocuments(t, "multi29.platforms.json") {
		var index v1.IndexManifest
		if err := decode(raw, &index); err != nil {
			t.Fatal(err)
		}
		if got, err := r.choose(index.Manifests); err != nil || got.Platform.Architecture != "arm64" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, raw := range realDocuments(t, "*29.index.json") {
		var index v1.IndexManifest
		if err := decode(raw, &index); err != nil {
			t.Fatal(err)
		}
		name := index.Manifests[0].Annotations[annotationContainerd]
		for _, asked := range []string{name, index.Manifests[0].Annotations[annotationName], ""} {
			if got, err := r.start(index.Manifests, Reference{Name: asked}); err != nil || got.Digest != index.Manifests[0].Digest {
				t.Errorf("%q: %+v, %v", asked, got, err)
			}
		}
	}
}

func TestValues(t *testing.T) {
	for doc, want := range map[string]int{
		``: 0, `{}`: 1, `[1,2,3]`: 3, `{"a":[{},{}]}`: 5, `"[,{"`: 0, `["\"[",1]`: 2, `{"a\\":1,"b":2}`: 2, `[[[[`: 4,
	} {
		if got := values([]byte(doc), 1000); got != want {
			t.Errorf("%s holds %d values, want %d", doc, got, want)
		}
	}
	if got := values([]byte(strings.Repeat("{},", 100)), 10); got != 11 {
		t.Errorf("counted %d, it was to stop after 10", got)
	}
}

// What counts as a value bounds what decoding makes of a document.
func FuzzConfig(f *testing.F) {
	for _, raw := range realDocuments(f, "*.config.json") {
		f.Add(raw)
	}
	f.Add([]byte(`{"history":[{},null,{"empty_layer":true}],"rootfs":{"diff_ids":["sha256:0"]}}`))
	f.Add([]byte(`{"architecture":"arm","os":"linux","history":[{"created_by":"/bin/sh -c #(nop) \ud800"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseConfig(raw, DefaultLimits)
		if err != nil {
			return
		}
		if n := values(raw, len(raw)); len(c.file.History)+len(c.file.RootFS.DiffIDs) > n {
			t.Errorf("%d entries of history and %d layers in %d values", len(c.file.History), len(c.file.RootFS.DiffIDs), n)
		}
		created, _ := instructions(c.file)
		if len(created) != len(c.diffIDs()) {
			t.Errorf("%d instructions for %d layers", len(created), len(c.diffIDs()))
		}
		for _, text := range created {
			if len(text) > 1100 || !utf8.ValidString(text) {
				t.Errorf("an instruction of %d bytes: %q", len(text), text)
			}
		}
		if p := c.platform(); c.runsOn(Platform{}) != nil || p != p.normal() {
			t.Errorf("platform %s", p)
		}
	})
}

// Whatever an index holds, what is chosen is one of its images.
func FuzzIndexes(f *testing.F) {
	for _, raw := range append(realDocuments(f, "*29.index.json"), realDocuments(f, "*.platforms.json")...) {
		f.Add(raw, "2", "linux/arm64")
		f.Add(raw, "", "")
	}
	f.Add([]byte(`{"manifests":[{"platform":{"os":"unknown","architecture":"unknown"}},null,{"annotations":{"org.opencontainers.image.ref.name":"\u0000"}}]}`), "\x00", "arm/v6")
	f.Fuzz(func(t *testing.T, raw []byte, name, platform string) {
		var index v1.IndexManifest
		if decode(raw, &index) != nil {
			return
		}
		want, _ := ParsePlatform(platform)
		got, err := resolver{limits: DefaultLimits, want: want}.start(index.Manifests, Reference{Name: name})
		if err != nil {
			if len(err.Error()) > 5000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
			return
		}
		found := slices.ContainsFunc(index.Manifests, func(d v1.Descriptor) bool { return d.Digest == got.Digest })
		if !found || attestation(got) {
			t.Errorf("chose %+v", got)
		}
		if got.Platform != nil && want != (Platform{}) && !want.Runs(platformOf(*got.Platform)) {
			t.Errorf("chose %s for %s", platformOf(*got.Platform), want)
		}
	})
}

// A registry's answers: what a tag stands for, and the blob that it names.
func FuzzRegistryDocuments(f *testing.F) {
	for _, config := range realDocuments(f, "*.config.json") {
		for _, manifest := range append(realDocuments(f, "*.image.json"), realDocuments(f, "*29.index.json")...) {
			f.Add(manifest, config)
		}
		f.Add([]byte(`{"config":{"digest":"`+digestBytes(config)+`","size":7},"layers":[{}]}`), config)
		f.Add([]byte(`{"manifests":[{"digest":"`+digestBytes(config)+`"}]}`), config)
	}
	f.Add([]byte(schema1), []byte(`{}`))
	ref := mustParse(f, "docker://"+remoteHead)
	f.Fuzz(func(t *testing.T, tagged, blob []byte) {
		s := shelved{}
		s.add(tagged)
		s.add(blob)
		s["head"] = tagged
		w := over(s, nobody{})
		w.pauses = nil // the clock of a fuzz target is the real one
		got, err := resolveOver(t.Context(), w, ref, Options{Limits: DefaultLimits})
		switch {
		case err != nil && len(err.Error()) > 5000:
			t.Errorf("the message has %d bytes", len(err.Error()))
		case err == nil && len(got.layers) != len(got.config.file.RootFS.DiffIDs):
			t.Errorf("%d layers, %d DiffIDs", len(got.layers), len(got.config.file.RootFS.DiffIDs))
		}
	})
}
