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

// counted writes n empty files whose names begin with a number of 8 digits. It
// counts in the header itself: tar.Writer would take minutes for ten million.
func counted(n int, name string) layer {
	return func(t *testing.T, w io.Writer) {
		h := header(t, tar.Header{Typeflag: tar.TypeReg, Name: strings.Repeat("0", 8) + name, Mode: 0o644, Format: tar.FormatUSTAR})
		sum := sumOf(t, h)
		block := make([]byte, 2048*len(h))
		for n > 0 {
			block = block[:min(n*len(h), len(block))]
			count(block, h, sum)
			if _, err := w.Write(block); err != nil {
				return // the reader had enough
			}
			n -= len(block) / len(h)
			sum = sumOf(t, h)
		}
	}
}

// count fills a block with a header whose name counts on. It is called by one
// goroutine, and takes twenty times as long under the race detector.
//
//go:norace
func count(block, h []byte, sum int64) {
	for len(block) > 0 {
		block = block[copy(block, h):]
		for i := 7; ; i-- {
			if h[i]++; h[i] <= '9' {
				sum++
				break
			}
			h[i] = '0'
			sum -= 9
		}
		for at, rest := 153, sum; at >= 148; at, rest = at-1, rest/8 {
			h[at] = byte('0' + rest%8)
		}
	}
}

// sumOf is the checksum that stands in a header.
func sumOf(t *testing.T, h []byte) (sum int64) {
	t.Helper()
	if _, err := fmt.Sscanf(string(h[148:154]), "%o", &sum); err != nil {
		t.Fatal(err)
	}
	return sum
}

// packed puts what a layer writes into gzip, uncompressed: the race detector makes
// compressing it ten times as slow, and no test is about how small it gets.
func packed(l layer) layer {
	return func(t *testing.T, w io.Writer) {
		z, err := gzip.NewWriterLevel(w, gzip.NoCompression)
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
	memory int64  // where more than mostMemory is accepted
}

// hostileLayers is what every source of images may be made of.
func hostileLayers(t *testing.T) []hostile {
	long := strings.Repeat("n", 64<<10)
	whole := layerTar(t, fileOf("a", 50_000))
	zeros := make([]byte, 10<<20)
	gz, zs := gzippedAt(t, gzip.BestCompression, zeros), zstded(t, zeros)
	tenGB := header(t, fileOf("zeros", 10<<30))
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return []hostile{
		{"no tar", blob(bytes.Repeat([]byte("no tar at all "), 1000)), "read tar at its first entry", "is not in the archive, or is no layer", 0},
		{"truncated tar", blob(whole[:20_000]), "cut short after 20000 bytes", "", 0},
		{"truncated gzip", blob(gzipped(t, whole)[:9000]), "cut short after", "", 0},
		{"truncated zstd", blob(zstded(t, whole)[:9000]), "cut short after", "", 0},
		{"10 GB of zeros in 10 MB of gzip", joined(blob(gzippedAt(t, gzip.BestCompression, tenGB)), repeated(1030, gz)), "a decompression bomb", "", 0},
		{"10 GB of zeros behind the end of the tar", repeated(1030, gz), "a decompression bomb", "", 0},
		{"10 GB of zeros in zstd", joined(blob(packer.EncodeAll(tenGB, nil)), repeated(1030, zs)), "a decompression bomb", "", 0},
		{"a zstd window of 2 GB", blob(zstdWindow(whole)), "window size exceeded", "", 0},
		{"a file that climbs out", blob(layerTar(t, fileOf("../../etc/passwd", 1))), `entry "../../etc/passwd": path leads out of the image`, "", 0},
		{"a link that climbs out", blob(layerTar(t, hardlink("a", "../../etc/passwd"))), `hard link to "../../etc/passwd": path leads out of the image`, "", 0},
		{"absolute links", blob(gzipped(t, layerTar(t, symlink("a", "/etc/passwd"), hardlink("/b", "/a"), hardlink("c", "/etc/shadow")))), "", "", 0},
		{"a name of 64 KiB", blob(layerTar(t, fileOf(long, 1))), "path of 65536 bytes, at most 4096", "", 0},
		{"a link of 64 KiB", blob(layerTar(t, hardlink("a", long))), "path of 65536 bytes, at most 4096", "", 0},
		{"a file of 4 EiB", blob(header(t, fileOf("huge", 1<<62))), `entry "huge": claims 4611686018427387904 bytes`, "", 0},
		{"long names that share nothing", packed(longNames(12_000)), "more than ", "", 0},
		{"deep paths that share nothing", packed(deepPaths(1_800)), "paths in all layers together", "", 192 << 20},
		{"attributes by the megabyte", packed(fatHeaders(15)), "", "", 0},
	}
}

// longNames writes files whose names of 4000 bytes begin differently.
func longNames(n int) layer {
	return func(t *testing.T, w io.Writer) {
		tw := tar.NewWriter(w)
		for i := range n {
			h := fileOf(fmt.Sprintf("%08d%s", i, strings.Repeat("n", 3990)), 0)
			if err := tw.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// deepPaths writes files below 1300 directories each.
func deepPaths(n int) layer {
	return func(t *testing.T, w io.Writer) {
		tw := tar.NewWriter(w)
		for i := range n {
			h := fileOf(fmt.Sprintf("%08d/%s", i, strings.Repeat("ab/", 1300)), 0)
			h.Name += "f"
			if err := tw.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
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
