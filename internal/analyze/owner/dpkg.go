package owner

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// dpkgPackage is a paragraph of a status file.
// https://man7.org/linux/man-pages/man5/deb-control.5.html
type dpkgPackage struct {
	name, version, arch string
	state               string // the last word of its Status, such as installed; "" where there is none
}

// distilDpkgStatus keeps what dpkgPackage holds of each paragraph.
func distilDpkgStatus(f File) ([]byte, error) {
	var out database
	var p dpkgPackage
	flush := func() (err error) {
		if p.name != "" {
			err = out.add(p.name, p.version, p.arch, p.state)
		}
		p = dpkgPackage{}
		return err
	}
	err := scan(f.Body, func(line []byte) error {
		if len(line) == 0 {
			return flush()
		}
		p.read(field(line))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = flush()
	return out.packed, err
}

func (p *dpkgPackage) read(key, value []byte) {
	switch string(key) {
	case "Package":
		p.name = string(value)
	case "Version":
		p.version = string(value)
	case "Architecture":
		p.arch = string(value)
	case "Status":
		p.state = string(value[bytes.LastIndexByte(value, ' ')+1:])
	}
}

// distilDpkgList keeps the paths of an info/*.list, one a line and absolute,
// but for directories that the next line is below of: they weigh nothing.
func distilDpkgList(f File) ([]byte, error) {
	var out paths
	last := ""
	err := scan(f.Body, func(line []byte) error {
		next := within("", string(line))
		directory := len(next) > len(last) && strings.HasPrefix(next, last) && next[len(last)] == '/'
		keep := last
		last = next
		if directory {
			return nil
		}
		return out.add(keep)
	})
	if err != nil {
		return nil, err
	}
	err = out.add(last)
	return out.packed, err
}

// distilDpkgMD5Sums keeps the paths of a *.md5sums, each behind its hash and
// two blanks.
func distilDpkgMD5Sums(f File) ([]byte, error) {
	var out paths
	err := scan(f.Body, func(line []byte) error {
		_, name, _ := bytes.Cut(line, []byte("  "))
		return out.add(within("", string(name)))
	})
	return out.packed, err
}

// claimDpkg joins the packages of status files with their lists.
func claimDpkg(evidence []Evidence) (claims []Claim, problems []error) {
	lists := map[string]Evidence{} // by path
	for _, e := range evidence {
		if e.Kind == KindDpkgList || e.Kind == KindDpkgMD5Sums {
			lists[e.Path] = e
		}
	}
	for _, e := range evidence {
		if e.Kind != KindDpkgStatus && e.Kind != KindDpkgStatusD {
			continue
		}
		c, p := claimStatus(e, lists)
		claims, problems = append(claims, c...), append(problems, p...)
	}
	return claims, problems
}

func claimStatus(e Evidence, lists map[string]Evidence) (claims []Claim, problems []error) {
	groups, err := unpackStrings(e.Data, 4)
	if err != nil {
		return nil, []error{fmt.Errorf("%q: %w", e.Path, err)}
	}
	if e.Kind == KindDpkgStatusD {
		groups = groups[:min(len(groups), 1)] // a file for each package
	}
	var halves []dpkgPackage
	for _, g := range groups {
		p := dpkgPackage{g[0], g[1], g[2], g[3]}
		switch {
		case p.installed(e.Kind):
		case p.half():
			halves = append(halves, p)
			continue
		default:
			continue
		}
		c := Claim{Ecosystem: record.Debian, Name: p.name, Version: p.version}
		list := p.list(e, lists)
		if c.Files, err = unpackPaths(list.Data); err != nil {
			problems = append(problems, fmt.Errorf("%q: %w", list.Path, err))
		}
		claims = append(claims, c)
	}
	if len(halves) > 0 {
		problems = append(problems, fmt.Errorf("%q: packages that were not installed to the end are left out: %d, the first of them %q, which is %s",
			e.Path, len(halves), halves[0].name, halves[0].state))
	}
	return claims, problems
}

// installed says whether the files of a package are there and set up. What
// waits for a trigger has only its caches left to be updated. Distroless images
// say nothing of the state.
// https://man7.org/linux/man-pages/man1/dpkg.1.html#INFORMATION_ABOUT_PACKAGES
func (p dpkgPackage) installed(kind Kind) bool {
	switch p.state {
	case "installed", "triggers-awaited", "triggers-pending":
		return true
	case "":
		return kind == KindDpkgStatusD
	}
	return false
}

// half says whether dpkg gave up on the way.
func (p dpkgPackage) half() bool {
	return p.state == "unpacked" || p.state == "half-configured" || p.state == "half-installed"
}

// list finds the evidence of the files of a package. In a distroless image it
// lies beside the status file; elsewhere packages that can be installed for
// several architectures at once carry theirs in the name.
func (p dpkgPackage) list(status Evidence, lists map[string]Evidence) Evidence {
	if status.Kind == KindDpkgStatusD {
		return lists[status.Path+".md5sums"]
	}
	info := path.Join(path.Dir(status.Path), "info", p.name)
	if e, there := lists[info+":"+p.arch+".list"]; there {
		return e
	}
	return lists[info+".list"]
}
