package analyze

import (
	"archive/tar"
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The headers that tests are written in.
func fileOf(name string, size int64) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
}

func dirOf(name string) tar.Header {
	return tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755}
}

func hardlink(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target}
}

func symlink(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

// noise compresses about as well as programs do. It is longer than the window
// of gzip, so that repeating it helps no compressor.
var noise = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([]byte, 100_000)
	for i := range out {
		out[i] = "abcdefghijklmnop"[random.IntN(16)]
	}
	return out
}()

// layerTar writes a layer with files of noise.
func layerTar(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	at := 0 // so that no file repeats the one before
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		from := at % len(noise)
		at += int(h.Size)
		payload := bytes.Repeat(noise, int(h.Size)/len(noise)+2)[from : from+int(h.Size)]
		if _, err := w.Write(payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t testing.TB, raw []byte) []byte {
	t.Helper()
	return gzippedAt(t, gzip.DefaultCompression, raw)
}

func gzippedAt(t testing.TB, level int, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t testing.TB, raw []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(raw, nil)
}

func newBudget(l Limits) *budget { return &budget{Limits: l.withDefaults()} }

// stack applies layers, given as tar streams, to a tree.
func stack(t testing.TB, layers ...[]byte) *tree {
	t.Helper()
	out := newTree(0, 1<<20)
	for i, raw := range layers {
		c, err := walk(tape{Reader: bytes.NewReader(raw)}, newBudget(Limits{}))
		if err != nil {
			t.Fatalf("layer %d: %v", i, err)
		}
		if err := out.apply(&c.index); err != nil {
			t.Fatalf("layer %d: %v", i, err)
		}
	}
	return out
}
