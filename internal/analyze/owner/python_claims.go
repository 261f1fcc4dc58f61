package owner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// distribution is an installed Python package.
type distribution struct {
	name, version string
	info          string   // path of its *.dist-info or *.egg-info
	file          bool     // info is a single file
	files         []string // by its RECORD or installed-files.txt
	modules       []string // by its top_level.txt, paths without suffix; only where there is no list of files
}

// above is the directory that info is in.
func (d distribution) above() string { return path.Dir(d.info) }

// claimPython gives each distribution what it has a list of. Without a list it
// is given the modules of its name, as long as no other has them too.
func claimPython(evidence []Evidence) (claims []Claim, problems []error) {
	all, problems := distributions(evidence)
	all = withoutVendored(all)
	shared := map[string]int{}
	for _, d := range all {
		for _, m := range d.modules {
			shared[m]++
		}
	}
	for _, d := range all {
		d.modules = slices.DeleteFunc(d.modules, func(m string) bool { return shared[m] > 1 })
		claims = append(claims, d.claims()...)
	}
	return claims, problems
}

func distributions(evidence []Evidence) (all []distribution, problems []error) {
	lists := map[string]Evidence{} // by path
	for _, e := range evidence {
		if e.Kind != KindPythonInfo {
			lists[e.Path] = e
		}
	}
	for _, e := range evidence {
		if e.Kind != KindPythonInfo {
			continue
		}
		d, err := newDistribution(e, lists)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, d)
	}
	return all, problems
}

func newDistribution(e Evidence, lists map[string]Evidence) (distribution, error) {
	groups, err := unpackStrings(e.Data, 2)
	if err != nil || len(groups) != 1 {
		return distribution{}, fmt.Errorf("%q: %w", e.Path, errPacked)
	}
	d := distribution{name: groups[0][0], version: groups[0][1], info: e.Path, file: strings.HasSuffix(e.Path, ".egg-info")}
	if d.file {
		return d, nil
	}
	d.info = path.Dir(e.Path)
	for _, list := range []struct {
		name string
		to   *[]string
	}{{"RECORD", &d.files}, {"installed-files.txt", &d.files}, {"top_level.txt", &d.modules}} {
		e, there := lists[d.info+"/"+list.name]
		if !there {
			continue
		}
		if *list.to, err = unpackPaths(e.Data); err != nil {
			return distribution{}, fmt.Errorf("%q: %w", e.Path, err)
		}
		return d, nil
	}
	return d, nil
}

// withoutVendored drops what another distribution, in a directory above, has a
// list of: it came as a part of that one.
func withoutVendored(all []distribution) []distribution {
	vendored := map[string]bool{} // by info
	for _, d := range all {
		for _, file := range d.files {
			if info, base := cutLast(file); base == "METADATA" && below(path.Dir(info), d.above()) {
				vendored[info] = true
			}
		}
	}
	return slices.DeleteFunc(all, func(d distribution) bool { return vendored[d.info] })
}

// below says whether one clean path is inside of another; "." is the root.
func below(path, dir string) bool {
	return path != dir && (dir == "." || strings.HasPrefix(path, dir+"/"))
}

func (d distribution) claims() []Claim {
	one := func(root string, files []string) Claim {
		return Claim{Ecosystem: record.Python, Name: d.name, Version: d.version, Root: root, Files: files}
	}
	if d.file {
		return []Claim{one("", []string{d.info})}
	}
	claims := []Claim{one(d.info, nil)}
	if len(d.files) > 0 {
		claims = append(claims, one("", d.files))
	}
	var modules []string
	for _, m := range d.modules {
		claims = append(claims, one(m, nil))
		modules = append(modules, m+".py")
	}
	if len(modules) > 0 {
		claims = append(claims, one("", modules))
	}
	return claims
}
