package owner

import (
	"fmt"
	"strings"
	"testing"
)

// benchPaths are what Wanted sees most, and what takes it longest.
var benchPaths = []string{
	"usr/share/doc/zlib1g/changelog.Debian.gz",
	"usr/lib/python3/dist-packages/colorama/__pycache__/ansitowin32.cpython-311.pyc",
	"usr/lib/x86_64-linux-gnu/libcrypto.so.3",
	"app/node_modules/@types/node/package.json",
	"usr/lib/ruby/gems/3.1.0/specifications/default/csv-3.2.5.gemspec",
	"usr/bin/perl5.36.0",
}

func BenchmarkWanted(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for _, path := range benchPaths {
			Wanted(path, 1<<20, 0o755)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(benchPaths)), "ns/path")
}

// debian is a system of that many packages with 70 files each, in the shape of
// the real one in testdata.
func debian(b *testing.B, packages int) tree {
	files := tree{}
	var all strings.Builder
	body := archived(b, "debian")["var/lib/dpkg/status"]
	paragraph := body[:strings.Index(body, "\n\n")+2]
	for i := range packages {
		name := fmt.Sprintf("package-%d", i)
		all.WriteString(strings.Replace(paragraph, "gcc-12-base", name, 1))
		list := "/.\n/usr\n/usr/share\n/usr/share/" + name + "\n"
		for f := range 70 {
			list += fmt.Sprintf("/usr/share/%s/file-%d\n", name, f*7919)
		}
		files["var/lib/dpkg/info/"+name+":amd64.list"] = list
	}
	files["var/lib/dpkg/status"] = all.String()
	return files
}

func BenchmarkDpkgStatus(b *testing.B) {
	body := debian(b, 1000)["var/lib/dpkg/status"]
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Distil(KindDpkgStatus, plainFile("var/lib/dpkg/status", body)); err != nil {
			b.Fatal(err)
		}
	}
}

// Time must grow linearly: compare ns/op over the sizes.
func BenchmarkPackages(b *testing.B) {
	for _, packages := range []int{500, 1000, 2000, 4000} {
		evidence := debian(b, packages).evidence(b)
		b.Run(fmt.Sprintf("packages=%d", packages), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if claims, problems := Packages(evidence); len(claims) != packages || len(problems) > 0 {
					b.Fatal(len(claims), problems)
				}
			}
		})
	}
}

func BenchmarkPythonRecord(b *testing.B) {
	row := "botocore/data/some-service-%d/2017-11-09/endpoint-rule-set-1.json.gz,sha256=XzKFs9rbFFWfUGyfGAtv0W_kSdPjQMYPCzCqCz5HJbI,1291\n"
	var body strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&body, row, i)
	}
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Distil(KindPythonRecord, plainFile("lib/botocore.dist-info/RECORD", body.String())); err != nil {
			b.Fatal(err)
		}
	}
}
