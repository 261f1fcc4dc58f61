package github

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"testing"
)

// archive makes a zip file as a stranger might. Fields of a header that are zero
// are filled in.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := e.FileHeader
		if h.Name == "" {
			h.Name = "comparison.json"
		}
		if h.CRC32 == 0 {
			h.CRC32 = crc32.ChecksumIEEE(e.data)
		}
		if h.CompressedSize64 == 0 {
			h.CompressedSize64 = uint64(len(e.data))
		}
		if h.UncompressedSize64 == 0 {
			h.UncompressedSize64 = uint64(len(e.data))
		}
		f, err := w.CreateRaw(&h)
		if err == nil {
			_, err = f.Write(e.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type entry struct {
	zip.FileHeader
	data []byte
}

func named(name string) entry {
	if strings.HasSuffix(name, "/") {
		return entry{FileHeader: zip.FileHeader{Name: name}}
	}
	return entry{FileHeader: zip.FileHeader{Name: name}, data: []byte("{}")}
}

// bomb is n zero bytes, deflated.
func bomb(t testing.TB, name string, n int) entry {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write(make([]byte, n))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, r.File[0].CompressedSize64)
	if _, err := raw.Read(data); err != nil {
		t.Fatal(err)
	}
	return entry{FileHeader: zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: r.File[0].CRC32, UncompressedSize64: uint64(n)}, data: data}
}

func TestUnpackTakesComparisonsOnly(t *testing.T) {
	files, err := unpack(archive(t, named("a/"), named("a/comparison.json"), named("a/report.html"), named("comparison.json"),
		named("web comparison.json"), named("comparison.json.gz"), named("ä/x-comparison.json"), named("@everyone `<b>|/comparison.json")))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	want := []string{"a/comparison.json", "comparison.json", "web comparison.json", "ä/x-comparison.json", "?everyone ??b??/comparison.json"}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestUnpackRefuses(t *testing.T) {
	lying := bomb(t, "comparison.json", maxFile+1)
	lying.UncompressedSize64 = 2
	huge := named("")
	huge.UncompressedSize64 = 1 << 62
	longer := named("")
	longer.UncompressedSize64 = 3
	beyond := named("")
	beyond.CompressedSize64 = 1 << 40
	wrong := named("")
	wrong.CRC32 = 1
	encrypted := named("")
	encrypted.Flags = 1
	odd := named("")
	odd.Method = 12 // bzip2
	link := named("")
	link.SetMode(fs.ModeSymlink | 0o777)
	var many []entry
	for i := range maxEntries + 1 {
		many = append(many, named(fmt.Sprint(i)))
	}
	var bombs []entry
	for i := range 3 {
		bombs = append(bombs, bomb(t, fmt.Sprint(i, "/comparison.json"), maxFile))
	}
	good := archive(t, named("comparison.json"))
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"nothing":                    {nil, "no zip file"},
		"no zip file":                {[]byte("{}"), "no zip file"},
		"truncated":                  {good[:len(good)-30], "no zip file"},
		"the start missing":          {good[10:], "the artifact cannot be read"},
		"too large":                  {make([]byte, maxArchive+1), "more than 16777216 bytes"},
		"too many entries":           {archive(t, many...), "2001 entries"},
		"a bomb":                     {archive(t, bomb(t, "comparison.json", maxFile+1)), "has more than 33554432 bytes"},
		"a bomb of a size that lies": {archive(t, lying), "the artifact cannot be read"},
		"bombs together":             {archive(t, bombs...), "all have more than 67108864"},
		"2^62 bytes":                 {archive(t, huge), "has more than 33554432 bytes"},
		"shorter than it says":       {archive(t, longer), "checksum and size"},
		"beyond the end":             {archive(t, beyond), "the artifact cannot be read"},
		"wrong checksum":             {archive(t, wrong), "checksum and size"},
		"encrypted":                  {archive(t, encrypted), "encrypted"},
		"bzip2":                      {archive(t, odd), "compressed in a way"},
		"a link":                     {archive(t, link), "no regular file"},
		"twice":                      {archive(t, named("a/comparison.json"), named("a/comparison.json")), "same name"},
		"twice in other words":       {archive(t, named("a/comparison.json"), named("A/./comparison.json")), "same name"},
		"absolute":                   {archive(t, named("/etc/passwd"), named("comparison.json")), "absolute"},
		"of Windows":                 {archive(t, named(`C:\comparison.json`)), "of another system"},
		"a drive":                    {archive(t, named("c:comparison.json")), "of another system"},
		"leading out":                {archive(t, named("a/../../comparison.json")), "leads out"},
		"a line end":                 {archive(t, named("a\n::error::x/comparison.json")), "control characters"},
		"not UTF-8":                  {archive(t, named("\xff/comparison.json")), "not UTF-8"},
		"a name without end":         {archive(t, named(strings.Repeat("x/", 5000)+"comparison.json")), "expected 1 to 1000"},
		"nothing of interest":        {archive(t, named("report.md")), "holds no file"},
	} {
		files, err := unpack(c.raw)
		var denied *DeniedError
		if !errors.As(err, &denied) || files != nil || !strings.Contains(denied.Explain(), c.want) {
			t.Errorf("%s: %d files, %v; want %q", name, len(files), err, c.want)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{})
	f.Add(archive(f, named("comparison.json"), named("report.md")))
	f.Add(archive(f, bomb(f, "comparison.json", 100_000), named("b/")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		files, err := unpack(raw)
		if (err == nil) != (len(files) > 0) {
			t.Fatalf("%d files, %v", len(files), err)
		}
		total := 0
		for _, file := range files {
			total += len(file.Data)
			if strings.ContainsAny(file.Name, "\n\r\x1b`|<>@*[]\\:") || len(file.Data) > maxFile {
				t.Fatalf("name %q, %d bytes", file.Name, len(file.Data))
			}
		}
		if total > maxUnpacked {
			t.Fatalf("%d bytes", total)
		}
	})
}
