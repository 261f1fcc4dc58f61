package untar

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is what a reader makes of an archive: what both readers have to agree on.
type seen struct {
	Entries []string
	End     string
}

type reader interface {
	io.Reader
	Next() (*tar.Header, error)
}

// look reads an archive to its end: of each payload all, half or nothing.
func look(r reader, part func(size int64) int64) seen {
	var out seen
	for {
		hdr, err := r.Next()
		if err != nil {
			out.End = ending(err)
			return out
		}
		entry := fmt.Sprintf("%c %q %q %d %o %d %d %v %q", hdr.Typeflag, hdr.Name, hdr.Linkname, hdr.Size, hdr.Mode, hdr.Uid, hdr.Gid, hdr.ModTime.UnixNano(), hdr.PAXRecords)
		if wanted := part(hdr.Size); wanted > 0 {
			payload, err := io.ReadAll(io.LimitReader(r, wanted))
			entry += fmt.Sprintf(" %x %v", payload, ending(err))
		}
		out.Entries = append(out.Entries, entry)
	}
}

// ending says how reading ended: what matters is whether all was there.
func ending(err error) string {
	switch {
	case err == nil:
		return "no error"
	case errors.Is(err, io.EOF):
		return "end"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "cut short"
	}
	return err.Error()
}

// same compares with archive/tar, over a source that seeks and one that does not.
func same(t *testing.T, raw []byte) {
	t.Helper()
	sources := map[string]func() io.Reader{
		"seeking": func() io.Reader { return bytes.NewReader(raw) },
		"stream":  func() io.Reader { return struct{ io.Reader }{bytes.NewReader(raw)} },
	}
	parts := map[string]func(int64) int64{
		"all":     func(int64) int64 { return 1 << 20 },
		"half":    func(size int64) int64 { return min(size/2, 1<<20) },
		"nothing": func(int64) int64 { return 0 },
	}
	for how, source := range sources {
		for much, part := range parts {
			want, got := look(tar.NewReader(source()), part), look(NewReader(source()), part)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, reading %s of each payload: archive/tar and untar differ (-tar +untar):\n%s", how, much, diff)
			}
		}
	}
}

func write(t testing.TB, format tar.Format, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i, hdr := range headers {
		hdr.Format = format
		if hdr.ModTime.IsZero() && hdr.Typeflag != tar.TypeXGlobalHeader {
			hdr.ModTime = time.Unix(1_700_000_000, 0)
		}
		if err := w.WriteHeader(&hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte{byte('a' + i)}, int(hdr.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ordinary() []tar.Header {
	return []tar.Header{
		{Typeflag: tar.TypeDir, Name: "usr/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "usr/empty", Mode: 0o4755, Uid: 1000, Gid: 50},
		{Typeflag: tar.TypeReg, Name: "usr/file", Size: 1000, Mode: 0o644},
		{Typeflag: tar.TypeReg, Name: "usr/block", Size: 512, Mode: 0o644},
		{Typeflag: tar.TypeLink, Name: "usr/link", Linkname: "usr/file"},
		{Typeflag: tar.TypeSymlink, Name: "usr/soft", Linkname: "../file"},
		{Typeflag: tar.TypeFifo, Name: "usr/pipe"},
		{Typeflag: tar.TypeChar, Name: "dev/null", Devmajor: 1, Devminor: 3},
		{Typeflag: tar.TypeReg, Name: strings.Repeat("d/", 70) + "deep", Size: 3},
	}
}

func archives(t testing.TB) map[string][]byte {
	long := strings.Repeat("n", 300)
	out := map[string][]byte{
		"nothing":   nil,
		"ustar":     write(t, tar.FormatUSTAR, ordinary()...),
		"gnu":       write(t, tar.FormatGNU, ordinary()...),
		"pax":       write(t, tar.FormatPAX, ordinary()...),
		"long gnu":  write(t, tar.FormatGNU, tar.Header{Typeflag: tar.TypeReg, Name: long, Size: 5}, tar.Header{Typeflag: tar.TypeReg, Name: "b", Size: 5}),
		"long pax":  write(t, tar.FormatPAX, tar.Header{Typeflag: tar.TypeReg, Name: long, Size: 5}, tar.Header{Typeflag: tar.TypeSymlink, Name: "b", Linkname: long}),
		"times":     write(t, tar.FormatPAX, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5, ModTime: time.Unix(1, 5)}, tar.Header{Typeflag: tar.TypeReg, Name: "b", Size: 700}),
		"gnu times": write(t, tar.FormatGNU, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5, AccessTime: time.Unix(5, 0)}),
		"negative":  write(t, tar.FormatGNU, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5, ModTime: time.Unix(-5, 0)}),
		"attributes": write(t, tar.FormatPAX, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5, PAXRecords: map[string]string{"SCHILY.xattr.user.x": "1"}},
			tar.Header{Typeflag: tar.TypeReg, Name: "b", Size: 5}),
		"global": write(t, tar.FormatPAX, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5},
			tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "c"}},
			tar.Header{Typeflag: tar.TypeReg, Name: "b", Size: 5}),
		"sparse": sparse(t),
	}
	for _, format := range []string{"ustar", "gnu", "long pax", "sparse"} {
		whole := out[format]
		for _, cut := range []int{1, 511, 512, 1023, 1024, 1025, 1200, 2047, 2048, 2600} {
			out[fmt.Sprintf("%s cut by %d", format, cut)] = whole[:len(whole)-min(cut, len(whole))]
		}
	}
	for at := range blockSize {
		bent := bytes.Clone(out["ustar"])
		bent[at] ^= 0x55
		if at%64 == 0 {
			out[fmt.Sprintf("ustar bent at %d", at)] = bytes.Clone(bent)
		}
		sign(bent)
		out[fmt.Sprintf("ustar bent at %d and signed", at)] = bent
		gnu := bytes.Clone(out["gnu"])
		gnu[blockSize+at] ^= 0x15
		sign(gnu[blockSize:])
		out[fmt.Sprintf("gnu bent at %d and signed", at)] = gnu
	}
	return out
}

// sparse has a file of the kind of PAX 1.0, whose map lies before its data, and
// one behind it.
func sparse(t testing.TB) []byte {
	holes := "1\n0\n3\n"
	data := holes + strings.Repeat("\x00", blockSize-len(holes)) + "abc"
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range []struct {
		hdr  tar.Header
		data string
	}{
		{tar.Header{Typeflag: tar.TypeReg, Name: "GNUSparseFile.0/holes", Size: int64(len(data)), Format: tar.FormatPAX}, data},
		{tar.Header{Typeflag: tar.TypeReg, Name: "after", Size: 4, Format: tar.FormatPAX}, "behi"},
	} {
		if err := w.WriteHeader(&f.hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// archive/tar writes no sparse files, so their records are put before the first.
	var records string
	for _, r := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=holes", "GNU.sparse.realsize=1000"} {
		size := len(r) + 2
		for len(fmt.Sprintf("%d %s\n", size, r)) != size {
			size++
		}
		records += fmt.Sprintf("%d %s\n", size, r)
	}
	head := write(t, tar.FormatUSTAR, tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: int64(len(records))})[:2*blockSize]
	head[typeflagAt] = tar.TypeXHeader
	sign(head)
	copy(head[blockSize:], records+strings.Repeat("\x00", blockSize-len(records)))
	return append(head, out.Bytes()...)
}

// sign puts the right checksum into a header.
func sign(raw []byte) {
	block := (*[blockSize]byte)(raw)
	copy(block[checksumAt:checksumEnd], fmt.Sprintf("%06o\x00 ", checksum(block)))
}

func TestReadsAsArchiveTar(t *testing.T) {
	for name, raw := range archives(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, raw)
		})
	}
}

func TestSparseFilesAreRead(t *testing.T) {
	got := look(NewReader(bytes.NewReader(sparse(t))), func(int64) int64 { return 4 })
	if len(got.Entries) != 2 || !strings.Contains(got.Entries[0], `"holes" "" 1000`) || !strings.Contains(got.Entries[1], "62656869") {
		t.Errorf("read %q, expected a file of 1000 bytes with holes and the one behind it", got.Entries)
	}
}

// What the formats of ordinary files look like must not go the slow way.
func TestOrdinaryHeadersArePlain(t *testing.T) {
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		for _, hdr := range ordinary()[:6] {
			raw := write(t, format, hdr)
			var got tar.Header
			if !plain((*[blockSize]byte)(raw), &got) {
				t.Errorf("the header of %s in the format %v is left to archive/tar", hdr.Name, format)
			}
		}
	}
}

func TestErrorsStay(t *testing.T) {
	r := NewReader(strings.NewReader("no archive"))
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Next: %v, expected %v each time", err, io.ErrUnexpectedEOF)
		}
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Read: %d bytes, %v", n, err)
	}
}

func FuzzReader(f *testing.F) {
	for _, raw := range archives(f) {
		f.Add(raw, uint16(0), byte(0))
	}
	f.Fuzz(func(t *testing.T, raw []byte, at uint16, value byte) {
		if len(raw) > 1<<16 {
			return
		}
		// A change that the checksum does not give away gets further.
		raw = bytes.Clone(raw)
		if start := int(at) / blockSize * blockSize; start+blockSize <= len(raw) {
			raw[at] ^= value
			sign(raw[start:])
		}
		same(t, raw)
	})
}

// BenchmarkHeaders is archive/tar on the same archive beside it.
func BenchmarkHeaders(b *testing.B) {
	var headers []tar.Header
	for i := range 1000 {
		headers = append(headers, tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("usr/share/doc/%d/copyright", i), Size: 100, Mode: 0o644})
	}
	raw := write(b, tar.FormatUSTAR, headers...)
	for name, open := range map[string]func(io.Reader) reader{
		"untar": func(from io.Reader) reader { return NewReader(from) },
		"tar":   func(from io.Reader) reader { return tar.NewReader(from) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				look := open(bytes.NewReader(raw))
				for {
					if _, err := look.Next(); err != nil {
						break
					}
				}
			}
		})
	}
}
