package analyze

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// replace puts something else where a file was.
func replace(file string, create func(string) error) error {
	if err := os.RemoveAll(file); err != nil {
		return err
	}
	return create(file)
}

func linkTo(target string) func(string) error {
	return func(file string) error { return os.Symlink(target, file) }
}

func pipe(file string) error { return syscall.Mkfifo(file, 0o600) }

func socket(file string) error { return syscall.Mknod(file, syscall.S_IFSOCK|0o600, 0) }

func directoryAt(file string) error { return os.Mkdir(file, 0o700) }

// Whatever lies where a file should be: nothing outside of the layout is read,
// and nothing that would never end.
func TestLayoutFilesThatAreNone(t *testing.T) {
	base, head := pair(t)
	outside := layoutOf(t, map[string]mutate.Appendable{"base": base.image(t, gzipped)})
	img := head.image(t, gzipped)
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	layer := "/blobs/sha256/" + manifest.Layers[1].Digest.Hex
	name := "layer 2 (sha256:" + manifest.Layers[1].Digest.Hex[:12] + "): "
	for _, c := range []struct {
		what  string
		spoil func(dir string) error
		want  string
	}{
		{"pipe", func(dir string) error { return replace(dir+layer, pipe) }, name + "blobs/sha256/" + manifest.Layers[1].Digest.Hex + " is no regular file"},
		{"socket", func(dir string) error { return replace(dir+layer, socket) }, " is no regular file"},
		{"directory", func(dir string) error { return replace(dir+layer, directoryAt) }, name + "blobs/sha256/" + manifest.Layers[1].Digest.Hex + " is no regular file"},
		{"link to a device", func(dir string) error { return replace(dir+layer, linkTo("/dev/zero")) }, "path escapes from parent"},
		{"link to a file outside", func(dir string) error {
			return replace(dir+layer, linkTo(outside+layer))
		}, "path escapes from parent"},
		{"link up and out", func(dir string) error { return replace(dir+layer, linkTo("../../../etc/passwd")) }, "path escapes from parent"},
		{"link to itself", func(dir string) error { return replace(dir+layer, linkTo(filepath.Base(layer))) }, name},
		{"link to nothing", func(dir string) error { return replace(dir+layer, linkTo("nothing")) }, name + "blobs/sha256/" + manifest.Layers[1].Digest.Hex + " is not there"},
		{"blobs outside", func(dir string) error { return replace(dir+"/blobs", linkTo(outside+"/blobs")) }, "path escapes from parent"},
		{"index outside", func(dir string) error { return replace(dir+"/index.json", linkTo(outside+"/index.json")) }, "not an OCI layout: "},
		{"index a pipe", func(dir string) error { return replace(dir+"/index.json", pipe) }, "not an OCI layout: index.json is no regular file"},
		{"layout a pipe", func(dir string) error { return replace(dir, pipe) }, " is no directory"},
		{"layout a file", func(dir string) error {
			return replace(dir, func(file string) error { return os.WriteFile(file, nil, 0o600) })
		}, " is no directory: an archive is read as oci-archive:FILE"},
		{"link within", func(dir string) error {
			if err := os.Rename(dir+layer, dir+"/elsewhere"); err != nil {
				return err
			}
			return os.Symlink("../../elsewhere", dir+layer)
		}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := layoutOf(t, map[string]mutate.Appendable{"head": img})
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			got, err := Open(t.Context(), mustParse(t, "oci:"+dir), Options{})
			checkError(t, c.what, err, c.want)
			if c.want == "" {
				checkHead(t, got, head)
			}
		})
	}
}

// An archive is a file that can be read at random, in the format it is said to be.
func TestArchiveFilesThatAreNone(t *testing.T) {
	_, head := pair(t)
	dir := layoutOf(t, map[string]mutate.Appendable{"head": head.image(t, gzipped)})
	whole, err := os.ReadFile(archiveOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	write := func(raw []byte) func(string) error {
		return func(file string) error { return os.WriteFile(file, raw, 0o600) }
	}
	for _, c := range []struct {
		what      string
		create    func(string) error
		transport string
		want      string
	}{
		{"nothing", func(string) error { return nil }, "oci-archive:", "no such file"},
		{"nothing", func(string) error { return nil }, "docker-archive:", "no such file"},
		{"directory", directoryAt, "oci-archive:", "is no regular file"},
		{"directory", directoryAt, "docker-archive:", "is no regular file"},
		{"pipe", pipe, "oci-archive:", "is no regular file, and an archive is read at random: save it in a file first"},
		{"pipe", pipe, "docker-archive:", "is no regular file"},
		{"empty", write(nil), "oci-archive:", "not an OCI layout: \"index.json\" is not there"},
		{"empty", write(nil), "docker-archive:", "found no manifest.json"},
		{"no tar", write(bytes.Repeat([]byte("x"), 2000)), "oci-archive:", "read archive at its first entry: "},
		{"compressed", write(gzipped(t, whole)), "oci-archive:", "is compressed with gzip: unpack it first"},
		{"compressed", write(zstded(t, whole)), "docker-archive:", "is compressed with zstd: unpack it first"},
		{"cut short", write(whole[:len(whole)/2]), "oci-archive:", "unexpected EOF"},
		{"the other kind", write(whole), "docker-archive:", "an OCI layout is read as oci: or oci-archive:"},
		{"the other kind", write(legacy(t, head)), "oci-archive:", "not an OCI layout: \"index.json\" is not there"},
		{"whole", write(whole), "oci-archive:", ""},
	} {
		t.Run(c.transport+c.what, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "image.tar")
			if err := c.create(file); err != nil {
				t.Fatal(err)
			}
			got, err := Open(t.Context(), mustParse(t, c.transport+file), Options{})
			checkError(t, c.what, err, c.want)
			if c.want == "" {
				checkHead(t, got, head)
			}
		})
	}
}

// Documents of a layout that say something else than they should. Those of a
// registry go the same way and are tested there.
func TestLayoutDocuments(t *testing.T) {
	_, head := pair(t)
	img := head.image(t, gzipped)
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, index, ref string
		want             string
	}{
		{"lists itself", `{"manifests":[{"digest":"SELF"}]}`, "", "is not there"},
		{"no image", `{"manifests":[]}`, "", "no image for linux/amd64, found none"},
		{"nothing", `{}`, "", "no image for linux/amd64, found none"},
		{"null", `null`, "", "no image for linux/amd64, found none"},
		{"a list", `[]`, "", "index.json: not the JSON expected"},
		{"two for the platform", `{"manifests":[{"digest":"DIGEST","platform":{"os":"linux","architecture":"amd64"}},{"digest":"DIGEST","platform":{"os":"linux","architecture":"amd64"}}]}`, "", ""},
		{"attestation first", `{"manifests":[{"digest":"SELF","platform":{"os":"unknown","architecture":"unknown"}},{"digest":"DIGEST"}]}`, "", ""},
		{"attestation by annotation", `{"manifests":[{"digest":"SELF","annotations":{"vnd.docker.reference.type":"attestation-manifest"}},{"digest":"DIGEST"}]}`, "", ""},
		{"schema 1", `{"manifests":[{"digest":"SCHEMA1"}]}`, "", "an image manifest of schema 1"},
		{"digest of an attestation", `{"manifests":[{"digest":"DIGEST"}]}`, "@SELF", "is not there"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := layoutOf(t, map[string]mutate.Appendable{"head": img})
			s1 := hashOf([]byte(schema1))
			if err := os.WriteFile(dir+"/blobs/sha256/"+s1.Hex, []byte(schema1), 0o600); err != nil {
				t.Fatal(err)
			}
			fill := strings.NewReplacer("DIGEST", digest.String(), "SCHEMA1", s1.String(), "SELF", "sha256:"+strings.Repeat("5", 64)).Replace
			if err := os.WriteFile(dir+"/index.json", []byte(fill(c.index)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, ref := range []string{"oci:" + dir, "oci-archive:" + archiveOf(t, dir)} {
				got, err := Open(t.Context(), mustParse(t, ref+fill(c.ref)), Options{Platform: amd64})
				checkError(t, c.what, err, c.want)
				if c.want == "" {
					checkHead(t, got, head)
				}
			}
		})
	}
}

// A configuration whose history does not fit is no error: nothing but the
// instructions is missing.
func TestHistoryThatDoesNotFit(t *testing.T) {
	_, head := pair(t)
	var whole v1.ConfigFile
	if err := json.Unmarshal(head.config, &whole); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		history []v1.History
		want    string
	}{
		{"none", nil, "the image has no history"},
		{"fewer", whole.History[:4], "tells of 2 layers and there are 3"},
		{"more", append(whole.History[:len(whole.History):len(whole.History)], v1.History{CreatedBy: "RUN x"}), "tells of 4 layers and there are 3"},
	} {
		changed := whole
		changed.History = c.history
		f := fixture{head.name, toJSON(t, changed), head.layers}
		file := filepath.Join(t.TempDir(), "saved.tar")
		if err := os.WriteFile(file, legacy(t, f), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Open(t.Context(), mustParse(t, "docker-archive:"+file), Options{})
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], c.want) {
			t.Errorf("%s: warnings %q, want %q", c.what, got.Warnings, c.want)
		}
		if got.Stored != 12000 || got.Live != 9000 || len(got.Layers) != 3 || got.Layers[2].Instruction != "" {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}
