package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// contentsOf are the sections on what an image consists of; none where its
// files were not looked at.
func contentsOf(r record.Record, m medium) []section {
	c := r.Contents
	if c == nil {
		return nil
	}
	return slices.DeleteFunc([]section{
		packageSection(*c, m),
		unownedSection(*c, m),
		fileSection(*c, m),
		wasteSection("wasted", r, c.Waste, m),
		adviceSection(c.Advice, m),
	}, section.empty)
}

// builtOn says which image this one was built on, and what it added: "built on
// debian:12, which is 75 MB of 142 MB in 1 layer".
func builtOn(r record.Record, m medium) string {
	if r.Contents == nil || r.Contents.From == nil {
		return ""
	}
	from := *r.Contents.From
	text := "built on " + fromName(from, m) + ": " + m.size(from.Size) + " in " + plural(from.Layers, "layer")
	if whole, ok := r.Metrics[record.ImageSize]; ok {
		text += ", and " + m.number(imageBytes(max(0, whole.Value-float64(from.Size)))) + " added to it"
	}
	if guessed(r) {
		text += "; guessed from the image's history"
	}
	return text
}

// fromName names an image that others are built on.
func fromName(f record.From, m medium) string {
	if f.Image == "" {
		return "an image without a name here"
	}
	return m.quote(f.Image, imageWidth)
}

func packageSection(c record.Contents, m medium) section {
	owned := total(c.Packages, func(p record.Package) record.Bytes { return p.Size })
	s := section{
		title: fmt.Sprintf("packages: %s of %s live", imageBytes(owned), imageBytes(float64(c.Live))),
		thing: "package", print: imageBytes,
		columns: []column{{"size", numbers}, {"files", numbers}, {"package", names}, {"version", names}, {"in", names}, {"kind", words}},
		notes:   kindsOfPackages(c.Packages),
	}
	s = fill(s, m.rows, c.Packages, func(p record.Package) float64 { return float64(p.Size) }, func(p record.Package) []string {
		return []string{about(m.size(p.Size), p.Estimated), some(p.Files), m.name(p.Name, nameWidth), m.name(p.Version, nameWidth), m.path(p.In), ecosystem(p.Ecosystem)}
	})
	return s
}

// kindsOfPackages sums packages up by kind, where more than one has bytes:
// "deb 80 MB in 90 packages, python 23 MB in 4 packages". A package has none
// where another's database claims the same files.
func kindsOfPackages(all []record.Package) []string {
	sums, counts := map[record.Ecosystem]float64{}, map[record.Ecosystem]int{}
	var kinds []record.Ecosystem
	for _, p := range all {
		if counts[p.Ecosystem] == 0 {
			kinds = append(kinds, p.Ecosystem)
		}
		sums[p.Ecosystem] += float64(p.Size)
		counts[p.Ecosystem]++
	}
	kinds = slices.DeleteFunc(kinds, func(k record.Ecosystem) bool { return sums[k] == 0 })
	if len(kinds) < 2 || len(kinds) > mostKinds {
		return nil
	}
	var parts []string
	for _, k := range kinds {
		parts = append(parts, fmt.Sprintf("%s %s in %s", ecosystem(k), imageBytes(sums[k]), plural(counts[k], "package")))
	}
	return []string{"by kind: " + strings.Join(parts, ", ")}
}

// mostKinds is more than the ecosystems there are: a saved file may name any.
const mostKinds = 12

// ecosystem names the kind of a package, also one of a saved file.
func ecosystem(e record.Ecosystem) string { return identifier(string(e), 12) }

// about marks a number that a model stood in for.
func about(s string, estimated bool) string {
	if estimated {
		return "≈" + s
	}
	return s
}

// some is a count, or nothing for none.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return count(float64(n))
}

func unownedSection(c record.Contents, m medium) section {
	all := slices.DeleteFunc(slices.Clone(c.Unowned), func(d record.Directory) bool { return d.Size == 0 })
	sum := total(all, func(d record.Directory) record.Bytes { return d.Size })
	s := section{
		title: "files of no package: " + imageBytes(sum), thing: "path", print: imageBytes,
		columns: []column{{"size", numbers}, {"files", numbers}, {"in", paths}},
	}
	return fill(s, m.rows, all, func(d record.Directory) float64 { return float64(d.Size) }, func(d record.Directory) []string {
		return []string{m.size(d.Size), some(d.Files), m.path(d.Path)}
	})
}

func fileSection(c record.Contents, m medium) section {
	all := slices.DeleteFunc(slices.Clone(c.Files), func(f record.File) bool { return f.Size == 0 })
	s := section{
		title: "largest files", thing: "large file", print: imageBytes,
		columns: []column{{"size", numbers}, {"layer", numbers}, {"file", paths}, {"package", names}},
	}
	return fill(s, m.rows, all, func(f record.File) float64 { return float64(f.Size) }, func(f record.File) []string {
		return []string{m.size(f.Size), layerNumber(f.Layer), m.path(f.Path), m.name(f.Owner, nameWidth)}
	})
}

// layerNumber is what a layer is called: the lowest is 1, and none is "".
func layerNumber(index int) string {
	if index < 0 {
		return ""
	}
	return count(float64(index) + 1)
}

// total adds up in floating point, which no file can make overflow.
func total[T any](all []T, size func(T) record.Bytes) float64 {
	sum := 0.0
	for _, x := range all {
		sum += float64(size(x))
	}
	return sum
}
