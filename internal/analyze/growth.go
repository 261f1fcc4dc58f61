package analyze

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// Grown says why head is larger or smaller than base, whose contents are those
// of [Contents]. nil where the files of either are not known.
func Grown(base, head Image, baseContents, headContents *record.Contents) *record.Growth {
	if base.tree == nil || head.tree == nil || baseContents == nil || headContents == nil {
		return nil
	}
	b, h := survey(&base), survey(&head)
	g := grown(baseContents, headContents)
	g.Unowned, g.Rebuilt = directoryChanges(b.rest, h.rest), rebuilt(base, head)
	if prefix := pullPrefix(base.Layers, head.Layers); prefix != Pull(base.Layers, head.Layers) {
		g.PullPrefix = &prefix
	}
	d := differ{base: b, head: h, growth: g, top: leading[record.FileChange]{most: mostFiles, compare: byChange}}
	d.all()
	g.Files = d.top.list()
	if area, ok := drawing(b, h); ok {
		g.Tree = &area
	}
	return g
}

// GrownSince is [Grown] for a base of which only a record was saved: its
// packages and directories are known, its files are not.
func GrownSince(base *record.Record, head *record.Contents) *record.Growth {
	if base == nil || base.Contents == nil || head == nil {
		return nil
	}
	g := grown(base.Contents, head)
	g.NoFiles = true
	g.Unowned = directoryChanges(byPath(base.Contents.Unowned), byPath(head.Unowned))
	return g
}

func byPath(all []record.Directory) map[string]record.Directory {
	out := map[string]record.Directory{}
	for _, d := range all {
		d.Size += out[d.Path].Size
		out[d.Path] = d
	}
	return out
}

// grown is what two contents tell.
func grown(base, head *record.Contents) *record.Growth {
	wasted := wastedOf(head) - wastedOf(base)
	g := &record.Growth{
		Size:     head.Live - base.Live + wasted,
		Waste:    wasted,
		Packages: packageChanges(base.Packages, head.Packages),
	}
	// Boundaries that were found in different ways may lie at different depths.
	if from, to := base.From, head.From; from != nil && to != nil && from.How == to.How {
		growth := to.Size - from.Size
		g.FromImage = &growth
	}
	return g
}

func wastedOf(c *record.Contents) (sum record.Bytes) {
	for _, w := range c.Waste {
		sum += w.Size
	}
	return sum
}

// pullPrefix is what a node must fetch that can share only the layers which
// both images begin with: containerd knows an unpacked layer by all below it.
func pullPrefix(base, head []record.Layer) record.Bytes {
	n := 0
	for n < min(len(base), len(head)) && base[n].DiffID == head[n].DiffID {
		n++
	}
	return Pull(nil, head[n:])
}

func magnitude(n record.Bytes) record.Bytes { return max(n, -n) }

// packageChanges compares by name: several versions of a package in one image
// are one.
func packageChanges(base, head []record.Package) []record.PackageChange {
	changes := map[packageKey]*record.PackageChange{}
	for side, all := range [][]record.Package{base, head} {
		for _, p := range all {
			key := packageKey{ecosystem: p.Ecosystem, name: p.Name, in: p.In}
			c := changes[key]
			if c == nil {
				c = &record.PackageChange{Ecosystem: p.Ecosystem, Name: p.Name, In: p.In}
				changes[key] = c
			}
			if side == 0 {
				c.Base = merged(c.Base, p)
			} else {
				c.Head = merged(c.Head, p)
			}
		}
	}
	var out []record.PackageChange
	for _, c := range changes {
		if c.Size = sizeOf(c.Head) - sizeOf(c.Base); c.Size != 0 || versionOf(c.Base) != versionOf(c.Head) {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b record.PackageChange) int {
		return cmp.Or(cmp.Compare(magnitude(b.Size), magnitude(a.Size)), cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Name, b.Name), cmp.Compare(a.In, b.In))
	})
	return out
}

func merged(to *record.Package, p record.Package) *record.Package {
	if to == nil {
		return &p
	}
	versions := append(strings.Split(to.Version, ", "), p.Version)
	slices.Sort(versions)
	to.Version = strings.Join(slices.Compact(versions), ", ")
	to.Size += p.Size
	to.Files += p.Files
	return to
}

func sizeOf(p *record.Package) record.Bytes {
	if p == nil {
		return 0
	}
	return p.Size
}

// versionOf tells a package without a version from one that is not there.
func versionOf(p *record.Package) string {
	if p == nil {
		return "none"
	}
	return "version " + p.Version
}

func directoryChanges(base, head map[string]record.Directory) []record.DirectoryChange {
	var out []record.DirectoryChange
	for path, h := range head {
		if b := base[path]; b.Size != h.Size {
			out = append(out, record.DirectoryChange{Path: path, Base: b.Size, Head: h.Size})
		}
	}
	for path, b := range base {
		if _, both := head[path]; !both && b.Size != 0 {
			out = append(out, record.DirectoryChange{Path: path, Base: b.Size})
		}
	}
	slices.SortFunc(out, func(a, b record.DirectoryChange) int {
		return cmp.Or(cmp.Compare(magnitude(b.Head-b.Base), magnitude(a.Head-a.Base)), cmp.Compare(a.Path, b.Path))
	})
	return out
}

func byChange(a, b record.FileChange) int {
	return cmp.Or(cmp.Compare(magnitude(changed(b)), magnitude(changed(a))), cmp.Compare(a.Path, b.Path))
}

func changed(c record.FileChange) record.Bytes {
	var n record.Bytes
	if c.Head != nil {
		n += *c.Head
	}
	if c.Base != nil {
		n -= *c.Base
	}
	return n
}

// differ compares two trees of files, one directory of both at a time.
type differ struct {
	base, head *surveyed
	growth     *record.Growth
	top        leading[record.FileChange]
}

func (d *differ) all() {
	twin := make([]uint32, len(d.head.all)) // of head's nodes: the node of base under the same path
	found := make([]bool, len(d.base.all))
	for id := range d.head.each {
		parent := d.head.all[id].parent
		if parent != 0 && twin[parent] == 0 {
			d.added(id)
			continue
		}
		twin[id] = d.base.lookup(twin[parent], d.head.name(id))
		found[twin[id]] = true
		d.compare(id, twin[id])
	}
	for id := range d.base.each {
		if !found[id] {
			d.removed(id)
		}
	}
}

// compare is for a node of head, and the one of base that stands in its place
// if there is one.
func (d *differ) compare(id, twin uint32) {
	i, was := d.head.all[id].inode, d.base.all[twin].inode
	from, to := d.base.below[twin], d.head.below[id]
	switch {
	case twin == 0 || i != 0 && was == 0:
		d.added(id)
	case i == 0 && was != 0:
		d.removed(twin)
	case i != 0 && (from != to || !d.same(d.head.inodes[i], d.base.inodes[was])):
		// The same file may count under this name in one image only, and in the other
		// under an older hard link.
		d.growth.Changed.Files++
		d.growth.Changed.Size += to - from
		d.note(record.FileChange{Base: &from, Head: &to}, d.head, id, i)
	}
}

// same reports whether a file is what it was: of the same layer, or of the same
// content as far as that was read, or else of the same size and time.
func (d *differ) same(a, b inode) bool {
	switch {
	case a.kind != b.kind || a.body.size != b.body.size:
		return false
	case d.head.layers[a.layer].DiffID == d.base.layers[b.layer].DiffID:
		return true
	case a.kind == soft:
		return string(d.head.links.get(a.link)) == string(d.base.links.get(b.link))
	case a.body.sum != 0 && b.body.sum != 0:
		return a.body.sum == b.body.sum
	}
	return a.body.mtime == b.body.mtime
}

func (d *differ) added(id uint32) {
	if i := d.head.all[id].inode; i != 0 {
		size := d.head.below[id]
		d.growth.Added.Files++
		d.growth.Added.Size += size
		d.note(record.FileChange{Head: &size}, d.head, id, i)
	}
}

func (d *differ) removed(id uint32) {
	if i := d.base.all[id].inode; i != 0 {
		size := d.base.below[id]
		d.growth.Removed.Files++
		d.growth.Removed.Size += size
		d.note(record.FileChange{Base: &size}, d.base, id, i)
	}
}

// note lists a change if it is among the largest. Content may change and its
// size not.
func (d *differ) note(c record.FileChange, s *surveyed, id, i uint32) {
	if d.top.full && magnitude(changed(c)) <= magnitude(changed(d.top.last)) {
		return
	}
	c.Path = "/" + string(s.appendPath(nil, id))
	c.Owner, _ = s.ownerName(i)
	d.top.add(c)
}

// rebuilt finds the layers of head that hold what a layer of base holds, and are
// others all the same.
func rebuilt(base, head Image) []record.Rebuilt {
	had := map[string]bool{}
	for _, l := range base.Layers {
		had[l.DiffID] = true
	}
	like := sync.OnceValue(base.bySum) // goes through every entry of base, for which there must be a reason
	var out []record.Rebuilt
	for i, l := range head.Layers {
		if had[l.DiffID] {
			continue
		}
		if sum, ok := head.indexes[i].sum(); ok {
			if from, there := like()[sum]; there {
				out = append(out, record.Rebuilt{Base: from, Head: i, Compressed: l.Compressed})
			}
		}
	}
	return out
}

// bySum gives the layers by the sum of their content.
func (img Image) bySum() map[uint64]int {
	layers := map[uint64]int{}
	for i, x := range img.indexes {
		if sum, ok := x.sum(); ok {
			layers[sum] = i
		}
	}
	return layers
}

// sum is the same for layers with the same files in any order and with any
// times. It is not known where a payload was not read, nor of an empty layer.
func (x *index) sum() (sum uint64, ok bool) {
	err := x.each(func(e entry) error {
		if e.kind == file && e.body.size > 0 && e.body.sum == 0 {
			return errUnread
		}
		h := fnv.New64a()
		fmt.Fprintf(h, "%d %q %q %d %d %d", e.kind, e.path, e.target, e.body.size, e.body.attrs, e.body.sum)
		sum += h.Sum64()
		ok = ok || e.kind == file
		return nil
	})
	return sum, ok && err == nil
}

var errUnread = errors.New("a payload was not read")
