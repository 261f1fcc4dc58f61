package advice

import (
	"fmt"
	"testing"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// files gives n files, spread as in real images: most of them in directories
// of about 20, a few below places that rules look at.
func files(n int) func(yield func(File) bool) {
	roots := []string{"app/node_modules/p%d/dist/esm", "opt/src%d/.git/objects/00", "root/.cache/pip/http/%d", "usr/lib/python3/dist-packages/m%d/__pycache__",
		"usr/share/doc/p%d", "usr/share/x/y%d/z", "usr/lib/x86_64-linux-gnu/q%d", "var/lib/dpkg/info/%d"}
	return func(yield func(File) bool) {
		for i := range n {
			f := File{Size: 4096, Layer: i % 7}
			f.Path = fmt.Sprintf(roots[i*len(roots)/n], i/20) + "/some-file.js"
			if i%3 == 0 {
				f.Owner, f.Ecosystem = "p"+fmt.Sprint(i/20), record.NPM
			}
			if !yield(f) {
				return
			}
		}
	}
}

func BenchmarkFor(b *testing.B) {
	for _, n := range []int{125_000, 250_000, 500_000, 1_000_000} {
		img := Image{Instructions: instructions}
		var all []File // drawn before the clock runs
		for f := range files(n) {
			all = append(all, f)
		}
		img.Files = func(yield func(File) bool) {
			for _, f := range all {
				if !yield(f) {
					return
				}
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				For(img)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/file")
		})
	}
}
