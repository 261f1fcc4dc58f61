package analyze

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// layer writes the blob of a layer.
type layer func(t *testing.T, w io.Writer)

func blob(raw []byte) layer {
	return func(t *testing.T, w io.Writer) {
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	}
}

// repeated is n times the same bytes. Members of gzip and frames of zstd may
// follow each other, which makes large bombs in no time.
func repeated(n int, raw []byte) layer {
	return func(t *testing.T, w io.Writer) {
		for range n {
			blob(raw)(t, w)
		}
	}
}

func joined(first, second layer) layer {
	return func(t *testing.T, w io.Writer) {
		first(t, w)
		second(t, w)
	}
}

// header is that of one file, without its payload.
func header(t *testing.T, h tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := tar.NewWriter(&out).WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func bestGzip(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
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

// packed compresses what a layer writes.
func packed(l layer) layer {
	return func(t *testing.T, w io.Writer) {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		l(t, z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// zstdWindow is a frame that needs a window of 2 GiB: no single segment,
// exponent 21, mantissa 0, then one raw block (RFC 8878, section 3.1.1).
func zstdWindow(raw []byte) []byte {
	out := append(bytes.Clone(magicZstd), 0x00, 21<<3)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(raw))<<3|1)[:len(out)+3]
	return append(out, raw...)
}

// hostile is a layer and part of the error that it ends in, "" for none.
type hostile struct {
	what   string
	layer  layer
	want   string
	stream string // want of a stream, where that is another
}

// hostileLayers is what every source of images may be made of.
func hostileLayers(t *testing.T) []hostile {
	long := strings.Repeat("n", 64<<10)
	whole := layerTar(t, fileOf("a", 50_000))
	zeros := make([]byte, 10<<20)
	gz, zs := bestGzip(t, zeros), zstded(t, zeros)
	tenGB := header(t, fileOf("zeros", 10<<30))
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return []hostile{
		{"no tar", blob(bytes.Repeat([]byte("no tar at all "), 1000)), "read tar at its first entry", "is not in the archive, or is no layer"},
		{"truncated tar", blob(whole[:20_000]), "cut short after 20000 bytes", ""},
		{"truncated gzip", blob(gzipped(t, whole)[:9000]), "cut short after", ""},
		{"truncated zstd", blob(zstded(t, whole)[:9000]), "cut short after", ""},
		{"10 GB of zeros in 10 MB of gzip", joined(blob(bestGzip(t, tenGB)), repeated(1030, gz)), "a decompression bomb", ""},
		{"10 GB of zeros behind the end of the tar", repeated(1030, gz), "a decompression bomb", ""},
		{"10 GB of zeros in zstd", joined(blob(packer.EncodeAll(tenGB, nil)), repeated(1030, zs)), "a decompression bomb", ""},
		{"a zstd window of 2 GB", blob(zstdWindow(whole)), "window size exceeded", ""},
		{"a file that climbs out", blob(layerTar(t, fileOf("../../etc/passwd", 1))), `entry "../../etc/passwd": path leads out of the image`, ""},
		{"a link that climbs out", blob(layerTar(t, hardlink("a", "../../etc/passwd"))), `hard link to "../../etc/passwd": path leads out of the image`, ""},
		{"absolute links", blob(gzipped(t, layerTar(t, symlink("a", "/etc/passwd"), hardlink("/b", "/a"), hardlink("c", "/etc/shadow")))), "", ""},
		{"a name of 64 KiB", blob(layerTar(t, fileOf(long, 1))), "path of 65536 bytes, at most 4096", ""},
		{"a link of 64 KiB", blob(layerTar(t, hardlink("a", long))), "path of 65536 bytes, at most 4096", ""},
		{"a file of 4 EiB", blob(header(t, fileOf("huge", 1<<62))), `entry "huge": claims 4611686018427387904 bytes`, ""},
		{"attributes by the megabyte", packed(fatHeaders(15)), "", ""},
	}
}

// fatHeaders writes files with as many extended attributes as tar takes.
func fatHeaders(n int) layer {
	return func(t *testing.T, w io.Writer) {
		records := map[string]string{}
		for i := range 25_000 {
			records[fmt.Sprintf("SCHILY.xattr.user.%05d", i)] = "v"
		}
		tw := tar.NewWriter(w)
		for i := range n {
			if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint(i), PAXRecords: records, Format: tar.FormatPAX}); err != nil {
				t.Fatal(err)
			}
		}
		if err := tw.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
