package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// sectionsOf are the parts on why an image grew; none where its files were not
// looked at.
func sectionsOf(s record.Service, m medium) []section {
	if s.Growth == nil {
		return nil
	}
	return slices.DeleteFunc([]section{
		changedPackages(*s.Growth, m),
		changedPaths(*s.Growth, m),
		changedFiles(*s.Growth, m),
		wasteSection("wasted in head, new or large", s.Head, wasteThatMatters(s), m),
		adviceSection(adviceThatMatters(s), m),
	}, section.empty)
}

func changedPackages(g record.Growth, m medium) section {
	size := func(p record.PackageChange) float64 { return float64(p.Size) }
	s := section{
		title: "packages that changed: " + growthOf(sumOf(g.Packages, size)), thing: "package", print: growthOf,
		columns: []column{{"change", numbers}, {"base", numbers}, {"head", numbers}, {"package", names}, {"version", names}, {"in", names}, {"kind", words}},
	}
	return fill(s, m.rows, g.Packages, size, func(p record.PackageChange) []string {
		return []string{m.grown(float64(p.Size)), packageSize(p.Base, m), packageSize(p.Head, m),
			m.name(p.Name, nameWidth), m.name(versions(p), nameWidth), m.path(p.In), ecosystem(p.Ecosystem)}
	})
}

func sumOf[T any](all []T, size func(T) float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += size(x)
	}
	return sum
}

// packageSize is one side of a package, "–" where it is not.
func packageSize(p *record.Package, m medium) string {
	if p == nil {
		return "–"
	}
	return about(m.size(p.Size), p.Estimated)
}

// versions are those of both sides, or the only one.
func versions(p record.PackageChange) string {
	switch {
	case upgrade(p) != "":
		return upgrade(p)
	case p.Head != nil:
		return p.Head.Version
	case p.Base != nil:
		return p.Base.Version
	}
	return ""
}

func changedPaths(g record.Growth, m medium) section {
	all := slices.DeleteFunc(slices.Clone(g.Unowned), func(d record.DirectoryChange) bool { return d.Base == d.Head })
	s := section{
		title: "files of no package: " + growthOf(sumOf(all, risen)), thing: "path", print: growthOf,
		columns: []column{{"change", numbers}, {"base", numbers}, {"head", numbers}, {"in", paths}},
	}
	return fill(s, m.rows, all, risen, func(d record.DirectoryChange) []string {
		return []string{m.grown(risen(d)), m.size(d.Base), m.size(d.Head), m.path(d.Path)}
	})
}

func changedFiles(g record.Growth, m medium) section {
	s := section{
		title: "files that changed", thing: "large change", print: growthOf,
		notes:   talliesOf(g),
		columns: []column{{"change", numbers}, {"base", numbers}, {"head", numbers}, {"file", paths}, {"package", names}},
	}
	return fill(s, m.rows, g.Files, fileGrowth, func(f record.FileChange) []string {
		return []string{fileChange(f, m), fileSize(f.Base, m), fileSize(f.Head, m), m.path(f.Path), m.name(f.Owner, nameWidth)}
	})
}

// fileChange is how much a file grew, or what else changed where it did not.
func fileChange(f record.FileChange, m medium) string {
	if f.Base != nil && f.Head != nil && *f.Base == *f.Head {
		return "content"
	}
	return m.grown(fileGrowth(f))
}

func fileGrowth(f record.FileChange) float64 {
	var d float64
	if f.Head != nil {
		d = float64(*f.Head)
	}
	if f.Base != nil {
		d -= float64(*f.Base)
	}
	return d
}

func fileSize(b *record.Bytes, m medium) string {
	if b == nil {
		return "–"
	}
	return m.size(*b)
}

// talliesOf counts all changed files: "all files: 12 added (+30 MB), 3 removed (-1 MB)".
func talliesOf(g record.Growth) []string {
	var parts []string
	add := func(t record.Tally, word string, size float64) {
		if t.Files != 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", count(float64(t.Files)), word, growthOf(size)))
		}
	}
	add(g.Added, "added", float64(g.Added.Size))
	add(g.Removed, "removed", -float64(g.Removed.Size))
	add(g.Changed, "changed", float64(g.Changed.Size))
	if len(parts) == 0 {
		return nil
	}
	return []string{"all files: " + strings.Join(parts, ", ")}
}
