package advice

import (
	"cmp"
	"iter"
	"slices"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

const (
	// least is the smallest sum worth a line, and the image divided by
	// leastShare is another such bound: the larger of the two counts.
	least      record.Bytes = 100e3
	leastShare record.Bytes = 1000

	// most bounds the lines of an image.
	most int = 20
)

// File is one live file of the final file system.
type File struct {
	Path  string // clean, no leading slash
	Size  record.Bytes
	Layer int // index into the layers
	// Owner is the package the file belongs to, "" when there is none.
	Owner     string
	Ecosystem record.Ecosystem // of Owner
	// Shared says that other names share the bytes of this one. No rule takes
	// such a file: to remove one name of many frees nothing.
	Shared bool
}

// Image is what is known of an image.
type Image struct {
	// Files gives every live file, in path order, once. The bytes of hard links
	// stand at one name of them, with the others 0.
	Files iter.Seq[File]
	// Instructions are those of the layers, lowest first, as package analyze
	// gives them: RUN …, COPY …, or "" where unknown.
	Instructions []string
	Waste        []record.Waste
	Packages     []record.Package
	From         *record.From // nil when unknown: then every layer is the user's own
}

// For gives the advice about an image: first on the user's own layers, then on
// those of the FROM image, and of each the most bytes first. There are 20 at
// most, and none below 100 kB or a thousandth of the image, whichever is
// larger. Each byte is in one of them at most.
//
// It takes time linear in the files and keeps none of them.
func For(img Image) []record.Advice {
	layers := layersOf(img)
	found := gather(img, layers)
	total := found.total
	for _, w := range img.Waste {
		total += max(w.Size, 0)
	}
	lines := append(found.lines(layers), wasteLines(img.Waste, layers)...)
	return choose(lines, max(least, (total+leastShare-1)/leastShare))
}

// line is an advice and whether it is about the FROM image.
type line struct {
	record.Advice
	base bool
}

// choose drops what is below the floor, brings the rest in order and cuts it.
func choose(lines []line, floor record.Bytes) []record.Advice {
	lines = slices.DeleteFunc(lines, func(l line) bool { return l.Saves < floor })
	slices.SortFunc(lines, func(a, b line) int {
		if a.base != b.base {
			if a.base {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Saves, a.Saves), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.What, b.What))
	})
	var out []record.Advice
	for _, l := range lines[:min(len(lines), most)] {
		out = append(out, l.Advice)
	}
	return out
}
